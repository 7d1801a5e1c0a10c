"""The tables of a programme file that give points: earning rules, when they are credited, bonuses."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple, cast

from pos_app.loyalty import moments
from pos_app.loyalty.bonuses import OCCASIONS, Bonus, Occasion
from pos_app.loyalty.crediting import MEANS, Crediting
from pos_app.loyalty.earn import Condition, EarnRule, EarnRules, Rounding, Step
from pos_app.loyalty.moments import NEVER, Duration
from pos_app.loyalty.money import DECIMALS, Amount, Ratio
from pos_app.loyalty.programme import CHANNELS, LANGUAGES
from pos_app.loyalty.tables import ROWS_MOST, Table

POINTS_MOST = 10**6
"""The most points that a file may name for one thing."""
ID_MOST, NAME_MOST = 60, 200
"""How many characters an id and a name may have."""

_STAIRS_MOST = 1000
_POINTS_PER_MINOR_MOST = 10**4
_NEXT_MONTH = "next month"
_FORMS: Mapping[str, tuple[str, ...]] = {
    "per": ("points", "per_currency", "rounding", "added", "on_paid"),
    "percent": ("rounding", "added", "on_paid"),
    "shelf": (),
    "nth": (),
}
"""What an earning rule can go by, and the keys that say something beside it."""


class Scope(NamedTuple):
    """What the tables of a version may refer to. `point` is what a point is worth at payment in minor units, `life`
    how long points live unless a rule says otherwise."""

    zone: str
    currency: str
    rates: Mapping[str, Ratio]
    kinds: frozenset[str]
    tiers: tuple[str, ...]
    point: Ratio | None
    life: Duration | None
    phone_confirmed: bool


def days(table: Table, zone: str) -> tuple[int, int]:
    """The moments at which the days `from` to `until` begin and end; without one of them there is no border."""
    first, last = table.day("from"), table.day("until")
    if first is not None and last is not None and last < first:
        table.fault("until", f"{last} lies before 'from'; it must be {first} or later")
        last = first
    return (
        -NEVER if first is None else midnight(first, zone),
        NEVER if last is None else midnight(last + timedelta(days=1), zone),
    )


def midnight(day: date, zone: str) -> int:
    return moments.from_local(datetime(day.year, day.month, day.day), zone)


def life(table: Table, default: Duration | None = None) -> Duration | None:
    """How long points live from their credit on, None for ever."""
    return table.duration("points_live", some=True) if table.given("points_live") else default


def earn_rule(table: Table, scope: Scope) -> EarnRule:
    """A table [[version.earn]]."""
    form = _form(table)
    step = None
    if form == "per":
        step = _step(table, scope)
    elif form == "percent":
        step = _percent_step(table, scope)
    rule = EarnRule(
        table.name("id", ID_MOST),
        table.names("on", LANGUAGES, most=NAME_MOST),
        points=_points(table, form),
        step=step,
        when=_condition(table, scope),
        staircase=_staircase(table) if form == "nth" else (),
        added=table.flag("added", False),
        on_paid=table.flag("on_paid", False),
        life=life(table),
    )
    _check_size(table, rule, form)
    table.close()
    return rule


def _form(table: Table) -> str:
    """Which of the forms a rule has; the keys of the others say nothing in it."""
    shelf = table.flag("shelf", False)
    forms = [form for form in _FORMS if table.given(form) and (form != "shelf" or shelf)]
    form = forms[0] if forms else "per"
    if not forms:
        table.fault("per", "is missing; a rule has points and per, or percent, or nth, or shelf = true")
    for key in sorted({*_FORMS, *_FORMS["per"]}.difference({form, *_FORMS[form]})):
        if table.given(key) and (key != "shelf" or shelf):
            beside = ", ".join(_FORMS[form])
            table.fault(key, f"says nothing beside {form}; " + (f"possible: {beside}" if beside else "leave it out"))
    return form


def _points(table: Table, form: str) -> int:
    if form == "per":
        return table.whole("points", least=1, most=POINTS_MOST)
    return 1 if form == "percent" else 0


def _step(table: Table, scope: Scope) -> Step:
    currency = scope.currency
    of = table.choice("per_currency", (currency, *scope.rates), currency)
    amount = table.amount("per", of, least=1)
    rate = scope.rates.get(of, Ratio(1, 1))
    scale = Ratio(10 ** max(0, DECIMALS[of] - DECIMALS[currency]), 10 ** max(0, DECIMALS[currency] - DECIMALS[of]))
    return Step(
        Amount(amount, of),
        rate.numerator * scale.numerator,
        rate.denominator * scale.denominator * amount,
        _rounding(table),
    )


def _percent_step(table: Table, scope: Scope) -> Step:
    """The money of which so many percent are worth one point (T2)."""
    percent = table.percent("percent")
    if scope.point is None:
        table.fault("percent", "needs to know what a point is worth; there must be a table [version.use]")
    point = scope.point or Ratio(1, 1)
    numerator = percent.numerator * point.denominator
    denominator = percent.denominator * 100 * point.numerator
    return Step(Amount(-(-denominator // numerator), scope.currency), numerator, denominator, _rounding(table), percent)


def _rounding(table: Table) -> Rounding:
    return cast(Rounding, table.choice("rounding", ("down", "half_up", "up"), "down"))


def _check_size(table: Table, rule: EarnRule, form: str) -> None:
    if rule.step and rule.points * rule.step.numerator > _POINTS_PER_MINOR_MOST * rule.step.denominator:
        table.fault(form, f"gives more than {_POINTS_PER_MINOR_MOST} points for the smallest coin; give fewer")


def _staircase(table: Table) -> tuple[int, ...]:
    """Points of the 1st, 2nd, ... purchase: a list of them, or of ranges such as {from = 4, to = 10, points = 40}."""
    value = table.data["nth"]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        stairs = _ranges(table)
    else:
        stairs = table.wholes("nth", 0, POINTS_MOST, _STAIRS_MOST)
    if not any(stairs) and table.right("nth"):
        table.fault("nth", "gives no points; it must be those of the 1st, 2nd, ... purchase such as [60, 120]")
    return stairs


def _ranges(table: Table) -> tuple[int, ...]:
    stairs: tuple[int, ...] = ()
    for row in table.tables("nth", ROWS_MOST):
        first = row.whole("from", least=1, most=_STAIRS_MOST)
        last = row.whole("to", first, least=1, most=_STAIRS_MOST)
        points = row.whole("points", least=0, most=POINTS_MOST)
        if first != len(stairs) + 1:
            row.fault("from", f"{first} does not follow the range before it; it must be {len(stairs) + 1}")
        elif last < first:
            row.fault("to", f"{last} lies before 'from'; it must be {first} or more")
        else:
            stairs += (points,) * (last - first + 1)
        row.close()
    return stairs


def _condition(table: Table, scope: Scope) -> Condition:
    starts, ends = days(table, scope.zone)
    return Condition(
        brands=frozenset(table.texts("brands")),
        categories=frozenset(table.texts("categories")),
        products=frozenset(table.texts("products")),
        kinds=table.among("kinds", scope.kinds),
        tiers=table.among("tiers", scope.tiers),
        channels=table.among("channels", CHANNELS),
        starts=starts,
        ends=ends,
    )


def crediting(table: Table) -> Crediting:
    """A table [[version.credit]]."""
    means = table.among("paid_by", MEANS)
    needs_paid = table.choice("when", ("handed_over", "paid"), "handed_over") == "paid"
    next_month = table.data.get("after") == _NEXT_MONTH
    delay = Duration()
    if next_month:
        table.given("after")
    else:
        delay = table.duration("after", "0 hours")
    table.close()
    return Crediting(means, needs_paid, delay, next_month)


def bonus(table: Table, scope: Scope) -> Bonus:
    """A table [[version.bonus]]."""
    occasion = cast(Occasion, table.choice("for", OCCASIONS))
    if occasion == "friend_confirmed_phone" and not scope.phone_confirmed:
        table.fault("for", "never comes: no phone is confirmed; there must be phone_confirmed = true in [members]")
    points, share = 0, None
    if table.given("percent"):
        share = table.share("percent")
        _check_percent(table, occasion, scope)
        if table.given("points"):
            table.fault("points", "says nothing beside percent; leave one of them out")
    else:
        points = table.whole("points", least=1, most=POINTS_MOST)
    found = Bonus(
        table.name("id", ID_MOST),
        table.names("name", LANGUAGES, most=NAME_MOST),
        occasion,
        points=points,
        share=share,
        point_minor=max(1, scope.point.numerator // scope.point.denominator) if scope.point else 1,
        life=life(table, scope.life),
    )
    table.close()
    return found


def _check_percent(table: Table, occasion: str, scope: Scope) -> None:
    if occasion != "friend_first_sale":
        table.fault("percent", "is of a friend's first sale only; give points")
    elif scope.point is None:
        table.fault("percent", "needs to know what a point is worth; there must be a table [version.use]")
    elif scope.point.numerator % scope.point.denominator:
        table.fault("percent", "needs points that are worth whole coins each; give points")


def check_unique(table: Table, key: str, ids: list[str]) -> None:
    """Note ids that stand in more than one table [[key]]."""
    for id_ in sorted({id_ for id_ in ids if id_ and ids.count(id_) > 1}):
        table.fault(key, f"the id {id_!r} is there more than once; every [[{key}]] must have one of its own")


def earn_rules(table: Table, scope: Scope) -> EarnRules:
    rules = [earn_rule(row, scope) for row in table.tables("earn", ROWS_MOST)]
    check_unique(table, "earn", [rule.id for rule in rules])
    return EarnRules(rules, scope.life)
