"""What a replay came to: two sides of sums, by kind and by tier, and the members who would lose or gain most."""

from collections.abc import Iterator

from msgspec import Struct, field

from pos_app.loyalty import facts, ledger
from pos_app.loyalty.facts import BonusGiven, CodeMade, Fact, GoodsReturned, PointsAdjusted, SaleCompleted
from pos_app.loyalty.ledger import Ledger

MOST = 10
"""How many members are named who lose or gain most."""


class Points(Struct):
    """Points that facts brought: `issued` by sales, bonuses and staff, `used` for swaps, payment and codes.

    `taken_back` with goods or by staff, `given_back` with goods that were paid by points.
    """

    issued: int = 0
    used: int = 0
    taken_back: int = 0
    given_back: int = 0

    def add(self, other: "Points") -> None:
        self.issued += other.issued
        self.used += other.used
        self.taken_back += other.taken_back
        self.given_back += other.given_back


class Side(Struct):
    """One of the two sides: as it was recorded, or as it would have been.

    `expired`, `balance`, `pending` and `tiers` (members by tier) are those of the end, `paid` the money of all sales by
    currency in minor units, `entries` those of prize draws.
    """

    points: Points = field(default_factory=Points)
    by_kind: dict[str, Points] = field(default_factory=dict)
    by_tier: dict[str, Points] = field(default_factory=dict)
    expired: int = 0
    balance: int = 0
    pending: int = 0
    paid: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    tiers: dict[str, int] = field(default_factory=dict)

    def count(self, fact: Fact, state: Ledger | None) -> None:
        """Add what a fact brings; `state` is the ledger that it is about to be folded into."""
        body = fact.body
        if isinstance(body, SaleCompleted):
            self.paid[body.currency] = self.paid.get(body.currency, 0) + body.to_pay_minor
            self.entries += sum(entries.count for entries in body.entries)
        moved = None if state is None else _moved(body, state)
        if state is None or moved is None:
            return
        kind, tier = _who(body, state)
        self.points.add(moved)
        self.by_kind.setdefault(kind, Points()).add(moved)
        self.by_tier.setdefault(tier, Points()).add(moved)


class Change(Struct):
    """What a member would lose or gain: the last digits of a card, the short name, and the points of both sides.

    `points` is how many more (or fewer) points the member would have spent or still have.
    """

    card: str
    name: str
    points: int
    balance_recorded: int
    balance_replayed: int
    used_recorded: int
    used_replayed: int
    tier_recorded: str
    tier_replayed: str


class Report(Struct):
    """A replay. `changed` sales would have come to something else, `refused` ones would have been without points or a
    swap. `starts` and `ends` are the moments of the first and last fact (UTC ms). Losers and winners are the first
    MOST of so many that `lose` and `gain`."""

    programme: str
    pack: str
    starts: int = 0
    ends: int = 0
    facts: int = 0
    sales: int = 0
    sales_with_card: int = 0
    changed: int = 0
    refused: int = 0
    members: int = 0
    lose: int = 0
    gain: int = 0
    recorded: Side = field(default_factory=Side)
    replayed: Side = field(default_factory=Side)
    losers: list[Change] = field(default_factory=list)
    winners: list[Change] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing at all would have been different."""
        return self.recorded == self.replayed and not (self.changed or self.lose or self.gain)


def _moved(body: facts.Body, state: Ledger) -> Points | None:
    match body:
        case SaleCompleted() if body.card is not None:
            return Points(issued=sum([earned.points for earned in body.earned]), used=body.all_spent)
        case GoodsReturned() if body.card is not None:
            return Points(
                taken_back=sum([back.points for back in body.taken]),
                given_back=sum([back.points for back in body.given]),
            )
        case BonusGiven() if f"{body.rule}:{body.occasion}" not in state.given:
            return Points(issued=body.points)
        case PointsAdjusted():
            return Points(issued=max(body.points, 0), taken_back=max(-body.points, 0))
        case CodeMade():
            return Points(used=body.points)
        case _:
            return None


def _who(body: facts.Body, state: Ledger) -> tuple[str, str]:
    """Kind and tier of whoever a fact is about; empty for guests, and for none."""
    if isinstance(body, SaleCompleted):
        return body.kind, body.tier or ""
    card = state.cards.get(facts.cards_of(body)[0])
    if card is None:
        return "", ""
    tier = ledger.tier_of(state, card.account)
    return state.kinds.get(card.member, ""), tier.id if tier else ""


def households(state: Ledger) -> Iterator[set[int]]:
    """The accounts that share their points, one set for each family."""
    accounts = {card.account for card in state.cards.values()}
    while accounts:
        members = ledger.family(state, min(accounts))
        yield members
        accounts -= members
