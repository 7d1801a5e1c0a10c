"""`pos-app replay`: recorded sales under a changed programme, on stores that rehearsals and a shop's year have made."""

import io
import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from pos_app import rehearse, replay, shipped, texts
from pos_app.__main__ import main
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.facts import BonusGiven, Enrolled, SaleCompleted
from pos_app.loyalty.programme import Programme
from pos_app.replay import Report
from pos_app.shop import Shop
from tests.helpers import replays, year
from tests.helpers.replays import changed, under
from tests.helpers.shop import sofia

PLAYED = sorted(Path(str(files("pos_app.programmes"))).glob("*/*.toml"))
SALES = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with a year of sales, of few cards."""
    folder = tmp_path_factory.mktemp("year")
    year.make(folder, SALES, starts=sofia("2026-01-05T08:00:00"), cards=60, goods=100)
    return folder


@pytest.fixture
def sold(folder: Path) -> Iterator[Shop]:
    shop = year.opened(folder, read_only=True)
    yield shop
    shop.store.close()


def rehearsal_replayed(name: str, folder: Path, *replaced: tuple[str, str]) -> Report:
    """The replay of a shipped rehearsal, under its programme with some text of the file replaced."""
    [rehearsal] = rehearse.load([next(path for path in PLAYED if f"{path.parent.name}/{path.stem}" == name)])
    with replays.rehearsed(folder, rehearsal) as opened:
        return under(opened, changed(name.partition("/")[0], *replaced))


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_was_rehearsed_is_the_same_under_the_same_programme(path: Path, tmp_path: Path) -> None:
    [rehearsal] = rehearse.load([path])
    with replays.rehearsed(tmp_path, rehearsal) as opened:
        history = list(opened.store.facts())
        assert replays.differing(history, rehearsal.programme, opened.store.fact) == []
        report = under(opened, rehearsal.programme)
    assert report.same
    assert report.refused == 0


def test_a_year_is_the_same_under_the_same_programme(sold: Shop) -> None:
    report = under(sold, sold.programme)
    assert report.same
    assert (report.sales, report.recorded) == (SALES, report.replayed)
    assert report.recorded.points.issued == sum(
        earned.points
        for fact in sold.store.facts()
        if isinstance(fact.body, SaleCompleted)
        for earned in fact.body.earned
    )
    cards = {card for fact in sold.store.facts() if (card := getattr(fact.body, "card", None))}
    accounts = {sold.store.customer(card, report.ends).account: card for card in cards}
    assert report.recorded.balance == sum(
        sold.store.customer(card, report.ends).balance for card in _one_a_family(sold, list(accounts.values()))
    )


def _one_a_family(shop: Shop, cards: list[int]) -> list[int]:
    found: dict[frozenset[int], int] = {}
    for card in cards:
        found.setdefault(frozenset(shop.store.ledger(card).cards), card)
    return list(found.values())


def test_double_rates_issue_double(sold: Shop) -> None:
    double = changed("coop-bg", ("\npoints = 2", "\npoints = 4"), ("\npoints = 1", "\npoints = 2"))
    report = under(sold, double)
    then, now = report.recorded, report.replayed
    assert now.points.issued == 2 * then.points.issued
    assert {kind: points.issued for kind, points in now.by_kind.items()} == {
        kind: 2 * points.issued for kind, points in then.by_kind.items()
    }
    assert report.changed == sum(
        isinstance(fact.body, SaleCompleted) and bool(fact.body.earned) for fact in sold.store.facts()
    )
    assert (report.lose, report.losers) == (0, [])
    assert len(report.winners) == replay.report.MOST
    assert [change.points for change in report.winners] == sorted((c.points for c in report.winners), reverse=True)
    best = report.winners[0]
    assert best.balance_replayed - best.balance_recorded == best.points
    named = {sold.store.customer(card, report.ends).name for card in _cards(sold)}
    assert {change.name for change in report.winners} <= named
    assert all(len(change.card) == 4 for change in report.winners)


def _cards(shop: Shop) -> set[int]:
    return {fact.body.card for fact in shop.store.facts() if isinstance(fact.body, SaleCompleted) and fact.body.card}


def test_rates_that_go_down_for_some_name_who_loses(sold: Shop) -> None:
    report = under(
        sold, changed("coop-bg", ('id = "cooperator"\non', 'id = "member"\non'), ("\npoints = 2", "\npoints = 1"))
    )
    assert report.gain == 0
    assert report.lose > 0
    assert report.replayed.by_kind["cooperator"].issued < report.recorded.by_kind["cooperator"].issued
    assert [change.points for change in report.losers] == sorted(change.points for change in report.losers)


def test_points_used_are_cut_down_to_what_the_new_rules_allow(tmp_path: Path) -> None:
    """T4: 5 % of 2 000 000 rial were 100 points; at most 2 % are 40, and more is paid and earns."""
    report = rehearsal_replayed("taavoni-ir/using", tmp_path, ('percent_most = "5"', 'percent_most = "2"'))
    then, now = report.recorded, report.replayed
    assert 0 < now.points.used < then.points.used
    assert now.paid["IRR"] - then.paid["IRR"] == (then.points.used - now.points.used) * 1000
    assert now.points.issued >= then.points.issued


def test_points_that_are_not_there_any_more_are_not_used(tmp_path: Path) -> None:
    """With 10 points for a friend fewer the balance does not suffice for what was used."""
    report = rehearsal_replayed("asal-plus/using", tmp_path, ('per = "100000"', 'per = "400000"'))
    assert report.replayed.points.issued < report.recorded.points.issued
    assert report.replayed.points.used <= report.recorded.points.used
    assert report.replayed.balance >= 0


def test_swaps_that_cannot_be_paid_any_more_fall_away(tmp_path: Path) -> None:
    report = rehearsal_replayed("coop-bg/board-had", tmp_path, ('per = "0.50"', 'per = "50.00"'))
    assert report.refused > 0
    assert report.replayed.points.used < report.recorded.points.used
    assert report.replayed.balance >= 0


def test_new_bonuses_come_with_what_facts_tell(tmp_path: Path) -> None:
    bonus = '[[version.bonus]]\nid = "joined"\nname.en = "joining"\nfor = "joined"\npoints = 7\n[[version.earn]]'
    one = changed("dvizna-si", ("[[version.earn]]", bonus))
    [rehearsal] = rehearse.load([path for path in PLAYED if path.stem == "wicked-two-customers"])
    with replays.rehearsed(tmp_path, rehearsal) as opened:
        report = under(opened, one)
    assert report.replayed.points.issued >= report.recorded.points.issued + 7
    assert (report.replayed.points.issued - report.recorded.points.issued) % 7 == 0


def test_bonuses_go_by_the_new_rules_to_whom_the_old_ones_gave(tmp_path: Path) -> None:
    """H9: who was registered before got no points for joining again, and gets none now."""
    [rehearsal] = rehearse.load([path for path in PLAYED if path.stem == "joining-again"])
    more = changed("asal-plus", ("points = 20\n\n[[version.bonus]]", "points = 50\n\n[[version.bonus]]"))
    with replays.rehearsed(tmp_path, rehearsal) as opened:
        bodies = [fact.body for fact in opened.store.facts()]
        report = under(opened, more)
    joined = sum(isinstance(body, BonusGiven) and body.rule == "joined" for body in bodies)
    assert 0 < joined < sum(isinstance(body, Enrolled) for body in bodies)
    assert report.replayed.points.issued - report.recorded.points.issued == 30 * joined


def test_tiers_follow_new_thresholds(tmp_path: Path) -> None:
    report = rehearsal_replayed("kerman-motor/groups", tmp_path, ("points = 501", "points = 800"))
    then, now = report.recorded.tiers, report.replayed.tiers
    assert now["diamond"] < then["diamond"]
    assert now["gold"] - then.get("gold", 0) == then["diamond"] - now["diamond"]
    assert report.recorded.points == report.replayed.points


def test_points_that_live_shorter_expire(tmp_path: Path) -> None:
    report = rehearsal_replayed("dvizna-si/life", tmp_path, ('points_live = "6 months"', 'points_live = "1 day"'))
    assert report.replayed.expired > report.recorded.expired


def test_cards_that_are_active_at_once_earn_what_was_refused(tmp_path: Path) -> None:
    report = rehearsal_replayed(
        "coop-bg/activation", tmp_path, ('active_after = "24 hours"', 'active_after = "0 hours"')
    )
    assert report.replayed.points.issued > report.recorded.points.issued
    later = rehearsal_replayed(
        "coop-bg/activation", tmp_path / "2", ('active_after = "24 hours"', 'active_after = "20 years"')
    )
    assert later.replayed.points.issued < later.recorded.points.issued
    assert later.refused > 0


def test_other_dates_of_credit_leave_points_pending(tmp_path: Path) -> None:
    report = rehearsal_replayed("dvizna-si/credit-cod", tmp_path, ('after = "3 days"', 'after = "20 years"'))
    assert report.replayed.pending > report.recorded.pending
    assert report.replayed.points == report.recorded.points


def test_a_programme_that_cannot_reckon_these_sales_is_refused(sold: Shop) -> None:
    with pytest.raises(FileFault, match=r"sales of 2026-01-07 are in EUR, but version '1' is in IRR"):
        under(sold, changed("asal-plus", ("Asia/Tehran", "Europe/Sofia")))
    with pytest.raises(FileFault, match="key 'zone': 'Asia/Tehran'; the shop's is 'Europe/Sofia'"):
        under(sold, shipped.programme("asal-plus"))


def test_the_progress_grows_to_the_whole(sold: Shop) -> None:
    shares: list[float] = []
    replay.replayed(sold, sold.programme, sold.store.last_moment, shares.append)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


# -- the command


def _file(tmp_path: Path, *replaced: tuple[str, str]) -> str:
    content = shipped.content("coop-bg").decode()
    for old, new in replaced:
        content = content.replace(old, new)
    path = tmp_path / "new.toml"
    path.write_text(content, "utf-8")
    return str(path)


def test_the_command_tells_json_and_keeps_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = _file(tmp_path, ("\npoints = 1", "\npoints = 2"))
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix in (".db", ".witness")}
    assert main(["replay", "--programme", new, "--data", str(folder), "--json"]) == 0
    captured = capsys.readouterr()
    told: dict[str, Any] = json.loads(captured.out)
    assert captured.err == "", "a bar is for terminals"
    assert (told["programme"], told["sales"]) == ("coop-bg", SALES)
    assert told["replayed"]["points"]["issued"] > told["recorded"]["points"]["issued"]
    assert set(told["recorded"]["by_kind"]) == {"client", "cooperator"}
    assert len(told["winners"]) == 10
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix in (".db", ".witness")}
    assert after == before


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "points issued"),
        ("bg", "дадени точки"),
        ("sl", "izdane točke"),
        ("fa", "امتیاز داده‌شده"),
    ],
)
def test_the_command_tells_people(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, sentence: str
) -> None:
    new = _file(tmp_path, ("\npoints = 1", "\npoints = 2"))
    assert main(["replay", "--programme", new, "--data", str(folder), "--lang", language]) == 0
    out = capsys.readouterr().out
    words = texts.words(language)
    assert sentence in out
    assert words.say("replay.winners") in out
    assert words.say("replay.losers") not in out
    assert main(["replay", "--programme", "coop-bg", "--data", str(folder), "--lang", language]) == 0
    assert words.say("replay.same") in capsys.readouterr().out


def test_tiers_are_told_from_the_lowest_up(tmp_path: Path) -> None:
    programme: Programme = shipped.programme("kerman-motor")
    report = rehearsal_replayed("kerman-motor/groups", tmp_path, ("points = 501", "points = 800"))
    lines = list(replay.lines(report, programme, texts.words_of(programme, "en")))
    members = [line.split()[1] for line in lines if line.startswith("members: ")]
    tiers = programme.versions[0].tiers
    assert tiers is not None
    assert members == [tier.id for tier in tiers.tiers if tier.id in members]
    assert members
    assert any(line.split()[1:] == ["diamond", "2", "1", "−1"] for line in lines if line.startswith("members: "))


def test_a_till_that_has_recorded_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo-data", "--cards", "20", "--goods", "50", "--data", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["replay", "--programme", "coop-bg", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "Nothing was recorded yet, so there is nothing to reckon again.\n"


def test_who_would_rise_is_told_with_both_levels(sold: Shop) -> None:
    tiers = (
        "[version.tiers]\n"
        '[[version.tiers.tier]]\nid = "silver"\nname.en = "silver"\npoints = 0\n'
        '[[version.tiers.tier]]\nid = "gold"\nname.en = "gold"\npoints = 1000\n\n[[version.draw]]'
    )
    programme = changed("coop-bg", ("\npoints = 1", "\npoints = 2"), ("[[version.draw]]", tiers))
    report = under(sold, programme)
    lines = list(replay.lines(report, programme, texts.words_of(programme, "en")))
    assert any(line.endswith("; no level → gold") for line in lines)
    assert sum(report.replayed.tiers.values()) == report.members
    assert set(report.replayed.by_tier) >= {"silver", "gold"}


def test_a_bar_shows_the_progress_on_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["replay", "--programme", "coop-bg", "--data", str(folder)]) == 0
    assert terminal.getvalue().startswith(f"\r[{'.' * 40}]   0 %")
    assert terminal.getvalue().endswith(f"\r[{'#' * 40}] 100 %\n")


def test_a_wrong_file_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--programme", _file(tmp_path, ("kinds =", "kind =")), "--data", str(folder)]) == 2
    assert "did you mean 'kinds'?" in capsys.readouterr().err
    assert main(["replay", "--programme", "coop-bg", "--data", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err
