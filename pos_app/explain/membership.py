"""Members, in sentences: joining, levels, benefits, draws, and what holds for everybody."""

from collections.abc import Iterator

from pos_app.explain.phrases import Phrases, sentence
from pos_app.loyalty.benefits import Benefit
from pos_app.loyalty.moments import NEVER
from pos_app.loyalty.programme import MESSAGE_PLACES
from pos_app.loyalty.tiers import Tier


def joining(said: Phrases) -> Iterator[str]:
    """How one becomes a member, and under which terms."""
    programme = said.programme
    after = programme.card_active_after
    yield said.say("join.at_once") if after.none else said.say("join.active_after", time=said.time(after))
    if len(programme.kinds) > 1:
        names = [said.pick(kind.names) for kind in programme.kinds]
        yield said.say("join.kinds", kinds=said.all_of(names), first=names[0])
    if programme.membership.phone_once:
        yield said.say("join.phone_once")
    if programme.membership.phone_confirmed:
        yield said.say("join.phone_confirmed")
    if programme.membership.guests_wait:
        yield said.say("join.guests_wait")
    for terms in programme.terms:
        dated = terms.starts > -NEVER
        yield (
            said.say("join.terms_from", id=terms.id, day=terms.starts) if dated else said.say("join.terms", id=terms.id)
        )


def tiers(said: Phrases) -> Iterator[str]:
    """The levels, what they bring, and what decides between them."""
    rules = said.version.tiers
    if rules is None:
        return
    for tier in rules.tiers:
        yield _tier(said, tier)
    if rules.tiers and rules.tiers[0].least > 0:
        yield said.say("tier.below", points=rules.tiers[0].least)
    if rules.measure == "window":
        yield said.say("tier.window", time=said.time(rules.within))
    else:
        yield said.say("tier.gathered")
    if rules.hold is None:
        yield said.say("tier.follows")
    else:
        yield said.say("tier.hold", time=said.time(rules.hold))


def _tier(said: Phrases, tier: Tier) -> str:
    badge = tier.badge.split(" ")[0]
    name = f"{said.pick(tier.names)} {badge}".strip()
    whole = said.say("tier.one", name=name, points=tier.least)
    if tier.services:
        services = said.all_of(said.pick(service) for service in tier.services)
        whole = said.say("tier.brings", tier=whole, services=services)
    return sentence(whole)


def benefits(said: Phrases) -> Iterator[str]:
    """What a member has besides points, and how it is asked for."""
    for benefit in said.version.benefits:
        yield _benefit(said, benefit)
        if benefit.note:
            yield sentence(said.pick(benefit.note))
        yield from _asking(said, benefit)
    if any(benefit.asked for benefit in said.version.benefits):
        yield said.say("benefit.seen")


def _benefit(said: Phrases, benefit: Benefit) -> str:
    name = said.pick(benefit.names)
    if benefit.kinds and benefit.tiers:
        return said.say(
            "benefit.kinds_tiers", name=name, kinds=said.kinds(benefit.kinds), tiers=said.tiers(benefit.tiers)
        )
    if benefit.kinds:
        return said.say("benefit.kinds", name=name, kinds=said.kinds(benefit.kinds))
    if benefit.tiers:
        return said.say("benefit.tiers", name=name, tiers=said.tiers(benefit.tiers))
    return said.say("benefit.all", name=name)


def _asking(said: Phrases, benefit: Benefit) -> Iterator[str]:
    if not benefit.asked:
        return
    yield said.say("benefit.asked", name=said.pick(benefit.names))
    if benefit.shares:
        shares = said.all_of(
            said.say("benefit.share", percent=said.percent(row.share), tier=said.tiers([row.tier]))
            for row in benefit.shares
        )
        categories = said.all_of(sorted(benefit.categories)) if benefit.categories else ""
        key = "benefit.lowers_of" if categories else "benefit.lowers"
        yield said.say(key, shares=shares, categories=categories)
    if benefit.lapses is not None:
        yield said.say("benefit.lapses", time=said.time(benefit.lapses))
    if benefit.before is not None:
        yield said.say("benefit.before", time=said.time(benefit.before))
    if benefit.plans:
        plans = said.all_of(
            said.say("benefit.plan", plan=plan, places=places) for plan, places in benefit.plans.items()
        )
        yield said.say("benefit.plans", plans=plans)


def draws(said: Phrases) -> Iterator[str]:
    """Prize draws."""
    for draw in said.version.draws:
        yield said.say(
            "draw.one",
            name=said.pick(draw.names),
            amount=said.money(draw.per_minor),
            first=draw.starts,
            last=draw.ends - 1,
        )
    if said.version.draws:
        yield said.say("draw.winners")


def telling(said: Phrases) -> Iterator[str]:
    """Where the till speaks of points, and the slip."""
    places = [place for place in MESSAGE_PLACES if place in said.version.messages]
    if places:
        yield said.say("tell.places", places=said.all_of(said.say(f"tell.{place}") for place in places))
    title, note = said.pick(said.programme.slip_title), said.pick(said.programme.slip_note)
    yield said.say("tell.slip_title", title=title)
    yield sentence(note)
    if said.programme.own_brand:
        yield said.say("tell.own_brand", brand=said.programme.own_brand)


def money(said: Phrases) -> Iterator[str]:
    """In which money and by which clock and calendar all this is meant."""
    version, words = said.version, said.words
    in_toman = said.programme.shows_toman and version.currency == "IRR"
    yield said.say("money.toman") if in_toman else said.say("money.currency", sign=words.sign(version.currency))
    for currency, rate in version.rates.items():
        yield said.say(
            "money.rate", one=words.sign(version.currency), rate=said.decimal(rate), other=words.sign(currency)
        )
    yield said.say(f"money.{said.programme.calendar}", zone=said.programme.zone)


def always(said: Phrases) -> Iterator[str]:
    """What holds in every programme."""
    for key in ("families", "returns", "debts", "leaving", "no_money"):
        yield said.say(f"always.{key}")
