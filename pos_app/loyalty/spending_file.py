"""The tables of a programme file that take points: their use at payment, codes, and what goes with them."""

from pos_app.loyalty.allowance import NO_ALLOWANCE, Allowance
from pos_app.loyalty.coupons import Codes, CodeWorth, Stacking
from pos_app.loyalty.delivery import Delivery
from pos_app.loyalty.programme import CHANNELS
from pos_app.loyalty.rules_file import POINTS_MOST
from pos_app.loyalty.tables import ROWS_MOST, Table
from pos_app.loyalty.use import Use

_HOURS_MOST = 31 * 24


def use(version: Table, currency: str) -> Use | None:
    """The table [version.use]."""
    if not version.given("use"):
        return None
    table = version.table("use")
    found = Use(
        step=table.whole("points", least=1, most=POINTS_MOST),
        worth_minor=table.amount("worth", currency, least=1),
        share=table.share("percent_most") if table.given("percent_most") else None,
        channels=table.among("channels", CHANNELS),
        automatic=table.flag("automatic", False),
        with_coupons=table.flag("with_coupons", True),
        earns=table.flag("earns", True),
        guards_delivery=table.flag("guards_delivery", False),
        frees_delivery=table.flag("frees_delivery", False),
    )
    table.close()
    return found


def codes(version: Table, currency: str) -> Codes | None:
    """The table [version.codes]."""
    if not version.given("codes"):
        return None
    table = version.table("codes")
    rows = []
    for row in table.tables("table", ROWS_MOST):
        rows.append(CodeWorth(row.whole("points", least=1, most=POINTS_MOST), row.amount("worth", currency, least=1)))
        row.close()
    has_rate = table.given("points") | table.given("worth")
    if not has_rate and not rows:
        table.fault("points", "is missing; codes have points and worth, or a table [[version.codes.table]], or both")
    found = Codes(
        live=table.duration("live", some=True),
        table=tuple(rows),
        step=table.whole("points", least=1, most=POINTS_MOST) if has_rate else 0,
        worth_minor=table.amount("worth", currency, least=1) if has_rate else 0,
        not_with_kinds=frozenset(table.texts("not_with_kinds")),
    )
    table.close()
    return found


def delivery(version: Table, currency: str) -> Delivery | None:
    """The table [version.delivery]."""
    if not version.given("delivery"):
        return None
    table = version.table("delivery")
    found = Delivery(
        table.amount("cost", currency, least=1),
        table.amount("free_from", currency, least=1) if table.given("free_from") else None,
        table.among("channels", CHANNELS),
    )
    if not found.channels:
        table.fault("channels", f"names no channel; possible: {', '.join(CHANNELS)}")
    table.close()
    return found


def stacking(version: Table) -> Stacking:
    """The table [version.stacking]."""
    if not version.given("stacking"):
        return Stacking()
    table = version.table("stacking")
    found = Stacking(table.flag("one_benefit", False))
    table.close()
    return found


def allowance(version: Table) -> Allowance:
    """The table [version.allowance]."""
    if not version.given("allowance"):
        return NO_ALLOWANCE
    table = version.table("allowance")
    found = Allowance(
        table.whole("card", least=1, most=POINTS_MOST),
        table.whole("till", least=1, most=POINTS_MOST),
        table.whole("hours", 24, least=1, most=_HOURS_MOST),
    )
    if table.right("card", "till") and found.till_points < found.card_points:
        table.fault("till", "is less than 'card'; one card alone could never have its own")
    table.close()
    return found
