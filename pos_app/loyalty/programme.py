"""A programme file (TOML) as typed data: versions with their dates, rules, words."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from pos_app.loyalty import moments, tables
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Step
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import DECIMALS, Amount, Ratio, divide_half_up
from pos_app.loyalty.tables import Table

LANGUAGES = ("bg", "en")
CHANNELS = ("store", "online", "direct")
"""Where a sale can be made."""


class Version:
    """The rules in force while `starts <= now < ends` (UTC milliseconds), in one currency.

    `rates` tell how many units of another currency one unit of it is worth.
    """

    def __init__(
        self, id_: str, starts: int, ends: int, currency: str, earn: EarnRules, rates: Mapping[str, Ratio]
    ) -> None:
        self.id = id_
        self.starts = starts
        self.ends = ends
        self.currency = currency
        self.earn = earn
        self.rates = rates

    def converted(self, amount_minor: int, currency: str) -> int:
        """Minor units of another currency in those of this one, rounded half up; KeyError without a rate."""
        rate = self.rates[currency]
        unit, other_unit = 10 ** DECIMALS[self.currency], 10 ** DECIMALS[currency]
        return divide_half_up(amount_minor * rate.denominator * unit, rate.numerator * other_unit)


class Kind(Struct, frozen=True):
    """A kind of member, such as client or cooperator."""

    id: str
    names: dict[str, str]


class Programme(Struct, frozen=True):
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
        table.name("id"),
        -NEVER if starts is None else _midnight(starts, zone),
        NEVER if ends is None else _midnight(ends + timedelta(days=1), zone),
        currency,
        EarnRules(rules, table.duration("points_live", some=True) if "points_live" in table else None),
        rates,
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
