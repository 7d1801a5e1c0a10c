"""Tiers: which one points reach, how long it is held, and the review at the end of that (T5, T7, H1, M2)."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from pos_app.loyalty import moments
from pos_app.loyalty.moments import NEVER, Duration

Measure = Literal["gathered", "window"]


class Tier(Struct, frozen=True):
    """A level: its least points, and what belongs to it; `badge` is a glyph and a colour such as '★ #c9a227'."""

    id: str
    names: dict[str, str]
    least: int
    badge: str = ""
    services: tuple[dict[str, str], ...] = ()


class TierRules(Struct, frozen=True):
    """The tiers of a programme version from the lowest up, and what decides between them.

    `gathered` counts all points ever earned, less the cancelled ones; `window` those of the last `within`. Who has
    risen stays for `hold` if there is one; a review at its end decides by the window before it, and another hold
    begins. Without a hold the tier is always the one that the points suffice for.
    """

    tiers: tuple[Tier, ...]
    measure: Measure = "gathered"
    within: Duration = Duration()
    hold: Duration | None = None

    @property
    def slides(self) -> bool:
        """Whether time alone changes the tier at any moment, because points leave a window that holds nothing."""
        return self.measure == "window" and self.hold is None

    def reached(self, points: int) -> int:
        """The place of the highest tier that `points` suffice for, -1 for none."""
        return max((place for place, tier in enumerate(self.tiers) if tier.least <= points), default=-1)

    def place(self, id_: str | None) -> int:
        """The place of a tier by its id, -1 for none."""
        return next((place for place, tier in enumerate(self.tiers) if tier.id == id_), -1)

    def tier(self, id_: str | None) -> Tier | None:
        return next((tier for tier in self.tiers if tier.id == id_), None)

    def next_above(self, id_: str | None) -> Tier | None:
        """The tier above, None at the top."""
        above = self.place(id_) + 1
        return self.tiers[above] if above < len(self.tiers) else None


class Era(Struct, frozen=True):
    """The tier rules until a moment (UTC ms): those of one version."""

    ends: int
    rules: TierRules | None


class Statutes(Struct, frozen=True):
    """What the fold has to know of a programme: its tiers, version by version. Without any there are no tiers."""

    eras: tuple[Era, ...] = ()

    def at(self, now: int) -> TierRules | None:
        for era in self.eras:
            if now < era.ends:
                return era.rules
        return self.eras[-1].rules if self.eras else None

    def next_after(self, now: int) -> int:
        """When other rules than those of `now` begin."""
        return next((era.ends for era in self.eras if now < era.ends), NEVER)


NO_STATUTES = Statutes()


class TierState(Struct, frozen=True):
    """The tier of an account since its last change; `until` is its next review, None where there is none."""

    id: str
    until: int | None = None


class Gain(Struct, frozen=True):
    """So many points that came at a moment and were not cancelled since."""

    moment: int
    points: int


def measured(rules: TierRules, gains: Sequence[Gain], now: int, zone: str) -> int:
    """The points that count for a tier at `now`; a window includes its first moment."""
    since = begins(rules, now, zone)
    return sum(gain.points for gain in gains if gain.moment >= since)


def begins(rules: TierRules, now: int, zone: str) -> int:
    """The first moment whose points count for a tier at `now`."""
    return 0 if rules.measure == "gathered" else moments.subtract(now, rules.within, zone)


def leaves(rules: TierRules, gain: Gain, zone: str) -> int:
    """The first moment at which a gain lies before the window."""
    after = moments.add(gain.moment, rules.within, zone) + 1
    if moments.subtract(after, rules.within, zone) > gain.moment:
        return after
    return moments.next_month(after, zone)  # the month lacks the day: its last stands for the days that follow


def risen(rules: TierRules, state: TierState | None, points: int, now: int, zone: str) -> TierState | None:
    """The state after points came or went at `now`: up at once; down at once only where nothing is held."""
    reached = rules.reached(points)
    held = rules.place(state.id) if state else -1
    if reached < 0 and (held < 0 or rules.hold is None):
        return None
    if reached == held or (reached < held and rules.hold is not None):
        return state
    can_fall = reached > 0 or rules.tiers[0].least > 0
    return TierState(rules.tiers[reached].id, _review_after(rules, now, zone) if can_fall else None)


def reviewed(rules: TierRules, state: TierState, points: int, zone: str) -> TierState | None:
    """The state after the review at `state.until`, decided by the `points` of the window before it (T7)."""
    assert state.until is not None
    reached = rules.reached(points)
    if reached < 0:
        return None
    return TierState(rules.tiers[reached].id, _review_after(rules, state.until, zone))


def _review_after(rules: TierRules, now: int, zone: str) -> int | None:
    """When what is reached or kept at `now` is reviewed; never where nothing is held, or after all times."""
    until = moments.LATEST if rules.hold is None else moments.add(now, rules.hold, zone)
    return until if now < until < moments.LATEST else None
