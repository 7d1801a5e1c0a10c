"""Notices: what a member is told by e-mail or SMS because of a fact.

A notice holds no text, only values; it is put into words when it is sent, in the language of the member. A value in
several languages stands in it once for each, as `tier.bg` and `tier.en`.
"""

import hashlib
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pos_app.loyalty.moments import HOUR
from pos_app.loyalty.money import Amount
from pos_app.loyalty.words import Names, Words

NoticeKind = Literal["welcome", "tier_changed", "request_decided", "code_made", "phone_code", "points_owed"]
Channel = Literal["mail", "sms"]
Values = dict[str, str | int]

CHANNELS: Mapping[NoticeKind, tuple[Channel, ...]] = {
    "welcome": ("mail", "sms"),
    "tier_changed": ("mail", "sms"),
    "request_decided": ("mail", "sms"),
    "code_made": ("mail", "sms"),
    "phone_code": ("sms",),
    "points_owed": ("mail", "sms"),
}
"""The ways by which each kind is told; a code that confirms a telephone goes to that telephone alone."""

LIFE_MS: Mapping[str, int] = {
    "welcome": 7 * 24 * HOUR,
    "tier_changed": 7 * 24 * HOUR,
    "request_decided": 7 * 24 * HOUR,
    "code_made": 7 * 24 * HOUR,
    "phone_code": HOUR,
    "points_owed": 7 * 24 * HOUR,
}
"""After so long a notice that could not be sent is old news."""

_ID_BYTES = 16
_NOTHING = "\u2068\u2069"
"""An empty value between the marks that keep it apart in a text from right to left."""


class Notice(Struct, frozen=True):
    """Something to be told to a member. Make it by one of the functions below, which know the values of each kind."""

    kind: NoticeKind
    member: int
    values: Values = {}


def welcome(member: int, points: int) -> Notice:
    """Somebody has joined, and has so many points now (H3, M1)."""
    return Notice("welcome", member, {"points": points})


def tier_changed(member: int, tier: Names) -> Notice:
    """A level has changed, up or down (T6, H27)."""
    return Notice("tier_changed", member, _named("tier", tier))


def request_decided(member: int, request: Names, *, approved: bool, reason: str = "") -> Notice:
    """A request was examined (M4); the reason is the words of whoever decided."""
    variant = "approved" if approved else "refused"
    return Notice("request_decided", member, {**_named("request", request), "reason": reason, "variant": variant})


def code_made(member: int, code: str, worth: Amount, until: int | None) -> Notice:
    """Points became a discount code (H7, H20) that can be used before the moment `until` (UTC ms), if it ends."""
    values: Values = {"code": code, "worth_minor": worth.minor, "currency": worth.currency}
    return Notice("code_made", member, values | ({"variant": "endless"} if until is None else {"until": until}))


def phone_code(member: int, code: str) -> Notice:
    """The code that proves that a telephone is the member's (T16)."""
    return Notice("phone_code", member, {"code": code})


def points_owed(member: int, card: int, sale: bytes, points: int, moment: int) -> Notice:
    """So many points of a sale or a code of the moment `moment` (UTC ms) were not there any more."""
    return Notice("points_owed", member, {"card": card, "sale": sale.hex(), "points": points, "moment": moment})


def notice_id(cause: bytes, index: int, channel: Channel) -> bytes:
    """The id (16 bytes) of the notice number `index` of the fact with the id `cause`, by one way: always the same."""
    return hashlib.blake2b(cause + index.to_bytes(2, "big") + channel.encode(), digest_size=_ID_BYTES).digest()


def written(kind: str, values: Mapping[str, str | int], words: Words) -> tuple[str, str]:
    """Subject and text of a notice in the language of `words`; KeyError for a kind or a value that is missing."""
    told = _in_language(values, words)
    variant = told.get("variant")
    text = f"notices.{kind}.text_{variant}" if variant else f"notices.{kind}.text"
    return words.say(f"notices.{kind}.subject", **told).strip(), words.say(text, **told).replace(_NOTHING, "").strip()


def _named(name: str, names: Names) -> Values:
    return {f"{name}.{language}": text for language, text in names.items()}


def _in_language(values: Mapping[str, str | int], words: Words) -> dict[str, object]:
    told: dict[str, object] = {}
    names: dict[str, dict[str, str]] = {}
    for key, value in values.items():
        name, dot, language = key.partition(".")
        if dot:
            names.setdefault(name, {})[language] = str(value)
        else:
            told[name] = value
    told |= {name: words.pick(each) for name, each in names.items()}
    if "worth_minor" in told:
        told["worth"] = Amount(int(values["worth_minor"]), str(values["currency"]))
    return told
