"""The states that one cut changes: read together before it, and written together after it.

Asking for each family by itself costs two ways to the database and back for each, many times what the folding costs.
"""

from collections.abc import Iterable, Sequence

import msgspec

from pos_app.loyalty import facts, ledger, stored
from pos_app.loyalty.accounts import Ledger
from pos_app.loyalty.facts import Fact
from pos_app.loyalty.tiers import NO_STATUTES, Statutes
from sync.central import levels
from sync.central.database import Link
from sync.central.levels import Levels
from sync.messages import Tiers

_tiers = msgspec.msgpack.Encoder()


class Shelf:
    """States by the cards that are in them. `root_of` tells under which key the state of a card is kept."""

    def __init__(self, link: Link, cards: Iterable[int]) -> None:
        """Read the states of some cards, and so all cards of these states."""
        self._link = link
        rows = link.execute(
            "SELECT number, root, member FROM card WHERE root IN (SELECT root FROM card WHERE number = ANY(%b))",
            (list(cards),),
        ).fetchall()
        self.root_of: dict[int, int] = {number: root for number, root, _ in rows}
        self._members: dict[int, int] = {number: member for number, _, member in rows}
        kept = link.execute(
            "SELECT root, state, told FROM ledger WHERE root = ANY(%b)",
            (list(set(self.root_of.values())),),
            binary=True,
        ).fetchall()
        self._states: dict[int, bytes] = {root: state for root, state, _ in kept}
        self._told: dict[int, bytes] = {root: told for root, _, told in kept if told is not None}
        self._gone: list[int] = []
        self._changed: list[tuple[int, int, bytes, bytes, bytes | None]] = []
        self._moved: list[tuple[int, int, int]] = []

    def roots(self, cards: Iterable[int]) -> list[int]:
        """The keys of what is kept of some cards, the lowest first."""
        return sorted({self.root_of[card] for card in cards if card in self.root_of})

    def state(self, zone: str, statutes: Statutes, cards: Iterable[int]) -> Ledger:
        """The joined ledger of some cards as it was kept."""
        state: Ledger | None = None
        for root in self.roots(cards):
            part = stored.decode(self._states[root])
            part.statutes = statutes
            state = part if state is None else ledger.join(state, part)
        return Ledger(zone, statutes=statutes) if state is None else state

    def told(self, cards: Iterable[int]) -> Levels:
        """Of which levels the members of some cards' accounts know."""
        known: Levels = {}
        for root in self.roots(cards) if self._told else ():
            known |= levels.read(self._told.get(root))
        return known

    def put(self, state: Ledger, told: Levels) -> None:
        """Let a state take the place of what was kept of its cards: under the lowest key, or its lowest account.

        Its members know of the levels `told`.
        """
        roots = self.roots(state.cards)
        root = roots[0] if roots else min(card.account for card in state.cards.values())
        self._gone += roots[1:]
        tiers = _tiers.encode(tiers_of(state))
        statutes, state.statutes = state.statutes, NO_STATUTES
        self._changed.append((root, state.next_change, stored.encode(state), tiers, levels.kept(told)))
        state.statutes = statutes
        for number, card in state.cards.items():
            if self.root_of.get(number) != root or self._members[number] != card.member:
                self._moved.append((number, root, card.member))

    def write(self, tick: int) -> None:
        """Bring all that was put to the database, as of a tick."""
        if self._gone:
            self._link.execute("DELETE FROM ledger WHERE root = ANY(%b)", (self._gone,))
        if self._changed:
            self._link.execute(
                "INSERT INTO ledger (root, tick, next_change, state, tiers, told) "
                "SELECT root, %s, next_change, state, tiers, told "
                "FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[]) "
                "AS one (root, next_change, state, tiers, told) ON CONFLICT (root) DO UPDATE SET "
                "tick = excluded.tick, next_change = excluded.next_change, state = excluded.state, "
                "tiers = excluded.tiers, told = excluded.told",
                (tick, *columns(self._changed)),
            )
        if self._moved:
            self._link.execute(
                "INSERT INTO card (number, root, member) SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[])"
                " ON CONFLICT (number) DO UPDATE SET root = excluded.root, member = excluded.member",
                columns(self._moved),
            )

    def histories(self, families: Sequence[Iterable[int]]) -> list[list[Fact]]:
        """All facts of everybody who was ever linked with the cards of a family, for families that are strangers."""
        family_of = {card: place for place, cards in enumerate(families) for card in cards}
        found: list[dict[bytes, Fact]] = [{} for _ in families]
        waiting = list(family_of)
        while waiting:
            rows = self._link.execute(
                "SELECT card, data FROM fact_card JOIN fact USING (till, id) WHERE card = ANY(%b)",
                (waiting,),
                binary=True,
            ).fetchall()
            waiting = []
            for card, data in rows:
                fact = facts.decode(data)
                named = facts.cards_of(fact.body)
                if card not in named:
                    continue  # it was another content of this fact that named it
                found[family_of[card]][fact.id] = fact
                for other in named:
                    if other not in family_of:
                        family_of[other] = family_of[card]
                        waiting.append(other)
        return [list(history.values()) for history in found]


def tiers_of(state: Ledger) -> Tiers:
    """The tier of each account of a ledger, and its next review: who is told of it need not know the statutes."""
    if not state.tiers:
        return {}
    of_accounts = {card.account: ledger.tier_of(state, card.account) for card in state.cards.values()}
    return {account: (tier.id, tier.until) for account, tier in of_accounts.items() if tier is not None}


def columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Rows as the arrays that `unnest` makes rows of."""
    return [list(column) for column in zip(*rows, strict=True)]
