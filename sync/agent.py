"""The till's side of the link with the centre: one round after the other, each to its end or to the first trouble.

A round sends what waits and takes up what is new. It writes down every answer before it goes on, so it can be cut off
anywhere and begun again: whatever was sent twice counts once, whatever was told twice changes nothing.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from db import generations
from db.replica import Replica, Told
from db.successor import Successor
from db.uplink import Standing, Uplink
from pos_app.loyalty import closing, facts, stored
from pos_app.loyalty.accounts import Ledger
from sync.messages import FACTS_MOST, IDS_MOST, Cursor, Page, Person, Pull, Receipt, Report, Sent, Upload

log = logging.getLogger(__name__)


class Away(Exception):
    """The centre could not be reached, or did not answer in time; the text is a sentence."""


class Line(Protocol):
    """The way to the centre; its calls raise Away."""

    def send(self, upload: Upload) -> Receipt: ...

    def changes(self, pull: Pull) -> Page: ...


Prepare = Callable[[str, tuple[int, int] | None], bool]
"""Has a replica of a timeline ready to be followed, if it can; the cursor is None at the beginning of a timeline."""


def _nothing_ready(_timeline: str, _cursor: tuple[int, int] | None) -> bool:
    return False


class Agent:
    """Speaks for the till in a folder, beside the till itself."""

    keep_ms = closing.RETURNS_MS
    """How long a till keeps its facts in any case: as long as their goods can come back."""

    def __init__(self, folder: Path, line: Line, prepare: Prepare = _nothing_ready) -> None:
        """Open the till's files; raises StoreTrouble."""
        self._prepare = prepare
        self._folder = folder
        self._line = line
        self._uplink = Uplink(folder)

    def close(self) -> None:
        self._uplink.close()

    def standing(self) -> Standing:
        """How far the till has come with its centre."""
        return self._uplink.standing()

    def programme(self) -> str:
        """The hash of the programme file that the centre has put in force, empty for none."""
        current = generations.newest(self._folder)
        if current is None:
            return ""
        replica = Replica(current)
        try:
            return replica.programme
        finally:
            replica.close()

    def waiting(self) -> tuple[int, bytes | None]:
        """How many facts the centre has not acknowledged, and the oldest of them."""
        return self._uplink.waiting()

    def round(self, report: Report | None = None) -> bool:
        """Send all that waits, take up all that is new; whether the replica changed. Raises Away.

        What waits the `report` need not say: each upload tells what it leaves.
        """
        return self.send(report) and self.take()

    def prune(self, now: int) -> int:
        """Let old facts go that are safe elsewhere; tells how many. Best after a round, when nobody waits."""
        current = generations.newest(self._folder)
        if current is None:
            return 0
        replica = Replica(current)
        try:
            is_told = replica.timeline != "" and replica.timeline == self._uplink.standing().timeline
            return self._uplink.prune(replica.own_to, now - self.keep_ms) if is_told else 0
        finally:
            replica.close()

    def send(self, report: Report | None = None) -> bool:
        """Send facts and people until the centre has them all; False while the till has yet to begin an epoch."""
        while True:
            standing = self._uplink.standing()
            if standing.new_epoch:
                return False
            people = self._uplink.people(FACTS_MOST)
            written = self._uplink.facts(standing.seq, FACTS_MOST)
            upload = Upload(
                standing.epoch,
                standing.token,
                standing.timeline,
                standing.seq,
                tuple(Sent(one.epoch, one.seq, one.id, one.hash, one.data) for one in written),
                self._uplink.hash_before(standing.seq + 1),
                tuple(Person(*msgspec.structs.astuple(person)) for person in people),
                None if report is None else self._once_sent(report, written[-1].seq if written else standing.seq),
                standing.pruned,
            )
            receipt = self._line.send(upload)
            if receipt.new_epoch is not None:
                self._uplink.acknowledge(receipt.token, receipt.seq, receipt.safe, people)
                self._uplink.ask_for_epoch(receipt.new_epoch, receipt.slips, receipt.block)
                return False
            if receipt.timeline != standing.timeline:
                if standing.timeline:
                    log.info("the centre was restored, or is another one: everything is offered again")
                self._uplink.offer_again(receipt.timeline, receipt.token)
                continue
            self._uplink.acknowledge(receipt.token, receipt.seq, receipt.safe, people)
            if len(written) < FACTS_MOST and len(people) < FACTS_MOST:
                return True

    def _once_sent(self, report: Report, seq: int) -> Report:
        """The report with what still waits when the facts up to a number have come."""
        waiting, oldest = self._uplink.waiting(seq)
        return replace(report, waiting=waiting, oldest=None if oldest is None else facts.decode(oldest).moment)

    def take(self) -> bool:
        """Take up changes until there are none; whether the replica that counts changed.

        Of another past of the centre a replica of its own is made, and takes the place of the old one when it is whole;
        so is one that begins far ahead of the old one, and one in the place of that which an older version of this
        program could not read to its end.
        """
        timeline = self._uplink.standing().timeline
        current = generations.newest(self._folder)
        replica = None if current is None else Replica(current)
        is_followed = replica is not None and replica.timeline == timeline and not replica.is_to_be_told_again
        cursor = replica.cursor if replica is not None and is_followed else None
        try:
            is_ahead = self._prepare(timeline, cursor)
            if replica is not None and cursor is not None and not is_ahead:
                return self._follow(replica, timeline)
        finally:
            if replica is not None:
                replica.close()
        successor = Successor(self._folder, timeline)
        try:
            self._follow(successor.replica, timeline)
        except BaseException:
            successor.replica.close()
            raise
        successor.finish()
        return True

    def _follow(self, replica: Replica, timeline: str) -> bool:
        """Bring a replica to the newest tick; whether it changed. Raises Away when the centre is another one by now."""
        changed = False
        while True:
            sent = self._uplink.sent_ids(replica.own_to, IDS_MOST)
            unknown = set(replica.lacks([id_ for _, id_ in sent]))
            ids = [id_ for _, id_ in sent if id_ in unknown]
            page = self._line.changes(Pull(Cursor(*replica.cursor), tuple(ids), timeline))
            if page.timeline != timeline:
                raise Away("The centre was restored in the middle of a round.")
            own = [(id_, tick) for id_, tick in zip(ids, page.ticks, strict=True) if tick]
            unknown -= {id_ for id_, _ in own}
            own_to = next((seq - 1 for seq, id_ in sent if id_ in unknown), sent[-1][0] if sent else replica.own_to)
            if len(sent) == IDS_MOST and own_to > replica.own_to:
                replica.take(own, own_to)
                continue  # no state before all ticks are known that may be in it
            changed |= self._put(replica, own, own_to, page)
            if not page.more:
                return changed

    def _put(self, replica: Replica, own: list[tuple[bytes, int]], own_to: int, page: Page) -> bool:
        read = [(one, _read(one.data)) for one in page.states]
        states = [
            Told(one.root, one.tick, state, one.members, one.tiers, one.marks)
            for one, state in read
            if state is not None
        ]
        unread = [one.root for one, state in read if state is None]
        published = [(entry.kind, entry.key, entry.data) for entry in page.entries]
        cursor = page.cursor.tick, page.cursor.key
        members = {member: names for one in page.states for member, names in one.members.items()}
        if members:
            self._uplink.believe(members)  # before the cursor goes on: who was erased must not stay for a crash
        if own or states or published or cursor != replica.cursor:
            replica.take(own, own_to, states, published, cursor, unread)
        self._uplink.hand_names_back([member for one in page.states for member in one.members])
        return bool(own or states or published)


def _read(data: bytes) -> Ledger | None:
    """A ledger; None where it is of a newer program, which this one cannot read."""
    try:
        return stored.decode(data)
    except (ValueError, RecursionError):
        return None
