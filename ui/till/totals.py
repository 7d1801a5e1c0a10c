"""What stands under the goods of a basket: all that lowers or raises the sum, each with its amount, and messages."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from pos_app.loyalty.basket import Basket
from pos_app.loyalty.moments import Duration
from pos_app.loyalty.programme import CHANNELS, Version
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.use import Usable
from pos_app.loyalty.words import Words
from ui.till.rows import Row
from ui.till.say import joined, points, worth

PLAIN: dict[str, object] = {
    "channel": "store", "means": "cash", "fulfilled": True, "delivery_minor": None, "free_delivery_method": False,
    "dated": None, "guest": 0,
}  # fmt: skip
"""How a plain sale of the shop goes."""

Kind = Literal["saved", "coupon", "approved", "points", "delivery", "order", "usable", "earns"]


class Total(NamedTuple):
    """One of them; `about` is the code of a coupon."""

    kind: Kind
    row: Row
    about: str = ""


def totals(quote: Quote, words: Words, keys: Mapping[str, str]) -> list[Total]:
    """The lines under the goods, empty where nothing lowers the sum and the programme says nothing there (H28)."""
    return [*_reductions(quote, words, keys), *_order(quote.basket, words), *_messages(quote, words, keys)]


def _reductions(quote: Quote, words: Words, keys: Mapping[str, str]) -> Iterator[Total]:
    say, currency, key = words.say, quote.version.currency, keys["void"]

    def figures(minor: int) -> tuple[str, str, str]:
        return "", "", words.money(minor, currency)

    if quote.saved_minor:
        yield Total("saved", Row(say("slip.saved"), "", figures(-quote.saved_minor)))
    for use in quote.coupons:
        row = Row(say("slip.coupon", code=use.code), say("till.totals.void", key=key), figures(-use.amount_minor))
        yield Total("coupon", row, use.code)
    if quote.approved_minor:
        yield Total("approved", Row(say("slip.approved"), "", figures(-quote.approved_minor)))
    if quote.used_points:
        row = Row(
            say("slip.by_points", points=quote.used_points),
            say("till.totals.void", key=key),
            figures(-quote.by_points_minor),
            points(words, -quote.used_points, sign=True),
        )
        yield Total("points", row)
    if quote.delivery_minor:
        yield Total("delivery", Row(say("slip.delivery"), "", figures(quote.delivery_minor)))


def _order(basket: Basket, words: Words) -> Iterator[Total]:
    """How the order goes, where it is not a plain sale of the shop."""
    told = order_words(basket, words)
    if told:
        yield Total("order", Row(words.say("till.order.title"), told))


def order_words(basket: Basket, words: Words) -> str:
    """What is not as in a plain sale: the channel, the means, and that the goods are handed over later."""
    parts = []
    if basket.channel != "store":
        parts.append(words.say(f"till.order.channel_{basket.channel}"))
    if basket.means != "cash":
        parts.append(means_words(basket.means, words))
    if not basket.fulfilled:
        parts.append(words.say("till.order.later"))
    if basket.guest and basket.card is None:
        parts.append(words.say("till.order.guest_yes"))
    if basket.dated is not None:
        parts.append(words.say("till.order.on", dated=basket.dated))
    return joined(words, *parts) if parts else ""


def channels_of(version: Version) -> list[str]:
    """The channels that a programme speaks of, the shop itself first."""
    named = {"store"} | ({"online"} if version.crediting else set())
    for rule in version.earn.rules:
        named |= rule.when.channels
    named |= version.use.channels if version.use else set()
    named |= version.delivery.channels if version.delivery else set()
    return [channel for channel in CHANNELS if channel in named]


def has_orders(version: Version) -> bool:
    """Whether it matters to a programme how an order goes."""
    return bool(version.crediting or version.delivery) or len(channels_of(version)) > 1


def means_words(means: str, words: Words) -> str:
    """A means of payment by its name, by its id where the catalogue has none."""
    for key in (f"means.{means}", f"till.order.means_{means}"):
        if words.knows(key):
            return words.say(key)
    return means


def _messages(quote: Quote, words: Words, keys: Mapping[str, str]) -> Iterator[Total]:
    """What can be used, what this sale will earn and when: only where the programme speaks at this place (H28)."""
    version, usable, customer = quote.version, quote.usable, quote.customer
    if customer is None or not quote.basket.lines:
        return
    if "payment" in version.messages and usable is not None and usable.points and not quote.used_points:
        title = words.say("till.totals.usable", key=keys["points"])
        note = worth(words, version, usable.points)
        yield Total("usable", Row(title, limit_words(usable, words), ("", "", ""), note))
    if "basket" in version.messages:
        yield Total("earns", _earns(quote, words))


def limit_words(usable: Usable, words: Words) -> str:
    """Why not more points can be used."""
    return words.say(f"use.limit_{usable.limit}")


def _earns(quote: Quote, words: Words) -> Row:
    say, lots = words.say, quote.reckoning.earned
    if quote.used_points and not quote.earned:
        return Row(say("till.totals.earns_none"), say("till.totals.earns_none_used"))
    later = max((lot.credited for lot in lots if lot.credited is not None), default=0)
    detail = ""
    if any(lot.credited is None for lot in lots):
        detail = say("till.totals.earns_later")
    elif later and any(rule.next_month or rule.delay != Duration() for rule in quote.version.crediting):
        detail = say("till.totals.earns_since", since=later)
    return Row(say("till.totals.earns"), detail, ("", "", points(words, quote.earned, sign=True)))
