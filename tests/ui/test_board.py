"""The information board (K4): what stands on it, how it is spread over pages, and that it follows the till."""

import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from db.store import NewFact, Snapshot, Store, StoreTrouble
from pos_app import settings, texts
from pos_app.loyalty.basket import Offer, Swap
from pos_app.loyalty.moments import HOUR
from pos_app.settings import Settings
from tests.helpers.logs import ExpectLog
from tests.helpers.shop import EURO_DAY, PROGRAMME
from tests.helpers.stores import sale
from ui import theme
from ui.board.goods import Board, Note, Thing, look
from ui.board.page import Pages
from ui.board.window import BoardWindow

pytestmark = pytest.mark.usefixtures("qapp")

POT = Offer("pot", "3800000000048", "Тенджера", 1250, price_minor=50)
CUP = Offer("cup", "3800000000062", "Чаша  порцеланова\n350 мл", 21, stock=5, per_account_per_day=1)
PLATE = Offer("plate", "3800000000079", "Чиния", 30, stock=6)
LONG = "Лютеница домашна едро смляна с печени чушки и домати по старопланинска рецепта, буркан 520 г"
SCREENS = [(1366, 768), (1920, 1080), (1080, 1920), (800, 1280), (3840, 1080), (480, 270)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings.save(Settings(shop_lines=("КООП, магазин 12", "с. Горно Поле")), tmp_path)
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The till at work in the same folder."""
    opened = Store.open(folder, PROGRAMME.zone)
    yield opened
    opened.close()


def board_of(*things: Thing, language: str = "bg") -> Board:
    return Board(texts.words(language, PROGRAMME.zone), language, "Клиентска карта КООП", ("КООП, магазин 12",), things)


def many(number: int, name: str = "Кафе мляно 250 г") -> tuple[Thing, ...]:
    return tuple(Thing(f"{name} {place}", str(place), "точки") for place in range(number))


def names(board: Board) -> list[str]:
    return [thing.name for thing in board.things]


# -- what stands on it


def test_it_tells_name_points_and_money_of_each_thing_the_cheapest_first(folder: Path, store: Store) -> None:
    store.put_offers([POT, PLATE, CUP])
    board = look(folder, "bg", now=EURO_DAY)
    assert board.programme == "Клиентска карта КООП"
    assert board.shop_lines == ("КООП, магазин 12", "с. Горно Поле")
    assert board.things == (
        Thing("Чаша порцеланова 350\N{NO-BREAK SPACE}мл", "21", "точки", "", (
            Note("остават само 5", "attention"), Note("най-много 1 на ден"),
        )),
        Thing("Чиния", "30", "точки"),
        Thing("Тенджера", "1\N{NO-BREAK SPACE}250", "точки", "+ 0,50 €"),
    )  # fmt: skip


def test_it_speaks_the_language_of_the_shop_unless_another_is_asked_for(folder: Path, store: Store) -> None:
    store.put_offers([POT])
    assert look(folder, now=EURO_DAY).things[0].unit == "точки"
    english = look(folder, "en", now=EURO_DAY)
    assert (english.programme, english.things[0].unit) == ("КООП customer card", "points")
    assert english.things[0].money == "+ 0.50 €"


def test_what_is_not_on_the_board_yet_or_any_more_is_not_shown(folder: Path, store: Store) -> None:
    store.put_offers(
        [
            Offer("was", "1", "Минало", 1, ends=EURO_DAY),
            Offer("will", "2", "Бъдещо", 2, starts=EURO_DAY + 1),
            Offer("is", "3", "Сегашно", 3, starts=EURO_DAY, ends=EURO_DAY + 14 * HOUR),
        ]
    )
    board = look(folder, "bg", now=EURO_DAY)
    assert names(board) == ["Сегашно"]
    assert board.things[0].notes == (Note("до 02.03.2026"),)  # it ends with the last moment of that day
    assert names(look(folder, "bg", now=EURO_DAY - 1)) == ["Минало"]
    assert names(look(folder, "bg", now=EURO_DAY + 14 * HOUR)) == ["Бъдещо"]


def test_what_is_for_a_tier_says_so(folder: Path, store: Store) -> None:
    store.put_offers([Offer("fine", "1", "Сервиз", 900, tiers=("gold", "diamond"))])
    assert look(folder, "bg", now=EURO_DAY).things[0].notes == (Note("само за ниво: gold, diamond", "good"),)


def test_what_is_sold_out_stays_in_its_place_on_the_screen_and_is_left_out_on_paper(folder: Path, store: Store) -> None:
    store.put_offers([Offer("gone", "1", "Кафе", 10, stock=0, per_account_per_day=1), CUP])
    shown = look(folder, "bg", now=EURO_DAY)
    assert shown.things[0] == Thing("Кафе", "10", "точки", "", (Note("изчерпано"),), is_gone=True)
    printed = look(folder, "bg", now=EURO_DAY, on_paper=True)
    assert len(printed.things) == 1
    assert printed.things[0].notes == (Note("до изчерпване"), Note("най-много 1 на ден"))


def test_a_folder_without_a_till_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreTrouble):
        look(tmp_path / "nothing", "bg", now=EURO_DAY)


def test_looking_beside_the_till_writes_nothing(folder: Path, store: Store) -> None:
    store.put_offers([CUP])
    before = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}
    look(folder, "bg", now=EURO_DAY)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")} == before


# -- pages


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("number", [0, 1, 2, 5, 7, 12, 100, 250])
def test_each_thing_stands_on_one_page_once_inside_the_screen(size: tuple[int, int], number: int) -> None:
    things = many(number)
    pages = Pages(board_of(*things), QSize(*size))
    assert [thing for page in range(pages.count) for thing in pages.things(page)] == list(things)
    assert all(pages.things(page) for page in range(pages.count)) or number == 0
    for page in range(pages.count):
        cards = pages.cards(page)
        assert all(QRect(0, 0, *size).contains(card) for card in cards)
        assert not any(one.intersects(other) for place, one in enumerate(cards) for other in cards[:place])


def test_a_page_can_be_read_from_three_metres() -> None:
    """Two columns of large cards at most on ordinary displays: a card is at least a sixth of the screen high."""
    for width, height in ((1366, 768), (1920, 1080)):
        cards = Pages(board_of(*many(100)), QSize(width, height)).cards(0)
        assert all(card.height() >= height / 6 and card.width() >= width / 2.2 for card in cards)


def painted(pages: Pages, size: tuple[int, int], number: int = 0) -> QImage:
    picture = QImage(*size, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    pages.paint(painter, number)
    painter.end()
    return picture


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("size", SCREENS)
def test_no_text_leaves_its_card_however_long_it_is(language: str, size: tuple[int, int]) -> None:
    notes = (Note("остават само 5", "attention"), Note("най-много 1 на ден"), Note(LONG))
    things = tuple(
        Thing(name, "1 250 000", "точки", "+ 12 345 678,90 €", notes)
        for name in ("Ч", LONG, LONG * 20, "Ш" * 400, "чаша " * 200, "فنجان")
    )
    things += (Thing("فنجان", "۵۰", "امتیاز", "+ ۱٫۵۰ یورو"),) * 8
    pages = Pages(board_of(*things, language=language), size=QSize(*size))
    for number in range(pages.count):
        picture = painted(pages, size, number)
        cards = pages.cards(number)
        body = QRect(0, cards[0].top(), size[0], max(card.bottom() for card in cards) - cards[0].top())
        ground = QColor(theme.GROUND).rgb()
        between = [
            (x, y)
            for y in range(body.top(), body.bottom(), 3)
            for x in range(0, size[0], 3)
            if not any(card.contains(x, y) for card in cards)
        ]
        assert {picture.pixel(x, y) for x, y in between} == {ground}
        if size != SCREENS[-1]:  # where a strip of a card is less than a pixel
            surface = QColor(theme.SURFACE).rgb()
            for card in cards:
                strips = [(x, y) for x in range(card.left() + 20, card.right() - 20) for y in _edges(card)]
                assert {picture.pixel(x, y) for x, y in strips} == {surface}


def _edges(card: QRect) -> tuple[int, int]:
    """The lines just inside a card's frame, above and below all its words and the room of its points."""
    return card.top() + 4, card.bottom() - 4


def test_names_have_one_size_except_one_that_is_much_too_long() -> None:
    size = (1366, 768)

    def height_beside(name: str) -> int:
        """How high the first letter is painted when another thing has this name."""
        things = tuple(Thing(name, "1", "точки") for name in ("Ш", *[name] * 5))
        pages = Pages(board_of(*things), QSize(*size))
        picture, card = painted(pages, size), pages.cards(0)[0]
        words = QRect(card.left() + 10, card.top() + 10, card.width() // 2, card.height() - 20)
        return sum(
            _ink(picture, QRect(words.left(), y, words.width(), 2)) > 0 for y in range(words.top(), words.bottom())
        )

    assert height_beside("Чаша") == height_beside(LONG * 3)
    assert height_beside("Кафе мляно Арабика едро смляно в метална кутия от 250 г") < height_beside("Чаша")


def test_a_language_read_from_the_right_has_everything_on_the_other_side() -> None:
    size = (1366, 768)
    assert "fa" in texts.FROM_RIGHT
    for language, from_right in (("bg", False), ("fa", True)):
        pages = Pages(board_of(*many(6), language=language), QSize(*size))
        picture = painted(pages, size)
        first, second = pages.cards(0)[:2]
        assert (first.left() > second.left()) == from_right
        tint = QColor(theme.ACCENT_TINT)
        edge = first.height() // 8  # inside the tinted room of the points, beside the figures
        assert (picture.pixelColor(first.left() + edge, first.top() + edge) == tint) == from_right
        assert (picture.pixelColor(first.right() - edge, first.top() + edge) == tint) != from_right
        assert _ink(picture, QRect(0, 0, 683, 125))
        assert _ink(picture, QRect(683, 0, 683, 125))


def _ink(picture: QImage, area: QRect) -> int:
    """How many pixels of an area differ from its corner."""
    corner = picture.pixel(area.topLeft())
    return sum(
        picture.pixel(x, y) != corner
        for y in range(area.top(), area.bottom(), 2)
        for x in range(area.left(), area.right(), 2)
    )


def test_an_empty_board_has_a_sentence_in_its_middle() -> None:
    size = (1366, 768)
    picture = painted(Pages(board_of(), QSize(*size)), size)
    assert _ink(picture, QRect(200, 250, 966, 300)) > 500


def test_the_dots_tell_which_page_is_shown() -> None:
    size = (1366, 768)
    pages = Pages(board_of(*many(24)), QSize(*size))
    foot = QRect(683, 710, 683, 58)
    accent = QColor(theme.ACCENT).rgb()
    places = []
    for number in range(pages.count):
        picture = painted(pages, size, number)
        columns = [x for x in range(foot.left(), foot.right()) if picture.pixel(x, foot.center().y()) == accent]
        places.append(sum(columns) / len(columns))
    assert len(places) == pages.count == 4
    assert places == sorted(places)
    assert len(set(places)) == 4


# -- the window


class Shown:
    """A board's window on a board that a test changes."""

    def __init__(self, qtbot: QtBot, board: Board, *, look_ms: int = 10**6, page_ms: int = 10**6) -> None:
        self.board: Board | StoreTrouble = board
        self.window = BoardWindow(self.read, look_ms=look_ms, page_ms=page_ms, fade_ms=30)
        self.window.resize(1366, 768)
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def read(self) -> Board:
        if isinstance(self.board, StoreTrouble):
            raise self.board
        return self.board

    def picture(self) -> QImage:
        return self.window.grab().toImage()


def test_pages_turn_by_themselves_and_begin_again(qtbot: QtBot) -> None:
    shown = Shown(qtbot, board_of(*many(20)), page_ms=40)
    seen: list[int] = []

    def all_seen() -> bool:
        if not seen or seen[-1] != shown.window.page:
            seen.append(shown.window.page)
        return len(seen) > 5

    qtbot.waitUntil(all_seen)
    assert shown.window.pages.count == 4
    assert all(after == (before + 1) % 4 for before, after in pairwise(seen))


def test_one_page_does_not_turn(qtbot: QtBot) -> None:
    shown = Shown(qtbot, board_of(*many(3)))
    before = shown.picture()
    shown.window.turn()
    assert shown.window.page == 0
    assert shown.window.is_calm
    assert shown.picture() == before


def test_a_page_turns_softly(qtbot: QtBot) -> None:
    """Between two pages stands a mixture of both, at the end the second alone."""
    shown = Shown(qtbot, board_of(*many(20)))
    first = shown.picture()
    between: list[QImage] = []
    [fade] = shown.window.findChildren(QVariantAnimation)
    fade.valueChanged.connect(lambda share: between.append(shown.picture()) if 0.2 < share < 0.8 else None)
    shown.window.turn()
    fade.setCurrentTime(fade.duration() // 2)
    assert not shown.window.is_calm
    qtbot.waitUntil(lambda: shown.window.is_calm)
    second = shown.picture()
    assert second != first
    assert second == painted(shown.window.pages, (1366, 768), 1)
    assert between
    assert all(picture not in (first, second) for picture in between)


def test_the_window_paints_only_what_has_changed(qtbot: QtBot) -> None:
    shown = Shown(qtbot, board_of(*many(8)))
    shown.window.look()
    assert shown.window.is_calm
    shown.board = board_of(*many(8)[1:])
    shown.window.look()
    assert not shown.window.is_calm
    qtbot.waitUntil(lambda: shown.window.is_calm)
    assert shown.picture() == painted(Pages(shown.board, QSize(1366, 768)), (1366, 768))


def test_a_page_that_is_no_more_gives_way_to_the_last_one(qtbot: QtBot) -> None:
    shown = Shown(qtbot, board_of(*many(20)))
    for _ in range(3):
        shown.window.turn()
    assert shown.window.page == 3
    shown.board = board_of(*many(3))
    shown.window.look()
    assert shown.window.page == 0


def test_a_board_that_cannot_be_read_stays_and_tells_of_when_it_is(
    qtbot: QtBot, tmp_path: Path, expect_log: ExpectLog
) -> None:
    shown = Shown(qtbot, board_of(*many(3)))
    board, shown.board = shown.board, StoreTrouble("busy", tmp_path)
    expect_log(logging.WARNING, "the board could not be read again: .*" + tmp_path.name, logger="ui.board.window")
    shown.window.look()
    shown.window.look()
    assert shown.window.board == board
    assert shown.window.remark.startswith("Към ")
    qtbot.waitUntil(lambda: shown.window.is_calm)
    assert shown.picture() != painted(shown.window.pages, (1366, 768))
    shown.board = board
    shown.window.look()
    assert shown.window.remark == ""
    qtbot.waitUntil(lambda: shown.window.is_calm)
    assert shown.picture() == painted(shown.window.pages, (1366, 768))


def test_a_board_that_cannot_be_read_at_first_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreTrouble):
        BoardWindow(lambda: look(tmp_path / "nothing"))


def test_a_window_of_another_size_spreads_the_things_anew(qtbot: QtBot) -> None:
    shown = Shown(qtbot, board_of(*many(20)))
    shown.window.page = 3
    shown.window.resize(1080, 1920)
    assert shown.window.pages.count == 3
    assert shown.window.page == 2
    assert shown.picture() == painted(shown.window.pages, (1080, 1920), 2)


def test_escape_closes_it(qtbot: QtBot) -> None:
    shown = Shown(qtbot, board_of(*many(20)), look_ms=20, page_ms=20)
    with qtbot.waitSignal(shown.window.closed):
        QTest.keyClick(shown.window, Qt.Key.Key_Escape)
    assert not shown.window.isVisible()


def test_it_follows_the_till_at_work(qtbot: QtBot, folder: Path, store: Store) -> None:
    """A swap at the till takes one from the board in the shop, and a new thing appears there."""
    store.put_offers([CUP, PLATE])
    window = BoardWindow(lambda: look(folder, "bg", now=EURO_DAY), look_ms=30, page_ms=10**6, fade_ms=10)
    qtbot.addWidget(window)
    window.show()
    taken = sale(store, swaps=(Swap(CUP),))
    store.record([NewFact(taken, EURO_DAY)])
    qtbot.waitUntil(lambda: Note("остават само 4", "attention") in window.board.things[0].notes)
    store.record([NewFact(sale(store, swaps=(Swap(CUP, 4),)), EURO_DAY)])
    qtbot.waitUntil(lambda: window.board.things[0].is_gone)
    store.put_offers([CUP, PLATE, POT])
    qtbot.waitUntil(lambda: len(window.board.things) == 3)
    with Snapshot(folder):  # the centre has said that the board is empty
        pass
    qtbot.waitUntil(lambda: window.board.things == ())
    window.close()
