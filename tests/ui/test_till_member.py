"""A member's account at the window: movements, benefits and requests, codes made of points, vouchers on paper."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app import shipped
from pos_app.loyalty.basket import Product
from pos_app.loyalty.facts import BenefitRequested, CodeMade, RequestDecided, SaleCompleted
from pos_app.loyalty.paper import Barcode, Document, Qr, Text
from tests.ui.till_desk import MANAGER_CARD, STAFF_CARD, TillDesk
from ui.till.dialogs.choices import MemberPanel

KEY = Qt.Key
CAR = Product("3800000000017", "Автомобил", 28_500_000_000, category="vehicle")
HONEY = Product("3800000000024", "Мед", 1_500_000)

Opening = Callable[..., TillDesk]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till of a shipped programme, with somebody at it."""
    made: list[TillDesk] = []

    def opening(programme: str, language: str = "bg") -> TillDesk:
        folder = tmp_path / str(len(made))
        desk = TillDesk(qtbot, folder, language=language, programme=shipped.programme(programme), goods=[CAR, HONEY])
        made.append(desk)
        desk.scan(STAFF_CARD)
        desk.heard.clear()
        return desk

    yield opening
    for desk in made:
        desk.close()


def _printed(desk: TillDesk) -> list[Document]:
    return [job.document for job in desk.store.jobs()]


def _shown(desk: TillDesk) -> list[str]:
    return [one.text() for one in desk.window.findChildren(QLabel) if one.isVisible()]


def _rows(desk: TillDesk, tab: str) -> list[tuple[str, tuple[str, ...]]]:
    """The rows of a list of the account, reached by arrows."""
    panel = desk.window.page.place.panel
    assert isinstance(panel, MemberPanel)
    for _ in range(3):
        if panel.tab != tab:
            desk.key(KEY.Key_Right)
    assert panel.tab == tab
    return [(row.title, row.figures) for row in desk.rows("member")]


def test_every_movement_is_there_with_its_reason(opened: Opening) -> None:
    desk = opened("asal-plus")
    card = desk.card(100)
    desk.scan(HONEY.code, card)
    desk.key(KEY.Key_F10)
    desk.office.make_code(int(card), 20)
    desk.office.adjust(int(card), -30, "злоупотреба")
    desk.scan(card)
    desk.key(KEY.Key_F2)

    assert desk.panel == "member"
    movements = _rows(desk, "movements")
    assert [figures for _, figures in movements] == [("−30 т.",), ("−20 т.",), ("+15 т.",), ("+100 т.",), ("+20 т.",)]
    assert movements[2][0].startswith("Покупка, бележка 0001-")
    assert desk.rows("member")[2].detail.endswith("1 точка на 10\u00a0000 томана за стоки: 150\u00a0000 томана → 15")
    assert desk.rows("member")[0].detail.endswith("злоупотреба")
    assert [desk.till.words.number(points) for points in (85, 0, 30, 0)] == _shown_figures(desk)


def _shown_figures(desk: TillDesk) -> list[str]:
    """Confirmed, pending, cancelled and expired points."""
    texts = _shown(desk)
    return [texts[texts.index(caption) + 1] for caption in ("Потвърдени", "Предстоящи", "Отнети", "Изтекли")]


def test_a_second_press_looks_for_another_customer_and_esc_closes(opened: Opening) -> None:
    desk = opened("asal-plus")
    desk.key(KEY.Key_F2)
    assert desk.panel == "customer"
    desk.scan(desk.card())
    desk.key(KEY.Key_F2)
    assert desk.panel == "member"
    desk.touch("find_customer")
    assert desk.panel == "customer"
    desk.key(KEY.Key_F2, KEY.Key_Escape)
    assert desk.panel == ""
    panel = desk.window.page.customer
    facts = panel.facts
    assert facts is not None
    desk.touch_at(panel, panel.places.rows["name"].center())
    assert desk.panel == "member"
    desk.touch("drop_customer")
    assert desk.till.basket.card is None


def test_points_become_a_code_that_is_printed_and_can_be_printed_again(opened: Opening) -> None:
    desk = opened("asal-plus")
    desk.scan(desk.card(180), HONEY.code)
    desk.key(KEY.Key_F2)
    rows = _rows(desk, "codes")
    assert rows[:2] == [("100 т.", ("50\u00a0000 томана",)), ("250 т.", ("125\u00a0000 томана",))]
    assert [row.is_dim for row in desk.rows("member")[:2]] == [False, True]
    desk.key(KEY.Key_Return)
    assert desk.panel == "make_code"
    desk.key(KEY.Key_Escape)
    assert desk.panel == "member"

    desk.key(KEY.Key_Return, KEY.Key_Return)
    [fact] = desk.facts(CodeMade)
    made = fact.body
    assert isinstance(made, CodeMade)
    assert (made.points, made.amount_minor, fact.cashier) == (100, 500_000, "ivanka")
    assert desk.message == f"Код {made.code} за 50\u00a0000 томана"
    [document] = _printed(desk)
    assert Barcode("CODE128", made.code) in document
    assert Qr(made.code) in document
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert facts.balance == "100"

    rows = _rows(desk, "codes")
    assert rows[-1] == (made.code, ("50\u00a0000 томана",))
    desk.key(KEY.Key_PageDown, KEY.Key_Return)
    assert len(_printed(desk)) == 2
    desk.key(KEY.Key_Escape)
    desk.scan(made.code)
    assert desk.total == ("За плащане", "100\u00a0000 томана")


def test_another_multiple_becomes_a_code_and_steps_are_kept(opened: Opening) -> None:
    desk = opened("asal-plus")
    desk.scan(desk.card(180))
    desk.key(KEY.Key_F2)
    own = [title for title, _ in _rows(desk, "codes")].index("Друг брой точки")
    desk.key(*[KEY.Key_Down] * own, KEY.Key_Return)
    worth = desk.see(QLabel, "code_worth")
    assert isinstance(worth, QLabel)
    assert worth.text() == "100\u00a0000 томана"
    desk.write("35")
    desk.key(KEY.Key_Return)
    assert (desk.panel, desk.tone) == ("make_code", "refused")
    desk.key(KEY.Key_Backspace)
    desk.write("0")
    desk.key(KEY.Key_Return)
    [fact] = desk.facts(CodeMade)
    assert isinstance(fact.body, CodeMade)
    assert fact.body.points == 30


def test_a_benefit_is_asked_for_decided_by_the_manager_and_lowers_the_next_sale(opened: Opening) -> None:
    desk = opened("kerman-motor")
    desk.scan(desk.card(400))
    desk.key(KEY.Key_F2)
    assert _rows(desk, "benefits")[0] == ("отстъпка от цената на автомобил", ("поискай",))
    desk.key(KEY.Key_Return)
    assert desk.message == "отстъпка от цената на автомобил: искането е записано."
    [asked] = desk.facts(BenefitRequested)
    assert asked.cashier == "ivanka"
    waiting = [row for row in desk.rows("member") if row.waits]
    assert [row.figures for row in waiting] == [("чака решение",)]

    at = desk.rows("member").index(waiting[0])
    desk.key(*[KEY.Key_Down] * at, KEY.Key_Return)
    assert desk.message == "За това е нужен управителят."
    assert desk.facts(RequestDecided) == []

    desk.scan(MANAGER_CARD)
    desk.key(KEY.Key_Return)
    assert desk.panel == "decide"
    desk.touch("decide_refused")
    assert desk.message == "Напишете причината."
    desk.key(KEY.Key_Tab, KEY.Key_Return)
    [decided] = desk.facts(RequestDecided)
    assert isinstance(decided.body, RequestDecided)
    assert (decided.body.outcome, decided.cashier) == ("approved", "radka")

    desk.key(KEY.Key_Escape)
    desk.scan(CAR.code)
    assert (desk.rows()[-1].title, desk.rows()[-1].figures[-1]) == ("Одобрена изгода", "−57\u00a0000\u00a0000 томана")
    desk.key(KEY.Key_Down, KEY.Key_F8)
    assert desk.message == "Този ред идва сам и не се маха."
    desk.key(KEY.Key_F10)
    [sale] = desk.facts(SaleCompleted)
    assert isinstance(sale.body, SaleCompleted)
    assert sale.body.approved == (asked.id,)


def test_priority_that_is_asked_for_too_early_is_refused_with_the_day(opened: Opening) -> None:
    desk = opened("kerman-motor")
    desk.scan(desk.card(400))
    desk.key(KEY.Key_F2)
    _rows(desk, "benefits")
    desk.key(KEY.Key_Down, KEY.Key_Return)
    assert desk.panel == "ask"
    desk.key(KEY.Key_Return)
    desk.write("90")
    desk.key(KEY.Key_Return)
    assert desk.message.startswith("Това може да се поиска от ")
    assert desk.panel == "ask"
    desk.key(KEY.Key_Escape)
    assert desk.panel == "member"
    assert desk.facts(BenefitRequested) == []


def test_the_voucher_of_a_benefit_is_printed(qtbot: QtBot, tmp_path: Path) -> None:
    desk = TillDesk(qtbot, tmp_path / "till")
    desk.scan(STAFF_CARD, desk.card(10))
    desk.key(KEY.Key_F2)
    assert _rows(desk, "benefits") == [("Хотели на кооперацията: цени за клиенти", ("печат",))]
    desk.key(KEY.Key_Return)
    [document] = _printed(desk)
    texts = [part.text for part in document if isinstance(part, Text)]
    assert "ВАУЧЕР" in texts
    assert "Хотели на кооперацията: цени за клиенти" in texts
    assert "За: Мария П." in texts
    assert desk.message == "Ваучерът чака принтера."
    desk.close()
