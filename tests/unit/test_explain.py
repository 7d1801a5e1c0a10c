"""A programme in sentences: nothing in it is left out, and the shipped ones read as a shop would hang them up."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from pos_app import explain, shipped, texts
from pos_app.__main__ import main
from pos_app.loyalty.allowance import NO_ALLOWANCE, Allowance
from pos_app.loyalty.benefits import Benefit, TierShare
from pos_app.loyalty.bonuses import OCCASIONS, Bonus
from pos_app.loyalty.coupons import Codes, CodeWorth, Stacking
from pos_app.loyalty.crediting import Crediting
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.draws import Draw
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Step
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import Amount, Ratio
from pos_app.loyalty.programme import CHANNELS, MESSAGE_PLACES, Kind, Membership, Programme, Terms, Version
from pos_app.loyalty.tiers import Tier, TierRules
from pos_app.loyalty.use import Use
from tests.helpers.shop import sofia

SPRING, SUMMER = sofia("2026-03-01T00:00:00"), sofia("2026-06-01T00:00:00")
WEEK, MONTHS = Duration(days=7), Duration(months=6)
HALF = Ratio(1, 2)

STEP = Step(Amount(50, "EUR"), 1, 50)
MONEY = EarnRule("money", {"en": "on all goods"}, 2, STEP)
STAIRS = EarnRule("stairs", {"en": "for a bicycle"}, staircase=(60, 120, 40, 40))
USE = Use(10, 50)
CODES = Codes(WEEK, (CodeWorth(100, 600),), 10, 50)
DELIVERY = Delivery(490, 10_000, frozenset({"online"}))
ALLOWANCE = Allowance(200, 2000, 24)
BONUS = Bonus("joined", {"en": "joining"}, "joined", 20)
SHARE = Bonus("friend", {"en": "a friend's purchase"}, "friend_first_sale", share=Ratio(3, 100), point_minor=10)
TIER = Tier("gold", {"en": "gold"}, 300)
TIERS = TierRules((Tier("bronze", {"en": "bronze"}, 30), TIER))
WINDOW = TierRules((TIER,), "window", MONTHS, MONTHS)
BENEFIT = Benefit("off", {"en": "something off"}, asked=True, shares=(TierShare("gold", Ratio(1, 50)),))
DRAW = Draw("draw", {"en": "spring draw"}, 1000, SPRING, SUMMER)
TERMS = Terms("2026-1", SPRING, {"en": "Be kind."})
VERSION = Version(
    id="1",
    starts=-NEVER,
    ends=NEVER,
    currency="EUR",
    earn=EarnRules([MONEY, STAIRS]),
    rates={"BGN": Ratio(195_583, 100_000)},
    crediting=(Crediting(frozenset({"cod"}), delay=WEEK),),
    use=USE,
    codes=CODES,
    delivery=DELIVERY,
    bonuses=(BONUS, SHARE),
    tiers=TIERS,
    benefits=(BENEFIT,),
    draws=(DRAW,),
    allowance=ALLOWANCE,
)
PROGRAMME = Programme(
    id="corner",
    pack="0",
    names={"en": "Corner shop card"},
    zone="Europe/Sofia",
    own_brand="",
    kinds=(Kind("client", {"en": "client"}), Kind("partner", {"en": "partner"})),
    card_active_after=Duration(),
    slip_title={"en": "POINTS SLIP"},
    slip_note={"en": "This slip is about points."},
    versions=(VERSION,),
    rehearsals=(),
    terms=(TERMS,),
)

OTHER: Mapping[str, Mapping[str, Any]] = {
    "Programme": {
        "names": {"en": "Another card"},
        "zone": "Asia/Tehran",
        "own_brand": "Ours",
        "kinds": PROGRAMME.kinds[:1],
        "card_active_after": Duration(hours=24),
        "slip_title": {"en": "SLIP"},
        "slip_note": {"en": "Goodbye."},
        "versions": (VERSION, replace(VERSION, starts=SUMMER, use=None)),
        "calendar": "jalali",
        "membership": Membership(phone_once=True),
        "terms": (),
    },
    "Membership": {"phone_once": True, "phone_confirmed": True, "guests_wait": True},
    "Terms": {"id": "2026-2", "starts": SUMMER},
    "Kind": {"names": {"en": "customer"}},
    "Version": {
        "starts": SPRING,
        "ends": SUMMER,
        "currency": "BGN",
        "earn": EarnRules([MONEY]),
        "rates": {},
        "crediting": (),
        "use": None,
        "codes": None,
        "delivery": None,
        "stacking": Stacking(one_benefit=True),
        "bonuses": (),
        "tiers": TierRules((TIER,)),
        "benefits": (),
        "draws": (),
        "messages": frozenset({"slip"}),
        "allowance": NO_ALLOWANCE,
    },
    "EarnRule": {
        "names": {"en": "on tea"},
        "points": 3,
        "step": replace(STEP, amount=Amount(100, "EUR")),
        "when": Condition(brands=frozenset({"Danone"})),
        "staircase": (60, 120),
        "added": True,
        "on_paid": True,
        "life": WEEK,
    },
    "Step": {"amount": Amount(100, "EUR"), "rounding": "up", "percent": Ratio(5, 1)},
    "Condition": {
        "brands": frozenset({"Danone"}),
        "categories": frozenset({"tea"}),
        "products": frozenset({"3800000000017"}),
        "kinds": frozenset({"partner"}),
        "tiers": frozenset({"gold"}),
        "channels": frozenset({"online"}),
        "starts": SPRING,
        "ends": SUMMER,
    },
    "Crediting": {"means": frozenset({"card"}), "needs_paid": True, "delay": Duration(days=3), "next_month": True},
    "Use": {
        "step": 5,
        "worth_minor": 60,
        "share": HALF,
        "channels": frozenset({"store"}),
        "automatic": True,
        "with_coupons": False,
        "earns": False,
        "guards_delivery": True,
        "frees_delivery": True,
    },
    "Codes": {
        "live": MONTHS,
        "table": (CodeWorth(200, 1300),),
        "step": 20,
        "worth_minor": 60,
        "not_with_kinds": frozenset({"seasonal"}),
    },
    "Allowance": {"card_points": 300, "till_points": 3000, "hours": 48},
    "CodeWorth": {"points": 110, "worth_minor": 700},
    "Delivery": {"fee_minor": 500, "free_from_minor": None, "channels": frozenset({"online", "direct"})},
    "Stacking": {"one_benefit": True},
    "Bonus": {"names": {"en": "coming"}, "occasion": "profile_completed", "points": 5, "life": WEEK},
    "Share": {"share": Ratio(1, 20), "point_minor": 20},
    "TierRules": {"tiers": (TIER,), "measure": "window", "hold": MONTHS},
    "Window": {"within": Duration(months=3), "hold": Duration(months=12)},
    "Tier": {"names": {"en": "golden"}, "least": 400, "badge": "★ #c9a227", "services": ({"en": "a seat"},)},
    "Benefit": {
        "names": {"en": "much off"},
        "kinds": frozenset({"partner"}),
        "tiers": frozenset({"gold"}),
        "asked": False,
        "lapses": WEEK,
        "shares": (),
        "categories": frozenset({"bicycle"}),
        "before": MONTHS,
        "plans": {"spring": 500},
        "note": {"en": "Show this."},
    },
    "TierShare": {"tier": "bronze", "share": Ratio(1, 25)},
    "Draw": {"names": {"en": "autumn draw"}, "per_minor": 500, "starts": SPRING + 10**9, "ends": SUMMER + 10**9},
}
"""For each struct of a programme another value of every field that is said."""

UNSAID = {
    "Programme": {"id", "pack", "rehearsals", "shows_toman"},  # shows_toman: tested with an Iranian programme
    "Terms": {"texts"},  # hang beside it, and are shown and printed at the till
    "Kind": {"id"},
    "Version": {"id"},
    "EarnRule": {"id"},
    "Step": {"numerator", "denominator"},  # the amount, counted in the money of the sale
    "Bonus": {"id", "share", "point_minor"},  # tested with one that gives a share
    "Share": {"id", "names", "occasion", "points", "life"},
    "TierRules": {"within"},  # tested with a window
    "Window": {"tiers", "measure"},
    "Tier": {"id"},
    "Benefit": {"id"},
    "Draw": {"id"},
}
"""Names for the machine alone, and what another row tells."""


def _version(**values: Any) -> Programme:
    return replace(PROGRAMME, versions=(replace(VERSION, **values),))


def _rule(rule: EarnRule) -> Programme:
    return _version(earn=EarnRules([rule]))


PLACES: dict[str, tuple[Struct, Callable[[Any], Programme]]] = {
    "Programme": (PROGRAMME, lambda one: one),
    "Membership": (PROGRAMME.membership, lambda one: replace(PROGRAMME, membership=one)),
    "Terms": (TERMS, lambda one: replace(PROGRAMME, terms=(one,))),
    "Kind": (PROGRAMME.kinds[0], lambda one: replace(PROGRAMME, kinds=(one, PROGRAMME.kinds[1]))),
    "Version": (VERSION, lambda one: replace(PROGRAMME, versions=(one,))),
    "EarnRule": (MONEY, _rule),
    "Step": (STEP, lambda one: _rule(replace(MONEY, step=one))),
    "Condition": (MONEY.when, lambda one: _rule(replace(MONEY, when=one))),
    "Crediting": (VERSION.crediting[0], lambda one: _version(crediting=(one,))),
    "Use": (USE, lambda one: _version(use=one)),
    "Codes": (CODES, lambda one: _version(codes=one)),
    "Allowance": (ALLOWANCE, lambda one: _version(allowance=one)),
    "CodeWorth": (CODES.table[0], lambda one: _version(codes=replace(CODES, table=(one,)))),
    "Delivery": (DELIVERY, lambda one: _version(delivery=one)),
    "Stacking": (Stacking(), lambda one: _version(stacking=one)),
    "Bonus": (BONUS, lambda one: _version(bonuses=(one,))),
    "Share": (SHARE, lambda one: _version(bonuses=(one,))),
    "TierRules": (TIERS, lambda one: _version(tiers=one)),
    "Window": (WINDOW, lambda one: _version(tiers=one)),
    "Tier": (TIER, lambda one: _version(tiers=TierRules((one,)))),
    "Benefit": (BENEFIT, lambda one: _version(benefits=(one,))),
    "TierShare": (BENEFIT.shares[0], lambda one: _version(benefits=(replace(BENEFIT, shares=(one,)),))),
    "Draw": (DRAW, lambda one: _version(draws=(one,))),
}
"""For each struct one of its kind, and the programme that another in its place makes."""

CHANGES = [(name, field) for name, fields in OTHER.items() for field in fields]


def said(programme: Programme, language: str = "en") -> str:
    return explain.text(programme, texts.words_of(programme, language))


def test_no_field_of_a_programme_is_forgotten_here() -> None:
    told = {name: set(fields) | UNSAID.get(name, set()) for name, fields in OTHER.items()}
    assert told == {name: set(one.__struct_fields__) for name, (one, _) in PLACES.items()}


def test_every_struct_of_a_programme_has_its_place_here() -> None:
    """What a programme consists of, found by the types of its fields."""
    found: set[str] = set()
    waiting: list[Any] = [msgspec.inspect.type_info(Version), msgspec.inspect.type_info(Programme)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls.__name__ not in found:
                found.add(info.cls.__name__)
                waiting += [field.type for field in info.fields]
        else:
            parts = (getattr(info, name, ()) for name in ("item_type", "item_types", "types", "key_type", "value_type"))
            waiting += [inner for part in parts for inner in (part if isinstance(part, tuple) else (part,))]
    assert {"Use", "TierShare", "Draw"} <= found
    # Said as what they are, wherever they stand; EarnRules is no struct: its rules are put into place by hand.
    assert found - {"Amount", "Duration", "Ratio"} - set(PLACES) == set()


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize(("name", "field"), CHANGES, ids=str)
def test_whatever_changes_in_a_programme_changes_what_is_said(name: str, field: str, language: str) -> None:
    before, place = PLACES[name]
    after = replace(before, **{field: OTHER[name][field]})
    assert said(place(after), language) != said(place(before), language)


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_each_occasion_says_who_gets_a_bonus(occasion: Any) -> None:
    told = [said(_version(bonuses=(replace(BONUS, occasion=other),))) for other in OCCASIONS]
    assert told.count(said(_version(bonuses=(replace(BONUS, occasion=occasion),)))) == 1


def test_every_channel_way_to_pay_place_and_rounding_has_its_words() -> None:
    def differ(programmes: list[Programme]) -> bool:
        return len({said(one) for one in programmes}) == len(programmes)

    means = ("cash", "card", "transfer", "cod")
    assert differ([_version(use=replace(USE, channels=frozenset({one}))) for one in CHANNELS])
    assert differ([_version(crediting=(Crediting(frozenset({one})),)) for one in means])
    assert differ([_version(messages=frozenset({one})) for one in MESSAGE_PLACES])
    assert differ([_rule(replace(MONEY, step=replace(STEP, rounding=one))) for one in ("down", "half_up", "up")])
    assert differ([_version(crediting=(Crediting(needs_paid=paid, next_month=next_month, delay=delay),))
                   for paid, next_month, delay in (
                       (False, False, Duration()), (False, True, Duration()), (False, False, WEEK),
                       (True, False, Duration()), (True, True, Duration()), (True, False, WEEK))])  # fmt: skip


def test_points_that_live_otherwise_are_told_with_what_gives_them() -> None:
    for life in (None, MONTHS):
        version = replace(VERSION, earn=EarnRules([MONEY], life))
        told = said(replace(PROGRAMME, versions=(replace(version, bonuses=(replace(BONUS, life=WEEK),)),)))
        assert "20 points for joining; for every new member" in told
        assert "these points expire after 7 days" in told
        assert "unless something else is said above" in told
    for_ever = _version(earn=EarnRules([MONEY], MONTHS), bonuses=(BONUS,))
    assert "these points do not expire" in said(for_ever)


def test_what_a_rules_own_words_tell_is_not_told_twice() -> None:
    rule = replace(MONEY, names={"en": "on goods of Danone, for a partner"})
    own = replace(rule, when=Condition(brands=frozenset({"Danone"}), kinds=frozenset({"partner"})))
    assert said(_rule(own)) == said(_rule(rule))
    part_of_a_word = replace(rule, when=Condition(brands=frozenset({"Dan"})))
    assert "only goods of the brand Dan." in said(_rule(part_of_a_word))


def test_what_all_versions_share_is_told_once() -> None:
    both = replace(
        PROGRAMME,
        versions=(replace(VERSION, ends=SUMMER), replace(VERSION, starts=SUMMER, use=replace(USE, automatic=True))),
    )
    told = said(both)
    assert told.count("Discount codes for points") == 1
    assert told.count("Paying with points") == 2
    assert [chapter.heading for chapter in explain.explained(both, texts.words_of(both, "en"))] == [
        "",
        "Until 31 May 2026",
        "From 01 Jun 2026 on",
    ]


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("name", shipped.SHIPPED)
def test_the_shipped_programmes_are_told_in_whole_sentences(name: str, language: str) -> None:
    programme = shipped.programme(name)
    words = texts.words_of(programme, language)
    for chapter in explain.explained(programme, words):
        for section in chapter.sections:
            assert section.heading
            for one in section.sentences:
                plain = re.sub("[\u2066-\u2069]", "", one)
                assert re.fullmatch(r"\S.*[^.\s;:,][.!?]", plain), plain
                assert not re.search(r"[{}]|\s\s|\s[.,;]|\.\.", plain), plain


@pytest.mark.parametrize(
    ("name", "language", "sentence"),
    [
        ("coop-bg", "bg", "2 точки на 0,50 лв. за стоки с марка КООП."),
        ("coop-bg", "bg", "Новата карта важи 24 часа след получаването ѝ"),
        (
            "coop-bg",
            "en",
            "every full 10.00 € of a purchase is a numbered entry on the slip, from 01 Jan 2026 until 31",
        ),
        ("coop-bg", "en", "1 € is 1.95583 BGN."),
        ("taavoni-ir", "en", "1 % of what is paid comes back as points, that is 1 point per 10,000 toman"),
        ("taavoni-ir", "en", "At most 5 % of the value of the goods can be paid with points."),
        ("taavoni-ir", "bg", "Точки и код не се ползват в една покупка."),
        ("taavoni-ir", "fa", "حداکثر ۵٪ ارزش کالاها"),
        ("asal-plus", "en", "100 points become a code for 50,000 toman off."),
        ("asal-plus", "en", "Points expire 1 year after"),
        ("kerman-motor", "en", "no. 4 to 10: 40 each, no. 11 to 20: 20 each, and none after no. 20"),
        ("kerman-motor", "en", "from 01 Farvardin 1390 on"),
        ("kerman-motor", "fa", "۱۳۹۰/۰۱/۰۱"),
        (
            "dvizna-si",
            "en",
            "that is paid by card or by bank transfer can be spent from the first day of the month after",
        ),
        ("dvizna-si", "sl", "Izdelki za 100,00 € in več se dostavijo brezplačno."),
    ],
)
def test_what_the_shipped_programmes_say(name: str, language: str, sentence: str) -> None:
    told = re.sub("[\u2066-\u2069]", "", said(shipped.programme(name), language))
    assert sentence in told


def test_toman_where_the_programme_shows_toman() -> None:
    iranian = shipped.programme("asal-plus")
    assert "5,000 toman" in said(iranian)
    assert "50,000 rial" in said(replace(iranian, shows_toman=False))


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    assert main(["explain", "coop-bg", "--lang", "bg"]) == 0
    assert capsys.readouterr().out.startswith("Клиентска карта КООП\n")
    copy = tmp_path / "mine.toml"
    copy.write_bytes(shipped.content("dvizna-si"))
    assert main(["explain", str(copy)]) == 0
    assert "Customer points" in capsys.readouterr().out
    copy.write_bytes(shipped.content("dvizna-si").replace(b"percent_most", b"percent_mast"))
    assert main(["explain", str(copy)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "did you mean 'percent_most'?" in captured.err
    assert main(["explain", "nothing"]) == 2
    assert "'nothing' is no shipped programme" in capsys.readouterr().err
