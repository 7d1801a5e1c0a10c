"""A share of the storm of bad requests; `python -m tests.storm` sends a million."""

from tests import storm
from tests.helpers.served import Served


def test_bad_requests_make_no_fault_and_let_nobody_in(served: Served) -> None:
    told = storm.rage(served, 1500, seed=7)

    assert {status for status in told.statuses if status >= 500} == set()
    assert {200, 400, 401, 405, 413, 415} <= told.statuses.keys()
    assert told.statuses[0] == 0
    assert told.gained_mb < storm.GAIN_MOST_MB
    assert served.link.execute("SELECT count(*) FROM till").fetchone() == (1,)
    assert served.client.get("/healthz").json()["state"] == "ok"
