"""The ledger is a function of the set of facts, and no point is ever lost, doubled or spent too late."""

import copy
from collections.abc import Iterable, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty import facts, ledger, standing
from pos_app.loyalty.facts import USED_POINTS, BonusGiven, Fact, GoodsReturned, PointsAdjusted, SaleCompleted
from pos_app.loyalty.ledger import Ledger, Totals
from pos_app.loyalty.moments import NEVER
from pos_app.loyalty.tiers import NO_STATUTES, Statutes
from tests.helpers.histories import DAY, History, by_place, deliveries, histories


def families(state: Ledger) -> list[set[int]]:
    """Every account that the ledger knows, in its family."""
    accounts = {card.account for card in state.cards.values()}
    accounts |= {lot.account for lot in state.lots.values()}
    accounts |= {taking.account for taking in state.takings.values()}
    found: list[set[int]] = []
    for account in sorted(accounts):
        if not any(account in members for members in found):
            found.append(ledger.family(state, account))
    return found


def earned_by_the_facts(history: Iterable[Fact]) -> int:
    """What was ever earned, from the facts alone."""
    points, given = 0, set[tuple[str, str]]()
    for body in (fact.body for fact in by_place(list(history))):
        if isinstance(body, SaleCompleted) and body.card is not None:
            points += sum(earned.points for earned in body.earned)
        elif isinstance(body, PointsAdjusted):
            points += max(body.points, 0)
        elif isinstance(body, BonusGiven) and (body.rule, body.occasion) not in given:
            given.add((body.rule, body.occasion))
            points += body.points
    return points


def given_back_unasked(history: Iterable[Fact]) -> int:
    """Points given back for swaps of a sale that comes later in the fold, or never, or was another card's."""
    points, spent = 0, set[tuple[bytes, int | None]]()
    for fact in by_place(list(history)):
        if isinstance(fact.body, SaleCompleted):
            indexes = [*range(len(fact.body.spent)), *([USED_POINTS] if fact.body.used_points else [])]
            spent |= {(ledger.key(fact.id, index), fact.body.card) for index in indexes}
        elif isinstance(fact.body, GoodsReturned):
            for back in fact.body.given:
                if (ledger.key(fact.body.sale, back.index), fact.body.card) not in spent:
                    points += back.points
    return points


def assert_balanced(sums: Totals) -> None:
    assert sums.earned == sums.spent + sums.expired + sums.cancelled + sums.balance + sums.pending
    assert min(sums.earned, sums.expired, sums.cancelled, sums.pending) >= 0


def assert_sound(state: Ledger, history: Sequence[Fact], now: int) -> None:
    """Whatever holds of a ledger at any time, after it was advanced to `now`."""
    earned = 0
    for members in families(state):
        sums = [ledger.totals(state, account) for account in members]
        assert_balanced(sums[0])
        assert all(other == sums[0] for other in sums)
        earned += sums[0].earned
        lots = [lot for lot in state.lots.values() if lot.account in members]
        takings = [taking for taking in state.takings.values() if taking.account in members]
        owed = sum(taking.owed for taking in takings)
        assert not (owed and any(lot.left for lot in lots if lot.open)), "a debt beside points that could fill it"
        if any(lot.left for lot in lots):
            assert_reachable(state, members)
        if any(card.account in members for card in state.cards.values()):
            assert_tier_is_reached(state, min(members), now)
    assert earned == earned_by_the_facts(history)
    for lot in state.lots.values():
        assert 0 <= lot.left <= lot.points
        assert min(lot.expired, lot.cancelled) >= 0
        assert lot.left + lot.expired + lot.cancelled <= lot.points
        assert not lot.left or lot.expires is None or now < lot.expires, "a point that outlived its lot"
        assert lot.open or lot.credited is None or now < lot.credited, "a point that was due and still waits"
    assert_every_point_is_somewhere(state, given_back_unasked(history))


def assert_tier_is_reached(state: Ledger, account: int, now: int) -> None:
    """Nobody is below the tier that the points suffice for; nor above it, where none is held (T5, T7, H1, M2)."""
    rules, tier = state.statutes.at(now), ledger.tier_of(state, account)
    if rules is None:
        assert tier is None
        return
    reached, place = rules.reached(standing.measured(state, account, now)), rules.place(tier.id if tier else None)
    assert place >= reached
    if rules.hold is None:
        assert place == reached
    if tier is not None and tier.until is not None:
        assert now < tier.until


def assert_reachable(state: Ledger, members: set[int]) -> None:
    """A card leads to the points, unless the last one that did has left."""
    leading = ledger.cards_to(state, members)
    gone = [card for card in state.cards.values() if card.account in members and card.status == "left"]
    assert leading or gone


def assert_every_point_is_somewhere(state: Ledger, unasked: int) -> None:
    """Points of lots are left, lapsed, cancelled or part of a taking; points given back are a lot again."""
    in_lots = sum(lot.points - lot.left - lot.expired - lot.cancelled for lot in state.lots.values())
    given_back = sum(lot.points for lot in state.lots.values() if lot.given_back)
    in_parts = sum(part.points for taking in state.takings.values() for part in taking.parts)
    assert in_lots == in_parts + given_back - unasked
    for taking in state.takings.values():
        assert taking.owed >= 0
        assert all(part.points > 0 for part in taking.parts)
        assert taking.owed + sum(part.points for part in taking.parts) <= taking.points


def looked_at(state: Ledger, now: int) -> Ledger:
    """What somebody sees who looks at `now`."""
    seen = copy.deepcopy(state)
    ledger.advance(seen, now)
    return seen


def moments_worth_a_look(history: Sequence[Fact], state: Ledger) -> list[int]:
    last = max(fact.moment for fact in history)
    edges = {lot.expires for lot in state.lots.values()} | {lot.credited for lot in state.lots.values()}
    later = {edge + nudge for edge in edges if edge is not None and edge >= last for nudge in (-1, 0, 1)}
    return sorted({last, last + DAY, last + 1000 * DAY} | {moment for moment in later if moment >= last})


class Node:
    """What a till or a centre does with facts as they come: strangers have ledgers of their own, a fact that
    names cards of several joins them, one that comes late folds its ledger anew."""

    def __init__(self, zone: str, statutes: Statutes) -> None:
        self.zone = zone
        self.statutes = statutes
        self.seen: dict[bytes, Fact] = {}
        self.groups: list[tuple[set[int], list[Fact], Ledger]] = []

    def take_in(self, batch: Iterable[Fact]) -> None:
        for fact in batch:
            if fact.id not in self.seen:
                self.seen[fact.id] = fact
                self._post(fact)

    def _post(self, fact: Fact) -> None:
        named = set(facts.cards_of(fact.body))
        if not named:
            return
        touched = [group for group in self.groups if group[0] & named]
        self.groups = [group for group in self.groups if not group[0] & named]
        cards: set[int] = named.union(*(group[0] for group in touched))
        history = [*(old for group in touched for old in group[1]), fact]
        state = Ledger(self.zone, statutes=self.statutes)
        for _, _, old in touched:
            state = ledger.join(state, old)
        if ledger.follows(state, fact):
            ledger.apply(state, fact)
        else:
            state = ledger.fold(self.zone, history, self.statutes)
        self.groups.append((cards, history, state))

    def look(self, now: int) -> None:
        """Somebody looks, and the node keeps what it saw."""
        for _, _, state in self.groups:
            ledger.advance(state, now)

    def whole(self) -> Ledger:
        state = Ledger(self.zone, statutes=self.statutes)
        for _, _, part in self.groups:
            state = ledger.join(state, copy.deepcopy(part))
        return state


@given(histories(least=20))
def test_every_prefix_of_the_fold_is_sound(history: History) -> None:
    state = history.fold([])
    folded: list[Fact] = []
    for fact in by_place(history.facts):
        ledger.apply(state, fact)
        folded.append(fact)
        assert_sound(state, folded, fact.moment)
    for now in moments_worth_a_look(history.facts, state):
        assert_sound(looked_at(state, now), folded, now)


@given(histories(least=20), st.data())
def test_any_order_of_delivery_ends_in_the_same_state(history: History, data: st.DataObject) -> None:
    wanted = history.fold()
    node = Node(history.zone, history.statutes)
    for batch in data.draw(deliveries(history.facts)):
        node.take_in(batch)
        for _, so_far, state in node.groups:
            assert_sound(state, so_far, max(fact.moment for fact in so_far))
            assert state == history.fold(so_far)
    assert node.whole() == wanted
    for now in moments_worth_a_look(history.facts, wanted):
        assert looked_at(node.whole(), now) == looked_at(wanted, now)


@given(histories(least=20), st.data())
def test_fold_does_not_care_for_order_or_repetition(history: History, data: st.DataObject) -> None:
    wanted = history.fold()
    shuffled = [fact for batch in data.draw(deliveries(history.facts)) for fact in batch]
    assert history.fold(shuffled) == wanted


@given(histories(least=20), st.lists(st.integers(0, 400 * DAY), max_size=8))
def test_many_small_steps_of_time_are_one(history: History, gaps: list[int]) -> None:
    state = history.fold()
    stepwise, now = copy.deepcopy(state), max(fact.moment for fact in history.facts)
    for gap in gaps:
        now += gap
        ledger.advance(stepwise, now)
    assert stepwise == looked_at(state, now)


@given(histories(least=20), st.data())
def test_looking_never_changes_what_comes_later(history: History, data: st.DataObject) -> None:
    wanted = history.fold()
    node = Node(history.zone, history.statutes)
    looks = st.sampled_from([0, 1, DAY, 40 * DAY, 400 * DAY])
    for fact in data.draw(st.one_of(st.just(by_place(history.facts)), st.permutations(history.facts))):
        node.take_in([fact])
        node.look(fact.moment + data.draw(looks))
    last = max(fact.moment for fact in history.facts) + 400 * DAY
    assert looked_at(node.whole(), last) == looked_at(wanted, last)


@given(histories(least=20))
def test_points_are_spent_from_the_lot_that_expires_first(history: History) -> None:
    state = history.fold([])
    for fact in by_place(history.facts):
        before = looked_at(state, fact.moment)
        ledger.apply(state, fact)
        if not (isinstance(fact.body, SaleCompleted) and fact.body.card is not None):
            continue
        account = state.cards[fact.body.card].account
        members = ledger.family(state, account)
        fresh = {ledger.key(fact.id, index) for index in range(len(fact.body.earned))}
        stayed = [
            state.lots[name].expires or NEVER
            for name, lot in before.lots.items()
            if lot.open and state.lots[name].left and lot.account in members
        ]
        for index in range(len(fact.body.spent)):
            taking = state.takings[ledger.key(fact.id, index)]
            parts = [part for part in taking.parts if part.lot not in fresh]
            used = [state.lots[part.lot].expires or NEVER for part in parts]
            assert used == sorted(used)
            assert max(used, default=0) <= min(stayed, default=NEVER)
            assert all(fact.moment < expires for expires in used)
            assert all(before.lots[part.lot].open for part in parts)


@given(histories(least=20))
def test_a_ledger_survives_being_written_down(history: History) -> None:
    state = history.fold()
    state.statutes = NO_STATUTES  # they are the programme's, and never kept
    data = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(data, type=Ledger) == state
    for fact in history.facts:
        assert facts.decode(facts.encode(fact)) == fact


@given(histories(least=20))
def test_nothing_comes_back_that_was_not_spent(history: History) -> None:
    state = history.fold()
    spent = sum(ledger.totals(state, min(members)).spent for members in families(state))
    assert spent + given_back_unasked(history.facts) >= 0
