"""Faults that the simulation has to find: each is a small replacement of one real function, by name."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from db import uplink
from pos_app.loyalty import families
from pos_app.loyalty.accounts import Ledger, card_state
from pos_app.loyalty.facts import CardsMerged, Fact
from pos_app.loyalty.moments import NEVER
from pos_app.spending import Spending
from sync.central import backups, batches, folding, holds, intake, stocks
from sync.central.batches import Batch
from sync.central.database import Link, row
from sync.messages import Receipt, Sent, Upload
from tests.simulation.faults import Cut

_Patch = tuple[object, str, Any]


def _ack_before_commit() -> list[_Patch]:
    """The receipt goes out though the transaction did not end well."""
    real = intake.receive

    def receive(link: Link, till: int, upload: Upload, now: int) -> Receipt:
        receipt = None
        try:
            with link.transaction():
                receipt = real(link, till, upload, now)
        except Cut:
            if receipt is None:
                raise
        return receipt

    return [(intake, "receive", receive)]


def _prune_on_ack() -> list[_Patch]:
    """A till forgets what the centre has acknowledged, whether or not a backup holds it."""
    real = uplink.Uplink.acknowledge

    def acknowledge(self: uplink.Uplink, token: bytes, seq: int, safe: int, people: Any) -> None:
        del safe
        real(self, token, seq, seq, people)

    return [(uplink.Uplink, "acknowledge", acknowledge)]


def _dedupe_by_position() -> list[_Patch]:
    """A fact counts as known when one with its place in the till's chain is."""
    real = intake._keep

    def keep(link: Link, till: int, sent: Sequence[Sent], now: int) -> bool:
        query = "SELECT epoch, seq FROM fact WHERE till = %s AND seq = ANY(%s)"
        known = set(link.execute(query, (till, [one.seq for one in sent])).fetchall())
        return real(link, till, [one for one in sent if (one.epoch, one.seq) not in known], now)

    return [(intake, "_keep", keep)]


def _merge_moves_points() -> list[_Patch]:
    """A merge puts the points of a card to the holder's, instead of letting them share."""

    def merge(ledger: Ledger, _fact: Fact, body: CardsMerged) -> None:
        holder = card_state(ledger, body.holder).account
        for number in body.cards:
            for lot in ledger.lots.values():
                if lot.account == card_state(ledger, number).account:
                    lot.account = holder

    return [(families, "merge", merge)]


def _no_timeline() -> list[_Patch]:
    """A centre that was restored does not say so."""

    def restored(link: Link, _now: int) -> str:
        return str(row(link, "SELECT timeline FROM centre")[0])

    return [(backups, "restored", restored)]


def _cursor_over_sequence() -> list[_Patch]:
    """What is folded next comes after what was folded last by a sequence, whose numbers are given before a commit."""
    real = batches.waiting

    def waiting(link: Link, most: int) -> list[Batch]:
        (last,) = row(link, "SELECT coalesce(max(received), 0) FROM batch WHERE tick IS NOT NULL")
        late = set(link.execute("SELECT till, number FROM batch WHERE tick IS NULL AND received < %s", (last,)))
        return [one for one in real(link, most) if one not in late]

    return [(batches, "waiting", waiting)]


def _wall_clock_order() -> list[_Patch]:
    """Facts are folded in the order in which they came."""
    real = folding._understood

    def understood(link: Link, rows: Sequence[Any]) -> dict[Any, Fact]:
        (newest,) = row(link, "SELECT coalesce(max(received), 0) FROM fact")
        return {
            key: msgspec.structs.replace(fact, moment=max(newest, fact.moment))
            for key, fact in real(link, rows).items()
        }

    return [(folding, "_understood", understood)]


def _hold_never_ends() -> list[_Patch]:
    """Points are kept until their sale comes, if it ever does."""
    return [(holds, "HOLD_MS", NEVER // 2)]


def _allowance_without_limit() -> list[_Patch]:
    """A till that does not hear the centre lets everything be spent."""
    return [(Spending, "left", lambda _self, _card, _now: NEVER)]


def _restored_in_silence() -> list[_Patch]:
    """The centre begins a new timeline, and nobody is told."""
    return [(backups, "raise_alarm", lambda *_: None)]


def _stock_by_sales() -> list[_Patch]:
    """However many of a thing somebody takes from the board, the centre counts one."""
    real = stocks._taken

    def taken(link: Link, fact: Fact) -> list[tuple[str, int]]:
        return [(item, min(1, max(-1, quantity))) for item, quantity in real(link, fact)]

    return [(stocks, "_taken", taken)]


PLANTS: dict[str, Callable[[], list[_Patch]]] = {
    "ack-before-commit": _ack_before_commit,
    "prune-on-ack": _prune_on_ack,
    "dedupe-by-position": _dedupe_by_position,
    "merge-moves-points": _merge_moves_points,
    "no-timeline": _no_timeline,
    "cursor-over-sequence": _cursor_over_sequence,
    "wall-clock-order": _wall_clock_order,
    "hold-never-ends": _hold_never_ends,
    "allowance-without-limit": _allowance_without_limit,
    "restored-in-silence": _restored_in_silence,
    "stock-by-sales": _stock_by_sales,
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """While it lasts the program has the fault of this name; none where the name is empty."""
    with ExitStack() as stack:
        for owner, attribute, fault in PLANTS[name]() if name else ():
            stack.enter_context(patch.object(owner, attribute, fault))
        yield
