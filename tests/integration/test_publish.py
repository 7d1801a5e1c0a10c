"""A programme is put in force only when it keeps its own rehearsals."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from pos_app import publish, settings, shipped, shop
from pos_app.__main__ import main
from pos_app.loyalty.errors import FileFault

PROGRAMMES = Path(str(files("pos_app.programmes")))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A cooperative's own programme: that of КООП, with one rehearsal that names it by its path."""
    folder = tmp_path / "own"
    folder.mkdir()
    text = shipped.content("coop-bg").decode().replace('id = "coop-bg"', 'id = "our-coop"')
    (folder / "our.toml").write_text(text.replace("coop-bg/*.toml", "ours/*.toml"), encoding="utf-8")
    (folder / "ours").mkdir()
    rehearsal = (PROGRAMMES / "coop-bg" / "many-cards.toml").read_text(encoding="utf-8")
    named = rehearsal.replace('programme = "coop-bg"', 'programme = "../our.toml"')
    (folder / "ours" / "cards.toml").write_text(named, encoding="utf-8")
    return folder / "our.toml"


def test_a_programme_that_keeps_its_examples_is_in_force(own: Path, tmp_path: Path) -> None:
    data = tmp_path / "till"
    assert main(["publish", str(own), "--data", str(data)]) == 0
    shutil.rmtree(own.parent)  # the till has a copy of its own
    with shop.opened(data) as opened:
        assert opened.programme.id == "our-coop"


def test_a_programme_that_breaks_an_example_is_not(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.write_text(own.read_text(encoding="utf-8").replace("points = 2\n", "points = 3\n"), encoding="utf-8")
    shutil.copy(PROGRAMMES / "coop-bg" / "cooperator.toml", own.parent / "ours" / "rates.toml")
    text = (own.parent / "ours" / "rates.toml").read_text(encoding="utf-8")
    (own.parent / "ours" / "rates.toml").write_text(
        text.replace('programme = "coop-bg"', 'programme = "../our.toml"'), encoding="utf-8"
    )
    data = tmp_path / "till"
    assert main(["publish", str(own), "--data", str(data)]) == 1
    said = capsys.readouterr().out
    assert "FAIL" in said
    assert "not published" in said
    assert not (data / settings.FILE).exists()


def test_a_programme_without_examples_or_with_those_of_another_is_not(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(tmp_path / "till")
    cards = own.parent / "ours" / "cards.toml"
    cards.write_text(cards.read_text(encoding="utf-8").replace("../our.toml", "coop-bg"), encoding="utf-8")
    assert main(["publish", str(own), "--data", data]) == 2
    assert "key 'programme'" in capsys.readouterr().err
    cards.unlink()
    assert main(["publish", str(own), "--data", data]) == 2
    assert "has to prove itself" in capsys.readouterr().err


def test_a_shipped_programme_is_published_by_its_id(tmp_path: Path) -> None:
    data = tmp_path / "till"
    assert main(["publish", "dvizna-si", "--data", str(data)]) == 0
    assert settings.load(data).programme == "dvizna-si"


def test_a_rehearsal_that_is_named_and_missing_stops_it(own: Path, tmp_path: Path) -> None:
    text = own.read_text(encoding="utf-8").replace('["ours/*.toml"]', '["ours/*.toml", "ours/gone.toml"]')
    own.write_text(text, encoding="utf-8")
    with pytest.raises(FileFault, match="gone"):
        publish.publish(str(own), tmp_path / "till")
