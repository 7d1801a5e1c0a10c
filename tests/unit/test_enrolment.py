"""The form of somebody who joins: what can be on it, and which day a birthday names."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.enrolment import Form, birthday, faults

TODAY = date(2026, 3, 2)
WHOLE = Form(name="Пенка", phone="+359 888 (12) 34-56", consents=True)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, {}),
        ({"name": ""}, {"name": "name_missing"}),
        ({"phone": ""}, {"phone": "phone_missing"}),
        ({"phone": "1234"}, {"phone": "phone_wrong"}),
        ({"phone": "1234567890123456"}, {"phone": "phone_wrong"}),
        ({"phone": "12 34 5"}, {}),
        ({"email": "penka@example.bg"}, {}),
        ({"email": "penka@example"}, {"email": "email_wrong"}),
        ({"email": "a@b@c.bg"}, {"email": "email_wrong"}),
        ({"birthday": "02.03.2026"}, {}),
        ({"birthday": "03.03.2026"}, {"birthday": "birthday_cannot_be"}),
        ({"birthday": "31.12.1895"}, {"birthday": "birthday_cannot_be"}),
        ({"birthday": "29.02.2023"}, {"birthday": "birthday_wrong"}),
        ({"inviter": "2900000000017"}, {"inviter": "card_not_valid"}),
        ({"inviter": "2900000000018", "card": "3800000000017"}, {"card": "card_not_valid"}),
        ({"consents": False}, {"consent": "consent_missing"}),
        ({"name": "", "email": "@"}, {"name": "name_missing", "email": "email_wrong"}),
    ],
)
def test_every_fault_is_found_at_its_field(changed: dict[str, str | bool], found: dict[str, str]) -> None:
    fields = {name: getattr(WHOLE, name) for name in Form.__struct_fields__} | changed
    assert faults(Form(**fields), "gregorian", TODAY, has_terms=True) == found


def test_where_there_are_no_terms_nobody_has_to_consent() -> None:
    assert faults(Form(name="Mina", phone="09123456"), "jalali", TODAY, has_terms=False) == {}


@pytest.mark.parametrize(
    ("text", "jalali", "gregorian"),
    [
        ("1358/12/30", date(1980, 3, 20), date(1358, 12, 30)),
        ("30.12.1358", date(1980, 3, 20), date(1358, 12, 30)),
        ("1359-12-30", None, date(1359, 12, 30)),
        ("31.6.1360", date(1981, 9, 22), None),
        ("1.1.80", None, None),
    ],
)
def test_a_birthday_is_of_the_shops_calendar(text: str, jalali: date | None, gregorian: date | None) -> None:
    assert (birthday(text, "jalali"), birthday(text, "gregorian")) == (jalali, gregorian)


@given(st.text(), st.sampled_from(["gregorian", "jalali"]))
def test_nothing_that_is_typed_breaks_the_form(text: str, calendar: str) -> None:
    form = Form(text, text, text, text, text, text, text)
    found = faults(form, calendar, TODAY, has_terms=True)  # type: ignore[arg-type]
    assert found["consent"] == "consent_missing"
