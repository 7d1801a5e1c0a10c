"""Facts whose moments cannot be: a till's clock was wrong when they were written. They count all the same."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pos_app.loyalty.facts import Fact
from sync.central.alarms import raise_alarm
from sync.central.database import Link, row

DAY_MS = 24 * 3_600_000
AHEAD_MS = 10 * 60_000
"""So far ahead of the moment at which it came here a fact may be dated."""
EARLIEST = 1_577_836_800_000
"""2020: no till is as old."""


def note_impossible(link: Link, understood: Mapping[tuple[int, bytes], Fact]) -> None:
    """Tell of the tills among whose facts are some of the future, or of before there were any: once a till and cut."""
    (oldest,) = row(link, "SELECT min(received) FROM batch WHERE tick IS NULL")
    latest = (oldest or 0) + AHEAD_MS
    strange = {key: fact for key, fact in understood.items() if not EARLIEST <= fact.moment <= latest}
    if not strange:
        return
    received: dict[tuple[int, bytes], int] = {
        (till, id_): at
        for till, id_, at in link.execute(
            "SELECT till, id, received FROM fact JOIN unnest(%s::bigint[], %s::bytea[]) AS one (till, id) "
            "USING (till, id)",
            ([till for till, _ in strange], [id_ for _, id_ in strange]),
        )
    }
    strange = {key: fact for key, fact in strange.items() if not EARLIEST <= fact.moment <= received[key] + AHEAD_MS}
    for till in {till for till, _ in strange}:
        facts = [fact for (of, _), fact in strange.items() if of == till]
        at = max(received[key] for key in strange if key[0] == till)
        worst = max(facts, key=lambda fact: abs(fact.moment - at))
        raise_alarm(link, till, at, "clock", f"{len(facts)}: {_text(worst.moment)}")


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds")
