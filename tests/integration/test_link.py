"""Rounds between real tills and a real centre: what they do, and what a bad network, a kill or a lie does to them."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from db import link
from db.store import NewFact, Person, Staff, Store
from pos_app import doctor, shipped, shop
from pos_app import link as linking
from pos_app.__main__ import main
from pos_app.clock import now_ms
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.facts import Enrolled
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from sync.central import backups, published, tills
from sync.messages import Page, Pull, Receipt, Upload
from tests.helpers import centre as centres
from tests.helpers import postgres
from tests.helpers.centre import Centre
from tests.helpers.linked import balance, enrolled, give_card, opened, rounds, sell
from tests.helpers.logs import ExpectLog
from tests.helpers.network import Network
from tests.helpers.shop import BREAD, COFFEE, MILK

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with postgres.running() as server, centres.running(server.database()) as running:
        yield running


def once(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the sentences of `pos-app sync --once`."""
    capsys.readouterr()
    code = main(["sync", "--once", "--data", str(folder)])
    return code, capsys.readouterr().out


def test_two_tills_tell_each_other_everything(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = enrolled(centre, tmp_path / "here"), enrolled(centre, tmp_path / "there")
    with opened(here) as store:
        card = give_card(store)
        sell(store, card, 30)
        code, said = once(here, capsys)
        assert (code, "Sent 2 facts and 0 people" in said, "Nothing waits." in said) == (0, True, True)
        centre.fold()
        with opened(there) as other:
            assert once(there, capsys)[0] == 0
            assert other.refresh() or balance(other, card) == 30
            assert balance(other, card) == 30
            sell(other, card, 12)
            assert once(there, capsys)[0] == 0
        centre.fold()
        assert "taken up 1 account" in once(here, capsys)[1]
        assert store.has_news()
        store.refresh()
        assert (balance(store, card), store.has_news()) == (42, False)


def test_what_came_while_the_till_was_closed_is_taken_up_when_it_is_opened(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = enrolled(centre, tmp_path / "here"), enrolled(centre, tmp_path / "there")
    with opened(here) as store:
        card = give_card(store)
        once(here, capsys)
        centre.fold()
        once(here, capsys)
        store.refresh()
        sell(store, card, 30)
        once(here, capsys)
    centre.fold()
    with opened(there) as other:
        once(there, capsys)
        sell(other, card, 12)
        once(there, capsys)
    centre.fold()
    assert "taken up 1 account" in once(here, capsys)[1]
    with opened(here) as store:
        assert (balance(store, card), store.has_news()) == (30, True)
        assert store.refresh_some() is not None
        assert store.has_news()  # broken off in the middle, as by a customer
        while store.refresh_some() is not None:
            pass
        assert (balance(store, card), store.has_news()) == (42, False)


def test_goods_and_staff_stay_until_the_centre_publishes_its_own(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path) as store:
        store.replica.put_products([BREAD, MILK])
        store.replica.put_staff([Staff("ivanka", "Иванка", "cashier", "")])
        store.put_offers([COFFEE])
    enrolled(centre, tmp_path)
    with opened(tmp_path) as store:
        once(tmp_path, capsys)
        store.refresh()
        assert store.replica.timeline
        assert (store.product(BREAD.code), store.find_products("мляко", 9)) == (BREAD, [MILK])
        assert [one.name for one in store.replica.staff()] == ["Иванка"]
        assert [offer.item for offer in store.offers()] == ["coffee"]
        centre.publish("staff", "penka", msgspec.msgpack.encode(Staff("penka", "Пенка", "cashier", "")))
        assert "1 published thing" in once(tmp_path, capsys)[1]
        store.refresh()
        assert [one.name for one in store.replica.staff()] == ["Иванка", "Пенка"]
    centre.publish("staff", "penka", None)


def test_what_a_restored_centre_does_not_know_any_more_goes_and_what_is_the_tills_own_stays(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path) as store:
        store.replica.put_products([BREAD])
    enrolled(centre, tmp_path)
    centre.publish("offer", "coffee", msgspec.msgpack.encode(COFFEE))
    with opened(tmp_path) as store:
        once(tmp_path, capsys)
        store.refresh()
        assert [offer.item for offer in store.offers()] == ["coffee"]
        for _ in range(2):  # the backup is older than the board
            centre.link.execute("DELETE FROM entry WHERE kind = 'offer'")
            backups.restored(centre.link, now_ms())
            once(tmp_path, capsys)
            store.refresh()
            assert (store.offers(), store.product(BREAD.code)) == ([], BREAD)


def test_a_till_without_a_centre_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path):
        pass
    assert main(["sync", "--once", "--data", str(tmp_path)]) == 2
    assert "this till has no centre yet: 'pos-app enrol' gives it one" in capsys.readouterr().err
    assert main(["sync", "--once", "--data", str(tmp_path / "nothing")]) == 2
    assert "Open the till once" in capsys.readouterr().err


def test_a_damaged_certificate_is_named(centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = enrolled(centre, tmp_path)
    (folder / link.CA_FILE).write_text("no certificate")
    assert main(["sync", "--once", "--data", str(folder)]) == 2
    assert f"{folder / link.CA_FILE}: cannot be used for certificates" in capsys.readouterr().err


def test_a_clock_that_is_wrong_is_said_with_the_round() -> None:
    def said(offset_ms: int) -> list[str]:
        return linking.sentences(linking.Went(0, 0, 0, 0, asked=False, link=link.Link(1, 1, offset_ms=offset_ms)))

    assert "The machine's clock is 3600 seconds behind the centre's: set it right; the till goes by the centre's." in (
        said(3_600_000)
    )
    assert "ahead of the centre's" in said(-90_000)[1]
    assert len(said(900)) == 2


def test_one_process_speaks_for_a_till(centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = enrolled(centre, tmp_path)
    handle = link.locked(folder)
    try:
        assert main(["sync", "--once", "--data", str(folder)]) == 2
        assert "keeps the link of the till" in capsys.readouterr().err
    finally:
        os.close(handle)


def test_without_a_network_it_says_since_when_and_what_waits(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = enrolled(centre, tmp_path)
    with opened(folder) as store:
        card = give_card(store)
        assert once(folder, capsys)[0] == 0
        centre.stop()
        try:
            sell(store, card)
            code, said = once(folder, capsys)
            assert code == 1
            assert "Alone for 0 minutes: The centre cannot be reached" in said
            assert "1 fact waits to be sent." in said
            first = link.state(folder)
            assert first is not None
            assert (first.why, first.waiting, first.oldest) == ("away", 1, store.last_moment)
            once(folder, capsys)
            again = link.state(folder)
            assert again is not None
            assert (again.alone_since, again.heard) == (first.alone_since, first.heard)
        finally:
            centre.start()
        assert once(folder, capsys)[0] == 0
        found = link.state(folder)
        assert found is not None
        assert (found.why, found.alone_since, found.waiting) == ("", 0, 0)


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        b"\x00" * 100,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 4\r\n\r\nzstd",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["nothing", "zeros", "text", "other JSON", "broken zstd", "elsewhere", "gateway"],
)
def test_a_lying_network_is_as_none(centre: Centre, tmp_path: Path, lie: bytes) -> None:
    with Network(centre.port) as network:
        folder = enrolled(centre, tmp_path, network.url)
        with opened(folder) as store, rounds(folder) as made:
            card = give_card(store)
            network.lie = lie
            went = made.go()
            assert (went.link.why, went.link.waiting) == ("away", 1)
            assert went.link.sentence.startswith("The centre")
            network.lie = None
            made.go()  # by a connection that may be gone already
            assert made.go().link.waiting == 0
            assert store.customer(card, store.last_moment).status == "given"


def test_answers_that_break_off_anywhere_bring_the_till_to_the_same_end(centre: Centre, tmp_path: Path) -> None:
    with Network(centre.port) as network:
        folder = enrolled(centre, tmp_path, network.url)
        with opened(folder) as store:
            card = give_card(store)
            for cut in (0, 1, 17, 150, 200, 250, 300, 400, 600):
                sell(store, card, 1)
                network.cut_after = cut
                with rounds(folder) as made:
                    made.go()
            network.cut_after = None
            with rounds(folder) as made:
                assert made.go().link.why == ""
            centre.fold()
            with rounds(folder) as made:
                made.go()
            store.refresh()
            assert balance(store, card) == 9
            assert centre.one(f"SELECT count(*) FROM fact WHERE till = {store.identity.till}") == 10


def test_a_till_that_was_shut_out_is_told_so(
    centre: Centre, tmp_path: Path, expect_log: ExpectLog, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = enrolled(centre, tmp_path)
    with opened(folder) as store:
        number = store.identity.till
        give_card(store)
    tills.shut_out(centre.link, number, now_ms())
    expect_log(30, "This till was shut out")
    code, said = once(folder, capsys)
    assert (code, "This till was shut out. Call support." in said) == (1, True)
    state = link.state(folder)
    assert state is not None
    assert state.why == "shut_out"
    assert centre.one(f"SELECT count(*) FROM fact WHERE till = {number}") == 0


def test_a_till_that_the_centre_does_not_know_is_told_so(centre: Centre, tmp_path: Path, expect_log: ExpectLog) -> None:
    folder = enrolled(centre, tmp_path)
    link.put_key(folder, b"x" * 32)
    expect_log(30, "not signed by a till of this centre")
    with rounds(folder) as made:
        assert made.go().link.why == "unknown_till"


def test_a_wrong_clock_is_set_right_by_the_centres_and_stays_so(centre: Centre, tmp_path: Path) -> None:
    folder = enrolled(centre, tmp_path)
    slow_ms = 3_600_000
    made = linking.Round(folder, now=lambda: now_ms() - slow_ms)
    try:
        went = made.go()
    finally:
        made.close()
    assert went.link.why == ""
    assert abs(went.link.offset_ms - slow_ms) < 2000
    assert shop.wall(folder).offset_ms == went.link.offset_ms  # what the till dates its facts by


def test_a_clock_that_is_set_between_two_rounds_is_noticed(centre: Centre, tmp_path: Path) -> None:
    folder = enrolled(centre, tmp_path)
    ahead_ms = [0]
    made = linking.Round(folder, now=lambda: now_ms() + ahead_ms[0])
    try:
        assert abs(made.go().link.offset_ms) < 2000
        ahead_ms[0] = 86_400_000
        went = made.go()
        assert went.link.why == ""
        assert abs(went.link.offset_ms + 86_400_000) < 2000
    finally:
        made.close()


class _Selling:
    """A line on which the till goes on selling while an answer is on its way."""

    def __init__(self, real: linking._Counted, store: Store, card: int) -> None:
        self._real, self._store, self._card = real, store, card
        self.sold = 0

    def _sell(self) -> None:
        sell(self._store, self._card, 1)
        self.sold += 1

    def send(self, upload: Upload) -> Receipt:
        self._sell()
        receipt = self._real.send(upload)
        self._sell()
        return receipt

    def changes(self, pull: Pull) -> Page:
        self._sell()
        page = self._real.changes(pull)
        self._sell()
        return page


def test_no_sale_waits_for_the_network(centre: Centre, tmp_path: Path) -> None:
    """The journal can be written while a request is on its way: nothing of the link holds it meanwhile."""
    folder = enrolled(centre, tmp_path)
    with opened(folder) as store, rounds(folder) as made:
        card = give_card(store)
        selling = _Selling(made._counted, store, card)
        made._agent._line = selling
        made.go()
        centre.fold()
        made.go()
        assert selling.sold >= 8
        made._agent._line = made._counted
        made.go()
        centre.fold()
        made.go()
        store.refresh()
        assert balance(store, card) == selling.sold


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """The process of the link."""
    return subprocess.Popen(
        [sys.executable, "-m", "pos_app", "sync", "--data", str(folder), *options],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_until(condition: "object", what: str) -> None:
    assert callable(condition)
    waiting = threading.Event()
    for _ in range(PATIENCE_S * 50):
        if condition():
            return
        waiting.wait(0.02)
    raise AssertionError(what)


def test_killed_anywhere_it_goes_on_where_it_was(centre: Centre, tmp_path: Path) -> None:
    folder = enrolled(centre, tmp_path)
    sold = 0
    with opened(folder) as store:
        card = give_card(store)
        for delay in (0.25, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
            process = start(folder)
            for _ in range(20):
                sell(store, card, 1)
                sold += 1
            threading.Event().wait(delay)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=PATIENCE_S)
        process = start(folder)

        def all_told() -> bool:
            store.refresh()
            state = link.state(folder)
            assert state is not None
            return (
                state.waiting == 0
                and not state.why
                and centre.one(f"SELECT count(*) FROM fact WHERE till = {store.identity.till}") == sold + 1
            )

        wait_until(all_told, "The centre does not get all facts.")
        sell(store, card, 100)  # what is written wakes the process
        wait_until(
            lambda: centre.one(f"SELECT count(*) FROM fact WHERE till = {store.identity.till}") == sold + 2,
            "A sale is not sent at once.",
        )
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE_S) == ("", "")
        assert process.returncode == 0
        centre.fold()
        with rounds(folder) as made:
            made.go()
        store.refresh()
        assert balance(store, card) == sold + 100


def test_it_ends_with_the_one_who_started_it(centre: Centre, tmp_path: Path) -> None:
    folder = enrolled(centre, tmp_path)
    code = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', 'pos_app', 'sync', '--beside', '--data', "
        f"{str(folder)!r}]); print(p.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    process = int(parent.stdout.readline())
    first = link.state(folder)
    assert first is not None
    wait_until(lambda: (link.state(folder) or first).at > first.at, "The process makes no round.")
    parent.kill()
    parent.communicate(timeout=PATIENCE_S)

    def is_gone() -> bool:
        return not re.search(r"^State:\s+[RSD]", _status(process), re.MULTILINE)

    wait_until(is_gone, "The process stays behind.")


def _status(process: int) -> str:
    try:
        return Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return ""


def test_the_rests_grow_and_are_never_the_same_for_all() -> None:
    assert [linking.rest_s(failed, lambda: 0.5) for failed in (0, 1, 2, 3, 6, 7, 99)] == [4, 1, 2, 4, 32, 60, 60]
    assert (linking.rest_s(7, lambda: 0.0), linking.rest_s(7, lambda: 1.0)) == (45, 75)


def test_a_copy_of_a_till_gets_new_numbers_between_two_sales(
    centre: Centre, tmp_path: Path, expect_log: ExpectLog, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, copy = enrolled(centre, tmp_path / "till"), tmp_path / "copy"
    with opened(folder) as store:
        card = give_card(store)
    subprocess.run(["cp", "-a", str(folder), str(copy)], check=True)
    with opened(folder) as store:
        sell(store, card, 5)
        assert once(folder, capsys)[0] == 0
    with opened(copy) as store:
        sell(store, card, 7)
        code, said = once(copy, capsys)
        assert (code, "Another copy of this till has spoken with the centre" in said) == (1, True)
        expect_log(40, "This till was copied, or an older state")
        assert store.begin_epoch_if_asked()
        assert once(copy, capsys)[0] == 0
        centre.fold()
        once(copy, capsys)
        store.refresh()
        assert balance(store, card) == 12


def put_in_force(centre: Centre, content: bytes) -> str:
    """Publish a programme file at the centre; tells its hash."""
    programme = decode(content, "published")
    published.put_programme(centre.link, "", programme.id, programme.pack, content, now_ms())
    centre.fold()
    return programme.pack


def test_the_centres_programme_counts_and_old_ones_are_kept(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = enrolled(centre, tmp_path)
    with shop.opened(folder) as opening:
        own = opening.programme.pack
    content = shipped.content("coop-bg") + b"\n# changed\n"
    pack = put_in_force(centre, content)
    assert pack != own
    assert once(folder, capsys)[0] == 0
    with shop.opened(folder) as opening:
        assert opening.programme.pack == pack
        assert (opening.store.pack(pack), opening.store.pack(own)) == (content, shipped.content("coop-bg"))


def test_a_programme_that_this_version_cannot_read_changes_nothing(
    centre: Centre,
    tmp_path: Path,
    expect_log: ExpectLog,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = enrolled(centre, tmp_path)
    good = put_in_force(centre, shipped.content("coop-bg") + b"\n# good\n")
    assert once(folder, capsys)[0] == 0
    newer = shipped.content("coop-bg") + b"\n# of a newer program\n"

    def older(content: bytes, file: str) -> Programme:
        if content == newer:
            raise FileFault(file, ["key 'newer': is not known"])
        return decode(content, file)

    put_in_force(centre, newer)
    with monkeypatch.context() as patch:
        patch.setattr("pos_app.in_force.decode", older)
        expect_log(30, "cannot be used here")
        assert once(folder, capsys)[0] == 0
    with shop.opened(folder) as opening:
        assert opening.programme.pack == good
    # A file that was damaged on the disk is not the end of the till either.
    next((folder / "programmes").glob("*.toml")).write_bytes(b"x")
    expect_log(40, "cannot be used")
    with shop.opened(folder) as opening:
        assert opening.programme.pack == decode(shipped.content("coop-bg"), "own").pack


@pytest.mark.parametrize(
    ("state", "ok", "said"),
    [
        (None, False, "the link was never made"),
        (link.Link(0, 0), True, "linked; nothing waits to be sent; the machine's clock is 0.0 s ahead"),
        (link.Link(0, 0, waiting=3, offset_ms=90_000), False, "linked; the machine's clock is 90.0 s behind: set it"),
        (
            link.Link(0, -900_000, waiting=3),
            False,
            "nobody has spoken with it for 15 minutes",
        ),
        (link.Link(0, -900_000), True, "nothing waits"),
        (link.Link(0, 0, -120_000, "away", "It is away.", 3), False, "no link for 2 minutes: It is away. 3 facts wait"),
    ],
    ids=["never", "well", "clock", "closed", "closed, all sent", "away"],
)
def test_the_doctor_says_how_the_link_is(tmp_path: Path, state: link.Link | None, ok: bool, said: str) -> None:
    assert [found for found in doctor.findings(tmp_path) if found.subject == "centre"] == []
    link.put_key(tmp_path, b"k" * 32)
    if state is not None:
        now = now_ms()
        alone = now + state.alone_since if state.why else 0
        link.put_state(tmp_path, msgspec.structs.replace(state, at=now, heard=now + state.heard, alone_since=alone))
    (found,) = [found for found in doctor.findings(tmp_path) if found.subject == "centre"]
    assert (found.ok, said in found.sentence) == (ok, True), found
    (tmp_path / link.KEY_FILE).chmod(0o640)
    assert "chmod 600" in next(one for one in doctor.findings(tmp_path) if one.subject == "centre").sentence


@pytest.mark.parametrize("moment", [1_000_000_000_000, now_ms() + 86_400_000], ids=["long ago", "tomorrow"])
def test_a_fact_that_is_dated_as_it_cannot_be_counts_and_is_told(centre: Centre, tmp_path: Path, moment: int) -> None:
    folder = enrolled(centre, tmp_path)
    with opened(folder) as store, rounds(folder) as made:
        number = store.identity.till
        store.record([NewFact(Enrolled(2_900_000_000_018, 2_900_000_000_018, 1, "client", 0), moment)])
        give_card(store)
        made.go()
        centre.fold()
    assert centre.one(f"SELECT count(*) FROM alarm WHERE till = {number} AND kind = 'clock'") == 1
    assert centre.one(f"SELECT count(*) FROM fact WHERE till = {number}") == 2


def test_people_are_known_at_every_till_and_erased_at_every_till(centre: Centre, tmp_path: Path) -> None:
    here, there = enrolled(centre, tmp_path / "here"), enrolled(centre, tmp_path / "there")

    def meet() -> None:
        for folder in (here, there):
            with rounds(folder) as made:
                made.go()
            centre.fold()
        with rounds(here) as made:
            made.go()

    with opened(here) as store, opened(there) as other:
        card, member = store.next_card(), 123_456_789
        person = Person(member, "Ана К.", "+359 888 77 66 55", "ana.k@mail.example", "t1", "1980-01-01", "bg")
        store.record([NewFact(Enrolled(card, card, member, "client", 0), now_ms())], people=[person])
        meet()
        other.refresh()
        assert [found.phone for found in other.find_people("ана к")] == ["+359 888 77 66 55"]
        assert (other.members_by("00359888776655"), other.members_by("0888 77 66 54")) == ([member], [])
        assert (other.members_by("Ana.K@mail.example "), other.members_by("ana.l@mail.example")) == ([member], [])
        store.refresh()
        assert store.find_people("ана к")[0].card == card
        secrets = (b"ana.k@mail.example", b"1980-01-01")  # what only the centre has to know
        assert not [
            one for one in there.rglob("*.*") if one.is_file() and any(secret in one.read_bytes() for secret in secrets)
        ]

        other.record([], people=[Person(member, "")])
        meet()
        with rounds(there) as made:
            made.go()
        for one in (store, other):
            one.refresh()
            assert (one.find_people("ана к"), one.members_by("+359888776655")) == ([], [member] if one is store else [])
            assert one.members_by("ana.k@mail.example") == ([member] if one is store else [])
            assert one.customer(card, now_ms()).status == "given"
    assert centre.one("SELECT count(*) FROM person WHERE name <> '' OR email <> ''") == 0
