"""What the window tells of tiers, pending points and points as money, in the programmes that have them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app import shipped
from pos_app.loyalty.basket import Product
from pos_app.loyalty.coupons import Coupon
from pos_app.loyalty.facts import CodeMade, SaleCompleted
from tests.ui.till_desk import STAFF_CARD, TillDesk

KEY = Qt.Key
TEA = Product("3800000000017", "Чай", 500_000)
HONEY = Product("3800000000024", "Мед", 1_500_000)
YARN = Product("3800000000031", "Preja", 10_500, points=105)

Opening = Callable[..., TillDesk]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Opening]:
    """Opens a till of a shipped programme, with somebody at it."""
    made: list[TillDesk] = []

    def opening(programme: str, language: str = "bg") -> TillDesk:
        desk = TillDesk(
            qtbot,
            tmp_path / str(len(made)),
            language=language,
            programme=shipped.programme(programme),
            goods=[TEA, HONEY, YARN],
        )
        made.append(desk)
        desk.scan(STAFF_CARD)
        desk.heard.clear()
        return desk

    yield opening
    for desk in made:
        desk.close()


def _totals(desk: TillDesk) -> list[tuple[str, str]]:
    return [(row.title, row.figures[-1] if row.figures else "") for row in desk.rows()]


def test_the_tier_its_badge_and_the_way_to_the_next(opened: Opening, qtbot: QtBot) -> None:
    desk = opened("taavoni-ir")
    desk.scan(desk.card(260))
    panel = desk.window.page.customer
    facts = panel.facts
    assert facts is not None
    assert (facts.chips, facts.tier, facts.badge) == (("клиент",), "зелено", ("●", "#2e9e4f"))
    qtbot.waitUntil(lambda: panel.way == "още 40 точки до „синьо“ · важи до 11.06.1405")

    desk.scan(desk.card(1200, phone=""))
    qtbot.waitUntil(lambda: panel.way == "най-високото ниво · важи до 11.06.1405")


def test_two_amounts_for_pending_and_confirmed_points(opened: Opening) -> None:
    desk = opened("asal-plus")
    card = desk.card()
    desk.till.set_customer(int(card))
    desk.till.set_order(fulfilled=False)
    desk.scan(HONEY.code)
    desk.key(KEY.Key_F10)
    shown = {one.objectName(): one.text() for one in desk.window.findChildren(QLabel) if one.isVisible()}
    assert (shown["done_earned"], shown["done_later"], shown["done_balance"]) == ("0", "+15", "20 т.")

    desk.scan(card)
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert (facts.balance, facts.pending) == ("20", "15")


def test_points_are_used_by_keys(opened: Opening) -> None:
    desk = opened("taavoni-ir")
    card = desk.card(300)
    desk.scan(TEA.code, HONEY.code, card)
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert facts.use == ("Може да ползва (F6)", "100 т. = 10\u00a0000 томана")

    desk.key(KEY.Key_F6)
    assert desk.panel == "points"
    shown = {one.objectName(): one.text() for one in desk.window.findChildren(QLabel) if one.isVisible()}
    assert shown["points_most"] == "Най-много 100 т. = 10\u00a0000 томана"
    assert shown["points_limit"] == "С точки може да се плати само част от покупката."
    desk.key(KEY.Key_Return)
    assert (desk.panel, desk.tone, desk.message) == ("", "good", "Ползват се 100 т. = 10\u00a0000 томана.")
    assert _totals(desk)[-1] == ("Платено с 100 точки", "−10\u00a0000 томана")
    assert desk.total == ("За плащане", "190\u00a0000 томана")
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert (facts.spent, facts.earned, facts.after) == ("−100", "+19", "219")

    desk.key(KEY.Key_F10)
    [sale] = desk.facts(SaleCompleted)
    assert isinstance(sale.body, SaleCompleted)
    assert (sale.body.used_points, sale.body.to_pay_minor) == (100, 1_900_000)
    assert desk.balance(card) == 219


def test_more_than_may_be_used_is_refused_with_the_most(opened: Opening) -> None:
    desk = opened("taavoni-ir")
    desk.scan(desk.card(300), TEA.code, HONEY.code)
    desk.key(KEY.Key_F6)
    desk.write("101")
    desk.key(KEY.Key_Return)

    assert desk.panel == "points"
    assert desk.message == "За тази покупка могат да се ползват най-много 100 точки на стойност 10\u00a0000 томана."
    desk.touch("points_most")
    assert desk.till.quote().used_points == 100
    desk.touch("key_F6")
    desk.touch("points_none")
    assert desk.till.quote().used_points == 0
    assert desk.message == "Не се ползват точки."


def test_steps_are_told_while_typing(opened: Opening) -> None:
    desk = opened("asal-plus")
    desk.scan(desk.card(237), HONEY.code)
    desk.key(KEY.Key_F6)
    worth = desk.see(QLabel, "points_worth")
    assert isinstance(worth, QLabel)
    assert worth.text() == "250 т. = 125\u00a0000 томана"
    desk.write("25")
    assert worth.text() == "Точките се ползват само на стъпки от 10."
    desk.key(KEY.Key_Return)
    assert (desk.panel, desk.tone) == ("points", "refused")
    desk.key(KEY.Key_Backspace)
    desk.write("0")
    assert worth.text() == "20 т. = 10\u00a0000 томана"


def test_the_use_is_taken_out_like_a_line(opened: Opening) -> None:
    desk = opened("taavoni-ir")
    desk.scan(desk.card(300), TEA.code, HONEY.code)
    desk.key(KEY.Key_F6, KEY.Key_Return)
    desk.key(KEY.Key_Down, KEY.Key_F3)
    assert desk.message == "За този ред няма брой."
    desk.key(KEY.Key_F8)
    assert desk.message == "Махнато: Платено с 100 точки."
    assert desk.till.quote().used_points == 0
    assert [row.title for row in desk.rows()] == ["Чай", "Мед"]
    assert desk.view().current == 1


def test_use_needs_a_card_and_is_reached_by_touch(opened: Opening) -> None:
    desk = opened("taavoni-ir")
    desk.scan(TEA.code, HONEY.code)
    desk.key(KEY.Key_F6)
    assert (desk.panel, desk.message) == ("code", "За плащане с точки сканирайте картата на клиента.")

    desk.scan(desk.card(300))
    assert desk.panel == ""
    panel = desk.window.page.customer
    facts = panel.facts
    assert facts is not None
    desk.touch_at(panel, panel._use_area(panel.places.rows["use"]).center())
    assert desk.panel == "points"


def test_the_delivery_that_would_cost_more_is_why_not_more(opened: Opening) -> None:
    desk = opened("dvizna-si", "sl")
    desk.till.set_channel("online")
    desk.scan(desk.card(2000), YARN.code)
    desk.key(KEY.Key_F6)
    shown = {one.objectName(): one.text() for one in desk.window.findChildren(QLabel) if one.isVisible()}
    assert shown["points_most"] == "Največ 500 t. = 5,00 €"
    assert shown["points_limit"] == "Z več točkami dostava ne bi bila več brezplačna."
    desk.key(KEY.Key_Return)
    assert desk.total == ("Za plačilo", "100,00 €")
    assert "za vsak izdelek" in desk.rows()[0].detail
    assert desk.rows()[0].note == "+105 t."


def test_a_code_is_scanned_and_typed(opened: Opening) -> None:
    desk = opened("asal-plus")
    giver, friend = desk.card(300), desk.card()
    made = desk.office.make_code(int(giver), 20).body
    other = desk.office.make_code(int(giver), 10).body
    assert isinstance(made, CodeMade)
    assert isinstance(other, CodeMade)
    desk.scan(friend, HONEY.code, made.code)
    assert (desk.tone, desk.message) == ("good", f"Код {made.code}: −10\u00a0000 томана")
    assert desk.heard[-1] == "accepted"

    desk.key(KEY.Key_F6, KEY.Key_F6)
    assert desk.panel == "code"
    assert [row.title for row in desk.rows("codes")] == [made.code]
    desk.write(other.code.lower())
    desk.key(KEY.Key_Return)
    assert desk.panel == ""
    assert desk.total == ("За плащане", "135\u00a0000 томана")
    assert (f"Код {other.code}", "−5\u00a0000 томана") in _totals(desk)

    desk.key(KEY.Key_F10)
    desk.scan(HONEY.code, made.code)
    assert desk.window.page.alarm is not None
    title = desk.see(QLabel, "alarm_title")
    assert isinstance(title, QLabel)
    assert title.text() == "Кодът не се приема", "it is known, and it was used"
    assert desk.heard[-1] == "refused"
    desk.key(KEY.Key_Return)
    assert not desk.till.basket.coupons


def test_a_code_is_taken_out_again(opened: Opening) -> None:
    desk = opened("dvizna-si", "en")
    desk.store.replica.put_coupons([Coupon("SPRING", 500), Coupon("AUTUMN", 200, combinable=True)])
    desk.scan(YARN.code, "SPRING", "AUTUMN")
    assert desk.till.basket.coupons == ("SPRING", "AUTUMN")
    desk.key(KEY.Key_Down, KEY.Key_F8)
    assert list(desk.till.basket.coupons) == ["AUTUMN"]
    desk.key(KEY.Key_F6)
    view = desk.view("codes")
    desk.touch_at(view.viewport(), view.visualRect(view.model().index(0, 0)).center())
    assert not desk.till.basket.coupons
    assert desk.rows("codes") == []


def test_a_code_and_points_together_are_refused_where_the_programme_says_so(opened: Opening) -> None:
    desk = opened("taavoni-ir")
    desk.store.replica.put_coupons([Coupon("NOWRUZ", 100_000)])
    desk.scan(desk.card(300), HONEY.code, "NOWRUZ")
    facts = desk.window.page.customer.facts
    assert facts is not None
    assert facts.use == ("Точки и код не се ползват в една покупка.", "")
    desk.key(KEY.Key_F6, KEY.Key_1, KEY.Key_Return)
    assert (desk.panel, desk.message) == ("points", "Код и точки не се ползват в една покупка.")


def test_messages_stand_where_the_programme_names_the_place(opened: Opening, qtbot: QtBot) -> None:
    desk = opened("asal-plus")
    desk.scan(desk.card(237), HONEY.code)
    assert _totals(desk) == [
        ("Мед", "150\u00a0000 томана"),
        ("Може да се ползват точки: F6", ""),
        ("Тази покупка носи", "+15 т."),
    ]
    desk.key(KEY.Key_F1)
    desk.write("мед")
    qtbot.waitUntil(lambda: len(desk.rows("found")) == 1)
    assert desk.rows("found")[0].note == "+15 т. · за брой"
    desk.key(KEY.Key_Escape, KEY.Key_F6, KEY.Key_Return)
    assert _totals(desk)[-1] == ("Тази покупка не носи точки", "")

    plain = opened("taavoni-ir")
    plain.scan(plain.card(237), HONEY.code)
    assert [title for title, _ in _totals(plain)] == ["Мед"]
    plain.key(KEY.Key_F1)
    plain.write("мед")
    qtbot.waitUntil(lambda: len(plain.rows("found")) == 1)
    assert plain.rows("found")[0].note == "за брой"
