"""The tables of a programme file about members: tiers, benefits, draws."""

from pos_app.loyalty.benefits import Benefit, TierShare
from pos_app.loyalty.draws import Draw
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.programme import LANGUAGES
from pos_app.loyalty.rules_file import ID_MOST, NAME_MOST, Scope, check_unique, days
from pos_app.loyalty.tables import ROWS_MOST, Table
from pos_app.loyalty.tiers import Tier, TierRules

_THRESHOLD_MOST = 10**12
_PLACES_MOST = 10**6
_ASKED_KEYS = ("lapses", "percent", "categories", "before", "plans")


def tiers(version: Table) -> TierRules | None:
    """The table [version.tiers]."""
    if not version.given("tiers"):
        return None
    table = version.table("tiers")
    rows = tuple(_tier(row) for row in table.tables("tier", ROWS_MOST))
    if not rows:
        table.fault("tier", "is missing; there must be at least one table [[version.tiers.tier]]")
    check_unique(table, "tier", [tier.id for tier in rows])
    has_window = table.given("within")
    found = TierRules(
        rows,
        "window" if has_window else "gathered",
        table.duration("within", some=True) if has_window else Duration(),
        table.duration("hold", some=True) if table.given("hold") else None,
    )
    table.close()
    return found


def _tier(table: Table) -> Tier:
    services = []
    for row in table.tables("services", ROWS_MOST):
        services.append({key: row.name(key, NAME_MOST) for key in LANGUAGES if row.given(key) or key == "en"})
        row.close()
    tier = Tier(
        table.name("id", ID_MOST),
        table.names("name", LANGUAGES, most=NAME_MOST),
        table.whole("points", least=0, most=_THRESHOLD_MOST),
        table.text("badge", ""),
        tuple(services),
    )
    table.close()
    return tier


def benefit(table: Table, scope: Scope) -> Benefit:
    """A table [[version.benefit]]. One with percents for tiers is for these tiers."""
    asked = table.flag("asked", False)
    for key in _ASKED_KEYS:
        if table.given(key) and not asked:
            table.fault(key, "is for benefits that are asked for; there must be asked = true")
    shares = _shares(table, scope)
    for_tiers = table.among("tiers", scope.tiers)
    if shares and for_tiers and for_tiers != {row.tier for row in shares}:
        table.fault("tiers", "are not the same as those of 'percent'; leave them out")
    found = Benefit(
        table.name("id", ID_MOST),
        table.names("name", LANGUAGES, most=NAME_MOST),
        kinds=table.among("kinds", scope.kinds),
        tiers=for_tiers or frozenset(row.tier for row in shares),
        asked=asked,
        lapses=table.duration("lapses", some=True) if table.given("lapses") else None,
        shares=shares,
        categories=frozenset(table.texts("categories")),
        before=table.duration("before", some=True) if table.given("before") else None,
        plans=_plans(table),
        note=table.names("note", LANGUAGES, optional=True),
    )
    table.close()
    return found


def _shares(table: Table, scope: Scope) -> tuple[TierShare, ...]:
    if not table.given("percent"):
        return ()
    percents = table.table("percent")
    rows = tuple(TierShare(tier, percents.share(tier)) for tier in scope.tiers if percents.given(tier))
    if not percents.data:
        table.fault("percent", 'is empty; it must name tiers, such as percent.gold = "2"')
    elif not scope.tiers:
        table.fault("percent", "names tiers, but there are none; there must be a table [version.tiers]")
    else:
        percents.close()
    return rows


def _plans(table: Table) -> dict[str, int]:
    """How many places each plan has."""
    if not table.given("plans"):
        return {}
    plans = table.table("plans")
    if len(plans.data) > ROWS_MOST:
        table.fault("plans", f"are {len(plans.data)}; there must be at most {ROWS_MOST}")
        return {}
    return {plan: plans.whole(plan, least=0, most=_PLACES_MOST) for plan in plans.data}


def draw(table: Table, scope: Scope) -> Draw:
    """A table [[version.draw]]."""
    for key in ("from", "until"):
        if not table.given(key):
            table.fault(key, "is missing; it must be a date without quotes such as 2026-01-01")
    starts, ends = days(table, scope.zone)
    found = Draw(
        table.name("id", ID_MOST),
        table.names("name", LANGUAGES, most=NAME_MOST),
        table.amount("per", scope.currency, least=1),
        starts,
        ends,
    )
    table.close()
    return found
