"""When points can be spent: at once, once the goods are handed over and paid, some days later, or next month."""

from collections.abc import Sequence

from msgspec import Struct

from pos_app.loyalty import moments
from pos_app.loyalty.moments import Duration

MEANS = ("cash", "card", "transfer", "cod")
"""How a sale can be paid; `cod` is cash on delivery."""


class Crediting(Struct, frozen=True):
    """For sales paid by `means` (empty: any): what has to have happened, and how long after that.

    With `next_month` the points come at the start of the next calendar month (S6).
    """

    means: frozenset[str] = frozenset()
    needs_paid: bool = False
    delay: Duration = Duration()
    next_month: bool = False


AT_ONCE = Crediting()


def credited(rules: Sequence[Crediting], means: str, fulfilled: int | None, paid: int | None, zone: str) -> int | None:
    """From when the points of a sale can be spent, None as long as that is open.

    `fulfilled` and `paid` are when the goods were handed over (T8, H13) and paid, None where they were not yet.
    """
    rule = next((rule for rule in rules if not rule.means or means in rule.means), AT_ONCE)
    if fulfilled is None or (rule.needs_paid and paid is None):
        return None
    since = max(fulfilled, paid or fulfilled) if rule.needs_paid else fulfilled
    if rule.next_month:
        return moments.next_month(since, zone)
    return moments.add(since, rule.delay, zone)
