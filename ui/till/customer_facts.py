"""What is to be read of a scanned customer, in words: the points, the tier, and what can be used of the points."""

from typing import NamedTuple

from pos_app.account import Progress
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.quote import Quote
from pos_app.loyalty.words import Words
from ui import theme
from ui.till.say import joined, worth

ROWS_EM = {
    "name": 2.3,
    "chips": 1.6,
    "tier": 1.9,
    "balance": 3.2,
    "pending": 1.9,
    "earned": 1.9,
    "spent": 1.9,
    "after": 2.1,
    "use": 3.5,
}
"""What stands below each other of a customer, and how high; some of it is not there for everybody."""


class Facts(NamedTuple):
    """What is to be read of a scanned card. `sentence` says why it takes no part, the sums are empty then.

    `use` is what can be paid by points, or is where it `is_used`; without a figure it says why nothing can be.
    `tier` and `badge`, a glyph and its colour, are empty where there are no tiers, `pending` where nothing waits.
    """

    name: str
    chips: tuple[str, ...]
    card: str
    balance: str
    pending: str
    earned: str
    spent: str
    after: str
    sentence: str
    tier: str = ""
    badge: tuple[str, str] = ("", "")
    has_tiers: bool = False
    use: tuple[str, str] = ("", "")
    is_used: bool = False

    @property
    def rows(self) -> tuple[str, ...]:
        """What there is to be told, from the top."""
        there = {
            "tier": self.has_tiers and not self.sentence,
            "pending": bool(self.pending),
            "earned": not self.sentence,
            "spent": not self.sentence,
            "after": not self.sentence,
            "use": bool(self.use[0]) and not self.sentence,
        }
        return tuple(name for name in ROWS_EM if there.get(name, True))


class Teller:
    """Tells customers in one language."""

    def __init__(self, words: Words, programme: Programme, points_key: str) -> None:
        self._words = words
        self._programme = programme
        self._points_key = points_key

    def tell(self, quote: Quote, scanned: Customer) -> Facts:
        """What is to be read of a scanned customer, with what the reckoned basket does to the points."""
        words = self._words
        kind = words.pick(self._programme.kind_names(scanned.kind)) if scanned.kind else ""
        refusal, after = quote.card_refusal, quote.balance_after
        rules = quote.version.tiers
        tier = None if rules is None else rules.tier(scanned.tier)
        glyph, _, ink = (tier.badge if tier else "").partition(" ")
        waits = scanned.pending or quote.version.crediting
        return Facts(
            scanned.name or words.say("till.customer.nameless"),
            (kind,) if kind else (),
            words.say("till.customer.card", last4=f"{scanned.card % 10000:04d}"),
            words.number(scanned.balance),
            words.number(scanned.pending) if waits else "",
            words.signed(quote.earned) if refusal is None else "",
            words.signed(-quote.spent) if refusal is None else "",
            "" if after is None else words.number(after),
            "" if refusal is None else words.refusal(refusal),
            words.pick(tier.names) if tier else "",
            (glyph, ink or theme.INK),
            rules is not None,
            self._tell_use(quote),
            quote.used_points > 0,
        )

    def _tell_use(self, quote: Quote) -> tuple[str, str]:
        """What of the points can be used on this sale, or is; why nothing can be, where that needs a word."""
        words, usable, use = self._words, quote.usable, quote.version.use
        if usable is None or use is None or not quote.basket.lines:
            return "", ""
        if quote.used_points:
            return words.say("till.customer.used"), worth(words, quote.version, quote.used_points)
        if usable.points:
            return words.say("till.customer.usable", key=self._points_key), worth(words, quote.version, usable.points)
        return (words.say(f"use.limit_{usable.limit}"), "") if usable.limit != "balance" else ("", "")


def way_words(progress: Progress, words: Words) -> str:
    """How far it is to the next tier, and until when this one is held."""
    said = words.say("till.customer.tier_top")
    if progress.following is not None:
        said = words.say("till.customer.tier_next", points=progress.missing, tier=words.pick(progress.following.names))
    held = "" if progress.until is None else words.say("till.customer.tier_until", until=progress.until)
    return joined(words, said, held)
