"""What people must have been told in the end, and what they must not (the table of alarms in docs/centre.md)."""

from collections import defaultdict
from collections.abc import Collection
from itertools import chain

from pos_app.loyalty import returns
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.slip import slip_text
from tests.simulation.end import End, Violation
from tests.simulation.keys import Key

AT_A_COPY = ("copy", "fork", "chain", "gap")
"""What is told of tills that have copies, and of tills of a centre that has lost something."""


def copies_were_told(end: End) -> None:
    """Where two facts have the same place in a till's chain, somebody was told of the copy."""
    told = {alarm.till for alarm in end.told if alarm.kind in ("copy", "fork", "gap")}
    places: dict[tuple[int, int, int], Key] = {}
    for key in sorted(end.alive):
        fact = end.world.book.written[key]
        if places.setdefault((fact.till, fact.epoch, fact.seq), key) != key and fact.till not in told:
            raise Violation(f"nobody was told that there are two of till {fact.till}")


def cashiers_were_told(end: End) -> None:
    """Who goes on under new numbers says so on the till's own screen."""
    for till in end.world.tills.values():
        is_new = till.store.identity.epoch > 1
        if is_new and not any(one.warnings or one.store.warnings for one in end.world.copies_of(till.number)):
            raise Violation(f"till {till.name} goes on under new numbers and does not say so")


def restores_were_told(end: End) -> None:
    """A centre that begins a new timeline says so, and one that has lost a cut of which a till knows begins one."""
    told = end.world.timelines_told()
    if (timeline := end.world.centre.timeline()) not in ("first", *told):
        raise Violation(f"nobody was told that the centre has begun the timeline {timeline}")
    if unsaid := end.world.restored_to - told:
        raise Violation(f"the centre was restored, and goes on as {unsaid} without saying so")
    for till, copy, before in end.world.unknowing:
        if len(told) == before and end.world.tills[till].copy == copy:
            raise Violation(f"the centre has lost what till {till} was told of, and nobody knows")


def returns_were_told(end: End) -> None:
    """Of goods that came back twice somebody was told, and of none that did not."""
    told = {alarm.subject for alarm in end.told if alarm.kind == "returned"}
    if unsaid := _came_back_twice(end.facts.values()) - told:
        raise Violation(f"nobody was told that goods of {unsaid} came back twice")
    if wrong := told - _came_back_twice(end.world.book.written.values()):
        raise Violation(f"people were told that goods of {wrong} came back twice")


def _came_back_twice(history: Collection[Fact]) -> set[str]:
    """The slips of sales of which more came back than was sold."""
    backs: dict[bytes, list[GoodsReturned]] = defaultdict(list)
    for body in {fact.id: fact.body for fact in history}.values():
        if isinstance(body, GoodsReturned):
            backs[body.sale].append(body)
    sales = [fact for fact in history if isinstance(fact.body, SaleCompleted) and fact.id in backs]
    return {
        slip_text(one.body.slip)
        for one in sales
        if isinstance(one.body, SaleCompleted) and min((0, *chain(*returns.balance_milli(one.body, backs[one.id])))) < 0
    }


def nobody_is_told_for_nothing(end: End) -> None:
    """Of a restored centre people are told once for each time, of a copy where a disk of that till was copied or put
    back, of a wrong clock where one was set.
    """
    world = end.world
    if len(world.timelines_told()) > world.centre_losses:
        raise Violation("people were told that the centre was restored, and it was not")
    if not world.had_wrong_clock and any(alarm.kind == "clock" for alarm in end.told):
        raise Violation("people were told of wrong clocks, and all were right")
    for alarm in sorted(end.told):
        if alarm.kind in AT_A_COPY and alarm.till not in world.copied and not world.centre_losses:
            raise Violation(f"people were told of {alarm} for nothing")
        if alarm.kind not in (*AT_A_COPY, "restored", "clock", "debt", "returned"):
            raise Violation(f"people were told of {alarm}, which is nothing that can be")


def debts_were_told(end: End) -> None:
    """Each spending that no lot could pay for is on the list of what a person has to see to."""
    listed = {alarm.subject.split()[-1] for alarm in end.told if alarm.kind == "debt"}
    for state in end.ledgers:
        for name, taking in state.takings.items():
            if taking.kind == "spent" and taking.owed and name.hex() not in listed:
                raise Violation(f"nobody was told that {taking.owed} points of {taking.card} were spent twice")
