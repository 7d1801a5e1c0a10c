"""An account is not folded from birth for ever: a long past is closed, and no point is lost by it."""

from pathlib import Path

from db.store import NewFact, Store
from pos_app.loyalty import ledger
from pos_app.loyalty.closing import LOTS_MANY, RETURNS_MS
from pos_app.loyalty.facts import Enrolled, PointsAdjusted
from tests.helpers.shop import CARD, EURO_DAY

DAY = 24 * 3_600_000
SALES = 3 * LOTS_MANY


def test_a_long_past_is_closed_and_every_point_stays(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "Europe/Sofia")
    store.record([NewFact(Enrolled(CARD, CARD, 1, "client", 0), EURO_DAY)])
    for number in range(1, SALES + 1):
        points = -3 if number % 4 == 0 else 5
        store.record([NewFact(PointsAdjusted(CARD, points, "test"), EURO_DAY + number * 3 * DAY)])
    kept = store.ledger(CARD)
    whole = ledger.fold("Europe/Sofia", store.facts())
    young = RETURNS_MS // (3 * DAY)
    assert len(kept.lots) <= young + LOTS_MANY
    assert len(kept.lots) < len(whole.lots)
    assert ledger.totals(kept, CARD) == ledger.totals(whole, CARD)
    assert store.customer(CARD, store.last_moment).balance == SALES // 4 * (3 * 5 - 3)
    store.close()
