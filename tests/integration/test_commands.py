"""The commands without a window, as a person types them."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.store import NewFact, Store, StoreTrouble
from pos_app import demo, shipped, shop, texts
from pos_app.__main__ import main
from pos_app.clock import now_ms
from pos_app.loyalty.facts import Acted
from pos_app.till import Till
from tests.helpers.logs import ExpectLog
from tests.helpers.shop import PROGRAMME


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo shop, made by the command."""
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo-data", "--cards", "20", "--goods", "50", "--data", str(folder)]) == 0
    return folder


@pytest.fixture
def till(made: Path) -> Iterator[Till]:
    """A till at work in the demo shop, its files open for writing."""
    with shop.opened(made) as opened:
        yield Till(opened.store, opened.programme, opened.settings, texts.words("bg", PROGRAMME.zone))


def sample(till: Till, kind: str) -> str:
    return next(sample.code for sample in demo.demo_sheet(till.store) if sample.kind == kind)


def test_an_account_is_shown_with_every_movement_while_the_till_runs(
    till: Till, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = sample(till, "cooperator")
    balance = till.store.customer(int(card), till.now()).balance
    till.scan(card)
    till.scan(sample(till, "goods"))
    done = till.complete()
    till.after.return_goods(done.fact)
    assert main(["show", "account", card, "--data", str(made), "--json", "--lang", "bg"]) == 0
    account = json.loads(capsys.readouterr().out)
    assert (account["card"], account["kind"], account["balance"]) == (card, "cooperator", balance)
    sums = account["totals"]
    rest = sums.get("spent", 0) + sums.get("expired", 0) + sums.get("cancelled", 0) + sums.get("pending", 0)
    assert sums["earned"] == rest + sums.get("balance", 0)
    sale, back = account["movements"][-2:]
    assert (sale["what"], sale["points"]) == ("sale_completed", done.quote.earned)
    assert "точки на 0,50 лв." in sale["reasons"][0]
    assert (back["what"], back["points"]) == ("goods_returned", -done.quote.earned)
    assert main(["show", "account", card, "--data", str(made)]) == 0
    assert f"balance {balance}" in capsys.readouterr().out


def test_facts_are_shown_in_their_order(till: Till, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    till.scan(sample(till, "goods"))
    fact = till.complete().fact
    assert main(["show", "facts", "--data", str(made), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
    assert rows[-1]["id"] == fact.id.hex()
    assert rows[-1]["body"]["type"] == "sale_completed"
    assert main(["show", "facts", "--data", str(made)]) == 0
    assert "sale_completed" in capsys.readouterr().out


def test_showing_writes_nothing(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in made.iterdir() if path.suffix in (".db", ".witness")}
    assert main(["show", "facts", "--data", str(made)]) == 0
    after = {path.name: path.stat().st_mtime_ns for path in made.iterdir() if path.suffix in (".db", ".witness")}
    assert after == before
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "account", "2900000000017"], "2900000000017 is not the number of a customer card."),
        (["show", "account", "2900000000018"], "Card 2900000000018 is not known."),
        (["show", "account", "x"], "x is not the number of a customer card."),
    ],
)
def test_what_cannot_be_shown_is_said(
    made: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main([*arguments, "--data", str(made)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_folder_without_a_till(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "facts", "--data", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_clock_that_was_set_back_is_told_and_time_goes_on(tmp_path: Path, expect_log: ExpectLog) -> None:
    expect_log(logging.ERROR, "clock lies [0-9]+ minutes behind")
    with shop.opened(tmp_path) as opened:
        future = now_ms() + 86_400_000
        opened.store.record([NewFact(Acted("drawer_opened"), future)])
    with shop.opened(tmp_path) as opened:
        till = Till(opened.store, opened.programme, opened.settings, texts.words("bg", PROGRAMME.zone))
        assert "Set it right" in opened.store.warnings[0]
        first = till.now()
        assert first >= future
        spin = now_ms() + 3
        while now_ms() < spin:
            pass
        assert till.now() > first


def test_no_demo_is_made_over_a_till_that_has_worked(tmp_path: Path) -> None:
    with shop.opened(tmp_path) as opened:
        opened.store.record([NewFact(Acted("drawer_opened"), now_ms())])
    with pytest.raises(StoreTrouble, match="already"):
        demo.ensure_demo(tmp_path)


def test_wrong_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "settings.toml").write_text('langauge = "bg"')
    assert main(["show", "facts", "--data", str(tmp_path)]) == 2
    assert "did you mean 'language'?" in capsys.readouterr().err


def test_a_second_till_on_the_same_files_is_refused(made: Path, till: Till) -> None:
    with pytest.raises(StoreTrouble):
        Store.open(made, PROGRAMME.zone)


def test_the_programme_file_that_facts_name_is_kept(till: Till) -> None:
    assert till.store.pack(till.programme.pack) == shipped.content("coop-bg")


def test_the_doctor_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    (tmp_path / "settings.toml").write_text('[printer]\npath = "/dev/does-not-exist"')
    assert main(["doctor", "--data", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "FAIL  printer: /dev/does-not-exist is not there: check cable and power" in out
    assert "ok    packages: all installed" in out


def test_numbers_that_make_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["demo-data", "--cards", "-5"])
    assert caught.value.code == 2
    assert "'-5' is not a whole number" in capsys.readouterr().err
