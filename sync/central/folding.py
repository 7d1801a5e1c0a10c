"""From facts to states: what was stored is folded in cuts, one after the other, each a tick of the centre.

Whatever was committed by then and has no tick yet belongs to the cut. So a transaction that commits late is part of a
later cut and never passed over, and a till that has seen all states of a tick has seen all that the tick counts.
"""

import gc
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import LiteralString, NamedTuple

import msgspec

from pos_app.clock import now_ms
from pos_app.loyalty import accounts, closing, facts, ledger
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import CodeMade, Fact, SaleCompleted
from pos_app.loyalty.tiers import NO_STATUTES, Statutes
from sync.central import apart, batches, debts, levels, moments, notices, slips, spread, stocks
from sync.central.batches import Batch
from sync.central.database import Link, row
from sync.central.levels import Levels
from sync.central.shelf import Shelf, columns

FOLD_MOST = 2000
"""About so many facts one cut takes: whole batches."""
TICKS_KEPT = 100_000
"""Of so many cuts it is remembered that they were made here."""
_CHANCE_BITS = 20
"""The low bits of a tick: a centre that was put back to an earlier state makes no tick that was made before."""

LOCK = 0x706F735F61707002
"""One program folds at a time."""

_Key = tuple[int, bytes]
"""till and id of a fact"""


class _Row(NamedTuple):
    till: int
    id: bytes
    epoch: int
    seq: int
    data: bytes


class Folder:
    """Folds by the statutes of the programmes that are in force; `zone` is the programme's, `now` UTC milliseconds."""

    def __init__(self, zone: str, statutes: Statutes = NO_STATUTES, now: Callable[[], int] = now_ms) -> None:
        self._zone = zone
        self._now = now
        self.statutes = statutes

    def fold(self, link: Link, most: int = FOLD_MOST) -> int:
        """Make one cut of about so many facts, whole batches of them; tells how many were in it.

        0 when none wait, somebody else is folding, or the last cut is not on all machines yet.
        """
        with _nothing_collected(), link.transaction():
            if not row(link, "SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))[0]:
                return 0
            if not spread.close_cut(link):
                return 0
            due, forks = batches.waiting(link, most), waiting_forks(link, most)
            people = _waiting_people(link)
            if not (due or forks or people or _has_waiting_entries(link)):
                return 0
            rows = _facts_of(link, due)
            tick = _next_tick(link)
            self._cut(link, rows, forks, people, tick)
            batches.stamp(link, due, tick)
        spread.close_cut(link, link.info.backend_pid)
        return len(rows) + len(forks)

    def look_at_time(self, link: Link) -> int:
        """Let members be told what time alone has done to their levels, of a few ledgers; tells how many those were."""
        if not self.statutes.eras:
            return 0
        with link.transaction():
            if not row(link, "SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))[0]:
                return 0
            return levels.tell_what_time_did(link, self.statutes, self._now())

    def _cut(self, link: Link, rows: Sequence[_Row], forks: Sequence[_Row], people: Sequence[int], tick: int) -> None:
        now = self._now()
        understood = _understood(link, rows)
        moments.note_impossible(link, understood)
        decided = _decided(link, forks, tick)
        counting = understood | {key: fact for key, (fact, _) in decided.items()}
        cards_of = {key: (*_cards(fact), *decided.get(key, (fact, ()))[1]) for key, fact in counting.items()}
        shelf = Shelf(link, {card for cards in cards_of.values() for card in cards})
        with link.pipeline():  # the database writes this down while the states are being folded
            _index(link, counting)
            slips.index(link, counting)
            _end_holds(link, understood)
            for state in self._settled(shelf, counting, cards_of, decided):
                notices.tell_owed(link, state, debts.note(link, state), now)
                _put(shelf, state, levels.tell(link, state, shelf.told(state.cards), now))
            shelf.write(tick)
        slips.note_twice(link, understood)
        stocks.count(link, [(till, fact) for (till, _), fact in understood.items()], tick)
        link.execute("UPDATE entry SET tick = %s WHERE tick IS NULL", (tick,))
        if people:
            link.execute("UPDATE person SET tick = %s WHERE member = ANY(%s)", (tick, people))
            link.execute(
                "UPDATE ledger SET tick = %s WHERE root IN (SELECT root FROM card WHERE member = ANY(%s))",
                (tick, people),
            )

    def _settled(
        self,
        shelf: Shelf,
        counting: Mapping[_Key, Fact],
        cards_of: Mapping[_Key, tuple[int, ...]],
        decided: Collection[_Key],
    ) -> Iterator[Ledger]:
        """The accounts of all families, brought forward; a fact of the past, or a forked one, folds them anew."""
        anew: list[set[int]] = []
        for named, keys in _families(cards_of, shelf.root_of):
            state = shelf.state(self._zone, self.statutes, named)
            new = sorted((counting[key] for key in keys), key=facts.place)
            if not ledger.follows(state, new[0]) or (decided and any(key in decided for key in keys)):
                anew.append(named | set(state.cards))
                continue
            for fact in new:
                ledger.apply(state, fact)
            yield _with_cards(state, named)
        for named, history in zip(anew, shelf.histories(anew), strict=True):
            yield _with_cards(ledger.fold(self._zone, history, self.statutes), named)


def _with_cards(state: Ledger, named: set[int]) -> Ledger:
    """A ledger of the cards that were named, also where no fact counts for them any more: they are told as unknown."""
    if not state.cards:
        for number in named:
            accounts.card_state(state, number)
    return state


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What a cut makes holds no cycles, and looking through all of it for some would take a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _next_tick(link: Link) -> int:
    """The tick of the cut that is being made, greater than all before it."""
    last: int = row(link, "SELECT tick FROM centre FOR UPDATE")[0]
    chance = int.from_bytes(os.urandom(3), "big") % (1 << _CHANCE_BITS)
    tick = ((last >> _CHANCE_BITS) + 1 << _CHANCE_BITS) + chance
    link.execute("UPDATE centre SET tick = %s", (tick,))
    link.execute("INSERT INTO tick VALUES (%s)", (tick,))
    link.execute("DELETE FROM tick WHERE number < %s", (tick - (TICKS_KEPT << _CHANCE_BITS),))
    return tick


def _facts_of(link: Link, due: Sequence[Batch]) -> list[_Row]:
    query: LiteralString = (
        "SELECT till, id, epoch, seq, data FROM fact "
        "JOIN unnest(%b::bigint[], %b::bigint[]) AS one (till, batch) USING (till, batch) ORDER BY till, seq, id"
    )
    return [_Row(*found) for found in link.execute(query, columns(due), binary=True)] if due else []


def waiting_forks(link: Link, most: int) -> list[_Row]:
    """Other contents under the id of a fact that is in a cut already."""
    return [
        _Row(*found)
        for found in link.execute(
            "SELECT till, id, fact.epoch, fact.seq, fork.data FROM fork JOIN fact USING (till, id) "
            "JOIN batch USING (till) WHERE number = fact.batch AND fork.tick IS NULL AND batch.tick IS NOT NULL "
            "ORDER BY till, id, fork.data LIMIT %s",
            (most,),
        )
    ]


def _decided(link: Link, forks: Sequence[_Row], tick: int) -> dict[_Key, tuple[Fact, set[int]]]:
    """Of two contents under one id the smaller counts, as in `ledger.fold`, whichever came first.

    Tells the fact that counts, and the cards that the others named: they are to be told anew, to whoever believed them.
    """
    decided: dict[_Key, tuple[Fact, set[int]]] = {}
    for one in forks:
        key = one.till, one.id
        (kept,) = row(link, "SELECT data FROM fact WHERE till = %s AND id = %s", key)
        link.execute("UPDATE fork SET tick = %s WHERE till = %s AND id = %s AND data = %s", (tick, *key, one.data))
        with suppress(msgspec.DecodeError, ValueError):
            old, new = apart.read(kept, one.id), apart.read(one.data, one.id)
            _, cards = decided.get(key, (old, set()))
            decided[key] = (new if one.data < kept else old), cards | {*_cards(old), *_cards(new)}
            if one.data < kept:
                _change_places(link, one, new, tick)
    return decided


def _cards(fact: Fact) -> tuple[int, ...]:
    return facts.cards_of(fact.body)


def _change_places(link: Link, one: _Row, new: Fact, tick: int) -> None:
    """Let the content of a fork, which is `new`, be that of the fact, and the other way round."""
    key = one.till, one.id
    (hash_,) = row(link, "DELETE FROM fork WHERE till = %s AND id = %s AND data = %s RETURNING hash", (*key, one.data))
    link.execute(
        "INSERT INTO fork SELECT till, id, hash, data, received, %s FROM fact WHERE till = %s AND id = %s",
        (tick, *key),
    )
    link.execute(
        "UPDATE fact SET epoch = %s, seq = %s, hash = %s, data = %s WHERE till = %s AND id = %s",
        (new.epoch, new.seq, hash_, one.data, *key),
    )


def _put(shelf: Shelf, state: Ledger, told: Levels) -> None:
    if len(state.lots) > closing.LOTS_MANY and state.last is not None:
        closing.close(state, state.last[0] - closing.RETURNS_MS)
    shelf.put(state, told)


def _understood(link: Link, rows: Sequence[_Row]) -> dict[_Key, Fact]:
    """The facts that this program can read; the others are put apart and kept."""
    understood: dict[_Key, Fact] = {}
    for one in rows:
        try:
            understood[one.till, one.id] = apart.read(one.data, one.id, (one.epoch, one.seq))
        except (msgspec.DecodeError, ValueError) as error:
            apart.put(link, one.till, one.id, str(error))
    return understood


def _index(link: Link, understood: Mapping[_Key, Fact]) -> None:
    rows = [(card, *key) for key, fact in understood.items() for card in set(facts.cards_of(fact.body))]
    if rows:
        link.execute(
            "INSERT INTO fact_card SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[]) "
            "ON CONFLICT DO NOTHING",
            columns(rows),
        )


def _families(
    cards_of: Mapping[_Key, tuple[int, ...]], root_of: Mapping[int, int]
) -> list[tuple[set[int], list[_Key]]]:
    """Facts in groups that have nothing to do with each other, each with the cards that it names."""
    leader: dict[tuple[str, int], tuple[str, int]] = {}

    def lead(node: tuple[str, int]) -> tuple[str, int]:
        while leader.setdefault(node, node) != node:
            node = leader[node]
        return node

    def node_of(card: int) -> tuple[str, int]:
        return ("root", root_of[card]) if card in root_of else ("card", card)

    for cards in cards_of.values():
        for card in cards[1:]:
            leader[lead(node_of(card))] = lead(node_of(cards[0]))
    groups: dict[tuple[str, int], tuple[set[int], list[_Key]]] = defaultdict(lambda: (set(), []))
    for key, cards in cards_of.items():
        if cards:
            group = groups[lead(node_of(cards[0]))]
            group[0].update(cards)
            group[1].append(key)
    return list(groups.values())


def _end_holds(link: Link, understood: Mapping[_Key, Fact]) -> None:
    """A hold is settled by the sale or the code that it was for."""
    settled = [
        (fact.body.card, fact.body.hold, fact.moment)
        for fact in understood.values()
        if isinstance(fact.body, SaleCompleted | CodeMade) and fact.body.hold
    ]
    if settled:
        link.execute(
            "UPDATE hold SET over = one.moment "
            "FROM unnest(%b::bigint[], %b::bytea[], %b::bigint[]) AS one (card, hold, moment) "
            "WHERE hold.card = one.card AND hold.hold = one.hold AND over IS NULL",
            columns(settled),
        )


def _waiting_people(link: Link) -> list[int]:
    """The members whose data are to be told, but those who are being changed; over machines these are waited for."""
    query: LiteralString = "SELECT member FROM person WHERE tick IS NULL"
    if not spread.is_here(link):
        query += " FOR UPDATE SKIP LOCKED"
    return [member for (member,) in link.execute(query)]


def _has_waiting_entries(link: Link) -> bool:
    return link.execute("SELECT 1 FROM entry WHERE tick IS NULL LIMIT 1").fetchone() is not None


def balance_of(state: Ledger, card: int, now: int) -> int:
    """The points that a card can spend as of `now`; `state` is advanced to it."""
    ledger.advance(state, max(now, state.changed))
    return accounts.totals(state, state.cards[card].account).balance
