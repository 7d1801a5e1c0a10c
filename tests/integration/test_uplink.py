"""A till's side of the link, with a real store, a real agent and a real centre, and nothing between them."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import NewFact, Person, Store
from db.uplink import Uplink
from pos_app.loyalty.facts import Enrolled, Fact, PointsAdjusted
from sync.agent import Agent, Away
from sync.central import backups, changes, intake
from sync.central.database import Link
from sync.central.folding import Folder
from sync.messages import Page, Pull, Receipt, Upload
from tests.helpers.central import NOW, ZONE, begin
from tests.helpers.logs import ExpectLog
from tests.helpers.stores import enrol, sell, take_back

DAY = 24 * 3_600_000


class Direct:
    """A line that is no more than a call; `pages` is how many pages it still brings."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.pages = 1000
        self.page_most = 1000

    def send(self, upload: Upload) -> Receipt:
        return intake.receive(self._link, 1, upload, NOW)

    def changes(self, pull: Pull) -> Page:
        if not self.pages:
            raise Away("cut")
        self.pages -= 1
        return changes.page(self._link, 1, pull, NOW, self.page_most)


class Shop:
    """A till in a folder, its agent, and the centre."""

    def __init__(self, link: Link, folder: Path) -> None:
        begin(link)
        self.link = link
        self.line = Direct(link)
        self.store = Store.open(folder, ZONE, lasting=False)
        self.agent = Agent(folder, self.line)
        self.uplink = Uplink(folder)

    def close(self) -> None:
        for one in (self.uplink, self.agent, self.store):
            one.close()

    def round(self) -> None:
        """Twice, since what is sent first is folded before it is told."""
        for _ in range(2):
            self.agent.round()
            Folder(ZONE).fold(self.link)
        self.store.refresh()

    def back_up(self) -> None:
        backups.noted(self.link, backups.begin(self.link, NOW), NOW)
        self.agent.round()


@pytest.fixture
def shop(link: Link, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(link, tmp_path / "till")
    yield made
    made.close()


def busy(shop: Shop) -> tuple[int, Fact]:
    """A card with a sale, a return, and a later adjustment."""
    card = enrol(shop.store, "Ana", "0888")
    sold = sell(shop.store, card, 10)
    take_back(shop.store, sold)
    shop.store.record([NewFact(PointsAdjusted(card, 5, "test"), shop.store.last_moment + DAY)])
    return card, sold


def test_only_what_is_old_and_in_a_backup_and_told_goes(shop: Shop) -> None:
    card, sold = busy(shop)
    later = shop.store.last_moment + shop.agent.keep_ms
    assert shop.agent.prune(later + DAY) == 0  # nobody was told of it
    shop.round()
    assert shop.agent.prune(later + DAY) == 0  # no backup holds it
    shop.back_up()
    assert shop.agent.prune(later - 2 * DAY) == 0  # it is too young
    slips, shown = shop.store.next_slip(), shop.store.customer(card, NOW)

    assert shop.agent.prune(later) == 2  # the third stays as a link to the fourth

    assert [fact.seq for fact in shop.store.facts()] == [3, 4]
    assert (shop.store.sale(slips - 2), shop.store.fact(sold.id)) == (None, None)
    assert (shop.store.next_slip(), shop.store.customer(card, NOW)) == (slips, shown)


def test_a_till_that_has_pruned_goes_on_after_a_restart_and_after_a_restore(shop: Shop, tmp_path: Path) -> None:
    card, _ = busy(shop)
    shop.round()
    shop.back_up()
    assert shop.agent.prune(shop.store.last_moment + shop.agent.keep_ms + 1) == 3
    slip, points = shop.store.next_slip(), shop.store.totals(card, NOW)
    shop.store.close()
    shop.store = Store.open(tmp_path / "till", ZONE, lasting=False)
    assert (shop.store.next_slip(), shop.store.warnings) == (slip, [])

    backups.restored(shop.link, NOW)
    sell(shop.store, card, 1)
    shop.round()

    assert shop.store.totals(card, NOW).earned == points.earned + 1
    kinds = shop.link.execute("SELECT kind FROM alarm WHERE kind <> 'clock'").fetchall()  # a fact is dated a day ahead
    assert kinds == [("restored",)]


def test_names_stay_at_the_till_until_a_backup_holds_them(shop: Shop) -> None:
    card = enrol(shop.store, "Ana", "0888")
    member = card % 10**9
    shop.round()
    assert shop.store.person(member) is not None
    shop.link.execute("DELETE FROM person")  # the centre comes back from a day before
    backups.restored(shop.link, NOW)
    sell(shop.store, card, 1)
    shop.round()
    assert shop.link.execute("SELECT name FROM person").fetchall() == [("Ana",)]

    sell(shop.store, card, 1)
    shop.round()
    shop.back_up()
    sell(shop.store, card, 1)
    shop.round()

    assert shop.store.person(member) is None
    assert shop.store.customer(card, NOW).name == "Ana"


def test_a_replica_of_a_new_timeline_goes_on_where_it_was_cut(shop: Shop) -> None:
    cards = [enrol(shop.store) for _ in range(5)]
    shop.round()
    backups.restored(shop.link, NOW)
    shop.line.page_most, shop.line.pages = 1, 3
    with pytest.raises(Away):
        shop.agent.round()
    shop.store.refresh()
    assert shop.store.customer(cards[4], NOW).status == "given"  # the old replica counts until the new one is whole

    shop.line.pages = 4
    shop.agent.round()
    shop.store.refresh()

    assert [shop.store.customer(card, NOW).status for card in cards] == ["given"] * 5


def test_a_copy_begins_the_epoch_that_it_was_given(shop: Shop, expect_log: ExpectLog) -> None:
    expect_log(logging.ERROR, "was copied")
    card = enrol(shop.store)
    shop.round()
    with shop.link.transaction():  # another copy has spoken meanwhile
        shop.link.execute("UPDATE epoch SET token = 'other', last_token = 'another', seq = 2, hash = 'theirs'")
    sell(shop.store, card, 1)
    shop.agent.round()
    slip = shop.store.next_slip()

    assert shop.store.begin_epoch_if_asked()
    assert not shop.store.begin_epoch_if_asked()
    assert (shop.store.identity.epoch, shop.store.identity.block) == (2, 3)
    assert shop.store.next_slip() > slip
    assert "was copied" in shop.store.warnings[0]
    new = enrol(shop.store)
    shop.round()
    assert shop.uplink.waiting() == (0, None)
    assert isinstance(next(shop.store.facts()).body, Enrolled)
    assert shop.link.execute("SELECT root FROM card ORDER BY root").fetchall() == [
        (one,) for one in sorted([card, new])
    ]


def test_a_person_given_without_a_name_is_not_lost(shop: Shop) -> None:
    card = enrol(shop.store, "Ana")
    shop.store.record([], people=[Person(card % 10**9, "")])
    shop.round()

    assert shop.link.execute("SELECT name FROM person").fetchall() == [("",)]
