"""SMS as a modem takes them, read by a decoder that is not ours."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware import sms_pdu
from tests.helpers.virtual_modem import decoded

PLAIN = "".join(char for char in sms_pdu._SEPTETS if char != "\f")  # which the decoder has for another one
NUMBERS = st.from_regex(r"\+?[0-9]{3,20}", fullmatch=True)


def read(number: str, text: str, reference: int) -> str:
    """The text as it arrives, all else about its parts held against what must be."""
    pdus = sms_pdu.encode(number, text, reference)
    parts = [decoded(pdu.data.decode(), pdu.length) for pdu in pdus]
    assert {part.number for part in parts} == {number}
    if len(parts) > 1:
        assert {(part.reference, part.parts) for part in parts} == {(reference, len(parts))}
        assert [part.place for part in parts] == list(range(1, len(parts) + 1))
    assert all(pdu.length <= 164 for pdu in pdus)
    return "".join(part.text for part in parts)


@given(NUMBERS, st.text(PLAIN, min_size=1, max_size=700), st.integers(0, 255))
@example("+359888123456", "a" * 160, 1)
@example("+359888123456", "a" * 161, 1)
@example("0888123456", "€" * 80, 1)
@example("0888123456", "a" + "€" * 80, 27)
@example("0888123456", "1234567", 0)
def test_texts_of_the_plain_alphabet_arrive(number: str, text: str, reference: int) -> None:
    if not any(char in sms_pdu._ESCAPED for char in text):
        assert len(sms_pdu.encode(number, text, reference)) == (1 if len(text) <= 160 else -(-len(text) // 153))
    assert read(number, text, reference) == text.replace("§", "`")  # the decoder's only mistake


@given(NUMBERS, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300), st.integers(0, 255))
@example("+98912345678", "سطح شما اکنون: سبز", 3)
@example("+359888123456", "я" * 70, 255)
@example("+359888123456", "я" * 71, 255)
@example("+359888123456", "я" * 66 + "😀" * 5, 9)
def test_texts_of_any_script_arrive(number: str, text: str, reference: int) -> None:
    if all(char in sms_pdu._SEPTETS for char in text):
        text += "я"
    assert read(number, text, reference) == text


@pytest.mark.parametrize("number", ["", "+", "12a", "٠٨٨٨", "+1234567890123456789012"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="is not a telephone number"):
        sms_pdu.encode(number, "text", 1)


@pytest.mark.parametrize("text", ["", "a" * 1531, "я" * 671])
def test_a_text_of_no_or_too_many_parts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent as 1 to 10 SMS"):
        sms_pdu.encode("0888123456", text, 1)
