"""The settings file: read whole, written whole, and friendly about what is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app import settings
from pos_app.loyalty.errors import FileFault
from pos_app.settings import PrinterSettings, Settings


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == Settings()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    chosen = Settings(
        "en", "coop-bg", "amount", ("Магазин 12", 'с. "Горно"\\'), 60, printer=PrinterSettings("/dev/x", 115200)
    )
    settings.save(chosen, tmp_path)
    assert settings.load(tmp_path) == chosen
    assert [path.name for path in tmp_path.iterdir()] == [settings.FILE]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_any_shop_lines_survive(lines: list[str]) -> None:
    chosen = Settings(shop_lines=tuple(lines))
    assert settings.decode(settings.encode(chosen).encode(), "x") == chosen


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('language = "de"', "key 'language': 'de' is not possible; possible: bg, en"),
        ('langauge = "bg"', "key 'langauge': is not known; did you mean 'language'?"),
        ("lock_after_s = -1", "key 'lock_after_s': -1 is not a whole number from 0 to 86400"),
        ('[printer]\nbaud = "fast"', "table [printer], key 'baud': must be a whole number, not 'fast'"),
        ('[keys]\ngoods = "F2"', "table [keys], key 'goods': 'F2' is given to more than one action"),
        ("x = ", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_wrong_file_is_told_about(content: str, sentence: str) -> None:
    with pytest.raises(FileFault) as caught:
        settings.decode(content.encode(), "settings.toml")
    assert sentence in str(caught.value)
    assert "settings.toml" in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(FileFault, match="is not UTF-8 text"):
        settings.load(tmp_path)
