"""Notices in every language: whole sentences that fit into few SMS."""

import pytest

from hardware import sms_pdu
from pos_app import texts
from pos_app.loyalty import notices
from pos_app.loyalty.money import Amount
from pos_app.loyalty.notices import Notice

NAMES = {"bg": "Зелено", "en": "Green", "sl": "Zelena", "fa": "سبز"}
UNTIL = 1_900_000_000_000
ALL = (
    notices.welcome(1, 1),
    notices.tier_changed(1, NAMES),
    notices.request_decided(1, NAMES, approved=True, reason="OK."),
    notices.request_decided(1, NAMES, approved=False),
    notices.code_made(1, "7Q2K-99", Amount(500_000, "IRR"), UNTIL),
    notices.code_made(1, "7Q2K-99", Amount(500_000, "IRR"), None),
    notices.phone_code(1, "471147"),
    notices.points_owed(1, 2900000000001, bytes(16), 1, UNTIL),
    notices.points_owed(1, 2900000000001, bytes(16), 1234, UNTIL),
)


@pytest.mark.parametrize("told", ALL, ids=lambda told: f"{told.kind}-{told.values.get('variant', '')}")
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_each_notice_is_worded_in_each_language(language: str, told: Notice) -> None:
    subject, text = notices.written(told.kind, told.values, texts.words(language))

    assert subject == subject.strip() != ""
    assert text == text.strip() != ""
    assert not {"{", "}"} & set(subject + text)
    assert "\u2068\u2069" not in text
    assert len(sms_pdu.encode("0888123456", f"КООП 12: {text}", 1)) <= 3
    for name in ("code", "reason"):
        assert str(told.values.get(name, "")) in text
    if told.kind in ("tier_changed", "request_decided"):
        assert NAMES[language] in text


def test_every_kind_has_its_ways_and_its_life() -> None:
    assert notices.CHANNELS.keys() == notices.LIFE_MS.keys() == {told.kind for told in ALL}
    assert notices.CHANNELS["phone_code"] == ("sms",)


def test_a_notice_has_one_id_for_each_fact_place_and_way() -> None:
    ids = [
        notices.notice_id(cause, index, way) for cause in (b"a", b"b") for index in (0, 1) for way in ("mail", "sms")
    ]

    assert len(set(ids)) == 8
    assert {len(id_) for id_ in ids} == {16}
    assert notices.notice_id(b"a", 0, "mail") == ids[0]
