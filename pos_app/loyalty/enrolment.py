"""The form of somebody who joins (K6): what was typed, what is wrong with it, and the day that a birthday names."""

import re
from datetime import date
from typing import Literal

from msgspec import Struct

from pos_app.loyalty import cards, jalali
from pos_app.loyalty.words import Calendar

FieldName = Literal["name", "phone", "email", "birthday", "inviter", "card", "consent"]
FaultCode = Literal[
    "name_missing",
    "phone_missing",
    "phone_wrong",
    "email_wrong",
    "birthday_wrong",
    "birthday_cannot_be",
    "card_not_valid",
    "consent_missing",
]

_AGE_MOST_YEARS = 130
_DIGITS_LEAST, _DIGITS_MOST = 5, 15
_PHONE = re.compile(r"\+?[0-9 ()/.-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_DAY_LAST = re.compile(r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})")


class Form(Struct, frozen=True):
    """What was typed and ticked. `inviter` and `card` are numbers as on the card, empty for none and the next one."""

    name: str = ""
    phone: str = ""
    email: str = ""
    birthday: str = ""
    language: str = ""
    inviter: str = ""
    card: str = ""
    consents: bool = False
    applies_for: str = ""


def faults(form: Form, calendar: Calendar, today: date, *, has_terms: bool) -> dict[FieldName, FaultCode]:
    """What is wrong with each field; where there are terms they have to be accepted."""
    found: dict[FieldName, FaultCode] = {}
    if not form.name:
        found["name"] = "name_missing"
    if not form.phone:
        found["phone"] = "phone_missing"
    elif not _is_phone(form.phone):
        found["phone"] = "phone_wrong"
    if form.email and not _EMAIL.fullmatch(form.email):
        found["email"] = "email_wrong"
    if form.birthday:
        born = birthday(form.birthday, calendar)
        if born is None:
            found["birthday"] = "birthday_wrong"
        elif not today.year - _AGE_MOST_YEARS <= born.year or born > today:
            found["birthday"] = "birthday_cannot_be"
    if form.inviter and not cards.is_card(form.inviter):
        found["inviter"] = "card_not_valid"
    if form.card and not cards.is_card(form.card):
        found["card"] = "card_not_valid"
    if has_terms and not form.consents:
        found["consent"] = "consent_missing"
    return found


def birthday(text: str, calendar: Calendar) -> date | None:
    """The day of a typed date such as 31.12.1980 or 1980-12-31, in the shop's calendar; None when it is none."""
    first, last = _DAY_FIRST.fullmatch(text), _DAY_LAST.fullmatch(text)
    if first:
        day, month, year = (int(part) for part in first.groups())
    elif last:
        year, month, day = (int(part) for part in last.groups())
    else:
        return None
    try:
        return date.fromordinal(jalali.to_ordinal(year, month, day)) if calendar == "jalali" else date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _is_phone(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return _PHONE.fullmatch(text) is not None and _DIGITS_LEAST <= digits <= _DIGITS_MOST
