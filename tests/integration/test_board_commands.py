"""The commands `board` and `poster` as a shop runs them; the poster is read and drawn by poppler, the board by X."""

import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from db.store import Store
from pos_app import settings, texts
from pos_app.__main__ import main
from pos_app.loyalty.basket import Offer
from pos_app.settings import Settings
from tests.helpers.shop import PROGRAMME
from tests.helpers.xscreen import PATIENCE_S, XScreen

pytestmark = pytest.mark.usefixtures("qapp")  # a program has one; the command makes it where there is none

LONG = "Лютеница домашна едро смляна с печени чушки и домати по старопланинска рецепта, буркан с капачка 520 г"
UNBROKEN = "Ш" * 300
GOODS = ("Хляб бял", "Кафе мляно", "Чаша порцеланова", "Олио слънчогледово", LONG)
TITLE = "^Награди за точки$"
A4_PT, A3_PT = (595, 842), (842, 1191)


def put(folder: Path, *offers: Offer) -> None:
    """A till's folder with a board."""
    settings.save(Settings(shop_lines=("КООП, магазин 12", "с. Горно Поле, ул. Първа 5")), folder)
    store = Store.open(folder, PROGRAMME.zone)
    store.put_offers(offers)
    store.close()


def many(number: int) -> list[Offer]:
    return [
        Offer(f"r{place}", f"{place}", f"{GOODS[place % len(GOODS)]} {place}", 1000 - place, price_minor=place % 3 * 50)
        for place in range(number)
    ]


def poster(folder: Path, *arguments: str) -> Path:
    out = folder / "poster.pdf"
    assert main(["poster", "--data", str(folder), "--out", str(out), *arguments]) == 0
    return out


def poppler(program: str, *arguments: str | Path) -> str:
    return subprocess.run([program, *arguments], check=True, text=True, stdout=subprocess.PIPE, timeout=60).stdout


def said(pdf: Path) -> str:
    """All words of a PDF in the order in which they were set, a blank between any two."""
    return " ".join(poppler("pdftotext", "-raw", pdf, "-").split())


def info(pdf: Path) -> dict[str, str]:
    rows = (line.partition(":") for line in poppler("pdfinfo", pdf).splitlines())
    return {key: value.strip() for key, _, value in rows}


def pages(pdf: Path) -> list[tuple[int, int, bytes]]:
    """The pages as drawn at 36 dpi: width, height and a byte of grey for each pixel."""
    poppler("pdftoppm", "-gray", "-r", "36", pdf, pdf.with_suffix(""))
    drawn = []
    for path in sorted(pdf.parent.glob(f"{pdf.stem}-*.pgm")):
        _, size, _, pixels = path.read_bytes().split(b"\n", 3)
        width, height = (int(number) for number in size.split())
        drawn.append((width, height, pixels))
    return drawn


@pytest.mark.parametrize(("paper", "size_pt"), [("A4", A4_PT), ("A3", A3_PT)])
def test_a_hundred_things_stand_on_the_poster_whole_and_in_order(
    tmp_path: Path, paper: str, size_pt: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    offers = many(100)
    put(tmp_path, *offers)
    pdf = poster(tmp_path, "--paper", paper)
    number = int(info(pdf)["Pages"])
    assert capsys.readouterr().out == f"{pdf}: {number} pages, {paper}\n"
    text = said(pdf)
    places = []
    for offer in reversed(offers):  # the cheapest first
        money = {0: "", 50: " + 0,50 €", 100: " + 1,00 €"}[offer.price_minor]
        row = f"{offer.name} {texts.words('bg').number(offer.points)} точки{money}".replace("\N{NO-BREAK SPACE}", " ")
        places.append(text.index(row))
    assert places == sorted(places)
    for page in range(1, number + 1):
        assert f"{page} от {number}" in text
    assert text.count("Клиентска карта КООП КООП, магазин 12 с. Горно Поле, ул. Първа 5") == number
    width, height = (round(float(length)) for length in info(pdf)["Page size"].split()[:3:2])
    assert (width, height) == size_pt


def test_the_poster_is_of_vectors_in_fonts_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, *many(30))
    pdf = poster(tmp_path)
    assert poppler("pdfimages", "-list", pdf).splitlines()[2:] == []
    fonts = [line.split() for line in poppler("pdffonts", pdf).splitlines()[2:]]
    assert fonts
    assert {font[-5] for font in fonts} == {"yes"}  # the column "emb"


def test_nothing_is_cut_off_at_the_edges_of_the_paper(tmp_path: Path) -> None:
    put(tmp_path, *many(20), Offer("long", "1", LONG * 30, 1), Offer("unbroken", "2", UNBROKEN, 2))
    drawn = pages(poster(tmp_path))
    assert len(drawn) > 1
    for width, height, pixels in drawn:
        rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
        edge = width // 20
        assert len(rows) == height
        assert set(b"".join(rows[: edge // 2] + rows[-edge // 2 :])) == {255}
        assert {byte for row in rows for byte in row[:edge] + row[-edge:]} == {255}
        assert min(pixels) < 128


def test_the_longest_name_is_on_the_poster_to_its_last_letter(tmp_path: Path) -> None:
    put(tmp_path, Offer("long", "1", LONG * 30, 1), Offer("unbroken", "2", UNBROKEN, 2))
    letters = said(poster(tmp_path)).replace(" ", "")
    assert (LONG * 30).replace(" ", "") in letters
    assert UNBROKEN in letters


def test_few_things_stand_on_one_page_in_large_type_with_the_date(tmp_path: Path) -> None:
    put(tmp_path, *many(3))
    pdf = poster(tmp_path, "--lang", "en")
    assert info(pdf)["Pages"] == "1"
    boxes = poppler("pdftotext", "-bbox", pdf, "-").splitlines()
    [word] = [line for line in boxes if ">порцеланова<" in line]
    heights = [float(word.split(f'{edge}="')[1].split('"')[0]) for edge in ("yMin", "yMax")]
    assert heights[1] - heights[0] > 36  # half an inch of paper
    text = said(pdf)
    assert "Rewards for points" in text
    assert "As of " in text
    assert "1 of 1" not in text


def test_a_poster_of_nothing_says_so(tmp_path: Path) -> None:
    put(tmp_path)
    assert "Сега на таблото няма награди." in said(poster(tmp_path))


@pytest.mark.parametrize("command", ["poster", "board"])
def test_without_a_till_both_commands_say_what_is_missing(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "poster.pdf")] if command == "poster" else []
    assert main([command, "--data", str(tmp_path / "nothing"), *out]) == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "nothing") in said
    assert "Traceback" not in said
    assert not (tmp_path / "nothing").exists()
    assert not (tmp_path / "poster.pdf").exists()


def test_a_poster_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, *many(1))
    out = tmp_path / "no" / "poster.pdf"
    assert main(["poster", "--data", str(tmp_path), "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"pos-app: {out}: No such file or directory\n"


def test_a_poster_needs_no_screen(tmp_path: Path) -> None:
    put(tmp_path, *many(3))
    bare = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "pos_app", "poster", "--data", str(tmp_path), "--out", str(tmp_path / "p.pdf")]
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path / 'p.pdf'}: 1 page, A4\n", "")
    assert "Чаша порцеланова 2" in said(tmp_path / "p.pdf")


def test_a_board_needs_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, *many(3))
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["board", "--data", str(tmp_path)]) == 2
    assert "screen" in capsys.readouterr().err


# -- the board on displays


class Displays:
    """An X server with the till's display, to which a second one can be plugged in at its right."""

    def __init__(self, screen: XScreen) -> None:
        self.environment = screen.environment
        self._stays = _connected(screen)
        self._monitor("--setmonitor", "till", "1366/361x768/203+0+0", "screen")

    def plug_in(self) -> None:
        self._monitor("--setmonitor", "board", "1920/508x1080/285+1366+0", "none")

    def pull_out(self) -> None:
        self._monitor("--delmonitor", "board")

    def _monitor(self, *words: str) -> None:
        subprocess.run(["xrandr", *words], env=self.environment, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def close(self) -> None:
        self._stays.close()

    def window(self) -> str:
        """The place of the board's window, once it is to be seen."""
        found = self._xdotool("search", "--sync", "--onlyvisible", "--name", TITLE).split()[0]
        return " ".join(self._xdotool("getwindowgeometry", found).split()[2:])

    def wait_until_hidden(self) -> None:
        until = monotonic() + PATIENCE_S
        while self._xdotool("search", "--onlyvisible", "--name", TITLE, check=False):
            assert monotonic() < until, "The board is still to be seen."

    def _xdotool(self, *words: str, check: bool = True) -> str:
        command = ["xdotool", *words]
        return subprocess.run(
            command, env=self.environment, check=check, timeout=PATIENCE_S, stdout=subprocess.PIPE, text=True
        ).stdout


def _connected(screen: XScreen) -> socket.socket:
    """A connection to an X server, which without any would forget its displays."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE_S)
    connection.connect(f"/tmp/.X11-unix/X{screen.environment['DISPLAY'].removeprefix(':')}")
    connection.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))  # little-endian, version 11.0, no secret
    assert connection.recv(1) == b"\x01", "The X server wants no more programs."
    return connection


@pytest.fixture
def displays() -> Iterator[Displays]:
    with XScreen("3286x1080") as screen:
        made = Displays(screen)
        yield made
        made.close()


@contextmanager
def board(folder: Path, displays: Displays, *arguments: str) -> Iterator[None]:
    """A board at work, which must complain about nothing and end well when the system tells it to."""
    command = [sys.executable, "-m", "pos_app", "board", "--data", str(folder), *arguments]
    running = subprocess.Popen(command, env=displays.environment, stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        running.terminate()
        complaints = running.communicate(timeout=PATIENCE_S)[1]
    assert (running.returncode, complaints) == (0, "")


def test_the_board_fills_the_second_display_and_never_covers_the_till(tmp_path: Path, displays: Displays) -> None:
    put(tmp_path, *many(20))
    displays.plug_in()
    with board(tmp_path, displays):
        second = "Position: 1366,0 (screen: 0) Geometry: 1920x1080"
        assert displays.window() == second
        displays.pull_out()
        displays.wait_until_hidden()
        displays.plug_in()
        assert displays.window() == second


def test_with_one_display_the_board_takes_that(tmp_path: Path, displays: Displays) -> None:
    put(tmp_path, *many(20))
    with board(tmp_path, displays):
        assert displays.window() == "Position: 0,0 (screen: 0) Geometry: 1366x768"


def test_in_a_window_it_leaves_the_rest_of_the_display(tmp_path: Path, displays: Displays) -> None:
    put(tmp_path, *many(20))
    displays.plug_in()
    with board(tmp_path, displays, "--windowed"):
        assert displays.window().endswith("Geometry: 1366x768")
