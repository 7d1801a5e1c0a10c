"""The desk in the till's window: joining, cards, families, and who may do what."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from db.store import StoreTrouble
from pos_app import shipped
from pos_app.loyalty import moments
from pos_app.loyalty.basket import Product
from pos_app.loyalty.facts import (
    CardActivated,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    Enrolled,
    KindChanged,
    MemberActed,
    MemberLeft,
    PointsAdjusted,
)
from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.paper import Barcode, Document, Text
from tests.helpers.logs import ExpectLog
from tests.helpers.shop import BREAD
from tests.ui.till_desk import MANAGER_CARD, STAFF_CARD, TillDesk
from ui.till.pads import Field
from ui.till.panel import Panel

KEY = Qt.Key
PREPRINTED = "2900000000018"


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    made = TillDesk(qtbot, tmp_path / "till")
    made.scan(STAFF_CARD)
    made.heard.clear()
    yield made
    made.close()


Kind = TypeVar("Kind")


def _bodies(desk: TillDesk, kind: type[Kind]) -> list[Kind]:
    """What the till has written down of a kind."""
    return [fact.body for fact in desk.facts(kind) if isinstance(fact.body, kind)]


def _text(desk: TillDesk, name: str) -> str:
    shown = desk.see(QLabel, name)
    assert isinstance(shown, QLabel)
    return shown.text()


def _fill(desk: TillDesk, *texts: str) -> None:
    """Type into one field after the other; an empty text leaves a field as it is."""
    for number, text in enumerate(texts):
        if number:
            desk.key(KEY.Key_Return)
        desk.write(text)


def _join(desk: TillDesk, *, card: str = "", applies: bool = False) -> int:
    """Somebody joins by keys alone; tells the card."""
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка Д.", "0888 123 999", "penka@example.bg", "29.02.1960")
    desk.key(KEY.Key_F10)
    desk.key(KEY.Key_Space, KEY.Key_Return)
    if applies:
        desk.key(KEY.Key_Space)
    if card:
        desk.scan(card)
    desk.key(KEY.Key_F10)
    assert desk.panel == "handed"
    return _bodies(desk, Enrolled)[-1].card


def _papers(desk: TillDesk) -> list[Document]:
    return [job.document for job in desk.store.jobs("queued")]


def _lines(document: Document) -> list[str]:
    return [part.text for part in document if isinstance(part, Text)]


def _card_desk(desk: TillDesk, card: str) -> None:
    desk.key(KEY.Key_Insert)
    desk.scan(card)
    assert desk.panel == "desk_card"
    desk.heard.clear()


# -- joining


def test_joining_is_written_down_with_its_slip(desk: TillDesk) -> None:
    card = _join(desk, applies=True)

    [enrolled] = _bodies(desk, Enrolled)
    person = desk.store.person(enrolled.member)
    assert person is not None
    assert (person.name, person.phone, person.email) == ("Пенка Д.", "0888 123 999", "penka@example.bg")
    assert (person.birthday, person.language, person.terms) == ("1960-02-29", "bg", "2026-1")
    assert (enrolled.kind, enrolled.terms) == ("client", "2026-1")
    assert [fact.cashier for fact in desk.facts(Enrolled)] == ["ivanka"]
    assert _bodies(desk, MemberActed) == [MemberActed(card, "applied", "cooperator")]
    assert (desk.tone, desk.heard[-1]) == ("good", "accepted")
    assert _text(desk, "handed_card") == str(card)
    waits = "Картата става активна на 03.03.2026 10:00. Дотогава не събира и не заменя точки."
    assert _text(desk, "handed_line_0") == waits
    [slip] = _papers(desk)
    assert Barcode("EAN13", str(card)) in slip
    assert "Приети: условия 2026-1, на 02.03.2026" in _lines(slip)
    assert "Кандидатствате за: член-кооператор. Ще Ви съобщим решението." in _lines(slip)
    assert "Активна от 03.03.2026 10:00. Дотогава не събира и не заменя точки." in _lines(slip)


def test_a_name_is_on_no_paper_of_the_desk(desk: TillDesk) -> None:
    """Papers are kept, and a person can be erased."""
    card = _join(desk)
    desk.key(KEY.Key_Escape)
    _card_desk(desk, str(card))
    desk.key(KEY.Key_1, KEY.Key_F10)

    assert len(_papers(desk)) == 2
    assert [paper for paper in _papers(desk) if "Пенка" in str(paper)] == []


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_written(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert, KEY.Key_F10)
    assert _text(desk, "name_fault") == "Напишете кратко име."
    assert _text(desk, "phone_fault") == "Напишете телефонния номер."
    assert (desk.tone, desk.heard) == ("refused", ["refused"])

    _fill(desk, "Пенка", "12", "penka@", "31.02.1980")
    desk.key(KEY.Key_F10)
    assert desk.panel == "enrol"
    assert _text(desk, "phone_fault") == "Това не е телефонен номер: от 5 до 15 цифри."
    assert _text(desk, "email_fault") == "Това не е имейл: ime@poshta.bg."
    assert _text(desk, "birthday_fault") == "Няма такава дата."
    assert desk.facts(Enrolled) == []


def test_without_consent_there_is_no_card(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка", "0888 123 999")
    desk.key(KEY.Key_F10, KEY.Key_F10)

    assert _text(desk, "consent_fault") == "Без съгласие с условията не се дава карта."
    assert (desk.panel, desk.facts(Enrolled), _papers(desk)) == ("enrol_terms", [], [])


def test_one_step_back_keeps_what_was_typed(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка", "0888 123 999")
    desk.key(KEY.Key_F10)
    desk.key(KEY.Key_Space, KEY.Key_Escape)
    assert desk.panel == "enrol"
    desk.key(KEY.Key_F10, KEY.Key_F10)

    assert desk.panel == "handed"
    desk.key(KEY.Key_Escape)
    assert desk.panel == ""


def test_terms_are_shown_and_printed(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка", "0888 123 999")
    desk.key(KEY.Key_F10)
    assert _text(desk, "terms_version") == "Условия в сила: 2026-1"
    desk.touch("terms_print")

    [paper] = _papers(desk)
    assert _lines(paper)[0] == "УСЛОВИЯ 2026-1"
    assert any(line.startswith("2. За всяка сума в евро") for line in _lines(paper))
    assert desk.panel == "enrol_terms"


def test_a_new_card_that_is_scanned_becomes_the_members(desk: TillDesk) -> None:
    assert _join(desk, card=PREPRINTED) == int(PREPRINTED)


def test_a_new_card_scanned_at_the_front_opens_the_form(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert)
    desk.scan(PREPRINTED)
    assert (desk.panel, desk.message) == ("enrol", "Нова карта 2900000000018: попълнете формуляра.")
    _fill(desk, "Пенка", "0888 123 999")
    desk.key(KEY.Key_F10, KEY.Key_Space, KEY.Key_F10)

    assert _bodies(desk, Enrolled)[-1].card == int(PREPRINTED)


def test_a_card_of_somebody_else_is_the_inviters_and_cannot_be_given_again(desk: TillDesk) -> None:
    inviter = desk.card()
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка", "0888 123 999")
    desk.scan(inviter)
    desk.key(KEY.Key_F10)
    desk.scan(inviter)
    assert desk.message == f"Карта {inviter} вече е дадена на друг."
    desk.key(KEY.Key_Space, KEY.Key_F10)

    assert _bodies(desk, Enrolled)[-1].invited_by == int(inviter)
    assert desk.till.basket.card is None


def test_an_inviter_whom_nobody_knows_leads_back_to_his_field(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка", "0888 123 999", "", "")
    desk.key(KEY.Key_Return, KEY.Key_Return)
    desk.write(PREPRINTED)
    desk.key(KEY.Key_Return, KEY.Key_Space, KEY.Key_F10)

    assert desk.panel == "enrol"
    assert _text(desk, "inviter_fault").startswith(f"Карта {PREPRINTED} не е позната.")
    assert desk.facts(Enrolled) == []


def test_joining_by_touch_alone(desk: TillDesk) -> None:
    desk.touch("key_Ins")
    desk.touch("desk_new")
    for letter in "пена":
        desk.touch(f"letter_{letter}")
    desk.key(KEY.Key_Return)
    for digit in "888123":
        desk.touch(f"letter_{digit}")
    desk.touch("language_fa")
    desk.touch("panel_enrol_done")
    desk.key(KEY.Key_Space)
    desk.touch("panel_enrol_terms_done")

    person = desk.store.person(_bodies(desk, Enrolled)[-1].member)
    assert person is not None
    assert (person.name, person.phone, person.language) == ("пена", "888123", "fa")


# -- one card


def test_a_lost_card_is_blocked_with_the_reason(desk: TillDesk) -> None:
    card = desk.card(40)
    _card_desk(desk, card)
    desk.key(KEY.Key_2, KEY.Key_Return)
    assert (_text(desk, "reason_fault"), desk.facts(CardBlocked)) == ("Напишете причината.", [])
    desk.touch("reason_lost")
    desk.key(KEY.Key_Return)

    assert _bodies(desk, CardBlocked) == [CardBlocked(int(card), "изгубена")]
    assert desk.message == f"Карта {card} е блокирана."
    assert _text(desk, "desk_card_line_0").startswith("Картата е блокирана.")


def test_a_blocked_card_is_replaced_and_the_points_stay(desk: TillDesk) -> None:
    card = desk.card(40)
    desk.office.block(int(card), "изгубена")
    _card_desk(desk, card)
    desk.key(KEY.Key_3)
    desk.scan(PREPRINTED)
    desk.key(KEY.Key_Return)

    assert [body.new_card for body in _bodies(desk, CardReplaced)] == [int(PREPRINTED)]
    assert (desk.panel, desk.balance(PREPRINTED)) == ("handed", 40)
    assert _text(desk, "handed_line_1") == "Точки на картата: 40"
    [slip] = _papers(desk)
    assert Barcode("EAN13", PREPRINTED) in slip
    assert f"Вместо карта *{card[-4:]}, която вече не може да се ползва." in _lines(slip)


def test_the_card_of_the_open_sale_is_replaced_in_it(desk: TillDesk) -> None:
    card = desk.card(40)
    desk.scan(card, BREAD.code)
    desk.key(KEY.Key_Insert)
    assert desk.panel == "desk_card"
    desk.key(KEY.Key_3, KEY.Key_Return)

    new = _bodies(desk, CardReplaced)[-1].new_card
    assert desk.till.basket.card == new != int(card)
    quote = desk.till.quote()
    assert quote.customer is not None
    assert quote.customer.balance == 40


def test_family_cards_are_scanned_and_their_points_come_together(desk: TillDesk) -> None:
    holder, son, daughter = desk.card(40), desk.card(30, "Иван"), desk.card(5, "Ана")
    _card_desk(desk, holder)
    desk.key(KEY.Key_4)
    desk.scan(son, daughter)
    assert [row.figures for row in desk.rows("family")] == [("40 т.",), ("30 т.",), ("5 т.",)]
    assert _text(desk, "family_sum") == "Общо: 75 точки"
    desk.scan(son)
    assert desk.message == f"Карта {son} вече е в това семейство."
    desk.key(KEY.Key_F10)

    assert _bodies(desk, CardsMerged) == [CardsMerged(int(holder), (int(son), int(daughter)))]
    assert desk.message == "Обединени са. Точки на семейството сега: 75."
    assert desk.balance(son) == 75
    assert "семейство с 3 карти" in _text(desk, "desk_card_line_1")


def test_family_cards_can_be_typed_and_taken_out(desk: TillDesk) -> None:
    holder, son = desk.card(40), desk.card(30, "Иван")
    _card_desk(desk, holder)
    desk.key(KEY.Key_4)
    desk.write("2900000000017")
    desk.key(KEY.Key_Return)
    assert desk.message == "2900000000017 не е номер на клиентска карта. Проверете цифрите."
    field = desk.see(Field, "family_card")
    assert isinstance(field, Field)
    field.clear()
    desk.write(son)
    desk.key(KEY.Key_Return)
    assert len(desk.rows("family")) == 2
    view = desk.view("family")
    desk.touch_at(view.viewport(), view.visualRect(view.model().index(1, 0)).center())
    assert len(desk.rows("family")) == 1
    desk.key(KEY.Key_F10)
    assert desk.facts(CardsMerged) == []


def test_a_card_leaves_its_family_at_zero(desk: TillDesk) -> None:
    holder, son = desk.card(40), desk.card(30, "Иван")
    desk.office.merge(int(holder), [int(son)])
    _card_desk(desk, son)
    desk.key(KEY.Key_5)
    assert _text(desk, "desk_split_0").startswith("Точките (70) остават за семейството.")
    desk.key(KEY.Key_Return)

    assert len(desk.facts(CardSplit)) == 1
    assert (desk.balance(holder), desk.balance(son)) == (70, 0)


def test_a_card_without_a_family_cannot_leave_it(desk: TillDesk) -> None:
    card = desk.card()
    _card_desk(desk, card)
    desk.key(KEY.Key_5)
    assert (desk.message, desk.heard) == (f"Карта {card} не е в семейство.", ["refused"])


# -- the manager


@pytest.mark.parametrize("act", ["activate", "accept", "profile", "adjust", "leave"])
def test_a_cashier_hears_that_the_manager_is_needed(desk: TillDesk, act: str) -> None:
    card = desk.card(40)
    _card_desk(desk, card)
    before = len(list(desk.store.facts()))
    desk.touch(f"act_{act}")

    assert (desk.message, desk.heard) == ("За това е нужен управителят.", ["refused"])
    assert (desk.panel, len(list(desk.store.facts()))) == ("desk_card", before)


def test_the_manager_signs_in_without_leaving_the_card(desk: TillDesk) -> None:
    card = str(_join(desk, applies=True))
    desk.touch("handed_card")
    desk.scan(MANAGER_CARD)
    assert desk.panel == "desk_card"
    desk.key(KEY.Key_6)
    assert desk.message == f"Карта {card} е активна."
    desk.key(KEY.Key_7)
    assert _text(desk, "desk_accept_0").startswith("От този момент членът е: член-кооператор.")
    desk.key(KEY.Key_F10)
    desk.key(KEY.Key_8)

    assert [fact.cashier for fact in desk.facts(CardActivated)] == ["radka"]
    assert _bodies(desk, KindChanged) == [KindChanged(int(card), "cooperator")]
    assert [body.what for body in _bodies(desk, MemberActed)] == ["applied", "profile_completed"]
    desk.key(KEY.Key_8)
    assert desk.message == "Това вече е направено."


def test_points_are_corrected_with_a_reason(desk: TillDesk) -> None:
    card = desk.card(40)
    desk.scan(MANAGER_CARD)
    _card_desk(desk, card)
    desk.key(KEY.Key_9, KEY.Key_F10)
    assert _text(desk, "points_fault") == "Напишете колко точки."
    desk.write("-15")
    desk.key(KEY.Key_Return, KEY.Key_Return)
    assert _text(desk, "reason_fault") == "Напишете причината."
    desk.write("грешна бележка")
    desk.key(KEY.Key_Return)

    assert _bodies(desk, PointsAdjusted)[-1] == PointsAdjusted(int(card), -15, "грешна бележка")
    assert (desk.message, desk.balance(card)) == ("Записано. Точки сега: 25.", 25)


def test_leaving_is_asked_twice(desk: TillDesk) -> None:
    card = desk.card(40)
    desk.scan(MANAGER_CARD)
    _card_desk(desk, card)
    desk.touch("act_leave")
    assert _text(desk, "desk_leave_1") == "Всички точки на члена се заличават: 40."
    desk.key(KEY.Key_Return)
    desk.touch("answer_keep")
    assert (desk.facts(MemberLeft), desk.panel) == ([], "desk_leave")
    desk.key(KEY.Key_Return)
    desk.touch("answer_leave")

    assert len(desk.facts(MemberLeft)) == 1
    assert _text(desk, "desk_card_line_0") == "Членството с тази карта е прекратено."
    assert desk.balance(card) == 0


# -- a telephone that has to be confirmed, tiers, another calendar


@pytest.fixture
def club(qtbot: QtBot, tmp_path: Path) -> Iterator[TillDesk]:
    """The Iranian cooperative: telephones are confirmed by a code, there are levels, years are Jalali."""
    made = TillDesk(qtbot, tmp_path / "club", language="en", programme=shipped.programme("taavoni-ir"), goods=())
    made.scan(STAFF_CARD)
    made.heard.clear()
    yield made
    made.close()


def _code_sent(desk: TillDesk) -> str:
    return str([one.values["code"] for one in desk.store.notices("queued") if "code" in one.values][-1])


def test_a_telephone_is_confirmed_by_the_code_that_was_sent(club: TillDesk) -> None:
    club.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(club, "Mina", "0912 345 678", "", "1358/12/30")
    club.key(KEY.Key_F10)
    club.key(KEY.Key_F10)
    club.touch("handed_phone")
    club.write("000000" if _code_sent(club) != "000000" else "111111")
    club.key(KEY.Key_Return)
    assert _text(club, "code_fault") == "The code is wrong or too old. Have a new one sent."
    club.touch("phone_again")
    assert club.message == "A new code was sent."
    club.see(Field, "code").setProperty("text", _code_sent(club))
    club.key(KEY.Key_Return)

    assert [act.what for act in _bodies(club, MemberActed)] == ["phone_confirmed"]
    [joined] = _bodies(club, Enrolled)
    person = club.store.person(joined.member)
    assert person is not None
    assert person.birthday == "1980-03-20"


def test_a_number_that_is_taken_leads_back_to_its_field(club: TillDesk) -> None:
    club.card(phone="0912345678")
    club.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(club, "Mina", "0912 345 678")
    club.key(KEY.Key_F10, KEY.Key_F10)

    assert club.panel == "enrol"
    assert _text(club, "phone_fault") == "The number 0912 345 678 belongs to another member."
    assert len(_bodies(club, Enrolled)) == 1


def test_an_account_tells_its_levels_and_what_lapses(club: TillDesk) -> None:
    half_a_year, zone = moments.parse_duration("6 months"), club.programme.zone
    card = club.card(name="Mina")
    club.till.set_customer(int(card))
    club.till.add(Product("6260000000017", "Rice", 20_000_000))
    club.till.complete()
    _card_desk(club, card)
    club.key(KEY.Key_1)
    assert _text(club, "account_note_0") == "200 points lapse on 11 Shahrivar 1405"
    assert _text(club, "account_note_1") == "yellow since 11 Esfand 1404 · green since 11 Esfand 1404"

    club.moment = moments.add(moments.add(club.moment, half_a_year, zone), half_a_year, zone)  # the second review
    club.key(KEY.Key_Escape, KEY.Key_1)
    first = club.rows("movements")[0]
    assert (first.title, first.figures) == ("Points lapsed", ("−200 pts",))
    assert [_text(club, f"account_figure_{n}") for n in range(6)] == ["0", "0", "200", "0", "0", "200"]
    assert _text(club, "account_note_0").endswith("green since 11 Esfand 1404 · yellow since 11 Esfand 1405")


# -- the account


def test_an_account_tells_where_the_points_went(desk: TillDesk) -> None:
    card = desk.card(100)
    desk.moment += HOUR
    desk.scan(card, BREAD.code)
    desk.till.swap("coffee")
    desk.key(KEY.Key_F10)
    desk.office.replace(int(card), PREPRINTED)
    _card_desk(desk, PREPRINTED)
    desk.key(KEY.Key_1)

    rows = [(row.title, row.figures[0]) for row in desk.rows("movements")]
    assert rows == [
        (f"Карта *{card[-4:]} е заменена с *0018", ""),
        ("Покупка, бележка 0001-0000001", "−56 т."),
        ("Поправка", "+100 т."),
        (f"Активирана карта *{card[-4:]}", ""),
        (f"Дадена карта *{card[-4:]}", ""),
    ]
    assert desk.rows("movements")[1].detail == "02.03.2026 11:00 · Каса 1 · Иванка"
    assert [_text(desk, f"account_figure_{n}") for n in range(6)] == ["44", "0", "104", "60", "0", "0"]
    desk.key(KEY.Key_Down)
    assert _text(desk, "account_reasons").splitlines() == [
        "1 точка на 0,50 лв. за стоки от други марки: 1,20 € → 4",
        "Кафе 100 г: −60",
    ]
    desk.key(KEY.Key_F10)
    paper = _papers(desk)[-1]
    assert "ВАШИТЕ ТОЧКИ" in _lines(paper)
    assert "  Кафе 100 г: −60" in _lines(paper)


def test_esc_leads_back_step_by_step(desk: TillDesk) -> None:
    _card_desk(desk, desk.card(10))
    desk.key(KEY.Key_1)
    seen = [desk.panel]
    for _ in range(3):
        desk.key(KEY.Key_Escape)
        seen.append(desk.panel)
    assert seen == ["desk_account", "desk_card", "desk", ""]


def test_a_member_is_looked_up_and_a_card_scanned_meanwhile_is_no_sales_card(desk: TillDesk, qtbot: QtBot) -> None:
    card, other = desk.card(10), desk.card(20, "Иван П.")
    desk.key(KEY.Key_Insert)
    desk.write("Мария")
    qtbot.waitUntil(lambda: [row.figures for row in desk.rows("found")] == [(card,)])
    desk.key(KEY.Key_Return)
    desk.key(KEY.Key_2)
    desk.scan(other)

    assert desk.panel == "desk_card"
    panel = desk.see(Panel, "panel_desk_card")
    assert panel.accessibleName() == f"Иван П. · {other}"
    assert desk.till.basket.card is None


def test_goods_that_are_scanned_meanwhile_go_into_the_basket(desk: TillDesk) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка")
    desk.scan(BREAD.code)

    assert desk.panel == "enrol"
    assert [line.product for line in desk.till.basket.lines] == [BREAD]


def test_a_disk_that_is_full_leaves_nothing_half_written(
    desk: TillDesk, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog, tmp_path: Path
) -> None:
    desk.key(KEY.Key_Insert, KEY.Key_Insert)
    _fill(desk, "Пенка", "0888 123 999")
    desk.key(KEY.Key_F10, KEY.Key_Space)
    before = list(desk.store.facts())

    def full(*_: object) -> None:
        raise StoreTrouble("full", tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(desk.store._journal, "add_job", full)  # the last thing that is written
        expect_log(logging.ERROR, "disk is full", logger="ui.till")
        desk.key(KEY.Key_F10)
    assert desk.message == "Дискът е пълен: нищо не е записано. Освободете място и опитайте пак."
    assert (list(desk.store.facts()), _papers(desk), desk.till.find_people("Пенка")) == (before, [], [])

    desk.key(KEY.Key_F10)
    assert (desk.panel, len(_papers(desk)), len(desk.till.find_people("Пенка"))) == ("handed", 1, 1)
