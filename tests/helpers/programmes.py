"""Random programmes, built of all parts that the language of programme files has, and the goods they speak of."""

from collections.abc import Sequence

from hypothesis import strategies as st

from pos_app.loyalty import moments
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.benefits import Benefit, TierShare
from pos_app.loyalty.bonuses import OCCASIONS, Bonus
from pos_app.loyalty.coupons import Codes, CodeWorth, Coupon, Stacking
from pos_app.loyalty.crediting import MEANS, Crediting
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.draws import Draw
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Rounding, Step
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import Amount, Ratio
from pos_app.loyalty.programme import CHANNELS, MESSAGE_PLACES, Kind, Membership, Programme, Version
from pos_app.loyalty.tiers import TierRules
from pos_app.loyalty.use import Use
from tests.helpers.histories import DAY, RULES, STARTS

KINDS = ("client", "cooperator")
TIER_IDS = ("low", "middle", "high", "top")
EURO_IN_LEV = Ratio(195_583, 100_000)
WORD = {"en": "word"}

BREAD = Product("b", "bread", 120, "КООП", "food", card_price_minor=95, points=3)
CHEESE = Product("c", "cheese", 999, "", "food", weighed=True, points=2)
BOOK = Product("k", "book", 5_000, "Друг", "", excluded_from=("coupon",), points=40)
GIFT = Product("g", "gift card", 1_000, "", "", excluded_from=("coupon", "points"))
CAR = Product("v", "car", 90_000, "Друг", "car")
FREE = Product("f", "leaflet", 0, "", "food", points=1)
GOODS = (BREAD, CHEESE, BOOK, GIFT, CAR, FREE)
CUP = Offer("cup", "cup", "Cup", 15, price_minor=50, per_account_per_day=2)
BAG = Offer("bag", "bag", "Bag", 4, stock=5)
PIN = Offer("pin", "pin", "Pin", 10, tiers=("middle", "high", "top"))
BOARD = (CUP, BAG, PIN)
COUPONS = (
    Coupon("TEN", share=Ratio(1, 10)),
    Coupon("FIVE", 500, kind="seasonal", single_use=True),
    Coupon("BOTH", 77, combinable=True),
)


def _some(values: Sequence[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2) | st.just(frozenset())


LIVES = st.sampled_from([None, Duration(days=1), Duration(months=1), Duration(months=6)])
SHARES = st.sampled_from([Ratio(1, 100), Ratio(5, 100), Ratio(1, 3), Ratio(1, 1)])


@st.composite
def _conditions(draw: st.DrawFn, start: int) -> Condition:
    asked = draw(
        st.sets(st.sampled_from(["brand", "category", "product", "kind", "tier", "channel", "date"]), max_size=2)
    )

    def some(what: str, values: Sequence[str]) -> frozenset[str]:
        return draw(_some(values)) if what in asked else frozenset()

    return Condition(
        some("brand", ["КООП", "Друг"]),
        some("category", ["food", "car"]),
        some("product", ["b", "k"]),
        some("kind", KINDS),
        some("tier", TIER_IDS),
        some("channel", CHANNELS),
        start + 2 * DAY if "date" in asked else -NEVER,
        start + 40 * DAY if "date" in asked else NEVER,
    )


@st.composite
def _earn_rules(draw: st.DrawFn, start: int, currency: str) -> EarnRules:
    rounding: st.SearchStrategy[Rounding] = st.sampled_from(["down", "half_up", "up"])
    rules = []
    for number in range(draw(st.integers(0, 3))):
        step_minor = draw(st.sampled_from([50, 99, 1000]))
        numerator = draw(st.sampled_from([1, 2]))
        step = Step(Amount(step_minor, currency), numerator, step_minor, draw(rounding))
        rule = EarnRule(
            f"money{number}", WORD, draw(st.integers(1, 3)), step, draw(_conditions(start)),
            added=draw(st.booleans()), on_paid=draw(st.booleans()), life=draw(LIVES),
        )  # fmt: skip
        rules.append(rule)
    percent = Step(Amount(300, currency), 1, 300, "down", Ratio(1, 1))
    cars = Condition(categories=frozenset({"car"}))
    rules += draw(
        st.lists(
            st.sampled_from(
                [
                    EarnRule("all", WORD, 1, Step(Amount(100, currency), 1, 100)),
                    EarnRule("percent", WORD, 1, percent, on_paid=True),
                    EarnRule("shelf", WORD, when=draw(_conditions(start))),
                    EarnRule("nth", WORD, when=cars, staircase=(60, 120, 180, *(40,) * 3), life=draw(LIVES)),
                ]
            ),
            unique_by=lambda rule: rule.id,
        )
    )
    return EarnRules(rules, draw(LIVES))


_delays = st.sampled_from([Duration(), Duration(hours=2), Duration(days=3), Duration(months=1)])
_creditings = st.lists(
    st.builds(Crediting, _some(MEANS), st.booleans(), _delays, st.sampled_from([False, False, True])), max_size=3
).map(tuple)
_uses = st.builds(
    Use,
    step=st.sampled_from([1, 10]),
    worth_minor=st.sampled_from([1, 7, 50]),
    share=st.none() | SHARES,
    channels=st.sampled_from([frozenset(), frozenset(), frozenset({"store"})]),
    automatic=st.booleans(),
    with_coupons=st.booleans(),
    earns=st.booleans(),
    guards_delivery=st.booleans(),
    frees_delivery=st.booleans(),
)
_codes = st.builds(
    Codes,
    live=st.sampled_from([Duration(hours=1), Duration(days=60)]),
    table=st.sampled_from([(), (CodeWorth(10, 60), CodeWorth(25, 200))]),
    step=st.sampled_from([1, 10]),
    worth_minor=st.sampled_from([1, 50]),
    not_with_kinds=st.sampled_from([frozenset(), frozenset({"seasonal"})]),
)
_deliveries = st.builds(
    Delivery,
    st.just(490),
    st.sampled_from([None, 1, 10_000]),
    st.sampled_from([frozenset({"online"}), frozenset(CHANNELS)]),
)


@st.composite
def _bonuses(draw: st.DrawFn) -> tuple[Bonus, ...]:
    found = []
    for number, occasion in enumerate(draw(st.lists(st.sampled_from(OCCASIONS), max_size=5))):
        by_share = occasion == "friend_first_sale" and draw(st.booleans())
        points = 0 if by_share else draw(st.integers(1, 30))
        share = Ratio(3, 100) if by_share else None
        found.append(Bonus(f"bonus{number}", WORD, occasion, points, share, 10, draw(LIVES)))
    return tuple(found)


@st.composite
def _benefits(draw: st.DrawFn, tiers: TierRules | None) -> tuple[Benefit, ...]:
    shares = tuple([TierShare(tier.id, draw(SHARES)) for tier in tiers.tiers]) if tiers else ()
    lapses = draw(st.sampled_from([None, Duration(days=1), Duration(days=30)]))
    categories = draw(st.sampled_from([frozenset(), frozenset({"car"}), frozenset({"food"})]))
    price = Benefit("price", WORD, asked=True, lapses=lapses, shares=shares, categories=categories)
    first = Benefit("first", WORD, frozenset(KINDS[:1]), asked=True, before=Duration(months=1))
    plan = Benefit("plan", WORD, asked=True, plans={"P": 1})
    hotel = Benefit("hotel", WORD, draw(_some(KINDS)), note=WORD)
    others = draw(st.lists(st.sampled_from([first, plan, hotel]), unique_by=lambda one: one.id))
    return (price, *others) if draw(st.integers(0, 3)) else tuple(others)


@st.composite
def versions(draw: st.DrawFn, id_: str, start: int, starts: int, ends: int, currency: str) -> Version:
    """The rules of some days, in force while `starts <= now < ends`, of a programme whose shop opens at `start`."""
    tiers = draw(st.sampled_from([*RULES, None]))
    return Version(
        id=id_,
        starts=starts,
        ends=ends,
        currency=currency,
        earn=draw(_earn_rules(start, currency)),
        rates={"BGN": EURO_IN_LEV} if currency == "EUR" else {},
        crediting=draw(_creditings),
        use=draw(_uses | _uses | st.none()),
        codes=draw(_codes | _codes | st.none()),
        delivery=draw(st.none() | _deliveries),
        stacking=Stacking(draw(st.booleans())),
        bonuses=draw(_bonuses()),
        tiers=tiers,
        benefits=draw(_benefits(tiers)),
        draws=draw(st.sampled_from([(), (Draw("prize", WORD, 1000, start, start + 60 * DAY),)])),
        messages=frozenset(draw(st.sets(st.sampled_from(MESSAGE_PLACES)))),
    )


@st.composite
def programmes(draw: st.DrawFn) -> tuple[Programme, int]:
    """A programme of one version or two, in lev before and in euro after, and the moment at which its shop opens."""
    zone, local = draw(st.sampled_from(STARTS))
    start = moments.from_local(local, zone)
    change = start + draw(st.sampled_from([1, 3, 40])) * DAY
    if draw(st.booleans()):
        every: tuple[Version, ...] = (
            draw(versions("one", start, -NEVER, change, "BGN")),
            draw(versions("two", start, change, NEVER, "EUR")),
        )
    else:
        every = (draw(versions("one", start, -NEVER, NEVER, "EUR")),)
    programme = Programme(
        id="random",
        pack="pack",
        names=WORD,
        zone=zone,
        own_brand="КООП",
        kinds=tuple(Kind(kind, WORD) for kind in KINDS),
        card_active_after=draw(st.sampled_from([Duration(), Duration(hours=24)])),
        slip_title=WORD,
        slip_note=WORD,
        versions=every,
        rehearsals=(),
        calendar=draw(st.sampled_from(["gregorian", "jalali"])),
        membership=draw(st.builds(Membership, st.booleans(), st.booleans(), st.booleans())),
    )
    return programme, start
