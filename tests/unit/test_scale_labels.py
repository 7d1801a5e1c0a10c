"""The patterns of scale labels, and the labels that fit them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app import settings
from pos_app.loyalty import cards, scale_labels
from pos_app.loyalty.cards import check_digit
from pos_app.loyalty.errors import FileFault

WEIGHT = scale_labels.parse("21IIIIIWWWWWC")
AMOUNT = scale_labels.parse("23IIIIVPPPPPC")


def _label(body: str) -> str:
    return f"{body}{check_digit(body)}"


def test_a_label_says_its_item_and_weight() -> None:
    read = WEIGHT.read(_label("210012300345"))
    assert read is not None
    assert (read.weight_milli, read.amount_minor) == (345, None)
    assert read.numbers == (_label("210012300000"), "2100123000000", "2100123")
    assert read.items == ("00123", "123")


def test_a_label_says_its_item_and_amount_without_the_verifier() -> None:
    read = AMOUNT.read(_label("234711701250"))
    assert read is not None
    assert (read.weight_milli, read.amount_minor) == (None, 1250)
    assert read.numbers[0] == _label("234711000000")


@pytest.mark.parametrize("other", [_label("220012300345"), "2100123003451", "21001230034", "", "ж" * 13])
def test_what_does_not_fit_is_no_label(other: str) -> None:
    assert WEIGHT.read(other) is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("21IIIIWWWWWC", "has 12 characters"),
        ("IIIIIIIWWWWWC", "must be digits and then letters"),
        ("21IIIIIWWWWW0", "must be digits and then letters"),
        ("21IIIII٣٣٣٣٣C", "must be digits and then letters"),
        ("21IIIIIWWWWCW", "must end with its only C"),
        ("21CIIIIWWWWWC", "must end with its only C"),
        ("21IIIWWIIWWWC", "has I in two places"),
        ("21WWWWWWWWWWC", "has no I"),
        ("21IIIIIIIIIIC", "either W"),
        ("21IIIIIWWPPPC", "either W"),
        ("29IIIIIWWWWWC", "customer cards"),
        ("2IIIIIIWWWWWC", "customer cards"),
        ("291IIIIWWWWWC", "customer cards"),
        ("380IIIIWWWWWC", "goods of makers"),
        ("00IIIIIWWWWWC", "goods of makers"),
    ],
)
def test_a_pattern_that_cannot_be_is_told_about(pattern: str, says: str) -> None:
    file = f'[scanner]\nscale_labels = ["{pattern}"]\n'
    with pytest.raises(FileFault, match=says) as caught:
        settings.decode(file.encode(), "settings.toml")
    assert "table [scanner], key 'scale_labels'" in str(caught.value)


def test_two_patterns_for_the_same_labels_are_told_about() -> None:
    assert scale_labels.faults(["21IIIIIWWWWWC", "22IIIIIPPPPPC"]) == []
    (sentence,) = scale_labels.faults(["21IIIIIWWWWWC", "210IIIIPPPPPC"])
    assert "fit the same labels" in sentence


patterns = st.builds(
    lambda prefix, item, verifier, value, kind: (
        (prefix + "I" * item + "V" * verifier + kind * value).ljust(12, kind)[:12] + "C"
    ),
    st.text("0123456789", min_size=1, max_size=4),
    st.integers(1, 6),
    st.integers(0, 1),
    st.integers(1, 6),
    st.sampled_from("WP"),
)


@given(patterns, st.integers(0, 10**10 - 1))
def test_no_pattern_swallows_a_card(pattern: str, number: int) -> None:
    card = _label(f"29{number:010d}")
    assert cards.is_card(card)
    if not scale_labels.faults([pattern]):
        assert scale_labels.parse(pattern).read(card) is None


@given(patterns, st.text(max_size=14))
def test_any_pattern_and_text_are_read_or_refused(pattern: str, text: str) -> None:
    for wild in (pattern, text):
        try:
            label = scale_labels.parse(wild)
        except ValueError:
            continue
        label.read(text)
