"""The points slip: what the customer takes home, with every point explained.

It must not look like a fiscal receipt: it has a title of its own, no VAT lines and no word of that kind.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from pos_app.loyalty.basket import ONE, Line
from pos_app.loyalty.draws import entry_text
from pos_app.loyalty.earn import reason_words
from pos_app.loyalty.facts import Fact, GoodsReturned, SaleCompleted
from pos_app.loyalty.money import Amount
from pos_app.loyalty.paper import Barcode, Cut, Divider, Document, Feed, Language, Pair, Part, Qr, Text
from pos_app.loyalty.programme import Programme, Version
from pos_app.loyalty.words import Words

SLIP_MARK = "S"
"""The first letter of a slip's barcode, so that no goods can be taken for a slip."""
TILL_SPACE = 10**7
"""How many slips a till can number: the slip number is till * TILL_SPACE + counter."""

TRIAL_EAN = "0200000000004"
TRIAL_CODE = "TEST-0123456789"
"""What stands on a trial slip for scanners to read; nothing in a shop has these codes."""
_TRIAL_POINTS = 1_234_567

_ENTRIES_LISTED = 10
_TYPED = re.compile(r"([0-9]{1,4})-([0-9]{1,7})|([0-9]{1,11})")


class SlipHead(Struct, frozen=True):
    """What every slip of a shop begins with: the shop's lines, the till's number, the name of the cashier."""

    shop_lines: tuple[str, ...]
    till: int
    cashier: str


def slip_text(slip: int) -> str:
    """A slip number as people read it: 0001-0000412."""
    till, counter = divmod(slip, TILL_SPACE)
    return f"{till:04d}-{counter:07d}"


def slip_code(slip: int) -> str:
    """A slip number as its barcode has it."""
    return f"{SLIP_MARK}{slip:011d}"


def parse_slip(text: str) -> int | None:
    """The slip number in a scanned barcode or as a person typed it, or None.

    With a dash the part before it is the till; without one, up to 7 digits are a counter that says no till
    and are returned as they are.
    """
    text = text.strip().upper().removeprefix(SLIP_MARK)
    match = _TYPED.fullmatch(text) if text.isascii() else None
    if match is None:
        return None
    return int(match[3]) if match[3] else int(match[1]) * TILL_SPACE + int(match[2])


def sale_slip(
    sale: SaleCompleted,
    moment: int,
    balance: int | None,
    head: SlipHead,
    programme: Programme,
    version: Version,
    words: Words,
) -> Document:
    """The slip of a sale at `moment`; `balance` are the customer's points after it."""
    parts = [
        *heading(programme, words, head, words.pick(programme.slip_title)),
        *_when(sale.slip, moment, head, words),
    ]
    for line in sale.lines:
        parts += _line(line, sale.currency, words)
    if sale.swaps:
        parts.append(Text(words.say("slip.swaps"), bold=True))
    for swap, points in zip(sale.swaps, sale.spent, strict=True):
        key = "slip.points_and_money" if swap.amount_minor else "slip.points"
        price = words.say(key, points=points, money=words.money(swap.amount_minor, sale.currency))
        parts.append(Pair(f"{swap.quantity} × {swap.offer.name}", price))
    reductions = _reductions(sale, words)
    total = words.say("slip.to_pay" if reductions else "slip.value")
    parts += [Divider(), *reductions]
    parts += [Pair(total, words.money(sale.to_pay_minor, sale.currency), bold=True), Divider()]
    if sale.card is None or sale.guest:
        parts += [Text(words.say("slip.no_card"))] if sale.shown_card is None else []
    else:
        parts += _points(sale, sale.card, moment, balance, version, words)
    parts += [Text(notice) for notice in notice_words(sale, words)]
    parts += _entries(sale, programme, words)
    return (*parts, *_foot(sale.slip, programme, words))


def return_slip(
    back: GoodsReturned,
    moment: int,
    sale: Fact,
    balance: int | None,
    head: SlipHead,
    programme: Programme,
    words: Words,
) -> Document:
    """The slip of a return; `balance` are the customer's points after it."""
    sold = sale.body
    assert isinstance(sold, SaleCompleted)
    parts = [
        *heading(programme, words, head, words.say("slip.return_title")),
        *_when(back.slip, moment, head, words),
    ]
    parts.append(Text(words.say("slip.return_of", slip=slip_text(sold.slip), when=sale.moment)))
    for item in back.lines:
        line = sold.lines[item.index]
        parts.append(Text(f"{words.quantity(item.quantity_milli)} × {line.product.name}"))
    for item in back.swaps:
        parts.append(Text(f"{words.quantity(item.quantity_milli)} × {sold.swaps[item.index].offer.name}"))
    parts += [
        Divider(),
        Pair(words.say("slip.refund"), words.money(back.refund_minor, back.currency), bold=True),
    ]
    if back.refund_then_minor is not None:
        parts.append(Text(words.say("slip.in_then", amount=Amount(back.refund_then_minor, sold.currency)), "right"))
    for label, moved in (("slip.taken", back.taken), ("slip.given", back.given)):
        if moved:
            parts.append(Pair(words.say(label), words.number(sum(points.points for points in moved))))
    if balance is not None:
        parts.append(Pair(words.say("slip.balance"), words.number(balance), bold=True))
    return (*parts, *_foot(back.slip, programme, words))


def as_copy(document: Document, words: Words) -> Document:
    """The same slip, marked as a second print."""
    return (Text(words.say("slip.copy"), "centre", bold=True, big=True), *document)


def trial_slip(head: SlipHead, tongues: Sequence[Words], now: int) -> Document:
    """A paper that shows whether the printer sets every letter of these languages, and draws its codes."""
    first = tongues[0]
    parts: list[Part] = [Text(first.say("devices.slip.title"), "centre", bold=True, big=True)]
    parts += [Text(line, "centre") for line in head.shop_lines]
    parts += [Text(first.say("slip.when", when=now))]
    for words in tongues:
        parts += [
            Language(words.language),
            Divider(),
            Text(words.say("devices.slip.language"), bold=True),
            Text(words.say("devices.slip.note")),
            Text(words.say("devices.slip.letters")),
            Text(words.say("devices.slip.signs")),
            Pair(words.say("devices.slip.pair"), words.number(_TRIAL_POINTS)),
        ]
    parts += [Language(first.language), Divider(), Barcode("EAN13", TRIAL_EAN), Feed(1)]
    return (*parts, Barcode("CODE128", TRIAL_CODE), Feed(1), Qr(TRIAL_CODE), Cut())


def notice_words(sale: SaleCompleted, words: Words) -> list[str]:
    """Why the scanned card took no part, in sentences."""
    return [words.say(f"notice.{code}", since=sale.card_from) for code in sale.notices]


def heading(programme: Programme, words: Words, head: SlipHead, title: str) -> list[Part]:
    """What every paper of a shop begins with: its title, whose programme it is, the shop."""
    parts: list[Part] = [
        Text(title, "centre", bold=True, big=True),
        Text(words.pick(programme.names), "centre"),
    ]
    parts += [Text(line, "centre") for line in head.shop_lines]
    return [*parts, Divider()]


def _when(slip: int, moment: int, head: SlipHead, words: Words) -> list[Part]:
    parts: list[Part] = [
        Pair(words.say("slip.number", slip=slip_text(slip)), words.say("slip.till", till=head.till)),
        Text(words.say("slip.when", when=moment)),
    ]
    if head.cashier:
        parts.append(Text(words.say("slip.cashier", cashier=head.cashier)))
    return [*parts, Divider()]


def _line(line: Line, currency: str, words: Words) -> list[Part]:
    full_minor = line.amount_minor + line.discount_minor + line.lowered_minor
    parts: list[Part] = []
    if line.quantity_milli == ONE and not line.product.weighed:
        parts.append(Pair(line.product.name, words.money(full_minor, currency)))
    else:
        parts.append(Text(line.product.name))
        each = words.money(line.price_minor, currency)
        key = "slip.weight" if line.product.weighed else "slip.quantity"
        how_many = words.say(key, quantity=words.quantity(line.quantity_milli), price=each)
        parts.append(Pair(f"  {how_many}", words.money(full_minor, currency)))
    if line.discount_minor:
        parts.append(Pair(f"  {words.say('slip.discount')}", words.money(-line.discount_minor, currency)))
    return parts


def _reductions(sale: SaleCompleted, words: Words) -> list[Part]:
    """What lowered the sale besides discounts of its own lines, and what delivery cost."""
    saved = sum(line.saved_minor for line in sale.lines)
    by_points = sum(line.by_points_minor for line in sale.lines)
    by_coupons = sum(use.amount_minor for use in sale.coupons)
    approved = sum(line.lowered_minor for line in sale.lines) - saved - by_points - by_coupons
    rows = [(words.say("slip.saved"), saved)]
    rows += [(words.say("slip.coupon", code=use.code), use.amount_minor) for use in sale.coupons]
    rows += [(words.say("slip.approved"), approved), (words.say("slip.by_points", points=sale.used_points), by_points)]
    parts: list[Part] = [Pair(label, words.money(-minor, sale.currency)) for label, minor in rows if minor]
    if sale.delivery_minor:
        parts.append(Pair(words.say("slip.delivery"), words.money(sale.delivery_minor, sale.currency)))
    return parts


def _entries(sale: SaleCompleted, programme: Programme, words: Words) -> list[Part]:
    """The numbered entries of a prize draw (K13); many in a row are told by their first and last."""
    parts: list[Part] = []
    for entries in sale.entries:
        draw = programme.draw(entries.draw)
        parts.append(Text(words.pick(draw.names) if draw else entries.draw, bold=True))
        slip = slip_text(sale.slip)
        if entries.count <= _ENTRIES_LISTED:
            numbers = [entry_text(slip, number) for number in range(1, entries.count + 1)]
        else:
            numbers = [f"{entry_text(slip, 1)} – {entry_text(slip, entries.count)}"]
        parts += [Text(words.say("slip.entry", entry=number)) for number in numbers]
    return parts


def _points(
    sale: SaleCompleted, card: int, moment: int, balance: int | None, version: Version, words: Words
) -> list[Part]:
    parts: list[Part] = [Text(words.say("slip.card", last4=f"{card % 10000:04d}"))]
    parts += [Text(reason_words(earned, version.earn, sale.currency, words)) for earned in sale.earned]
    parts.append(Pair(words.say("slip.earned"), words.number(sum(earned.points for earned in sale.earned))))
    if sale.spent or sale.used_points:
        parts.append(Pair(words.say("slip.spent"), words.number(sale.all_spent)))
    if balance is not None:
        parts.append(Pair(words.say("slip.balance"), words.number(balance), bold=True))
    if "slip" in version.messages and version.use is not None and balance is not None:
        worth = version.use.worth(max(balance, 0) // version.use.step * version.use.step)
        if worth:
            parts.append(Text(words.say("slip.worth", worth=Amount(worth, sale.currency))))
    for since in dict.fromkeys(earned.credited for earned in sale.earned if earned.credited != moment):
        points = sum(earned.points for earned in sale.earned if earned.credited == since)
        key = "slip.pending" if since is None else "slip.pending_until"
        parts.append(Text(words.say(key, points=points, since=since)))
    return parts


def _foot(slip: int, programme: Programme, words: Words) -> tuple[Part, ...]:
    note = words.pick(programme.slip_note)
    return (Feed(1), Text(note, "centre"), Barcode("CODE128", slip_code(slip)), Cut())
