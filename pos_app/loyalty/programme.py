"""A programme file (TOML) as typed data: versions with their dates, rules, words."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from pos_app.loyalty import moments, tables
from pos_app.loyalty.benefits import Benefit
from pos_app.loyalty.bonuses import Bonus, Occasion
from pos_app.loyalty.coupons import Codes, Stacking
from pos_app.loyalty.crediting import Crediting
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.draws import Draw
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Step
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import DECIMALS, Amount, Ratio, divide_half_up
from pos_app.loyalty.tables import Table
from pos_app.loyalty.tiers import NO_STATUTES, Era, Statutes, TierRules
from pos_app.loyalty.use import Use

LANGUAGES = ("bg", "en", "sl", "fa")
"""The languages that a programme may name things in; English stands in for those it leaves out."""
CHANNELS = ("store", "online", "direct")
"""Where a sale can be made."""
MESSAGE_PLACES = ("product", "basket", "payment", "slip")
"""Where the till can speak of points (H28)."""


class Version(Struct, frozen=True, kw_only=True):
    """The rules in force while `starts <= now < ends` (UTC milliseconds), in one currency.

    `rates` tell how many units of another currency one unit of it is worth. What a programme does not have is None
    or empty. `messages` are the places where the till speaks of points.
    """

    id: str
    starts: int
    ends: int
    currency: str
    earn: EarnRules
    rates: Mapping[str, Ratio] = {}
    crediting: tuple[Crediting, ...] = ()
    use: Use | None = None
    codes: Codes | None = None
    delivery: Delivery | None = None
    stacking: Stacking = Stacking()
    bonuses: tuple[Bonus, ...] = ()
    tiers: TierRules | None = None
    benefits: tuple[Benefit, ...] = ()
    draws: tuple[Draw, ...] = ()
    messages: frozenset[str] = frozenset()

    def converted(self, amount_minor: int, currency: str) -> int:
        """Minor units of another currency in those of this one, rounded half up; KeyError without a rate."""
        rate = self.rates[currency]
        unit, other_unit = 10 ** DECIMALS[self.currency], 10 ** DECIMALS[currency]
        return divide_half_up(amount_minor * rate.denominator * unit, rate.numerator * other_unit)

    def bonuses_on(self, occasion: Occasion) -> list[Bonus]:
        return [bonus for bonus in self.bonuses if bonus.occasion == occasion]

    def bonus(self, id_: str) -> Bonus | None:
        return next((bonus for bonus in self.bonuses if bonus.id == id_), None)

    def benefit(self, id_: str) -> Benefit | None:
        return next((benefit for benefit in self.benefits if benefit.id == id_), None)


class Kind(Struct, frozen=True):
    """A kind of member, such as client or cooperator."""

    id: str
    names: dict[str, str]


class Membership(Struct, frozen=True):
    """What joining asks: whether a phone number may be registered once only, and has to be confirmed by a code sent
    there (T10, T16); whether purchases of guests wait for them under their e-mail address (H12)."""

    phone_once: bool = False
    phone_confirmed: bool = False
    guests_wait: bool = False


class Terms(Struct, frozen=True):
    """A version of the terms, in force from a moment on (K9)."""

    id: str
    starts: int
    texts: dict[str, str]


class Programme(Struct, frozen=True, kw_only=True):
    """A whole programme. `pack` is the hash of its file: facts name it, so that old sales are explained by it."""

    id: str
    pack: str
    names: dict[str, str]
    zone: str
    own_brand: str
    kinds: tuple[Kind, ...]
    card_active_after: Duration
    slip_title: dict[str, str]
    slip_note: dict[str, str]
    versions: tuple[Version, ...]
    rehearsals: tuple[str, ...]
    calendar: Literal["gregorian", "jalali"] = "gregorian"
    shows_toman: bool = False
    membership: Membership = Membership()
    terms: tuple[Terms, ...] = ()

    def version_at(self, now: int) -> Version:
        """The version in force at `now`; before all of them the first counts, after all of them the last."""
        for version in self.versions:
            if now < version.ends:
                return version
        return self.versions[-1]

    def version(self, id_: str) -> Version | None:
        return next((version for version in self.versions if version.id == id_), None)

    def kind_names(self, id_: str) -> Mapping[str, str]:
        return next((kind.names for kind in self.kinds if kind.id == id_), {"en": id_})

    def terms_at(self, now: int) -> Terms | None:
        """The terms in force at `now`."""
        return next((terms for terms in reversed(self.terms) if terms.starts <= now), None)

    def draw(self, id_: str) -> Draw | None:
        return next((draw for version in self.versions for draw in version.draws if draw.id == id_), None)

    @property
    def statutes(self) -> Statutes:
        """What the fold has to know of it; none where no version has tiers."""
        if not any(version.tiers for version in self.versions):
            return NO_STATUTES
        return Statutes(tuple(Era(version.ends, version.tiers) for version in self.versions))


def decode(content: bytes, file: str) -> Programme:
    """The programme in a file's bytes; raises FileFault with every fault found."""
    table = tables.read(content, file)
    programme = of_table(table, hashlib.blake2b(content, digest_size=8).hexdigest())
    table.close()
    table.check(file)
    return programme


def of_table(table: Table, pack: str) -> Programme:
    """The programme that a file's table describes; what is wrong is among the faults of `table`."""
    zone = _zone(table)
    kinds = tuple(_kind(kind) for kind in table.tables("kind"))
    if not kinds:
        table.fault("kind", "is missing; there must be at least one table [[kind]]")
    _check_unique(table, "kind", [kind.id for kind in kinds])
    cards, slip = table.table("cards"), table.table("slip")
    programme = Programme(
        id=table.name("id"),
        pack=pack,
        names=table.names("name", LANGUAGES),
        zone=zone,
        own_brand=table.text("own_brand", ""),
        kinds=kinds,
        card_active_after=cards.duration("active_after", "0 hours"),
        slip_title=slip.names("title", LANGUAGES),
        slip_note=slip.names("note", LANGUAGES),
        versions=_versions(table, zone, frozenset(kind.id for kind in kinds)),
        rehearsals=table.texts("rehearsals"),
    )
    cards.close()
    slip.close()
    return programme


def _zone(table: Table) -> str:
    zone = table.name("zone")
    try:
        moments.zone(zone or "UTC")
    except (ValueError, LookupError, OSError):
        table.fault("zone", f"{zone[:40]!r} is no time zone; it must be one such as 'Europe/Sofia'")
        return "UTC"
    return zone or "UTC"


def _check_unique(table: Table, key: str, ids: Sequence[str]) -> None:
    for id_ in sorted({id_ for id_ in ids if id_ and ids.count(id_) > 1}):
        table.fault(key, f"the id {id_[:40]!r} is there more than once; every [[{key}]] must have one of its own")


def _kind(table: Table) -> Kind:
    kind = Kind(table.name("id"), table.names("name", LANGUAGES))
    table.close()
    return kind


def _versions(table: Table, zone: str, kinds: frozenset[str]) -> tuple[Version, ...]:
    versions = [_version(row, zone, kinds) for row in table.tables("version")]
    if not versions:
        table.fault("version", "is missing; there must be at least one table [[version]]")
    _check_unique(table, "version", [version.id for version in versions])
    versions.sort(key=lambda version: version.starts)
    for earlier, later in pairwise(versions):
        if earlier.ends > later.starts:
            table.fault("version", f"'{earlier.id}' and '{later.id}' overlap; a day has one version")
        elif earlier.ends < later.starts:
            table.fault("version", f"there are days without a version between '{earlier.id}' and '{later.id}'")
    return tuple(versions)


def _version(table: Table, zone: str, kinds: frozenset[str]) -> Version:
    currency = table.choice("currency", tuple(DECIMALS))
    rates = _rates(table, currency)
    rules = [_rule(row, currency, rates, kinds) for row in table.tables("earn")]
    _check_unique(table, "earn", [rule.id for rule in rules])
    starts, ends = table.day("from"), table.day("until")
    version = Version(
        id=table.name("id"),
        starts=-NEVER if starts is None else _midnight(starts, zone),
        ends=NEVER if ends is None else _midnight(ends + timedelta(days=1), zone),
        currency=currency,
        earn=EarnRules(rules, table.duration("points_live", some=True) if "points_live" in table else None),
        rates=rates,
    )
    if starts is not None and ends is not None and ends < starts:
        table.fault("until", f"{ends} lies before 'from'; it must be {starts} or later")
    table.close()
    return version


def _midnight(day: date, zone: str) -> int:
    return moments.from_local(datetime(day.year, day.month, day.day), zone)


def _rates(table: Table, own: str) -> dict[str, Ratio]:
    """How many units of another currency one unit of the version's currency is worth."""
    if "rates" not in table:
        return {}
    rates = table.table("rates")
    found = {currency: rates.ratio(currency) for currency in DECIMALS if currency in rates}
    if own in found:
        rates.fault(own, "is the currency of this version itself; give rates of other currencies only")
    rates.close()
    return found


def _rule(table: Table, currency: str, rates: Mapping[str, Ratio], kinds: frozenset[str]) -> EarnRule:
    rule = EarnRule(
        table.name("id"),
        table.names("on", LANGUAGES),
        table.whole("points", least=1, most=10**6),
        _step(table, currency, rates),
        _condition(table, kinds),
    )
    table.close()
    return rule


def _step(table: Table, currency: str, rates: Mapping[str, Ratio]) -> Step:
    of = table.choice("per_currency", (currency, *rates), currency)
    amount = table.amount("per", of, least=1)
    rate = rates.get(of, Ratio(1, 1))
    scale = Ratio(10 ** max(0, DECIMALS[of] - DECIMALS[currency]), 10 ** max(0, DECIMALS[currency] - DECIMALS[of]))
    return Step(Amount(amount, of), rate.numerator * scale.numerator, rate.denominator * scale.denominator * amount)


def _condition(table: Table, kinds: frozenset[str]) -> Condition:
    condition = Condition(
        brands=frozenset(table.texts("brands")),
        categories=frozenset(table.texts("categories")),
        products=frozenset(table.texts("products")),
        kinds=frozenset(table.texts("kinds")),
        tiers=frozenset(table.texts("tiers")),
        channels=frozenset(table.texts("channels")),
    )
    for key, named, possible in (("kinds", condition.kinds, kinds), ("channels", condition.channels, CHANNELS)):
        for name in sorted(named.difference(possible)):
            table.fault(key, f"{name[:40]!r} is not known here; possible: {', '.join(sorted(possible))}")
    return condition
