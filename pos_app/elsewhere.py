"""Sales of other tills, when their goods come back here: the centre is asked for them by the number of their slip.

It is asked for this till's own sales, too, because another till may have taken some of the goods back.
"""

import logging
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from db import link
from db.store import Store, StoreTrouble
from db.uplink import Uplink
from pos_app.clock import now_ms
from pos_app.loyalty import facts, programme_file
from pos_app.loyalty.facts import BonusGiven, Fact, SaleCompleted
from sync.messages import SaleFound, SaleWanted

if TYPE_CHECKING:  # the window does not load it before it asks
    from sync.line import HttpLine

log = logging.getLogger(__name__)

Lack = Literal["sale_nowhere", "slip_twice", "centre_silent"]
"""Why there is no sale: the centre knows of none, or of several; or it does not answer."""


_PACK = re.compile("[0-9a-f]{16}")


class Known(NamedTuple):
    """A sale, None where only what is about it was asked for; and the facts about it that the centre has."""

    sale: Fact | None
    about: tuple[Fact, ...]


class Elsewhere:
    """Asks the centre of the till in a folder. Any thread may; whoever asks waits."""

    def __init__(self, folder: Path, url: str, till: int) -> None:
        self._folder = folder
        self._url = url
        self._till = till

    def is_alone(self) -> bool:
        """Whether the link is known to be away."""
        known = link.state(self._folder)
        return known is not None and bool(known.why)

    def ask(self, slip: int, sale: bytes = b"") -> Known | Lack:
        """The sale with a slip; with the id of a `sale` of this till only what is about that one."""
        from sync.agent import Away
        from sync.line import Turned, of_till

        try:
            with closing(of_till(self._folder, self._url, self._till, now_ms)) as line:
                try:
                    found = line.sale(SaleWanted(slip, sale))
                except Turned as turned:
                    if turned.code != "stamp":
                        raise
                    line.set_clock()
                    found = line.sale(SaleWanted(slip, sale))
                known = _read(found, slip, sale)
                if isinstance(known, Known):
                    self._fetch_packs(line, known)
                return known
        except (Away, Turned, StoreTrouble, msgspec.DecodeError, ValueError) as trouble:
            log.info("the centre does not tell of a slip: %s", trouble)
            return "centre_silent"

    def _fetch_packs(self, line: "HttpLine", known: Known) -> None:
        """Have the programmes here by which the sale and its bonuses were reckoned."""
        from sync.line import SALE_TIMEOUT_S, Turned

        reckoned = [known.sale, *(fact for fact in known.about if isinstance(fact.body, BonusGiven))]
        wanted = {fact.programme for fact in reckoned if fact is not None and _PACK.fullmatch(fact.programme)}
        with closing(Uplink(self._folder)) as uplink:
            for pack in sorted(pack for pack in wanted if not uplink.has_pack(pack)):
                try:
                    content = line.pack(pack, SALE_TIMEOUT_S)
                except Turned as turned:
                    log.warning("today's programme stands in for the one of another till's sale: %s", turned)
                    continue
                if programme_file.hash_of(content) == pack:
                    uplink.put_pack(pack, content)


def _read(found: SaleFound, slip: int, sale: bytes) -> Known | Lack:
    """What the centre has told. Raises msgspec.DecodeError for facts that this program cannot read, ValueError for
    others than those that were asked for.
    """
    if len(found.sales) > 1:
        return "slip_twice"
    sold = facts.decode(found.sales[0]) if found.sales else None
    if sold is None and not sale:
        return "sale_nowhere"
    if sold is not None and not (isinstance(sold.body, SaleCompleted) and sold.body.slip == slip):
        raise ValueError("The centre has told of another sale.")
    about = tuple(map(facts.decode, found.about))
    if any(facts.sale_of(fact.body) != (sold.id if sold else sale) for fact in about):
        raise ValueError("The centre has told what is about another sale.")
    return Known(sold, about)


def of(store: Store) -> Elsewhere | None:
    """Where a till asks for the sales of others; None for one that stands alone."""
    return Elsewhere(store.path, store.centre, store.identity.till) if store.centre else None
