"""The tables of a version, read into the structs that the core reckons by; and what is wrong with each of them."""

# ruff: noqa: E501 -- a sentence stands whole on its line

from datetime import datetime

import pytest

from pos_app.loyalty.benefits import TierShare
from pos_app.loyalty.coupons import CodeWorth
from pos_app.loyalty.crediting import Crediting
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.earn import EarnRule
from pos_app.loyalty.moments import NEVER, Duration, from_local
from pos_app.loyalty.money import Amount, Ratio
from pos_app.loyalty.use import Use
from tests.helpers.programme_text import GOOD, faults, newest

USE = """
[version.use]
points = 1
worth = "0.01"
"""
TIERS = """
[version.tiers]
[[version.tiers.tier]]
id = "silver"
name.en = "silver"
points = 0
[[version.tiers.tier]]
id = "gold"
name.en = "gold"
points = 300
"""


def sofia(text: str) -> int:
    return from_local(datetime.fromisoformat(text), "Europe/Sofia")


def earn(keys: str, more: str = "") -> EarnRule:
    """One more rule in the small programme; `more` are tables after it."""
    return newest(f'[[version.earn]]\nid = "more"\non.en = "x"\n{keys}\n{more}').earn.by_id["more"]


def test_a_rule_by_steps_of_money_with_all_its_conditions() -> None:
    rule = earn(
        """
        points = 3
        per = "2.00"
        rounding = "half_up"
        added = true
        on_paid = true
        points_live = "6 months"
        brands = ["A", "B"]
        categories = ["tea"]
        products = ["3800000000017"]
        kinds = ["client"]
        tiers = ["gold"]
        channels = ["online", "direct"]
        from = 2026-03-01
        until = 2026-03-31
        """,
        TIERS,
    )
    assert rule.step is not None
    assert (rule.points, rule.step.amount, rule.step.rounding) == (3, Amount(200, "EUR"), "half_up")
    assert [rule.step.count(cents) for cents in (99, 100, 299, 300)] == [0, 1, 1, 2]
    assert (rule.added, rule.on_paid, rule.life) == (True, True, Duration(months=6))
    when = rule.when
    conditions = (when.brands, when.categories, when.products, when.kinds, when.tiers, when.channels)
    assert [sorted(condition) for condition in conditions] == [
        ["A", "B"], ["tea"], ["3800000000017"], ["client"], ["gold"], ["direct", "online"],
    ]  # fmt: skip
    assert (when.starts, when.ends) == (sofia("2026-03-01"), sofia("2026-04-01"))


def test_a_rule_without_days_has_no_borders() -> None:
    when = earn("shelf = true").when
    assert (when.starts, when.ends) == (-NEVER, NEVER)


@pytest.mark.parametrize(
    ("percent", "use", "paid", "points"),
    [
        ('"1"', ("1", "0.01"), 199, 1),
        ('"1"', ("1", "0.01"), 200, 2),
        ("10", ("1", "0.01"), 99, 9),
        ('"2.5"', ("10", "0.50"), 200, 1),
        ('"2.5"', ("10", "0.50"), 199, 0),
        ('"0.1"', ("3", "0.10"), 100_000, 30),
    ],
)
def test_a_percent_is_reckoned_in_points_as_they_are_worth(
    percent: str, use: tuple[str, str], paid: int, points: int
) -> None:
    rule = earn(f"percent = {percent}\nadded = true", f'[version.use]\npoints = {use[0]}\nworth = "{use[1]}"')
    assert rule.step is not None
    assert rule.step.percent is not None
    assert rule.points * rule.step.count(paid) == points


def test_the_money_that_a_percent_needs_for_a_point_is_told_in_words() -> None:
    step = earn('percent = "1"', USE).step
    assert step is not None
    assert (step.amount, step.percent) == (Amount(100, "EUR"), Ratio(1, 1))


def test_the_shelf_and_the_staircase_need_no_money() -> None:
    shelf, stairs = earn("shelf = true"), earn("nth = [60, 120, 0, 180]")
    assert (shelf.step, shelf.points, shelf.staircase) == (None, 0, ())
    assert (stairs.step, stairs.points, stairs.staircase) == (None, 0, (60, 120, 0, 180))
    ranges = earn("nth = [{ from = 1, points = 60 }, { from = 2, to = 4, points = 40 }]")
    assert ranges.staircase == (60, 40, 40, 40)


def test_when_points_are_credited() -> None:
    rows = newest(
        """
        [[version.credit]]
        paid_by = ["cod"]
        when = "paid"
        after = "3 days"
        [[version.credit]]
        paid_by = ["card", "transfer"]
        when = "paid"
        after = "next month"
        [[version.credit]]
        """
    ).crediting
    assert rows == (
        Crediting(frozenset({"cod"}), True, Duration(days=3)),
        Crediting(frozenset({"card", "transfer"}), True, next_month=True),
        Crediting(),
    )


def test_the_use_of_points() -> None:
    assert newest(USE).use == Use(1, 1)
    told = newest(
        USE
        + """
        percent_most = "2.5"
        channels = ["store"]
        automatic = true
        with_coupons = false
        earns = false
        frees_delivery = true
        """
    ).use
    assert told == Use(
        1,
        1,
        Ratio(25, 1000),
        frozenset({"store"}),
        automatic=True,
        with_coupons=False,
        earns=False,
        frees_delivery=True,
    )


def test_codes_delivery_and_stacking() -> None:
    version = newest(
        """
        messages = ["slip", "basket"]
        [version.codes]
        points = 10
        worth = "0.50"
        live = "60 days"
        not_with_kinds = ["seasonal"]
        [[version.codes.table]]
        points = 100
        worth = "6.00"
        [version.delivery]
        cost = "4.90"
        free_from = "100.00"
        channels = ["online"]
        [version.use]
        points = 1
        worth = "0.01"
        guards_delivery = true
        [version.stacking]
        one_benefit = true
        """.replace('messages = ["slip", "basket"]', "")
    )
    assert version.codes is not None
    assert (version.codes.live, version.codes.table) == (Duration(days=60), (CodeWorth(100, 600),))
    assert [version.codes.worth(points) for points in (10, 90, 100, 110)] == [50, 450, 600, 550]
    assert version.codes.not_with_kinds == {"seasonal"}
    assert version.delivery == Delivery(490, 10_000, frozenset({"online"}))
    assert version.use is not None
    assert version.use.guards_delivery
    assert version.stacking.one_benefit


def test_bonuses_live_as_the_version_says_or_as_they_say_themselves() -> None:
    joined, friend = newest(
        USE
        + """
        [[version.bonus]]
        id = "joined"
        name.en = "joining"
        for = "joined"
        points = 20
        [[version.bonus]]
        id = "friend"
        name.en = "a friend's purchase"
        for = "friend_first_sale"
        percent = "3"
        points_live = "1 year"
        """
    ).bonuses
    assert (joined.occasion, joined.points, joined.life) == ("joined", 20, Duration(months=6))
    assert (friend.share, friend.point_minor, friend.life) == (Ratio(3, 100), 1, Duration(months=12))
    assert [friend.worth(paid) for paid in (33, 34, 1000)] == [0, 1, 30]


def test_tiers_of_gathered_points_and_of_a_window() -> None:
    gathered = newest(TIERS).tiers
    assert gathered is not None
    assert (gathered.measure, gathered.hold) == ("gathered", None)
    assert [(tier.id, tier.least) for tier in gathered.tiers] == [("silver", 0), ("gold", 300)]
    window = newest(
        TIERS.replace("[version.tiers]", '[version.tiers]\nwithin = "6 months"\nhold = "1 year"', 1)
        + 'badge = "★ #c9a227"\nservices = [{ en = "first", bg = "първи" }]'
    ).tiers
    assert window is not None
    assert (window.measure, window.within, window.hold) == ("window", Duration(months=6), Duration(months=12))
    assert (window.tiers[1].badge, window.tiers[1].services) == ("★ #c9a227", ({"en": "first", "bg": "първи"},))


def test_benefits_that_come_by_themselves_and_those_that_are_asked_for() -> None:
    hotel, discount, place = newest(
        TIERS
        + """
        [[version.benefit]]
        id = "hotel"
        name.en = "hotel"
        note.en = "Show this."
        kinds = ["client"]
        [[version.benefit]]
        id = "discount"
        name.en = "discount"
        asked = true
        percent = { silver = "1", gold = 2 }
        categories = ["vehicle"]
        lapses = "30 days"
        [[version.benefit]]
        id = "place"
        name.en = "place"
        asked = true
        tiers = ["gold"]
        before = "1 month"
        plans = { spring = 500, "the autumn" = 0 }
        """
    ).benefits
    assert (hotel.asked, list(hotel.kinds), list(hotel.tiers), hotel.note) == (
        False,
        ["client"],
        [],
        {"en": "Show this."},
    )
    assert discount.asked
    assert discount.tiers == {"silver", "gold"}
    assert discount.categories == {"vehicle"}
    assert discount.shares == (TierShare("silver", Ratio(1, 100)), TierShare("gold", Ratio(2, 100)))
    assert discount.lapses == Duration(days=30)
    assert place.tiers == {"gold"}
    assert (place.before, dict(place.plans)) == (Duration(months=1), {"spring": 500, "the autumn": 0})


def test_a_draw_lasts_through_its_last_day() -> None:
    (draw,) = newest(
        """
        [[version.draw]]
        id = "spring"
        name.en = "spring"
        per = "10.00"
        from = 2026-03-01
        until = 2026-05-31
        """
    ).draws
    assert draw.entries(2999, sofia("2026-05-31T23:59:59")) == 2
    assert draw.entries(2999, sofia("2026-06-01T00:00")) == draw.entries(2999, sofia("2026-02-28T23:59:59")) == 0


def test_where_the_till_speaks_of_points() -> None:
    assert newest("").messages == frozenset()
    text = GOOD.replace('points_live = "6 months"', 'messages = ["slip", "basket"]')
    assert faults(text) == []
    assert faults(text.replace('"slip"', '"slips"')) == [
        "table [version 2], key 'messages': 'slips' is not known here; did you mean 'slip'?"
    ]


EARN = '[[version.earn]]\nid = "more"\non.en = "x"\n'
BONUS = '[[version.bonus]]\nid = "b"\nname.en = "x"\n'
BENEFIT = '[[version.benefit]]\nid = "b"\nname.en = "x"\n'
DRAW = '[[version.draw]]\nid = "d"\nname.en = "x"\n'
CODES = '[version.codes]\nlive = "1 day"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (EARN, "earn 2], key 'per': is missing; a rule has points and per, or percent, or nth, or shelf = true"),
        (EARN + "shelf = false", "earn 2], key 'per': is missing; a rule has points and per, or percent, or nth, or shelf = true"),
        (EARN + 'per = "1"', "earn 2], key 'points': is missing; it must be a whole number"),
        (EARN + "points = 1000001\nper = '1'", "earn 2], key 'points': 1000001 is not a whole number from 1 to 1000000"),
        (EARN + "points = 1000000\nper = '0.99'", "earn 2], key 'per': gives more than 10000 points for the smallest coin; give fewer"),
        (EARN + "percent = '1'\nper = '1'\npoints = 1" + USE, "earn 2], key 'percent': says nothing beside per; possible: points, per_currency, rounding, added, on_paid"),
        (EARN + "percent = '1'\npoints = 1" + USE, "earn 2], key 'points': says nothing beside percent; possible: rounding, added, on_paid"),
        (EARN + "shelf = true\nadded = true", "earn 2], key 'added': says nothing beside shelf; leave it out"),
        (EARN + "nth = [1]\nshelf = true", "earn 2], key 'nth': says nothing beside shelf; leave it out"),
        (EARN + "percent = '1'", "earn 2], key 'percent': needs to know what a point is worth; there must be a table [version.use]"),
        (EARN + "percent = '0'" + USE, "earn 2], key 'percent': '0' is not above zero"),
        (EARN + "percent = '100.1'" + USE, "earn 2], key 'percent': '100.1' is more than 100 percent"),
        (EARN + "percent = 101" + USE, "earn 2], key 'percent': 101 is not a whole number from 1 to 100"),
        (EARN + "percent = 1.5" + USE, "earn 2], key 'percent': must be a text in quotes such as \"1\" or \"2.5\", not 1.5"),
        (EARN + "nth = []", "earn 2], key 'nth': gives no points; it must be those of the 1st, 2nd, ... purchase such as [60, 120]"),
        (EARN + "nth = [0, 0]", "earn 2], key 'nth': gives no points; it must be those of the 1st, 2nd, ... purchase such as [60, 120]"),
        (EARN + "nth = 5", "earn 2], key 'nth': must be a list of whole numbers such as [60, 120], not 5"),
        (EARN + "nth = [1, true]", "earn 2], key 'nth': must be whole numbers from 0 to 1000000, but true is in it"),
        (EARN + f"nth = {[1] * 1001}", "earn 2], key 'nth': has 1001 numbers; it must have at most 1000"),
        (EARN + "nth = [{ from = 2, points = 1 }]", "earn 2.nth 1], key 'from': 2 does not follow the range before it; it must be 1"),
        (EARN + "nth = [{ from = 1, points = 1 }, { from = 2, to = 1, points = 1 }]", "earn 2.nth 2], key 'to': 1 lies before 'from'; it must be 2 or more"),
        (EARN + "nth = [{ from = 1, to = 1001, points = 1 }]", "earn 2.nth 1], key 'to': 1001 is not a whole number from 1 to 1000"),
        (EARN + "nth = [{ from = 1, points = 1 }, 2]", "earn 2], key 'nth': must be tables [[version 2.earn 2.nth]], but 2 is in it"),
        (EARN + "shelf = true\nrounding = 'down'", "earn 2], key 'rounding': says nothing beside shelf; leave it out"),
        (EARN + "shelf = true\npoints_live = '0 days'", "earn 2], key 'points_live': '0 days' is no time at all; it must be longer"),
        (EARN + "shelf = true\ntiers = ['gold']", "earn 2], key 'tiers': 'gold' is not known here; there are none here"),
        (EARN + "shelf = true\ntiers = ['golf']" + TIERS, "earn 2], key 'tiers': 'golf' is not known here; did you mean 'gold'?"),
        (EARN + "shelf = true\nkinds = ['clients']", "earn 2], key 'kinds': 'clients' is not known here; did you mean 'client'?"),
        (EARN + "shelf = true\nfrom = 2026-03-02\nuntil = 2026-03-01", "earn 2], key 'until': 2026-03-01 lies before 'from'; it must be 2026-03-02 or later"),
        ("[[version.earn]]\n" * 200, "], key 'earn': is there 201 times; there must be at most 200 tables [[version 2.earn]]"),
        ("[[version.credit]]\npaid_by = ['cards']", "credit 1], key 'paid_by': 'cards' is not known here; did you mean 'card'?"),
        ("[[version.credit]]\nwhen = 'payed'", "credit 1], key 'when': 'payed' is not possible; did you mean 'paid'?"),
        ("[[version.credit]]\nafter = 'next week'", "credit 1], key 'after': 'next week' is not a duration such as '24 hours', '1 day' or '6 months'"),
        ("[version.use]", "use], key 'worth': is missing; it must be a text in quotes such as \"12.30\" (EUR)"),
        (USE + "percent_most = 0", "use], key 'percent_most': 0 is not a whole number from 1 to 100"),
        (USE + "percent_most = '0'", "use], key 'percent_most': '0' is not above zero"),
        (USE + "automatic = 'yes'", "use], key 'automatic': must be true or false, not 'yes'"),
        (CODES, "codes], key 'points': is missing; codes have points and worth, or a table [[version.codes.table]], or both"),
        (CODES + "points = 10", "codes], key 'worth': is missing; it must be a text in quotes such as \"12.30\" (EUR)"),
        (CODES + "worth = '10'", "codes], key 'points': is missing; it must be a whole number"),
        ("[version.codes]\nlive = '0 days'\npoints = 1\nworth = '1'", "codes], key 'live': '0 days' is no time at all; it must be longer"),
        (CODES + "[[version.codes.table]]\npoints = 0\nworth = '1'", "codes.table 1], key 'points': 0 is not a whole number from 1 to 1000000"),
        ("[version.delivery]\ncost = '0'\nchannels = ['online']", "delivery], key 'cost': '0' is too little; it must be \"0.01\" or more"),
        ("[version.delivery]\ncost = '1'", "delivery], key 'channels': names no channel; possible: store, online, direct"),
        ("[version.stacking]\none_benefits = true", "stacking], key 'one_benefits': is not known; did you mean 'one_benefit'?"),
        (BONUS + "for = 'joining'\npoints = 1", "bonus 1], key 'for': 'joining' is not possible; did you mean 'joined'?"),
        (BONUS + "for = 'joined'", "bonus 1], key 'points': is missing; it must be a whole number"),
        (BONUS + "for = 'joined'\npercent = 3" + USE, "bonus 1], key 'percent': is of a friend's first sale only; give points"),
        (BONUS + "for = 'friend_first_sale'\npercent = 3", "bonus 1], key 'percent': needs to know what a point is worth; there must be a table [version.use]"),
        (BONUS + "for = 'friend_first_sale'\npercent = 3\n[version.use]\npoints = 3\nworth = '0.10'", "bonus 1], key 'percent': needs points that are worth whole coins each; give points"),
        (BONUS + "for = 'friend_first_sale'\npercent = 3\npoints = 3" + USE, "bonus 1], key 'points': says nothing beside percent; leave one of them out"),
        (BONUS + "for = 'friend_confirmed_phone'\npoints = 3", "bonus 1], key 'for': never comes: no phone is confirmed; there must be phone_confirmed = true in [members]"),
        ((BONUS + "for = 'joined'\npoints = 1\n") * 2, "], key 'bonus': the id 'b' is there more than once; every [[bonus]] must have one of its own"),
        ("[version.tiers]\nhold = '6 months'", "tiers], key 'tier': is missing; there must be at least one table [[version.tiers.tier]]"),
        (TIERS + "services = ['x']", "tiers.tier 2], key 'services': must be tables [[version 2.tiers.tier 2.services]], but 'x' is in it"),
        (TIERS + "services = [{ bg = 'x' }]", "tiers.tier 2.services 1], key 'en': is missing; it must be a text in quotes"),
        (TIERS.replace('"gold"', '"silver"'), "tiers], key 'tier': the id 'silver' is there more than once; every [[tier]] must have one of its own"),
        (TIERS.replace("300", "1000000000001"), "tiers.tier 2], key 'points': 1000000000001 is not a whole number from 0 to 1000000000000"),
        (TIERS.replace("tiers]", "tiers]\nhold = '0 hours'", 1), "tiers], key 'hold': '0 hours' is no time at all; it must be longer"),
        (BENEFIT + "tiers = ['gold']", "benefit 1], key 'tiers': 'gold' is not known here; there are none here"),
        (BENEFIT + "lapses = '1 day'", "benefit 1], key 'lapses': is for benefits that are asked for; there must be asked = true"),
        (BENEFIT + "asked = true\nlapses = '0 days'", "benefit 1], key 'lapses': '0 days' is no time at all; it must be longer"),
        (BENEFIT + "asked = true\npercent.gold = 1", "benefit 1], key 'percent': names tiers, but there are none; there must be a table [version.tiers]"),
        (BENEFIT + "asked = true\npercent = {}" + TIERS, "benefit 1], key 'percent': is empty; it must name tiers, such as percent.gold = \"2\""),
        (BENEFIT + "asked = true\npercent.golf = 1" + TIERS, "benefit 1.percent], key 'golf': is not known; did you mean 'gold'?"),
        (BENEFIT + "asked = true\npercent.gold = 101" + TIERS, "benefit 1.percent], key 'gold': 101 is not a whole number from 1 to 100"),
        (BENEFIT + "asked = true\npercent.gold = 1\ntiers = ['silver']" + TIERS, "benefit 1], key 'tiers': are not the same as those of 'percent'; leave them out"),
        (BENEFIT + "asked = true\nplans = { a = -1 }", "benefit 1.plans], key 'a': -1 is not a whole number from 0 to 1000000"),
        (DRAW + "per = '1'\nuntil = 2026-03-01", "draw 1], key 'from': is missing; it must be a date without quotes such as 2026-01-01"),
        (DRAW + "per = '0'\nfrom = 2026-03-01\nuntil = 2026-03-01", "draw 1], key 'per': '0' is too little; it must be \"0.01\" or more"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_said(text: str, sentence: str) -> None:
    said = faults(GOOD + text)
    assert any(fault.startswith("table [version 2") and fault.endswith(sentence) for fault in said), said
