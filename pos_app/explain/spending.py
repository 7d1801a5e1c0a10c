"""What points are good for, in sentences: paying, swapping, codes; and what delivery costs, what goes together."""

from collections.abc import Iterator

from pos_app.explain.phrases import Phrases
from pos_app.loyalty.moments import Duration


def use(said: Phrases) -> Iterator[str]:
    """Points as means of payment."""
    rules = said.version.use
    if rules is None:
        yield said.words.say("refused.no_use_of_points")
        return
    yield said.say("use.worth", points=rules.step, worth=said.money(rules.worth_minor))
    if rules.step > 1:
        yield said.say("use.steps", points=rules.step)
    yield said.say("use.automatic" if rules.automatic else "use.by_hand")
    if rules.share is not None:
        yield said.say("use.share", percent=said.percent(rules.share))
    if rules.channels:
        yield said.say("use.channels", channels=said.channels(rules.channels))
    if not rules.with_coupons:
        yield said.words.say("use.limit_coupon")
    if rules.guards_delivery:
        yield said.say("use.guards_delivery")
    if rules.frees_delivery:
        yield said.say("use.frees_delivery")
    yield said.say("use.earns" if rules.earns else "use.earns_nothing")


def swaps(said: Phrases) -> Iterator[str]:
    """Goods of the reward board."""
    yield said.say("swap.board")


def codes(said: Phrases) -> Iterator[str]:
    """Points turned into discount codes."""
    rules = said.version.codes
    if rules is None:
        yield said.words.say("refused.no_codes")
        return
    for row in rules.table:
        yield said.say("code.row", points=row.points, worth=said.money(row.worth_minor))
    if rules.step:
        key = "code.rate_besides" if rules.table else "code.rate"
        yield said.say(key, points=rules.step, worth=said.money(rules.worth_minor))
    yield said.say("code.live", time=said.time(rules.live))
    yield said.say("code.limits")
    if rules.not_with_kinds:
        yield said.say("code.not_with", kinds=said.any_of(sorted(rules.not_with_kinds)))


def trust(said: Phrases) -> Iterator[str]:
    """Points that are spent while the centre does not answer."""
    allowance = said.version.allowance
    if allowance.card_points:
        yield said.say("trust.card", points=allowance.card_points)
        yield said.say("trust.till", points=allowance.till_points)
        yield said.say("trust.shrinks", time=said.time(Duration(hours=allowance.hours)))
        yield said.say("trust.blocked")


def delivery(said: Phrases) -> Iterator[str]:
    """What delivery costs."""
    rules = said.version.delivery
    if rules is None:
        return
    yield said.say("delivery.cost", cost=said.money(rules.fee_minor), channels=said.channels(rules.channels))
    if rules.free_from_minor is not None:
        yield said.say("delivery.free", amount=said.money(rules.free_from_minor))


def stacking(said: Phrases) -> Iterator[str]:
    """Which benefits go together."""
    yield said.say("stacking.one" if said.version.stacking.one_benefit else "stacking.many")
