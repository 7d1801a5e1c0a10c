"""What the desk prints: the slip of a new card with its barcode, and the terms that were accepted (K6, K9)."""

from pos_app.loyalty.facts import CardReplaced, Enrolled
from pos_app.loyalty.paper import Barcode, Cut, Divider, Document, Feed, Pair, Part, Text
from pos_app.loyalty.programme import Programme, Terms
from pos_app.loyalty.slip import SlipHead, heading
from pos_app.loyalty.words import Words


def card_slip(
    body: Enrolled, moment: int, applies_for: str, head: SlipHead, programme: Programme, words: Words
) -> Document:
    """The slip of a card handed over at `moment` to a member who may apply to be of another kind (K10)."""
    parts = [
        *heading(programme, words, head, words.say("card_slip.title")),
        *_card(body.card, body.active_from, moment, head, words),
    ]
    if body.terms:
        parts.append(Text(words.say("card_slip.accepted", terms=body.terms, when=moment)))
    if applies_for:
        parts.append(Text(words.say("card_slip.applied", kind=words.pick(programme.kind_names(applies_for)))))
    return (*parts, Feed(1), Cut())


def replaced_slip(body: CardReplaced, moment: int, head: SlipHead, programme: Programme, words: Words) -> Document:
    """The slip of a card that stands for an old one from `moment` on."""
    parts = [
        *heading(programme, words, head, words.say("card_slip.replaced_title")),
        *_card(body.new_card, body.active_from, moment, head, words),
        Text(words.say("card_slip.replaces", last4=f"{body.card % 10000:04d}")),
    ]
    return (*parts, Feed(1), Cut())


def terms_paper(terms: Terms, head: SlipHead, programme: Programme, words: Words) -> Document:
    """The terms as they stand, on paper (K9)."""
    parts = heading(programme, words, head, words.say("card_slip.terms", terms=terms.id))
    parts += [Text(paragraph) if paragraph else Feed(1) for paragraph in words.pick(terms.texts).strip().splitlines()]
    return (*parts, Feed(1), Cut())


def _card(card: int, active_from: int, moment: int, head: SlipHead, words: Words) -> list[Part]:
    """A card's barcode and when it can be used. No name: what is printed is kept, and people can be erased."""
    parts: list[Part] = [
        Pair(words.say("slip.when", when=moment), words.say("slip.till", till=head.till)),
        Feed(1),
        Barcode("EAN13", str(card)),
        Feed(1),
    ]
    if active_from > moment:
        parts.append(Text(words.say("card_slip.active_from", since=active_from), bold=True))
    else:
        parts.append(Text(words.say("card_slip.active_now"), bold=True))
    parts.append(Text(words.say("card_slip.show")))
    if head.cashier:
        parts.append(Text(words.say("slip.cashier", cashier=head.cashier)))
    return [*parts, Divider()]
