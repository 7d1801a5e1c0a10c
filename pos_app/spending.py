"""Points are spent where the centre keeps them for the sale, or, while it does not answer, on trust.

A till without a centre asks nobody. The points of the open sale are asked for when they are chosen, so that the answer
is there when the sale is completed; what decides otherwise is the programme's allowance, less what this till's own
facts say that it has let be spent on trust today.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

from db import link
from db.store import Store
from pos_app import consequences
from pos_app.clock import now_ms
from pos_app.loyalty import allowance, moments
from pos_app.loyalty.allowance import Trusted
from pos_app.loyalty.basket import Basket
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import Authority, CodeMade, SaleCompleted
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from sync.keeper import HoldLine, Keeper

HOLD_BYTES = 16
HEARD_AHEAD_MS = 60_000
"""A moment that lies further ahead is of a clock that was wrong: nobody knows when the centre was heard."""


class Permit(NamedTuple):
    """By which authority points may be spent, and the hold that the fact is to settle."""

    authority: Authority
    hold: bytes


ALONE = Permit("alone", b"")


class Spending:
    """Decides about points at one till of a centre; `heard` tells when the centre answered last (UTC ms, 0: never)."""

    def __init__(self, store: Store, programme: Programme, keeper: Keeper, heard: Callable[[], int]) -> None:
        self._store = store
        self._programme = programme
        self._heard = heard
        self.keeper = keeper
        self._day = 0
        self._counted = 0
        self._spent: dict[int, int] = {}

    def hold_for(self, basket: Basket, quoted: Quote) -> bytes:
        """The hold of a basket as it is now: a new one with the first points of a card, none without any."""
        if not quoted.spent or quoted.customer is None:
            return b""
        is_others = self.keeper.card_of(basket.hold) not in (None, quoted.customer.card)
        return os.urandom(HOLD_BYTES) if is_others or not basket.hold else basket.hold

    def follow(self, before: bytes, hold: bytes, quoted: Quote) -> None:
        """Let the centre keep what the open sale takes by now, and no more what it took before; nobody waits."""
        if before and before != hold:
            self.keeper.give_up(before)
        if hold and quoted.customer is not None:
            self.keeper.want(hold, quoted.customer.card, quoted.spent)

    def standing(self, quoted: Quote, hold: bytes) -> Permit | Refusal | None:
        """How it stands with the points of the open sale; None where there are none, or nobody can say yet."""
        if not quoted.spent or quoted.customer is None or not hold:
            return None
        return self._decided(hold, quoted.customer.card, quoted.spent, quoted.moment, wait=False)

    def permit(self, quoted: Quote, hold: bytes) -> Permit:
        """Let the sale spend its points; raises Refusal points_elsewhere or over_allowance."""
        if not quoted.spent or quoted.customer is None:
            return ALONE
        return self._permit(hold, quoted.customer.card, quoted.spent, quoted.moment)

    def permit_at_once(self, card: int, points: int, now: int) -> Permit:
        """Let points be spent that nobody has asked for before; a refusal gives them up."""
        hold = os.urandom(HOLD_BYTES)
        try:
            return self._permit(hold, card, points, now)
        except Refusal:
            self.keeper.give_up(hold)
            raise

    def _permit(self, hold: bytes, card: int, points: int, now: int) -> Permit:
        self.keeper.want(hold, card, points)
        decided = self._decided(hold, card, points, now, wait=True)
        if isinstance(decided, Refusal):
            raise decided
        assert decided is not None, "whoever has waited knows"
        return decided

    def _decided(self, hold: bytes, card: int, points: int, now: int, *, wait: bool) -> Permit | Refusal | None:
        answer = self.keeper.answer(hold, wait=wait)
        if answer is None and not wait and not self.keeper.is_silent(hold):
            return None
        if answer is not None and answer.granted:
            return Permit("centre", hold)
        if answer is not None and not self._is_unheard(card):
            return Refusal("points_elsewhere", need=points, have=answer.available)
        most = self.left(card, now)
        return Permit("allowance", hold) if points <= most else Refusal("over_allowance", need=points, most=most)

    def left(self, card: int, now: int) -> int:
        """How many points can be spent on trust with a card now."""
        if self._store.customer(card, now).status != "given":
            return 0
        heard = self._heard()
        age_ms = now - heard if 0 < heard <= now + HEARD_AHEAD_MS else None
        return allowance.left(self._programme.version_at(now).allowance, self._trusted(card, now), age_ms)

    def _trusted(self, card: int, now: int) -> Trusted:
        """What this till has let be spent on trust on the shop's day of `now`, as its own facts tell.

        Those that were counted before are not read again.
        """
        zone = self._programme.zone
        today = moments.day_of(now, zone)
        if today != self._day:
            self._day, self._spent, self._counted = today, {}, 0
        until = self._counted
        for fact in self._store.facts_back():
            if fact.seq <= until or moments.day_of(fact.moment, zone) < today:
                break
            self._counted = max(self._counted, fact.seq)
            match fact.body:
                case SaleCompleted(authority="allowance", all_spent=points, card=int() as spent_by):
                    self._spent[spent_by] = self._spent.get(spent_by, 0) + points
                case CodeMade(authority="allowance", points=points, card=spent_by):
                    self._spent[spent_by] = self._spent.get(spent_by, 0) + points
        family = consequences.family_cards(self._store, card)
        return Trusted(sum(self._spent.get(one, 0) for one in family), sum(self._spent.values()))

    def _is_unheard(self, card: int) -> bool:
        """Whether the centre has yet to hear of something about a card: then its no is none."""
        return self._store.waits_for_centre(consequences.family_cards(self._store, card))


def of(store: Store, programme: Programme) -> Spending | None:
    """Who decides about points at a till of a centre; None for one that stands alone."""
    if not store.centre:
        return None
    folder, url, till = store.path, store.centre, store.identity.till

    def line() -> HoldLine:
        from sync.line import of_till

        return of_till(folder, url, till, now_ms)

    def heard() -> int:
        known = link.state(folder)
        return known.heard + known.offset_ms if known is not None and known.heard else 0

    return Spending(store, programme, Keeper(line), heard)
