"""The five shipped programmes carry the figures of their conditions, clause by clause (docs/programmes.md)."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from pos_app import shipped
from pos_app.loyalty.basket import ONE, Line, Product
from pos_app.loyalty.crediting import credited
from pos_app.loyalty.earn import Who
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.moments import Duration, from_local
from pos_app.loyalty.money import Ratio
from pos_app.loyalty.programme import MESSAGE_PLACES, Membership, Programme, Version
from pos_app.loyalty.programme_file import decode
from pos_app.loyalty.use import most

DOCS = (Path(__file__).parents[2] / "docs" / "programmes.md").read_text(encoding="utf-8")
TAAVONI, ASAL, KERMAN, DVIZNA = (
    shipped.programme(name) for name in ("taavoni-ir", "asal-plus", "kerman-motor", "dvizna-si")
)
OF_THE_PROGRAM = {
    "coop-bg": set(),
    "taavoni-ir": {"T6", "T12"},
    "asal-plus": {"H14", "H18", "H19", "H25"},
    "kerman-motor": {"M7"},
    "dvizna-si": {"S3"},
}
"""Clauses that hold without a word in the file."""


def only(programme: Programme) -> Version:
    (version,) = programme.versions
    return version


def at(programme: Programme, text: str) -> int:
    return from_local(datetime.fromisoformat(text), programme.zone)


def goods(price_minor: int, **more: str | int) -> Line:
    return Line(Product("1", "goods", price_minor, **more), ONE, price_minor)  # type: ignore[arg-type]


def earned(programme: Programme, line: Line, channel: str = "store", delivery_minor: int = 0) -> int:
    now = at(programme, "2026-05-01T10:00")
    return only(programme).earn.reckon((line,), Who("client", None, channel), now, delivery_minor=delivery_minor).points


def test_all_five_are_there() -> None:
    assert shipped.SHIPPED == ("coop-bg", "taavoni-ir", "asal-plus", "kerman-motor", "dvizna-si")
    assert [shipped.programme(name).id for name in shipped.SHIPPED] == list(shipped.SHIPPED)


@pytest.mark.parametrize("name", shipped.SHIPPED)
def test_every_clause_is_cited_where_it_is_carried(name: str) -> None:
    part = DOCS[DOCS.index(f"## {name}:") :].split("\n## ")[0]
    clauses = set(re.findall(r"^\| ([A-Z]\d+b?) \|", part, re.MULTILINE))
    comments = " ".join(re.findall(r"#(.*)", shipped.content(name).decode().split("\n", 1)[1]))
    cited = set(re.findall(r"\b[A-Z]\d+b?\b", comments))
    assert len(clauses) > 6
    assert clauses - cited == OF_THE_PROGRAM[name]
    assert cited <= clauses


@pytest.mark.parametrize("name", shipped.SHIPPED)
def test_every_name_is_there_in_the_languages_of_its_customers(name: str) -> None:
    programme = shipped.programme(name)
    languages = {"bg", "en"} | {"Asia/Tehran": {"fa"}, "Europe/Ljubljana": {"sl"}}.get(programme.zone, set())
    names = [programme.names, programme.slip_title, programme.slip_note]
    names += [kind.names for kind in programme.kinds] + [terms.texts for terms in programme.terms]
    for version in programme.versions:
        names += [rule.names for rule in version.earn.rules] + [bonus.names for bonus in version.bonuses]
        names += [benefit.names for benefit in version.benefits] + [draw.names for draw in version.draws]
        for tier in version.tiers.tiers if version.tiers else ():
            names += [tier.names, *tier.services]
    assert [words for words in names if set(words) != languages] == []


def test_k9_k13_k14_what_the_home_programme_has_besides_points() -> None:
    programme = shipped.programme("coop-bg")
    lev, euro = programme.versions
    for when, id_ in (("2025-11-03T10:00", "2025-1"), ("2026-03-02T10:00", "2026-1")):
        terms = programme.terms_at(at(programme, when))
        assert terms is not None
        assert terms.id == id_
        assert all(len(text) > 300 for text in terms.texts.values())
    (draw,) = euro.draws
    assert (draw.id, lev.draws) == ("zaedno-na-pazar", ())
    inside, outside = at(programme, "2026-12-31T23:59:59"), at(programme, "2027-01-01T00:00")
    assert [draw.entries(cents, inside) for cents in (999, 1000, 2999)] == [0, 1, 2]
    assert draw.entries(1000, outside) == 0
    for version in programme.versions:
        assert [benefit.id for benefit in version.benefits if benefit.is_for("client", None)] == ["hotel-client"]
        assert [benefit.id for benefit in version.benefits if benefit.is_for("cooperator", None)] == [
            "hotel-cooperator"
        ]
    assert programme.calendar == "gregorian"


@pytest.mark.parametrize("programme", [TAAVONI, ASAL, KERMAN])
def test_the_iranian_ones_show_toman_and_jalali_dates(programme: Programme) -> None:
    assert (programme.calendar, programme.shows_toman, only(programme).currency) == ("jalali", True, "IRR")
    assert programme.card_active_after.none


def test_t1_t2_t14_one_percent_of_what_is_paid() -> None:
    assert earned(TAAVONI, goods(500_000)) == 5
    assert earned(TAAVONI, goods(1_900_000)) == 19
    assert earned(TAAVONI, goods(99_999)) == 0
    assert earned(TAAVONI, goods(99_999), delivery_minor=1) == 1
    (rule,) = only(TAAVONI).earn.rules
    assert (rule.life, only(TAAVONI).earn.life) == (Duration(months=6), None)


def test_t3_t4_t13_t15_the_use_of_points() -> None:
    use = only(TAAVONI).use
    assert use is not None
    assert most(use, 10**6, 2_000_000, 2_000_000, "store", None) == (100, "percent")
    assert most(use, 10**6, 2_000_000, 2_000_000, "online", None).limit == "channel"
    assert (use.automatic, use.with_coupons, use.earns) == (False, False, True)


def test_t5_t7_four_levels_by_six_months() -> None:
    tiers = only(TAAVONI).tiers
    assert tiers is not None
    assert [(tier.id, tier.least) for tier in tiers.tiers] == [
        ("yellow", 0), ("green", 100), ("blue", 300), ("purple", 1000),
    ]  # fmt: skip
    assert [tier.names["fa"] for tier in tiers.tiers] == ["زرد", "سبز", "آبی", "بنفش"]
    assert (tiers.measure, tiers.within, tiers.hold) == ("window", Duration(months=6), Duration(months=6))
    assert all(tier.services for tier in tiers.tiers)


def test_t9_t10_t16_friends() -> None:
    friend, purchase = only(TAAVONI).bonuses
    assert (friend.occasion, friend.points, friend.life) == ("friend_confirmed_phone", 10, None)
    assert (purchase.occasion, purchase.worth(500_000), purchase.life) == ("friend_first_sale", 15, None)
    assert TAAVONI.membership == Membership(phone_once=True, phone_confirmed=True)


def test_h1_the_hive() -> None:
    tiers = only(ASAL).tiers
    assert tiers is not None
    assert [(tier.id, tier.least) for tier in tiers.tiers] == [("prince", 0), ("king", 500), ("queen", 1500)]
    assert [tier.names["fa"] for tier in tiers.tiers] == ["شاهزاده کندو", "پادشاه کندو", "ملکه کندو"]
    assert (tiers.measure, tiers.hold) == ("gathered", None)
    assert all(tier.badge for tier in tiers.tiers)


def test_h2_h11_h16_h17_goods() -> None:
    assert earned(ASAL, goods(2_000_000)) == 20
    assert earned(ASAL, goods(2_099_999), delivery_minor=400_000) == 20
    assert only(ASAL).earn.life == Duration(months=12)
    assert {bonus.life for bonus in only(ASAL).bonuses} == {Duration(months=12)}


def test_h3_h4_h5_h10_bonuses() -> None:
    assert [(bonus.occasion, bonus.points) for bonus in only(ASAL).bonuses] == [
        ("joined", 20), ("profile_completed", 5), ("reviewed", 2), ("friend_joined", 30), ("friend_first_sale", 20),
    ]  # fmt: skip
    assert ASAL.membership == Membership(guests_wait=True)


def test_h6_h7_h21_h26_points_as_money_and_as_codes() -> None:
    version = only(ASAL)
    use, codes = version.use, version.codes
    assert use is not None
    assert codes is not None
    assert most(use, 257, 10**7, 10**7, "store", None) == (250, "balance")
    assert use.worth(250) == 1_250_000
    assert (use.earns, use.frees_delivery, use.automatic, use.with_coupons) == (False, True, False, True)
    worths = {points: codes.worth(points) for points in (10, 100, 250, 500, 750, 1000, 1010)}
    assert worths == {points: 5000 * points for points in worths}
    assert [row.points for row in codes.table] == [100, 250, 500, 750, 1000]
    assert codes.live == Duration(days=60)
    assert version.messages == set(MESSAGE_PLACES)  # H28


def test_m1_m2_cars_and_groups() -> None:
    version = only(KERMAN)
    (cars,) = version.earn.rules
    assert cars.staircase == (60, 120, 180, *[40] * 7, *[20] * 10)
    assert cars.when.starts == at(KERMAN, "2011-03-21T00:00")
    car = goods(10**10, category="vehicle")
    assert [earned(KERMAN, car, channel) for channel in ("direct", "store", "online")] == [60, 0, 0]
    assert earned(KERMAN, goods(10**10, category="boat"), "direct") == 0
    assert [(bonus.occasion, bonus.points) for bonus in version.bonuses] == [("joined", 30), ("profile_completed", 30)]
    tiers = version.tiers
    assert tiers is not None
    assert [(tier.id, tier.least) for tier in tiers.tiers] == [
        ("bronze", 30), ("silver", 211), ("gold", 351), ("diamond", 501),
    ]  # fmt: skip
    assert (tiers.measure, tiers.hold, version.earn.life) == ("gathered", None, None)


def test_m3_m4_m5_m6_benefits() -> None:
    version = only(KERMAN)
    discount, delivery, registration, messages = version.benefits
    assert [benefit.id for benefit in version.benefits] == [
        "discount", "priority_delivery", "priority_registration", "messages",
    ]  # fmt: skip
    assert [discount.share(tier) for tier in ("bronze", "silver", "gold", "diamond")] == [
        None, Ratio(1, 100), Ratio(2, 100), Ratio(4, 100),
    ]  # fmt: skip
    assert (discount.asked, discount.lapses) == (True, Duration(days=30))
    assert discount.categories == {"vehicle"}
    assert delivery.tiers == registration.tiers == {"gold", "diamond"}
    assert (delivery.before, registration.asked) == (Duration(months=1), True)
    assert (messages.asked, messages.is_for("client", None)) == (False, True)


def test_s1_s2_s5_points_of_the_label_on_the_web() -> None:
    assert earned(DVIZNA, goods(9000, points=210), "online") == 210
    assert earned(DVIZNA, goods(9000, points=210), "store") == 0
    assert only(DVIZNA).earn.life == Duration(months=6)


@pytest.mark.parametrize(
    ("means", "since"),
    [
        ("cod", "2026-01-08T10:00"),
        ("card", "2026-02-01T00:00"),
        ("transfer", "2026-02-01T00:00"),
        ("cash", "2026-01-05T10:00"),
    ],
)
def test_s6_when_points_come(means: str, since: str) -> None:
    rows, now = only(DVIZNA).crediting, at(DVIZNA, "2026-01-05T10:00")
    assert credited(rows, means, now, now, DVIZNA.zone) == at(DVIZNA, since)
    assert credited(rows, means, now, None, DVIZNA.zone) is None
    assert credited(rows, means, None, now, DVIZNA.zone) is None


def test_s4_s8_s9_the_use_of_points_and_delivery() -> None:
    version = only(DVIZNA)
    use, delivery = version.use, version.delivery
    assert use is not None
    assert delivery is not None
    assert [delivery.cost(cents) for cents in (9999, 10_000)] == [490, 0]
    assert delivery.channels == {"online"}
    assert most(use, 5000, 10_500, 10_500, "online", delivery.free_from_minor) == (500, "delivery")
    assert most(use, 5000, 9000, 9000, "online", delivery.free_from_minor) == (900, "percent")
    assert version.stacking.one_benefit


def test_a_file_that_was_in_force_is_read_whatever_we_think_of_it_now() -> None:
    """The checks may become stricter; goods of its sales come back all the same."""
    text = shipped.content("coop-bg").replace(b"points = 1\n", b"points = 10\n")
    with pytest.raises(FileFault):
        decode(text, "old.toml")
    assert decode(text, "old.toml", kept=True).id == "coop-bg"
