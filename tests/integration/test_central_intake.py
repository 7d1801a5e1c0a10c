"""Facts come in: once each, whatever is sent again, and by whatever copy of a till."""

import msgspec
import pytest

from sync.central import backups, intake
from sync.central.database import Link, row
from sync.messages import Person
from tests.helpers.central import CARD, NOW, FakeTill, alarms, begin, count, earning, enrolled


@pytest.fixture(autouse=True, params=[1, 50], ids=["copied", "inserted"])
def copied_from(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "COPIED_FROM", request.param)


@pytest.fixture
def till(link: Link) -> FakeTill:
    """A till that has sent two facts."""
    begin(link)
    till = FakeTill()
    till.write(enrolled(CARD))
    till.write(earning(CARD, 5))
    till.send(link)
    return till


def test_what_is_sent_again_is_kept_once(link: Link, till: FakeTill) -> None:
    till.write(earning(CARD, 7))
    upload = till.upload()
    first = intake.receive(link, 1, upload, NOW)
    again = intake.receive(link, 1, upload, NOW + 1)  # the first answer was lost

    assert (first.token, first.seq) == (again.token, again.seq)
    assert (count(link, "fact"), alarms(link)) == (3, [])


def test_the_answer_to_a_lost_one_lets_the_till_go_on(link: Link, till: FakeTill) -> None:
    till.write(earning(CARD, 7))
    intake.receive(link, 1, till.upload(), NOW)
    till.write(earning(CARD, 8))
    receipt = till.send(link)
    till.write(earning(CARD, 9))
    till.send(link)

    assert (receipt.seq, receipt.new_epoch, count(link, "fact"), alarms(link)) == (4, None, 5, [])


def test_an_upload_that_comes_very_late_changes_nothing(link: Link, till: FakeTill) -> None:
    till.write(earning(CARD, 7))
    late = till.upload()
    for points in (8, 9):
        till.send(link)
        till.write(earning(CARD, points))
    receipt = till.send(link)
    intake.receive(link, 1, late, NOW)
    till.write(earning(CARD, 1))

    assert receipt.seq == 5
    assert (till.send(link).new_epoch, alarms(link)) == (None, [])


def test_a_copy_with_other_facts_goes_on_in_an_epoch_of_its_own(link: Link, till: FakeTill) -> None:
    copy = till.copy()
    till.write(earning(CARD, 7))
    till.send(link)
    copy.write(earning(CARD, 8), NOW + 1)
    receipt = copy.send(link)
    copy.write(earning(CARD, 9))
    till.write(earning(CARD, 10))
    copy.send(link)

    assert (receipt.new_epoch, receipt.block, receipt.slips) == (2, 3, 2 * intake.SLIPS_LEAP)
    assert till.send(link).new_epoch is None
    assert (count(link, "fact"), alarms(link)) == (6, [(1, "copy")])


def test_a_copy_that_did_not_hear_of_its_epoch_is_told_the_same_again(link: Link, till: FakeTill) -> None:
    copy = till.copy()
    till.write(earning(CARD, 7))
    till.send(link)
    copy.write(earning(CARD, 8), NOW + 1)
    first = intake.receive(link, 1, copy.upload(), NOW)
    copy.write(earning(CARD, 9), NOW + 2)
    again = copy.send(link)
    copy.write(earning(CARD, 10))

    assert (again.new_epoch, again.token, again.block) == (first.new_epoch, first.token, first.block)
    assert copy.send(link).new_epoch is None
    assert (count(link, "fact"), alarms(link)) == (6, [(1, "copy")])


def test_a_backup_of_a_till_that_says_nothing_new_is_no_copy(link: Link, till: FakeTill) -> None:
    old = till.copy()
    till.write(earning(CARD, 7))
    till.send(link)

    assert (old.send(link).new_epoch, alarms(link)) == (None, [])


def test_two_contents_under_one_id_are_kept_both_and_told(link: Link, till: FakeTill) -> None:
    copy = till.copy()
    till.write(earning(CARD, 7), id_=b"the same id here")
    copy.write(earning(CARD, 8), id_=b"the same id here")
    till.send(link)
    for _ in range(2):
        intake.receive(link, 1, copy.upload(), NOW)

    assert (count(link, "fact"), count(link, "fork")) == (3, 1)
    assert alarms(link) == [(1, "fork")]


def test_a_chain_that_is_not_what_was_written_is_told(link: Link, till: FakeTill) -> None:
    till.write(earning(CARD, 7))
    till.sent[-1] = msgspec.structs.replace(till.sent[-1], hash=bytes(16))
    till.send(link)

    assert (count(link, "fact"), alarms(link)) == (3, [(1, "chain")])


def test_a_gap_is_told(link: Link, till: FakeTill) -> None:
    for points in (7, 8):
        till.write(earning(CARD, points))
    upload = till.upload()
    first, *others = upload.facts
    later = msgspec.structs.replace(upload, acknowledged=3, facts=tuple(others), before=first.hash, pruned=3)
    intake.receive(link, 1, later, NOW)

    assert (count(link, "fact"), alarms(link)) == (3, [(1, "gap")])


def _forget_the_last(link: Link) -> None:
    """The centre's disk lost the newest rows, and nobody knows."""
    link.execute("DELETE FROM fact WHERE seq = 2")
    _go_back(link, 1)


def _go_back(link: Link, seq: int) -> None:
    """Nobody knows that the till has said more than so much."""
    (hash_,) = row(link, "SELECT hash FROM fact WHERE seq = %s", (seq,))
    link.execute("UPDATE epoch SET seq = %s, hash = %s", (seq, hash_))


def test_a_centre_that_has_lost_facts_finds_out_and_gets_them_again(link: Link, till: FakeTill) -> None:
    _forget_the_last(link)
    receipt = till.send(link)
    till.acknowledged = 0

    assert receipt.timeline != "first"
    assert (till.send(link).seq, count(link, "fact"), alarms(link)) == (2, 2, [(0, "restored")])


def test_a_standby_that_has_missed_an_answer_only_finds_out_and_takes_nobody_for_a_copy(
    link: Link, till: FakeTill
) -> None:
    tokens = row(link, "SELECT token, last_token FROM epoch")
    till.send(link)
    link.execute("UPDATE epoch SET token = %s, last_token = %s", tokens)
    till.write(earning(CARD, 7))
    receipt = till.send(link)
    till.acknowledged = 0

    assert (receipt.timeline != "first", receipt.new_epoch) == (True, None)
    assert (till.send(link).seq, count(link, "fact"), alarms(link)) == (3, 3, [(0, "restored")])


def test_a_copy_that_died_before_it_began_its_epoch_is_no_sign_of_a_loss(link: Link, till: FakeTill) -> None:
    copy = till.copy()
    till.write(earning(CARD, 7))
    till.send(link)
    copy.write(earning(CARD, 8), NOW + 1)
    copy.send(link)
    copy.epoch = 1  # it has the token by now
    copy.write(earning(CARD, 9))

    assert (copy.send(link).timeline, count(link, "fact")) == ("first", 5)


def test_a_fact_that_came_by_itself_does_not_hide_that_those_before_it_are_lost(link: Link, till: FakeTill) -> None:
    till.write(earning(CARD, 7))
    late = msgspec.structs.replace(till.upload(), timeline="an earlier one")
    till.send(link)
    link.execute("DELETE FROM fact WHERE seq > 1")
    _go_back(link, 1)
    intake.receive(link, 1, late, NOW)
    assert count(link, "fact") == 2
    receipt = till.send(link)
    till.acknowledged = 0

    assert receipt.timeline != "first"
    assert (till.send(link).seq, count(link, "fact")) == (3, 3)


def test_a_fact_of_another_copy_in_its_place_does_not_hide_that_one_was_lost(link: Link, till: FakeTill) -> None:
    copy = till.copy()
    copy.write(earning(CARD, 7), NOW + 1)
    till.write(earning(CARD, 8))
    till.send(link)
    link.execute("DELETE FROM fact WHERE seq = 3")
    _go_back(link, 2)
    copy.send(link)  # under the very number that the till's lost fact had
    receipt = till.send(link)
    till.acknowledged = 0
    till.send(link)

    assert receipt.timeline != "first"
    assert count(link, "fact") == 4


def test_facts_that_the_till_has_no_more_are_a_gap_and_no_reason_to_ask_for_ever(link: Link, till: FakeTill) -> None:
    _forget_the_last(link)
    till.write(earning(CARD, 7))
    receipt = intake.receive(link, 1, till.upload(pruned=2), NOW)

    assert (receipt.timeline, receipt.seq, alarms(link)) == ("first", 3, [(1, "gap")])


def test_a_restored_centre_hears_a_till_whose_token_it_does_not_know(link: Link, till: FakeTill) -> None:
    was = link.execute("SELECT token, seq, hash FROM epoch").fetchone()
    assert was is not None
    till.write(earning(CARD, 7))
    till.send(link)
    link.execute("DELETE FROM fact WHERE seq = 3")
    link.execute("UPDATE epoch SET token = %s, seq = %s, hash = %s", was)
    timeline = backups.restored(link, NOW)

    assert till.send(link).timeline == timeline
    till.acknowledged = 0
    assert till.send(link).new_epoch is None
    assert (count(link, "fact"), alarms(link)) == (3, [(0, "restored")])


def test_a_new_epoch_of_the_tills_own_goes_on_where_it_was(link: Link, till: FakeTill) -> None:
    till.epoch = 2
    till.write(earning(CARD, 7))
    receipt = till.send(link)

    assert (receipt.new_epoch, receipt.seq, alarms(link)) == (None, 3, [])


def test_what_was_written_before_the_till_first_spoke_is_not_missed_when_an_upload_comes_twice(link: Link) -> None:
    begin(link)
    till = FakeTill()
    till.write(enrolled(CARD))
    till.epoch = 2
    till.send(link)
    till.write(earning(CARD, 7))
    upload = till.upload()
    for _ in range(2):
        receipt = intake.receive(link, 1, upload, NOW)

    assert (receipt.timeline, receipt.seq, count(link, "fact"), alarms(link)) == ("first", 2, 2, [])


def test_a_backup_makes_safe_what_it_holds_and_not_what_came_since(link: Link, till: FakeTill) -> None:
    number = backups.begin(link, NOW)
    till.write(earning(CARD, 7))
    before = till.send(link)
    backups.noted(link, number, NOW)
    after = till.send(link)

    assert (before.safe, after.safe) == (0, 2)


def test_people_are_kept_and_erased(link: Link, till: FakeTill) -> None:
    for name in ("Ana", ""):
        people = (Person(7, name, "0888"),) if name else (Person(7, ""),)
        till.take(intake.receive(link, 1, msgspec.structs.replace(till.upload(), people=people), NOW))
        assert row(link, "SELECT name, phone FROM person") == (name, "0888" if name else "")
