"""Rehearsal files that cannot be played are refused with step and key before anything runs."""

from pathlib import Path

import pytest

from pos_app import rehearsal_file, shipped
from pos_app.loyalty.errors import FileFault
from pos_app.rehearsal_file import Rehearsal

GOOD = """
title = "t"
programme = "coop-bg"
[[product]]
code = "1"
name = "Хляб"
price = "1.20"
[[swap]]
item = "bread"
product = "1"
points = 5
to = 2026-03-01
[[step]]
at = 2026-02-01T09:00:00
do = "enrol"
card = "A"
[[step]]
after = "1 month"
do = "sale"
sale = "s"
card = "A"
lines = [{product = "1", qty = "0.350", discount = "0.10"}]
swap = [{item = "bread"}]
expect = {earned = 0, to_pay = "0.32", also = [{card = "A", balance = 0}]}
"""


def load(folder: Path, content: str) -> Rehearsal:
    path = folder / "r.toml"
    path.write_text(content, "utf-8")
    return rehearsal_file.load(path, shipped.programme)


def test_a_file_is_decoded_into_whole_numbers(tmp_path: Path) -> None:
    rehearsal = load(tmp_path, GOOD)
    enrol, sale = rehearsal.steps
    assert sale.moment - enrol.moment == 28 * 86_400_000
    assert sale.lines is not None
    assert (sale.lines[0].quantity_milli, sale.lines[0].price_minor, sale.lines[0].discount_minor) == (350, 120, 10)
    assert sale.swaps == (("bread", 1),)
    assert sale.expect["to_pay"] == 32
    assert rehearsal.offers[0].ends == enrol.moment - 9 * 3_600_000 + 29 * 86_400_000  # the whole of 1 March


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('do = "enrol"', 'do = "enroll"', "table [step 1], key 'do': 'enroll' is not possible; did you mean 'enrol'?"),
        ('card = "A"\n[[step]]', "[[step]]", "table [step 1], key 'card': is missing"),
        ('sale = "s"', 'sale = "s"\nuse_point = 3', "table [step 2], key 'use_point': is not known"),
        ('product = "1", qty', 'product = "2", qty', "[step 2.lines 1], key 'product': '2' is not among"),
        ('item = "bread"}', 'item = "cake"}', "[step 2.swap 1], key 'item': 'cake' is not among"),
        ('discount = "0.10"', "discount = 0.1", "[step 2.lines 1], key 'discount': must be a text in quotes"),
        ('to_pay = "0.32"', 'to_pay = "0.321"', "key 'to_pay': '0.321' has more than 2 decimals"),
        ("earned = 0", "earnt = 0", "key 'earnt': cannot be expected; possible: earned"),
        ('after = "1 month"', 'after = "soon"', "key 'after': 'soon' is not a duration"),
        ('after = "1 month"', "at = 2026-01-01", "key 'at': lies before the step above"),
        ("at = 2026-02-01T09:00:00\n", "", "table [step 1], key 'at': is missing"),
        ('programme = "coop-bg"', 'programme = "coop"', "'coop' is no shipped programme"),
        ('programme = "coop-bg"', 'programme = "no.toml"', "no.toml: cannot be read"),
        ('card = "A"\n[[step]]', 'card = "A"\nkind = "king"\n[[step]]', "key 'kind': 'king' is no kind of member"),
        ('discount = "0.10"', 'discount = "0.43"', "key 'discount': is more than the line costs"),
        ('price = "1.20"', 'price = "-1.20"', "[product 1], key 'price'"),
        ("[[swap]]", '[[product]]\ncode = "1"\nname = "x"\nprice = "1"\n[[swap]]', "'1' stands twice among"),
        ('after = "1 month"', 'after = "1 month"\nat = 2026-03-01', "key 'after': stands beside 'at'"),
        ('title = "t"', "title = ", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(FileFault) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert sentence in str(caught.value)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileFault) as caught:
        load(tmp_path, GOOD.replace('sale = "s"', "sale = 5").replace('card = "A"', "card = 7"))
    assert len(caught.value.faults) >= 3


def test_a_rehearsal_without_steps_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="a rehearsal without steps"):
        load(tmp_path, 'title = "t"\nprogramme = "coop-bg"')


def test_an_editors_mark_at_the_beginning_is_no_fault(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + GOOD).title == "t"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("x = '" + "y" * rehearsal_file.SIZE_MOST + "'", f"has more than {rehearsal_file.SIZE_MOST} bytes"),
        ("".join(f"[{number}.0.0.0]\n" for number in range(9000)), "has 27000 dots; it must have at most 25000"),
    ],
)
def test_a_file_that_would_need_much_memory_is_not_read(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(FileFault, match=sentence):
        load(tmp_path, content)


def test_two_thousand_steps_fit(tmp_path: Path) -> None:
    step = (
        '[[step]]\nafter = "1 hour"\ndo = "sale"\nsale = "%d"\ncard = "A"\nlines = [{product = "1", qty = "1.000"}]\n'
    )
    more = "".join(step % number for number in range(2000))
    assert len(load(tmp_path, GOOD + more).steps) == 2002
