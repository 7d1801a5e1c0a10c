"""Benefits of a member: what comes with a kind or tier, what has to be asked for, what was decided (M3 to M7, K14)."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from pos_app.loyalty import moments
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.money import Ratio

RequestState = Literal["waiting", "approved", "refused", "used", "lapsed"]


class TierShare(Struct, frozen=True):
    """The share of the price that members of a tier need not pay."""

    tier: str
    share: Ratio


class Benefit(Struct, frozen=True):
    """A benefit of members of `kinds` and `tiers` (empty: all).

    With `asked` it has to be asked for and approved. An approval lapses after `lapses`; one with `shares` lowers the
    next sale of goods of `categories` by itself, once (M4). `before` is how long before the delivery date it can be
    asked for at the earliest unless the order is paid (M5); `plans` are the plans with their places (M6).
    """

    id: str
    names: dict[str, str]
    kinds: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    asked: bool = False
    lapses: Duration | None = None
    shares: tuple[TierShare, ...] = ()
    categories: frozenset[str] = frozenset()
    before: Duration | None = None
    plans: Mapping[str, int] = {}
    note: dict[str, str] = {}

    def is_for(self, kind: str, tier: str | None) -> bool:
        return (not self.kinds or kind in self.kinds) and (not self.tiers or tier in self.tiers)

    def share(self, tier: str | None) -> Ratio | None:
        return next((row.share for row in self.shares if row.tier == tier), None)


class Request(Struct, omit_defaults=True):
    """A benefit that was asked for, and what came of it. `lapses` is when an approval ends (UTC ms)."""

    account: int
    benefit: str
    state: RequestState
    asked: int
    reason: str = ""
    lapses: int | None = None
    order: bytes = b""
    due: int | None = None
    plan: str = ""

    def state_at(self, now: int) -> RequestState:
        lapsed = self.state == "approved" and self.lapses is not None and now >= self.lapses
        return "lapsed" if lapsed else self.state


def of_member(benefits: Sequence[Benefit], kind: str, tier: str | None) -> list[Benefit]:
    """The benefits of a member (M7)."""
    return [benefit for benefit in benefits if benefit.is_for(kind, tier)]


def check_request(benefit: Benefit, *, now: int, zone: str, paid: bool, due: int | None, plan: str, taken: int) -> None:
    """Raise Refusal when a benefit cannot be asked for yet; `taken` are the places of its plan that are gone."""
    if benefit.before is not None and not paid:
        possible = None if due is None else moments.subtract(due, benefit.before, zone)
        if possible is None or now < possible:
            raise Refusal("too_early", since=possible or 0)
    places = benefit.plans.get(plan)
    if places is not None and taken >= places:
        raise Refusal("plan_full", plan=plan)
