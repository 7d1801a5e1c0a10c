"""What every key allows and the whole cannot mean: rules that never count, tiers out of reach, codes that cheat."""

# ruff: noqa: E501 -- a sentence stands whole on its line

import pytest

from tests.helpers.programme_text import GOOD, faults

EARN = '[[version.earn]]\nid = "more"\non.en = "x"\n'
USE = '[version.use]\npoints = 10\nworth = "0.50"\n'
CODES = '[version.codes]\nlive = "60 days"\npoints = 10\nworth = "0.50"\n'
BENEFIT = '[[version.benefit]]\nid = "b"\nname.en = "x"\n'
DRAW = '[[version.draw]]\nid = "d"\nname.en = "x"\nper = "1"\n'


def rule(points: int, conditions: str = "", id_: str = "more") -> str:
    """A rule in steps of 1.00 EUR; that of the small programme gives about four for it, to clients in the store."""
    return f'[[version.earn]]\nid = "{id_}"\non.en = "x"\npoints = {points}\nper = "1.00"\n{conditions}\n'


def code(points: int, worth: str) -> str:
    return f'[[version.codes.table]]\npoints = {points}\nworth = "{worth}"\n'


def tier(id_: str, points: int) -> str:
    return f'[[version.tiers.tier]]\nid = "{id_}"\nname.en = "x"\npoints = {points}\n'


@pytest.mark.parametrize(
    ("more", "place", "sentence"),
    [
        # rules that no sale can meet
        (rule(9, "until = 2025-12-31"), "earn 2], key 'until'", "lies before the first day of this version; no sale can meet the rule"),
        (rule(1, "kinds = ['client']\nchannels = ['store']"), "earn 2], key 'points'", "is never counted: 'all' always gives more"),
        (rule(1, "kinds = ['client']\nchannels = ['store']\nbrands = ['A']\nfrom = 2026-05-01"), "earn 2], key 'points'", "is never counted: 'all' always gives more"),
        (rule(9), "earn 1], key 'points'", "is never counted: 'more' always gives more"),
        (rule(9, "from = 2026-01-01"), "earn 1], key 'points'", "is never counted: 'more' always gives more"),
        (rule(9, "kinds = ['client']\nchannels = ['store', 'online']"), "earn 1], key 'points'", "is never counted: 'more' always gives more"),
        (EARN + "percent = 1\nkinds = ['client']\nchannels = ['store']\n" + USE, "earn 2], key 'percent'", "is never counted: 'all' always gives more"),
        # sales that give back all that was paid
        (rule(20, "products = ['1']") + USE, "earn 2], key 'points'", "gives back all that was paid, or more; give fewer points, or make a point worth less"),
        (rule(20, "products = ['1']") + CODES, "earn 2], key 'points'", "gives back all that was paid, or more; give fewer points, or make a point worth less"),
        (rule(10, "products = ['1']") + CODES + code(500, "50.00"), "earn 2], key 'points'", "gives back all that was paid, or more; give fewer points, or make a point worth less"),
        # credits that have nothing left
        ("[[version.credit]]\n[[version.credit]]\npaid_by = ['card']", "credit 2], key 'paid_by'", "never counts; the tables before it name every way to pay"),
        ("[[version.credit]]\npaid_by = ['cash', 'card', 'transfer', 'cod']\n[[version.credit]]", "credit 2], key 'paid_by'", "never counts; the tables before it name every way to pay"),
        ("[[version.credit]]\npaid_by = ['card']\n[[version.credit]]\npaid_by = ['cod', 'card']", "credit 2], key 'paid_by'", "names 'card', which an earlier table [[version.credit]] names already"),
        # delivery
        (USE + "guards_delivery = true", "use], key 'guards_delivery'", "has nothing to guard; there must be a table [version.delivery] with free_from"),
        (USE + "guards_delivery = true\n[version.delivery]\ncost = '5'\nchannels = ['online']", "use], key 'guards_delivery'", "has nothing to guard; there must be a table [version.delivery] with free_from"),
        (USE + "guards_delivery = true\nfrees_delivery = true", "use], key 'guards_delivery'", "contradicts frees_delivery: what is free by points needs no guard"),
        # codes
        (USE + CODES.replace("0.50", "0.49"), "codes], key 'worth'", "makes codes cheaper than their points, which are worth more at payment; raise it"),
        (CODES + code(100, "4.99"), "codes.table 1], key 'worth'", "'4.99' is less than the 5.00 that 100 points are worth in codes of 10; the customer would lose"),
        (USE + '[version.codes]\nlive = "60 days"\n' + code(100, "4.99"), "codes.table 1], key 'worth'", "'4.99' is less than the 5.00 that 100 points are worth at payment; the customer would lose"),
        (CODES + code(100, "7.00") + code(250, "13.50"), "codes.table 2], key 'worth'", "'13.50' is less than the 14.00 that 250 points are worth in codes of 100; the customer would lose"),
        (CODES + code(250, "13.50") + code(100, "7.00"), "codes.table 1], key 'worth'", "'13.50' is less than the 14.00 that 250 points are worth in codes of 100; the customer would lose"),
        (CODES + code(100, "5.00") + code(100, "6.00"), "codes.table 2], key 'points'", "100 are in an earlier table [[version.codes.table]] already"),
        # tiers
        ("[version.tiers]\n" + tier("a", 5) + tier("b", 5), "tiers.tier 2], key 'points'", "5 can never be a tier of its own: 'a' before it begins at 5"),
        ("[version.tiers]\n" + tier("a", 0) + tier("b", 9) + tier("c", 8), "tiers.tier 3], key 'points'", "8 can never be a tier of its own: 'b' before it begins at 9"),
        ("[version.tiers]\nwithin = '6 months'\n" + tier("a", 0), "tiers], key 'hold'", "is missing; with 'within' a tier is held for a while, such as \"6 months\""),
        ("[version.tiers]\nwithin = '14 months'\nhold = '1 year'\n" + tier("a", 0), "tiers], key 'within'", "is longer than 13 months; older points are no longer kept apart"),
        ("[version.tiers]\nwithin = '400 days'\nhold = '1 year'\n" + tier("a", 0), "tiers], key 'within'", "is longer than 13 months; older points are no longer kept apart"),
        ("[version.tiers]\nwithin = '9999 hours'\nhold = '1 year'\n" + tier("a", 0), "tiers], key 'within'", "is longer than 13 months; older points are no longer kept apart"),
        # benefits and draws
        (BENEFIT + "asked = true\ncategories = ['x']", "benefit 1], key 'categories'", "say nothing without percent; name the part of the price, or leave them out"),
        (DRAW + "from = 2025-03-01\nuntil = 2025-12-31", "draw 1], key 'from'", "lies with 'until' outside of this version; the draw would have no entries"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_at_its_table(more: str, place: str, sentence: str) -> None:
    assert faults(GOOD + more) == [f"table [version 2.{place}: {sentence}"]


@pytest.mark.parametrize(
    "more",
    [
        rule(1, "kinds = ['client']\nchannels = ['store']\nadded = true"),
        rule(1, "kinds = ['client']\nchannels = ['online']"),
        rule(9, "kinds = ['client']\nchannels = ['online']"),
        rule(9, "brands = ['A']"),
        rule(9, "from = 2026-01-02"),
        rule(9, "until = 2999-12-30"),
        rule(9, "brands = ['A', 'B']") + rule(8, "brands = ['B', 'C']", "other"),
        rule(9, "brands = ['A']") + rule(9, "brands = ['A']\ncategories = ['c']", "as much"),
        EARN + "shelf = true\n",
        rule(19, "products = ['1']") + USE + CODES,
        USE + CODES + code(100, "5.00") + code(250, "12.50") + code(1000, "60.00"),
        CODES + code(100, "6.00") + code(250, "12.50"),
        '[version.codes]\nlive = "1 day"\n' + code(50, "1.00"),
        USE.replace("0.50", "0.49") + CODES,
        "[[version.credit]]\npaid_by = ['card']\n[[version.credit]]",
        "[version.tiers]\nwithin = '13 months'\nhold = '1 day'\n" + tier("a", 0) + tier("b", 10**12),
        "[version.tiers]\nwithin = '395 days'\nhold = '1 day'\n" + tier("a", 7),
        "[version.tiers]\nhold = '6 months'\n" + tier("a", 0),
        DRAW + "from = 2025-12-01\nuntil = 2026-01-01",
        BENEFIT,
    ],
)
def test_what_only_looks_like_a_contradiction_is_allowed(more: str) -> None:
    assert faults(GOOD + more) == []


def test_a_rule_after_the_last_day_of_its_version() -> None:
    text = GOOD.replace('per = "0.50"\n', 'per = "0.50"\nfrom = 2026-01-01\n', 1)
    assert faults(text) == [
        "table [version 1.earn 1], key 'from': lies after the last day of this version; no sale can meet the rule"
    ]


def test_a_draw_over_the_change_of_a_version_has_the_same_days_in_both() -> None:
    days = "from = 2025-12-01\nuntil = 2026-01-31\n"
    at = GOOD.index('[[version]]\nid = "new"')
    assert faults(GOOD[:at] + DRAW + days + GOOD[at:] + DRAW + days) == []
    other = DRAW + days.replace("2026-01-31", "2026-02-28")
    assert faults(GOOD[:at] + DRAW + days + GOOD[at:] + other) == [
        "key 'version': the draw 'd' has other days in another version; it must have the same"
    ]


CLUB = """
id = "club"
name.en = "Club"
zone = "Asia/Tehran"
kind = [{ id = "client", name.en = "client" }]
cards.active_after = "0 hours"
slip = { title.en = "SLIP", note.en = "Note." }

[[version]]
id = "1"
currency = "IRR"
earn = [{ id = "cars", on.en = "cars", nth = [60, 120] }]
bonus = [
    { id = "joined", name.en = "joining", for = "joined", points = 30 },
    { id = "profile", name.en = "profile", for = "profile_completed", points = 10 },
]
"""


@pytest.mark.parametrize(("least", "reached"), [(220, True), (221, False)])
def test_a_tier_above_all_points_that_there_are(least: int, reached: bool) -> None:
    said = faults(CLUB + "[version.tiers]\n" + tier("low", 0) + tier("high", least))
    sentence = f"{least} can never be reached: all rules together give a member 220 at most"
    assert said == ([] if reached else [f"table [version 1.tiers.tier 2], key 'points': {sentence}"])


@pytest.mark.parametrize(
    "more",
    [
        '{ id = "review", name.en = "review", for = "reviewed", points = 1 },\n]',
        '{ id = "friend", name.en = "friend", for = "friend_joined", points = 1 },\n]',
    ],
)
def test_what_comes_again_and_again_reaches_every_tier(more: str) -> None:
    text = CLUB.rstrip().removesuffix("]") + more
    assert faults(text + "\n[version.tiers]\n" + tier("high", 10**9)) == []
    label = CLUB.replace("earn = [", 'earn = [{ id = "label", on.en = "x", shelf = true }, ')
    assert faults(label + "[version.tiers]\n" + tier("high", 10**9)) == []


def test_contradictions_and_typing_errors_are_told_together() -> None:
    said = faults(
        GOOD.replace("Europe/Sofia", "Europe/Sophia")
        + rule(1, "kinds = ['client']\nchannels = ['store']")
        + rule(9, "kinds = ['clients']", "typing")
        + CODES
        + code(100, "4.99")
    )
    assert [sentence.split(":")[0] for sentence in said] == [
        "key 'zone'",
        "table [version 2.earn 3], key 'kinds'",
        "table [version 2.earn 2], key 'points'",
        "table [version 2.codes.table 1], key 'worth'",
    ]


def test_a_table_that_could_not_be_read_contradicts_nothing() -> None:
    broken_rule = rule(9, "kinds = ['clients']")
    assert len(faults(GOOD + broken_rule)) == 1
    broken_codes = USE + CODES.replace('"0.50"', "0.1") + code(100, "4.99")
    assert len(faults(GOOD + broken_codes)) == 1
