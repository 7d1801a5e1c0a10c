"""Nothing is cut off: in all languages, on both usual screens, with long names and large sums."""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from pos_app import texts
from pos_app.loyalty.slip import slip_code
from pos_app.printing import PrinterState
from pos_app.settings import Settings
from tests.helpers.shop import BREAD, CHEESE, COFFEE, MILK
from tests.ui.till_desk import LONG, STAFF_CARD, TillDesk
from ui import theme
from ui.till.foot import Figure
from ui.till.painted import Painted, Style
from ui.till.rows import Columns, RowsView
from ui.till.say import ElidedLabel

KEY = Qt.Key
SCREENS = [(1366, 768), (1920, 1080)]
SHOP = "Потребителна кооперация „Съгласие“, магазин 12, село Горно Поле"

Cut = list[tuple[str, str]]


@pytest.fixture(params=[(language, size) for language in texts.LANGUAGES for size in SCREENS], ids=str)
def desk(request: pytest.FixtureRequest, qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    language, size = request.param
    made = TillDesk(qtbot, tmp_path / "till", language=language, size=size, settings=Settings(shop_lines=(SHOP,)))
    made.scan(STAFF_CARD)
    yield made
    made.close()


def _cut(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Every text that is to be seen now and has less room than it needs."""
    window = desk.window
    QApplication.processEvents()
    found: Cut = []
    page = window.rect()
    for one in window.findChildren(QWidget):
        seen = one.viewport() if isinstance(one, RowsView) else one  # which covers all of its list
        if not one.isVisible() or seen.visibleRegion().isEmpty():
            continue
        place = QRect(one.mapTo(window, QPoint(0, 0)), one.size())
        inside = one.parentWidget() is not None and page.contains(place)
        if isinstance(one, QLabel | QPushButton) and one.text():
            if not inside or not _fits(one):
                found.append((one.objectName(), one.text()))
        elif isinstance(one, RowsView):
            found += _cut_rows(one)
    return found + _cut_paintings(desk, monkeypatch)


def _fits(one: QLabel | QPushButton) -> bool:
    metrics, room = QFontMetrics(one.font()), one.contentsRect()
    if isinstance(one, ElidedLabel):
        return room.height() >= metrics.height() - 2
    if isinstance(one, QPushButton):
        room = room.adjusted(4, 0, -4, 0)
    wraps = Qt.TextFlag.TextWordWrap.value if isinstance(one, QLabel) and one.wordWrap() else 0
    need = metrics.boundingRect(QRect(0, 0, room.width(), 10_000), wraps, one.text())
    return need.width() <= room.width() and need.height() <= room.height() + 2


def _cut_rows(view: RowsView) -> Cut:
    """Figures and captions that are wider than their columns; titles are data and may be cut."""
    em = view.fontInfo().pixelSize()
    columns: Columns = view.itemDelegate().columns  # type: ignore[attr-defined]
    area = QRect(0, 0, view.viewport().width(), em * 3)
    title, *widths = columns.split(area, em, Qt.LayoutDirection.LeftToRight)
    bold, small = view.font(), view.font()
    bold.setBold(True)
    small.setPixelSize(max(14, round(em * 0.875)))
    found = []
    for row in view.rows:
        for figure, part in zip(row.figures, widths, strict=False):
            if QFontMetrics(bold).horizontalAdvance(figure) > part.width():
                found.append((view.objectName(), figure))
        lower = QFontMetrics(small).horizontalAdvance(row.detail + row.note)
        if view.objectName() == "basket" and lower > area.width() - 2 * em:
            found.append((view.objectName(), row.detail))
    captions = view.findChildren(QWidget, "captions")
    for header in filter(QWidget.isVisible, captions):
        for caption, part in zip(header.captions, [title, *widths], strict=True):  # type: ignore[attr-defined]
            if QFontMetrics(small).horizontalAdvance(caption) > part.width():
                found.append((view.objectName(), caption))
    return found


def _cut_paintings(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> Cut:
    """The same for what paints its own texts, asked while it paints."""
    found: Cut = []
    write = Painted.write

    def watched(self: Painted, painter: QPainter, area: QRect, text: str, style: Style) -> None:
        _, metrics, _, flags = self._setting(style)
        if style.wraps:
            need = metrics.boundingRect(QRect(0, 0, area.width(), 10_000), flags, text).size()
        else:
            need = QSize(metrics.horizontalAdvance(text), metrics.tightBoundingRect(text).height())
        room = QSize(area.width(), min(area.height() + 8, self.height() - 4))
        if not style.data and need.boundedTo(room) != need:
            found.append((self.objectName(), text))
        write(self, painter, area, text, style)

    with monkeypatch.context() as patch:
        patch.setattr(Painted, "write", watched)
        for one in desk.window.findChildren(Painted):
            if one.isVisible():
                one.grab()
    return found


def test_every_page_and_panel_has_room_for_its_words(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: dict[str, Cut] = {}

    def look(where: str) -> None:
        found = _cut(desk, monkeypatch)
        if found:
            cut[where] = found
        assert desk.window.isActiveWindow(), f"{where}: another window came up for a moment"

    look("empty")
    desk.scan(desk.card(70_000, "Александрина Константинова-Димитракиева, председателка"))
    desk.scan(BREAD.code, MILK.code, CHEESE.code)
    look("goods")
    for action, key in Settings().keys.items():
        desk.key(getattr(KEY, f"Key_{key}")) if action in ("quantity", "return", "board", "reprint") else None
        if desk.panel:
            look(action)
            desk.key(KEY.Key_Escape)
    for name in ("key_F1", "key_F2"):
        desk.touch(name)
        look(name)
        desk.key(KEY.Key_Escape)
    desk.till.swap("teapot")
    desk.scan(*[LONG.code] * 3, BREAD.code, *[LONG.code] * 3)
    desk.key(KEY.Key_Up)
    look("large")
    desk.scan("9999999999994")
    look("unknown")
    desk.key(KEY.Key_Return, KEY.Key_F10)
    look("not weighed")
    desk.till.set_quantity(2, 350)
    desk.key(KEY.Key_F10)
    look("done")
    slip = desk.store.last_slip()
    assert slip is not None
    desk.scan(slip_code(slip))
    desk.touch("return_all")
    look("return")
    desk.key(KEY.Key_F10)
    look("returned")
    desk.key(KEY.Key_Escape)
    desk.scan(desk.card(active=False))
    look("not active")
    desk.scan(MILK.code)
    desk.key(KEY.Key_F7, KEY.Key_F7)
    look("held")
    desk.window.show_printer(PrinterState("no_permission", 23, (slip,)))
    look("printer")

    assert cut == {}


def test_every_sentence_fits_into_the_strip(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    words = desk.window.page.words
    values: dict[str, object] = {
        "card": 2900000000018, "since": desk.moment, "need": 12345, "have": 12345, "item": COFFEE.name,
        "limit": 10, "slip": "0001-0000412", "code": "3800000000017", "quantity": "9999.000", "seconds": 900,
        "name": "Прясно мляко КООП 3,6 %", "price": "1 234,50 €", "points": 12345, "number": 12, "board": "F5",
        "void": "F8", "goods": "F1", "hold": "F7", "kind": "client", "left": "12,350 кг", "most": 12345,
        "worth": "1 234,50 €", "step": 1000, "plan": "Подпомагане за ремонт", "phone": "+359 888 123 456",
        "benefit": "Подпомагане за ремонт", "draw": "Великден 2026",
    }  # fmt: skip
    cut: Cut = []
    for key, template in texts.catalogue(words.language).items():
        if key.startswith(("refused.", "till.say.", "till.trouble.")):
            others = {name: "1 234,50 €" for _, name, _, _ in Formatter().parse(template) if name is not None}
            desk.window.tell("refused", words.say(key, **others | values))
            cut += [(key, text) for _, text in _cut_paintings(desk, monkeypatch)]

    assert cut == []


def test_every_state_of_the_printer_fits_above(desk: TillDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = []
    for key in texts.catalogue("en"):
        if key.startswith("till.status.printer_"):
            condition = key.removeprefix("till.status.printer_")
            desk.window.show_printer(PrinterState(condition, 23, ()))  # type: ignore[arg-type]
            cut += _cut(desk, monkeypatch)

    assert cut == []


def test_a_total_is_there_to_the_tips_of_its_letters(desk: TillDesk) -> None:
    """Tried on the screen itself: what is painted anew is only a part of the window."""
    total = desk.see(Figure, "total")
    assert isinstance(total, Figure)
    style, ink = total._style, {}
    for text in ("0", "جگ" if desk.window.layoutDirection() == Qt.LayoutDirection.RightToLeft else "7 g"):
        total.tell("", text)
        QApplication.processEvents()
        screen = desk.window.screen().grabWindow(desk.window.winId())
        shown = screen.copy(QRect(total.mapTo(desk.window, QPoint(0, 0)), total.size())).toImage()
        paper = QImage(1000, 400, QImage.Format.Format_RGB32)
        paper.fill(Qt.GlobalColor.white)
        painter = QPainter(paper)
        painter.setFont(total._setting(style)[0])
        painter.drawText(paper.rect(), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        ink[text] = (_ink(shown), _ink(paper))

    assert all(0 < there == wanted for there, wanted in ink.values()), ink


def _ink(shot: QImage) -> int:
    """How high what is written is."""
    rows = [y for y in range(shot.height()) if any(shot.pixelColor(x, y).lightness() < 60 for x in range(shot.width()))]
    return rows[-1] - rows[0] + 1 if rows else 0


def test_amount_mode_has_room_for_its_words(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, language in enumerate(texts.LANGUAGES):
        desk = TillDesk(qtbot, tmp_path / str(number), language=language, settings=Settings(mode="amount"))
        desk.scan(STAFF_CARD)
        assert _cut(desk, monkeypatch) == []
        desk.key(KEY.Key_F1)
        desk.write("99999,99")
        desk.key(KEY.Key_Tab)
        desk.write("99999,99")
        assert _cut(desk, monkeypatch) == []
        desk.key(KEY.Key_Return)
        assert _cut(desk, monkeypatch) == []
        desk.close()


def test_the_window_never_asks_for_more_than_the_small_screen(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path / "till")
    desk.scan(STAFF_CARD, desk.card(1000), BREAD.code)
    for key in (None, "key_F1", "key_F2", "key_F3", "key_F4", "key_F5", "key_F11"):
        if key:
            desk.touch(key)
        need = desk.window.minimumSizeHint()
        assert (need.width() <= 1366, need.height() <= 768) == (True, True), (key, need)
    desk.close()


def test_type_grows_with_the_window(desk: TillDesk) -> None:
    base = theme.base_px(desk.window.height())
    assert base == {768: 16, 1080: 22}[desk.window.height()]
    desk.scan(BREAD.code)
    assert desk.view().fontInfo().pixelSize() == base
    total = desk.window.page.foot.total
    assert total._setting(total._style)[0].pixelSize() >= 56
    assert min(one.fontInfo().pixelSize() for one in _worded(desk)) >= 14


def _worded(desk: TillDesk) -> list[QWidget]:
    kinds = QLabel | QPushButton | QLineEdit
    return [one for one in desk.window.findChildren(QWidget) if isinstance(one, kinds) and one.isVisible()]


def test_every_button_is_large_enough_for_a_finger(desk: TillDesk) -> None:
    desk.scan(desk.card(1000), BREAD.code)
    small = []
    for key in ("key_F1", "key_F2", "key_F3", "key_F4", "key_F5", "key_F11"):
        desk.touch(key)
        QApplication.processEvents()
        buttons = [one for one in desk.window.findChildren(QPushButton) if one.isVisible()]
        small += [(key, one.objectName(), one.height()) for one in buttons if min(one.height(), one.width()) < 48]
    panel = desk.window.page.customer
    assert panel.offer_area(0).height() >= 48
    assert small == []


def test_everything_is_mirrored_where_writing_goes_to_the_left(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path / "till")
    desk.scan(STAFF_CARD, desk.card(100), BREAD.code)
    page = desk.window.page
    QApplication.processEvents()
    customer, offer = page.customer.x(), page.customer.offer_area(0)
    assert customer > page.place.x()
    desk.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    qtbot.waitUntil(lambda: page.customer.x() < page.place.x())

    first = desk.see(QPushButton, "key_F1")
    assert first.x() > desk.see(QPushButton, "key_F12").x()
    assert page.customer.offer_area(0).left() == page.customer.width() - offer.right() - 1
    shot = desk.view().viewport().grab().toImage()
    accent = theme.ACCENT
    assert shot.pixelColor(shot.width() - 2, 8).name() == accent
    assert shot.pixelColor(1, 8).name() != accent
    desk.close()
