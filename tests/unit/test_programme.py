"""The shipped programme, its versions and their borders; and every kind of wrong programme file."""

# ruff: noqa: E501 -- a sentence stands whole on its line

from datetime import datetime

import pytest

from pos_app import shipped
from pos_app.loyalty import programme_file
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.moments import Duration, from_local
from pos_app.loyalty.money import Amount
from pos_app.loyalty.programme import Programme

GOOD = """
id = "test"
name.bg = "Програма"
name.en = "Programme"
zone = "Europe/Sofia"
own_brand = "КООП"
rehearsals = ["test/*.toml"]

[cards]
active_after = "24 hours"

[slip]
title.bg = "БЕЛЕЖКА"
title.en = "SLIP"
note.bg = "Бележка."
note.en = "Note."

[[kind]]
id = "client"
name.bg = "клиент"
name.en = "client"

[[version]]
id = "old"
until = 2025-12-31
currency = "BGN"

[[version.earn]]
id = "all"
on.bg = "за всичко"
on.en = "on everything"
points = 1
per = "0.50"

[[version]]
id = "new"
from = 2026-01-01
currency = "EUR"
rates.BGN = "1.95583"
points_live = "6 months"

[[version.earn]]
id = "all"
on.bg = "за всичко"
on.en = "on everything"
points = 1
per = "0.50"
per_currency = "BGN"
kinds = ["client"]
channels = ["store"]
"""


def decode(text: str) -> Programme:
    return programme_file.decode(text.encode(), "test.toml")


def sofia(text: str) -> int:
    return from_local(datetime.fromisoformat(text), "Europe/Sofia")


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
    assert (rule.points, rule.step.amount) == (1, Amount(50, "BGN"))
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
        assert rule.step.amount == Amount(50, "BGN")
        assert (rule.step.numerator, rule.step.denominator) == (195_583, 5_000_000)


def test_k7_the_shipped_card_waits_a_day() -> None:
    assert shipped.programme("coop-bg").card_active_after == Duration(hours=24)


def test_money_of_currencies_with_other_decimals_is_counted_in_steps() -> None:
    text = GOOD.replace('rates.BGN = "1.95583"', 'rates.IRR = "50000"').replace(
        'per = "0.50"\nper_currency = "BGN"', 'per = "10000"\nper_currency = "IRR"'
    )
    step = decode(text).versions[1].earn.rules[0].step
    assert [step.count(cents) for cents in (0, 19, 20, 100, 1000)] == [0, 0, 1, 5, 50]
    turned = text.replace('"EUR"', '"IRR"').replace('rates.IRR = "50000"', 'rates.EUR = "0.00002"')
    rial = decode(turned.replace('"10000"', '"0.50"').replace('per_currency = "IRR"', 'per_currency = "EUR"'))
    assert [rial.versions[1].earn.rules[0].step.count(paid) for paid in (24_999, 25_000, 10**6)] == [0, 1, 40]


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
        ('rehearsals = ["test/*.toml"]', "rehearsals = [1]", """key 'rehearsals': must be a list of texts such as ["one", "two"], but 1 is in it"""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(FileFault) as caught:
        decode(GOOD.replace(old, new, 1))
    assert sentence in caught.value.faults


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
    with pytest.raises(FileFault) as caught:
        decode("")
    said = "\n".join(caught.value.faults)
    for key in ("id", "name", "zone", "kind", "cards", "slip", "version"):
        assert f"key '{key}': is missing" in said


def test_versions_are_put_in_the_order_of_their_dates() -> None:
    at = GOOD.index('[[version]]\nid = "new"')
    start = GOOD.index('[[version]]\nid = "old"')
    assert [version.id for version in decode(GOOD[:start] + GOOD[at:] + GOOD[start:at]).versions] == ["old", "new"]
