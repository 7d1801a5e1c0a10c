"""The shipped programmes keep their own conditions, and `pos-app rehearse` says so or not."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from pos_app import rehearse
from pos_app.__main__ import main

SHIPPED = sorted(Path(str(files("pos_app.programmes"))).glob("*/*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_rehearsal_holds(path: Path) -> None:
    [rehearsal] = rehearse.load([path])
    result = rehearse.play(rehearsal)
    assert result.ok, "\n".join(rehearse.report(result))


def test_there_are_rehearsals() -> None:
    assert len(SHIPPED) >= 5


WRONG = """
title = "a promise that is not kept"
programme = "coop-bg"
[[product]]
code = "1"
name = "Хляб"
price = "1.00"
[[step]]
at = 2026-02-01T09:00:00
do = "enrol"
card = "A"
[[step]]
after = "2 days"
do = "sale"
sale = "s"
card = "A"
lines = [{product = "1", qty = 10}]
expect = {earned = 40, to_pay = "10"}
[[step]]
after = "1 hour"
do = "sale"
sale = "t"
card = "A"
lines = []
expect = {balance = 39}
[[step]]
after = "1 hour"
do = "look"
card = "A"
expect = {refused = "card_left"}
"""


def test_a_broken_promise_is_shown_step_by_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG, "utf-8")
    assert main(["rehearse", "--json", str(path)]) == 1
    [result] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (result["title"], result["ok"]) == ("a promise that is not kept", False)
    enrol, sale, empty, look = result["steps"]
    assert enrol["ok"]
    assert not sale["ok"]
    assert sale["actual"]["to_pay"] == "10.00"
    assert sale["differs"] == {"earned": {"expected": 40, "actual": 39}}
    assert empty["actual"]["refused"] == "nothing_to_sell"
    assert list(empty["differs"]) == ["refused"], "a refusal that nobody expects fails a step"
    assert list(look["differs"]) == ["refused"], "an expected refusal that does not come fails a step"


def test_lines_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG, "utf-8")
    assert main(["rehearse", str(path)]) == 1
    out = capsys.readouterr().out
    assert "FAIL 2 sale" in out
    assert "earned: expected 40, got 39" in out


def test_a_file_that_cannot_be_played_stops_all_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(WRONG, "utf-8")
    bad.write_text(WRONG.replace('do = "look"', 'do = "peek"'), "utf-8")
    assert main(["rehearse", str(good), str(bad)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "bad.toml" in captured.err
    assert "[step 4], key 'do'" in captured.err
