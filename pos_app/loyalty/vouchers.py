"""What a member takes home besides slips: the voucher of a benefit (K14), and a code made of points (H20, H25)."""

from pos_app.loyalty.benefits import Benefit, Request
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.facts import CodeMade
from pos_app.loyalty.money import Amount
from pos_app.loyalty.paper import Barcode, Cut, Divider, Document, Feed, Pair, Part, Qr, Text
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.slip import SlipHead
from pos_app.loyalty.words import Words


def benefit_voucher(
    benefit: Benefit,
    customer: Customer,
    moment: int,
    head: SlipHead,
    programme: Programme,
    words: Words,
    request: Request | None = None,
) -> Document:
    """The voucher of a benefit for its member at `moment`; `request` is the approved one, where it had to be asked."""
    parts = _head(words.say("voucher.benefit"), programme, head, words)
    parts += [Text(words.pick(benefit.names), "centre", bold=True)]
    note = words.pick(benefit.note) if benefit.note else ""
    if note:
        parts.append(Text(note))
    parts.append(Divider())
    if customer.name:
        parts.append(Text(words.say("voucher.for", name=customer.name)))
    kind = words.pick(programme.kind_names(customer.kind))
    parts.append(Pair(words.say("slip.card", last4=f"{customer.card % 10000:04d}"), kind))
    if request is not None and request.lapses is not None:
        parts.append(Text(words.say("voucher.until", until=request.lapses)))
    return (*parts, *_foot(moment, head, words))


def code_voucher(made: CodeMade, moment: int, head: SlipHead, programme: Programme, words: Words) -> Document:
    """A code made of points: in letters, as Code 128 and as QR, with its worth and its last moment."""
    parts = _head(words.say("voucher.code"), programme, head, words)
    parts += [
        Text(words.money(made.amount_minor, made.currency), "centre", bold=True, big=True),
        Text(made.code, "centre", bold=True),
        Barcode("CODE128", made.code),
        Qr(made.code),
        Divider(),
        Text(words.say("voucher.until", until=made.expires)),
        Text(words.say("voucher.made_of", points=made.points, worth=Amount(made.amount_minor, made.currency))),
        Text(words.say("voucher.once")),
    ]
    return (*parts, *_foot(moment, head, words))


def _head(title: str, programme: Programme, head: SlipHead, words: Words) -> list[Part]:
    parts: list[Part] = [Text(title, "centre", bold=True, big=True), Text(words.pick(programme.names), "centre")]
    return [*parts, *(Text(line, "centre") for line in head.shop_lines), Divider()]


def _foot(moment: int, head: SlipHead, words: Words) -> tuple[Part, ...]:
    when = Pair(words.say("slip.when", when=moment), words.say("slip.till", till=head.till))
    served = (Text(words.say("slip.cashier", cashier=head.cashier)),) if head.cashier else ()
    return (Divider(), when, *served, Feed(1), Cut())
