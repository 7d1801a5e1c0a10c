"""A till window on a real store, worked as a cashier works it: scans, keys and touches."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from db.store import Staff, Store
from pos_app import spending, texts
from pos_app.desk import Desk
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.facts import Acted, Fact
from pos_app.loyalty.programme import Programme
from pos_app.settings import Settings
from pos_app.sign_in import SignIn
from pos_app.till import Till
from tests.helpers.shop import BREAD, CHEESE, COFFEE, EURO_DAY, MILK, PROGRAMME
from ui.intake import ScanIntake
from ui.till.foot import Figure, Strip
from ui.till.pads import Field
from ui.till.rows import Row, RowsView
from ui.till.sign_in import SignInPage
from ui.till.window import TillWindow

STAFF_CARD = "2800000000011"
OTHER_STAFF_CARD = "2800000000028"
MANAGER_CARD = "2800000000035"
LONG = Product(
    "3800000000055",
    "Лютеница домашна едро смляна с печени чушки и домати по старопланинска рецепта, буркан 520 г",
    1_234_567,
    "КООП",
)
CUP = Offer("cup", "3800000000062", "Чаша", 5, per_account_per_day=1)
TEAPOT = Offer("teapot", "3800000000079", "Чайник порцеланов", 50_000, price_minor=250)


class TillDesk:
    """The window, the till behind it and everything that it gave to be heard."""

    def __init__(
        self,
        qtbot: QtBot,
        folder: Path,
        *,
        language: str = "bg",
        size: tuple[int, int] = (1366, 768),
        settings: Settings | None = None,
        programme: Programme = PROGRAMME,
        goods: Sequence[Product] = (BREAD, MILK, CHEESE, LONG),
    ) -> None:
        """A shop of `programme` with these goods; КООП's has things on its board, too."""
        self.moment = EURO_DAY
        self.passed_ms = 0
        self.programme = programme
        self.store = Store.open(folder, programme.zone, statutes=programme.statutes)
        self.store.replica.put_products(goods)
        if programme is PROGRAMME:
            self.store.put_offers([COFFEE, CUP, TEAPOT])
        self.store.replica.put_staff(
            [
                Staff("ivanka", "Иванка", "cashier", "", STAFF_CARD),
                Staff("penka", "Пенка", "cashier", "", OTHER_STAFF_CARD),
                Staff("radka", "Радка", "manager", "", MANAGER_CARD),
            ]
        )
        chosen = settings or Settings(shop_lines=("КООП, магазин 12",))
        words = texts.words_of(programme, language)
        asks = spending.of(self.store, programme)
        self.till = Till(self.store, programme, replace(chosen, language=language), words, self.now, asks)
        self.till.sign_in = SignIn(self.store, self.till.now, lambda: self.passed_ms)
        self.office = Desk(self.store, programme, self.now)
        self.intake = ScanIntake()
        self.window = TillWindow(self.till, words, self.intake, SignInPage(self.till))
        self.heard: list[str] = []
        for name in ("accepted", "attention", "refused"):
            getattr(self.window, name).connect(lambda name=name: self.heard.append(name))
        self.window.resize(*size)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    def now(self) -> int:
        return self.moment

    def close(self) -> None:
        if isValid(self.window):
            delete(self.window)
            QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as it was
            delete(self.intake)
            if self.till.spending is not None:
                self.till.spending.keeper.close()
            self.store.close()

    def card(self, points: int = 0, name: str = "Мария П.", *, active: bool = True, phone: str = "0888123456") -> str:
        """A customer card."""
        number = self.office.enrol(name=name, phone=phone).card
        if active:
            self.office.activate(number)
        if points:
            self.office.adjust(number, points, "начални")
        return str(number)

    def balance(self, card: str) -> int:
        return self.store.customer(int(card), self.now()).balance

    # -- what a cashier does

    def scan(self, *codes: str) -> None:
        for code in codes:
            self.intake.inject(code, "sheet")

    def key(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self._target(), key)

    def hold_key(self, key: Qt.Key, text: str = "") -> None:
        """A key that is pressed and held so long that the system repeats it."""
        none = Qt.KeyboardModifier.NoModifier
        QTest.simulateEvent(self._target(), True, key, none, text, False)
        for _ in range(3):
            QTest.simulateEvent(self._target(), True, key, none, text, True)
        QTest.simulateEvent(self._target(), False, key, none, text, False)

    def write(self, text: str) -> None:
        """Whatever script: characters into the field that has the focus."""
        target = self._target()
        if isinstance(target, Field):
            for character in text:
                target.insert(character)
        else:
            QTest.keyClicks(target, text)

    def touch(self, name: str) -> None:
        QTest.mouseClick(self.see(QPushButton, name), Qt.MouseButton.LeftButton)

    def touch_at(self, widget: QWidget, at: QPoint) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    # -- what a cashier sees

    def see(self, kind: type[QWidget], name: str) -> QWidget:
        found = [one for one in self.window.findChildren(kind, name) if one.isVisible()]
        assert len(found) == 1, (name, found)
        return found[0]

    def rows(self, name: str = "basket") -> list[Row]:
        view = self.see(RowsView, name)
        assert isinstance(view, RowsView)
        return view.rows

    def view(self, name: str = "basket") -> RowsView:
        view = self.see(RowsView, name)
        assert isinstance(view, RowsView)
        return view

    @property
    def message(self) -> str:
        strip = self.window.page.foot.message
        assert isinstance(strip, Strip)
        return strip.text()

    @property
    def tone(self) -> str:
        return self.window.page.foot.message.tone

    @property
    def total(self) -> tuple[str, str]:
        figure = self.see(Figure, "total")
        assert isinstance(figure, Figure)
        return figure.caption(), figure.text()

    @property
    def panel(self) -> str:
        """The name of the panel that is open, if any."""
        panel = self.window.page.place.panel
        return "" if panel is None else panel.objectName().removeprefix("panel_")

    def facts(self, kind: type) -> list[Fact]:
        return [fact for fact in self.store.facts() if isinstance(fact.body, kind)]

    def acts(self) -> list[str]:
        return [fact.body.act for fact in self.store.facts() if isinstance(fact.body, Acted)]
