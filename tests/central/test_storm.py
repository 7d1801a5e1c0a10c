"""A share of the storm of bad requests; `python -m tests.storm` sends a million."""

from pathlib import Path

from sync.central.database import row
from tests import storm
from tests.helpers.postgres import Postgres
from tests.helpers.served import serving


def test_bad_requests_make_no_fault_and_let_nobody_in(server: Postgres, tmp_path: Path) -> None:
    with serving(server.database(), snapshots=tmp_path) as served:
        told = storm.rage(served, 3000, seed=7)

        assert told.wrong == []
        assert {200, 204, 400, 401, 403, 404, 405, 413, 415} <= told.by_status().keys()
        assert {who for who, _ in told.statuses} == {"stranger", "till", "shut out", "visitor", "breaker"}
        assert told.statuses["till", 200] > 100
        assert told.gained_mb < storm.GAIN_MOST_MB
        assert row(served.link, "SELECT count(*) FROM till") == (4,)
        served.fold()
        assert served.client.get("/healthz").json()["state"] == "ok"
