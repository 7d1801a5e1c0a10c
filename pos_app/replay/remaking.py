"""Facts made again under a changed programme, one after the other, each with what would have followed from it.

What a sale wishes (goods, swaps, points to use, coupons) is taken as it was; what the new rules or the replayed
balance do not allow falls away. What facts do not tell (whether a telephone was known before, what somebody would have
bought instead) is taken from what was recorded.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from pos_app.loyalty import moments
from pos_app.loyalty.facts import (
    BonusGiven,
    CardReplaced,
    CodeMade,
    Enrolled,
    Fact,
    GoodsReturned,
    MemberActed,
    OrderChanged,
    PointsAdjusted,
    PointsCredited,
    RequestDecided,
    SaleCompleted,
)
from pos_app.loyalty.ledger import Ledger
from pos_app.replay.bonuses import Bonuses
from pos_app.replay.ledgers import Family
from pos_app.replay.memory import Memory
from pos_app.replay.orders import Orders
from pos_app.replay.sales import Sales


class Remaker:
    """Makes facts again, in the order in which they are folded."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._sales = Sales(memory)
        self._bonuses = Bonuses(memory)
        self._orders = Orders(memory, self._bonuses)

    @property
    def refused(self) -> int:
        """How many sales would be without points or a swap."""
        return self._sales.refused

    def remade(self, fact: Fact, family: Family | None) -> Iterator[Fact]:
        """What `fact` would have been, nothing if it would not have happened, and what would have followed.

        Each has to be folded before the next one is asked for. `family` is that of the cards that the fact names or
        shows, its ledgers advanced to the fact's moment. Raises FileFault where the programme cannot reckon at all.
        """
        self._memory.reach(fact.moment)
        match fact.body:
            case SaleCompleted() as body:
                yield from self._sold(fact, body, family)
            case GoodsReturned() as body:
                yield from self._orders.returned(fact, body)
            case OrderChanged() as body:
                yield fact
                yield from self._orders.changed(fact, body)
            case BonusGiven() as body:
                yield from self._bonuses.given(fact, body)
            case PointsCredited() as body:
                yield from _if_any(self._orders.credited(fact, body))
            case PointsAdjusted() as body:
                yield from _if_any(self._bonuses.adjusted(fact, body))
            case _ if family is None:
                yield fact
            case _:
                yield from self._of_member(fact, family)

    def _of_member(self, fact: Fact, family: Family) -> Iterator[Fact]:
        match fact.body:
            case Enrolled() as body:
                yield from self._enrolled(fact, body)
            case MemberActed() as body:
                yield fact
                yield from self._acted(fact, body, family.replayed)
            case CodeMade() as body:
                yield from _if_any(self._sales.code(fact, body, family))
            case CardReplaced() as body:
                yield _replaced(fact, body, family)
            case RequestDecided() as body:
                yield self._decided(fact, body, family.replayed)
            case _:
                yield fact

    def _sold(self, fact: Fact, body: SaleCompleted, family: Family | None) -> Iterator[Fact]:
        sale = self._sales.sold(fact, body, family)
        yield sale
        self._orders.note(fact, body)
        if body.fulfilled:
            yield from self._bonuses.on_first_sale(fact, sale)

    def _enrolled(self, fact: Fact, body: Enrolled) -> Iterator[Fact]:
        programme, made = self._memory.programme, body
        if programme.card_active_after != self._memory.past.rules_of(fact)[0].card_active_after:
            active_from = moments.add(fact.moment, programme.card_active_after, programme.zone)
            made = replace(made, active_from=active_from)
        if made.guest and not programme.membership.guests_wait:
            made = replace(made, guest=0)
        yield replace(fact, body=made)
        yield from self._bonuses.on(fact, "joined", body.card, str(body.member))
        yield from self._bonuses.on(fact, "friend_joined", body.invited_by, str(body.member))
        if made.guest:
            yield from self._orders.taken_up(fact, made.guest)

    def _acted(self, fact: Fact, body: MemberActed, state: Ledger) -> Iterator[Fact]:
        card = state.cards[body.card]
        match body.what:
            case "profile_completed":
                yield from self._bonuses.on(fact, "profile_completed", body.card, str(card.member))
            case "reviewed":
                yield from self._bonuses.on(fact, "reviewed", body.card, f"{card.account}:{body.about}")
            case "phone_confirmed":
                yield from self._bonuses.on(fact, "friend_confirmed_phone", card.invited_by, str(card.member))

    def _decided(self, fact: Fact, body: RequestDecided, state: Ledger) -> Fact:
        asked = state.requests.get(body.request)
        if asked is None or body.outcome != "approved":
            return fact
        rule = self._memory.now(fact.moment).benefit(asked.benefit)
        if rule is None or rule == self._memory.then(fact).benefit(asked.benefit):
            return fact
        zone = self._memory.programme.zone
        lapses = None if rule.lapses is None else moments.add(fact.moment, rule.lapses, zone)
        return replace(fact, body=replace(body, lapses=lapses))


def _replaced(fact: Fact, body: CardReplaced, family: Family) -> Fact:
    """A new card takes over from when on the old one takes part."""
    old, new = family.recorded.cards.get(body.card), family.replayed.cards.get(body.card)
    if old is None or new is None or body.active_from != old.active_from or new.active_from == old.active_from:
        return fact
    return replace(fact, body=replace(body, active_from=new.active_from))


def _if_any(fact: Fact | None) -> Iterator[Fact]:
    if fact is not None:
        yield fact
