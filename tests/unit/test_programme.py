"""The shipped programme, its versions and their borders; and every kind of wrong programme file."""

# ruff: noqa: E501 -- a sentence stands whole on its line

from datetime import datetime

import pytest

from pos_app import shipped
from pos_app.loyalty.earn import EarnRule, Step
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.moments import Duration, from_local
from pos_app.loyalty.money import Amount
from pos_app.loyalty.programme import Membership
from tests.helpers.programme_text import GOOD, decode, faults


def sofia(text: str) -> int:
    return from_local(datetime.fromisoformat(text), "Europe/Sofia")


def step(rule: EarnRule) -> Step:
    assert rule.step is not None
    return rule.step


def test_a_programme_is_read_into_typed_data() -> None:
    read = decode(GOOD)
    assert (read.id, read.zone, read.own_brand) == ("test", "Europe/Sofia", "КООП")
    assert read.names == {"bg": "Програма", "en": "Programme"}
    assert read.card_active_after == Duration(hours=24)
    assert read.slip_title["en"] == "SLIP"
    assert read.rehearsals == ("test/*.toml",)
    assert [kind.id for kind in read.kinds] == ["client"]
    assert read.kind_names("client") == {"bg": "клиент", "en": "client"}
    assert read.kind_names("stranger") == {"en": "stranger"}
    old, new = read.versions
    assert (old.id, old.currency, new.id, new.currency) == ("old", "BGN", "new", "EUR")
    rule = new.earn.rules[0]
    assert (rule.points, step(rule).amount) == (1, Amount(50, "BGN"))
    assert rule.when.kinds == {"client"}
    assert read.version("new") is new
    assert read.version("older") is None


def test_the_pack_names_the_bytes_of_the_file() -> None:
    assert decode(GOOD).pack == decode(GOOD).pack
    assert decode(GOOD).pack != decode(GOOD + "# another word\n").pack


@pytest.mark.parametrize(
    ("when", "id_"),
    [
        ("1990-01-01T00:00", "2025-lev"),
        ("2025-12-31T23:59:59.999", "2025-lev"),
        ("2026-01-01T00:00", "2026-euro"),
        ("2099-01-01T00:00", "2026-euro"),
    ],
)
def test_k5b_the_version_changes_at_the_shops_midnight(when: str, id_: str) -> None:
    assert shipped.programme("coop-bg").version_at(sofia(when)).id == id_


def test_k5b_both_versions_of_the_shipped_programme() -> None:
    lev, euro = shipped.programme("coop-bg").versions
    assert lev.currency == "BGN"
    assert lev.ends == euro.starts == sofia("2026-01-01T00:00")
    assert euro.currency == "EUR"
    assert [rule.id for rule in lev.earn.rules] == [rule.id for rule in euro.earn.rules]
    for rule in euro.earn.rules:
        assert step(rule).amount == Amount(50, "BGN")
        assert (step(rule).numerator, step(rule).denominator) == (195_583, 5_000_000)


def test_k7_the_shipped_card_waits_a_day() -> None:
    assert shipped.programme("coop-bg").card_active_after == Duration(hours=24)


def test_money_of_currencies_with_other_decimals_is_counted_in_steps() -> None:
    text = GOOD.replace('rates.BGN = "1.95583"', 'rates.IRR = "50000"').replace(
        'per = "0.50"\nper_currency = "BGN"', 'per = "10000"\nper_currency = "IRR"'
    )
    euro = step(decode(text).versions[1].earn.rules[0])
    assert [euro.count(cents) for cents in (0, 19, 20, 100, 1000)] == [0, 0, 1, 5, 50]
    turned = text.replace('"EUR"', '"IRR"').replace('rates.IRR = "50000"', 'rates.EUR = "0.00002"')
    rial = decode(turned.replace('"10000"', '"0.50"').replace('per_currency = "IRR"', 'per_currency = "EUR"'))
    assert [step(rial.versions[1].earn.rules[0]).count(paid) for paid in (24_999, 25_000, 10**6)] == [0, 1, 40]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('id = "test"\n', "", "key 'id': is missing; it must be a text in quotes"),
        ('id = "test"\n', 'id = ""\n', "key 'id': is empty; it must be a name in quotes"),
        ('name.en = "Programme"', "", "table [name], key 'en': is missing; it must be a text in quotes"),
        ('name.en = "Programme"', 'name.en = "Programme"\nname.de = "x"', "table [name], key 'de': is not known; possible here: bg, en, fa, sl"),
        ('"Europe/Sofia"', '"Europe/Sophia"', "key 'zone': 'Europe/Sophia' is no time zone; it must be one such as 'Europe/Sofia'"),
        ("own_brand", "own_brnad", "key 'own_brnad': is not known; did you mean 'own_brand'?"),
        ("24 hours", "24 h", "table [cards], key 'active_after': '24 h' is not a duration such as '24 hours', '1 day' or '6 months'"),
        ("[slip]", "[slips]", "key 'slip': is missing; it must be a table"),
        ('title.en = "SLIP"', "title.en = 5", "table [slip.title], key 'en': must be a text in quotes, not 5"),
        ('id = "client"', 'id = "clerk"', "table [version 2.earn 1], key 'kinds': 'client' is not known here; possible: clerk"),
        ('[[version]]\nid = "old"', '[[kind]]\nid = "client"\nname.bg = "x"\nname.en = "x"\n[[version]]\nid = "old"', "key 'kind': the id 'client' is there more than once; every [[kind]] must have one of its own"),
        ('id = "new"', 'id = "old"', "key 'version': the id 'old' is there more than once; every [[version]] must have one of its own"),
        ("2025-12-31", "2025-12-30", "key 'version': there are days without a version between 'old' and 'new'"),
        ("2025-12-31", "2026-01-01", "key 'version': 'old' and 'new' overlap; a day has one version"),
        ("until = 2025-12-31\n", "", "key 'version': 'old' and 'new' overlap; a day has one version"),
        ("until = 2025-12-31", "from = 2026-01-01\nuntil = 2025-12-31", "table [version 1], key 'until': 2025-12-31 lies before 'from'; it must be 2026-01-01 or later"),
        ('"BGN"\n', '"LEV"\n', "table [version 1], key 'currency': 'LEV' is not possible; possible: EUR, BGN, IRR"),
        ('"BGN"\n', '"EURO"\n', "table [version 1], key 'currency': 'EURO' is not possible; did you mean 'EUR'?"),
        ("rates.BGN", "rates.EUR", "table [version 2.rates], key 'EUR': is the currency of this version itself; give rates of other currencies only"),
        ("rates.BGN", "rates.USD", "table [version 2.rates], key 'USD': is not known; possible here: BGN, EUR, IRR"),
        ('"1.95583"', '"0"', "table [version 2.rates], key 'BGN': '0' is not above zero"),
        ('"1.95583"', "1.95583", """table [version 2.rates], key 'BGN': must be a text in quotes such as "1.95583", not 1.95583"""),
        ('"6 months"', '"0 months"', "table [version 2], key 'points_live': '0 months' is no time at all; it must be longer"),
        ('"6 months"', '""', """table [version 2], key 'points_live': is empty; it must be a text in quotes such as "24 hours" or "6 months\""""),
        ("points = 1", "points = 0", "table [version 1.earn 1], key 'points': 0 is not a whole number from 1 to 1000000"),
        ("points = 1", "points = 1.5", "table [version 1.earn 1], key 'points': must be a whole number, not 1.5"),
        ('per = "0.50"', "per = 0.50", """table [version 1.earn 1], key 'per': must be a text in quotes such as "12.30" (BGN), not 0.5"""),
        ('per = "0.50"', 'per = "0.00"', """table [version 1.earn 1], key 'per': '0.00' is too little; it must be "0.01" or more"""),
        ('per = "0.50"', 'per = "-1"', """table [version 1.earn 1], key 'per': '-1' is too little; it must be "0.01" or more"""),
        ('per_currency = "BGN"', 'per_currency = "IRR"', "table [version 2.earn 1], key 'per_currency': 'IRR' is not possible; possible: EUR, BGN"),
        ('["store"]', '["shop"]', "table [version 2.earn 1], key 'channels': 'shop' is not known here; possible: direct, online, store"),
        ('["store"]', '"store"', """table [version 2.earn 1], key 'channels': must be a list of texts such as ["one", "two"], not 'store'"""),
        ("[[version.earn]]", "[version.earn]", "table [version 1], key 'earn': must be one or more tables [[version 1.earn]], not a table"),
        ('on.en = "on everything"', "", "table [version 1.earn 1.on], key 'en': is missing; it must be a text in quotes"),
        ("from = 2026-01-01", 'from = "2026-01-01"', "table [version 2], key 'from': must be a date without quotes such as 2026-01-01 between 1970 and 2999, not '2026-01-01'"),
        ('own_brand = "КООП"', 'calendar = "jalaly"', "key 'calendar': 'jalaly' is not possible; did you mean 'jalali'?"),
        ('own_brand = "КООП"', 'shows = "toman"', "key 'shows': speaks of toman, but no version has the currency IRR"),
        ('own_brand = "КООП"', 'shows = "tomans"', "key 'shows': 'tomans' is not possible; did you mean 'toman'?"),
        ('id = "test"', f'id = "{"x" * 61}"', "key 'id': has 61 characters; it must have at most 60"),
        ('name.en = "Programme"', f'name.en = "{"x" * 201}"', "table [name], key 'en': has 201 characters; it must have at most 200"),
        ("[slip]", '[members]\nphone_one = true\n[slip]', "table [members], key 'phone_one': is not known; did you mean 'phone_once'?"),
        ("[slip]", '[[terms]]\nid = "1"\n[slip]', "table [terms 1], key 'text': is missing; there must be text.en = \"...\""),
        ("[slip]", '[[terms]]\nid = "1"\ntext.en = "a"\n[[terms]]\nid = "1"\ntext.en = "b"\n[slip]', "key 'terms': the id '1' is there more than once; every [[terms]] must have one of its own"),
        ("[slip]", '[[terms]]\nid = "1"\ntext.en = "a"\n[[terms]]\nid = "2"\ntext.en = "b"\n[slip]', "key 'terms': '1' and '2' begin on the same day; a day has one of them"),
        ('rehearsals = ["test/*.toml"]', "rehearsals = [1]", """key 'rehearsals': must be a list of texts such as ["one", "two"], but 1 is in it"""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    assert sentence in faults(GOOD.replace(old, new, 1))


def test_a_name_may_leave_out_every_language_but_english() -> None:
    assert decode(GOOD.replace('name.bg = "Програма"\n', "")).names == {"en": "Programme"}
    names = decode(GOOD.replace('name.bg = "Програма"', 'name.sl = "Program"\nname.fa = "برنامه"')).names
    assert names == {"en": "Programme", "sl": "Program", "fa": "برنامه"}


def test_what_a_programme_says_of_its_members_and_its_money() -> None:
    plain = decode(GOOD)
    assert (plain.calendar, plain.shows_toman, plain.membership, plain.terms) == ("gregorian", False, Membership(), ())
    told = decode(
        GOOD.replace("EUR", "IRR").replace(
            'own_brand = "КООП"',
            """
            calendar = "jalali"
            shows = "toman"
            members = { phone_once = true, phone_confirmed = true, guests_wait = true }
            terms = [{ id = "2", from = 2026-01-01, text.en = "new" }, { id = "1", text.en = "old" }]
            """,
        )
    )
    assert (told.calendar, told.shows_toman) == ("jalali", True)
    assert told.membership == Membership(phone_once=True, phone_confirmed=True, guests_wait=True)
    assert [terms.id for terms in told.terms] == ["1", "2"]
    for when, id_ in (("2025-12-31T23:59:59", "1"), ("2026-01-01T00:00", "2")):
        terms = told.terms_at(sofia(when))
        assert terms is not None
        assert terms.id == id_


def test_a_date_that_cannot_be_read_makes_no_gap_besides() -> None:
    text = GOOD.replace("from = 2026-01-01", 'from = "2026-01-01"')
    assert [fault for fault in faults(text) if "overlap" in fault or "without a version" in fault] == []


def test_two_rules_of_one_version_have_their_own_ids() -> None:
    rule = GOOD[GOOD.rindex("[[version.earn]]") :]
    with pytest.raises(FileFault, match="the id 'all' is there more than once"):
        decode(GOOD + rule)


def test_everything_wrong_is_said_at_once() -> None:
    text = GOOD.replace('"BGN"\n', '"LEV"\n', 1).replace("points = 1", "points = 0").replace("Europe/Sofia", "Sofia")
    with pytest.raises(FileFault) as caught:
        decode(text)
    assert len(caught.value.faults) == 4
    assert caught.value.file == "test.toml"


def test_an_empty_file_says_all_that_it_lacks() -> None:
    said = "\n".join(faults(""))
    for key in ("id", "name", "zone", "kind", "cards", "slip", "version"):
        assert f"key '{key}': is missing" in said


def test_versions_are_put_in_the_order_of_their_dates() -> None:
    at = GOOD.index('[[version]]\nid = "new"')
    start = GOOD.index('[[version]]\nid = "old"')
    assert [version.id for version in decode(GOOD[:start] + GOOD[at:] + GOOD[start:at]).versions] == ["old", "new"]
