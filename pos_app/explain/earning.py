"""How points come, in sentences: rules of earning, when their points can be spent and how long they live, bonuses."""

from collections.abc import Iterator

from pos_app.explain.phrases import Phrases, is_said, sentence
from pos_app.loyalty.bonuses import Bonus
from pos_app.loyalty.crediting import MEANS, Crediting
from pos_app.loyalty.earn import EarnRule
from pos_app.loyalty.money import Amount


def earning(said: Phrases) -> Iterator[str]:
    """What earns what."""
    rules = said.version.earn.rules
    money = [rule for rule in rules if rule.step is not None]
    all_down = all(rule.step.rounding == "down" for rule in money if rule.step)
    if not rules:
        yield said.say("earn.nothing")
    for rule in rules:
        yield _rule(said, rule, tells_rounding=not all_down)
    if len([rule for rule in money if not rule.added]) > 1:
        yield said.say("earn.best")
    if money:
        yield said.say("earn.sums_down" if all_down else "earn.sums")
    if any(not rule.on_paid for rule in money):
        yield said.say("earn.no_delivery")


def _rule(said: Phrases, rule: EarnRule, *, tells_rounding: bool) -> str:
    """A rule with its conditions, without those that its own words tell."""
    parts = [rate(said, rule), *_conditions(said, rule)]
    if rule.staircase:
        parts[0] = said.say("earn.nth", rate=parts[0], stairs=said.stairs(rule.staircase), last=len(rule.staircase))
    if rule.step is not None and tells_rounding:
        parts.append(said.say(f"earn.{rule.step.rounding}"))
    if rule.added:
        parts.append(said.say("earn.added"))
    if rule.on_paid:
        parts.append(said.say("earn.on_paid"))
    if rule.life is not None:
        parts.append(said.say("life.these", time=said.time(rule.life)))
    whole = parts[0]
    for part in parts[1:]:
        whole = said.say("list.also", some=whole, one=part)
    return sentence(whole)


def rate(said: Phrases, rule: EarnRule) -> str:
    """What a rule gives, in the words that are its reason at the till; a percent with the step that it makes."""
    step = rule.step
    if step is None or step.percent is None:
        return said.version.earn.rate_words((rule.id,), said.words)
    exact = step.denominator % step.numerator == 0
    return said.say(
        "earn.percent" if exact else "earn.percent_only",
        percent=said.decimal(step.percent),
        on=said.pick(rule.names),
        step=Amount(step.amount.minor, step.amount.currency),
    )


def _conditions(said: Phrases, rule: EarnRule) -> Iterator[str]:
    when, name = rule.when, said.pick(rule.names)
    for key, names in (("brands", when.brands), ("categories", when.categories), ("products", when.products)):
        if names and not is_said(names, name):
            yield said.say(f"only.{key}", names=said.all_of(sorted(names)))
    kinds = [said.pick(said.programme.kind_names(kind)) for kind in when.kinds]
    if kinds and not is_said(kinds, name):
        yield said.say("only.kinds", names=said.kinds(when.kinds))
    if when.tiers and not is_said([said.tiers([tier]) for tier in when.tiers], name):
        yield said.say("only.tiers", names=said.tiers(when.tiers))
    if when.channels:
        yield said.say("only.channels", channels=said.channels(when.channels))
    days = said.days(when.starts, when.ends)
    if days:
        yield days


def crediting(said: Phrases) -> Iterator[str]:
    """When the points of a purchase can be spent."""
    told: set[str] = set()
    for rule in said.version.crediting:
        yield _credited(said, rule, told)
        told |= rule.means or set(MEANS)
    if not told >= set(MEANS):
        yield _credited(said, Crediting(), told)
    yield said.say("credit.next")


def _credited(said: Phrases, rule: Crediting, told: set[str]) -> str:
    since = "paid" if rule.needs_paid else "handed_over"
    if rule.next_month:
        when = said.say(f"credit.{since}_month")
    elif rule.delay.none:
        when = said.say(f"credit.{since}")
    else:
        when = said.say(f"credit.{since}_after", time=said.time(rule.delay))
    if rule.means:
        means = said.any_of(said.say(f"means.{means}") for means in MEANS if means in rule.means)
        return said.say("credit.of_means", means=means, when=when)
    return said.say("credit.of_others" if told else "credit.of_all", when=when)


def life(said: Phrases) -> Iterator[str]:
    """How long points live; where some live otherwise, their rules say it."""
    version = said.version
    general = version.earn.life
    others = any(rule.life not in (None, general) for rule in version.earn.rules)
    others = others or any(bonus.life != general for bonus in version.bonuses)
    if general is None:
        yield said.say("life.others_for_ever" if others else "life.for_ever")
    else:
        yield said.say("life.others" if others else "life.all", time=said.time(general))
    if general is not None or others:
        yield said.say("life.oldest")


def bonuses(said: Phrases) -> Iterator[str]:
    """Points for other things than goods: how many, to whom, once for what."""
    for bonus in said.version.bonuses:
        parts = [said.say("list.also", some=_gives(said, bonus), one=said.say(f"bonus.{bonus.occasion}"))]
        if bonus.life != said.version.earn.life:
            for_ever = bonus.life is None
            parts.append(
                said.say(
                    "life.these_for_ever" if for_ever else "life.these", time="" if for_ever else _life(said, bonus)
                )
            )
        whole = parts[0]
        for part in parts[1:]:
            whole = said.say("list.also", some=whole, one=part)
        yield sentence(whole)


def _life(said: Phrases, bonus: Bonus) -> str:
    assert bonus.life is not None
    return said.time(bonus.life)


def _gives(said: Phrases, bonus: Bonus) -> str:
    name = said.pick(bonus.names)
    if bonus.share is None:
        return said.say("bonus.points", points=bonus.points, name=name)
    return said.say("bonus.share", percent=said.percent(bonus.share), name=name, worth=said.money(bonus.point_minor))
