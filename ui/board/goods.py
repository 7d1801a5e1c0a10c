"""What stands on the board at a moment, in the words in which customers read it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from pos_app import clock, shop, texts
from pos_app.loyalty.basket import Offer
from pos_app.loyalty.money import Amount
from pos_app.loyalty.programme import Version
from pos_app.loyalty.redeem import on_board
from pos_app.loyalty.words import Words

_FIGURE = re.compile(r"(\d) (?=\w{1,3}\b)")

LOW_STOCK = 5
"""From so many left on the board says how many there are."""


class Note(NamedTuple):
    """A remark below a name; its words stay in one line where they can."""

    text: str
    tone: Literal["calm", "attention", "good"] = "calm"


class Thing(NamedTuple):
    """One thing to be had: its points with their unit, and the money on top where there is some."""

    name: str
    points: str
    unit: str
    money: str = ""
    notes: tuple[Note, ...] = ()
    is_gone: bool = False


@dataclass(frozen=True)
class Board:
    """The whole board, cheapest first as at the till; two are equal when they look the same."""

    words: Words = field(compare=False)
    language: str
    programme: str
    shop_lines: tuple[str, ...]
    things: tuple[Thing, ...]


def look(folder: Path, language: str | None = None, *, now: int | None = None, on_paper: bool = False) -> Board:
    """The board of a data folder at `now`, read beside a till at work; the language is the settings' unless given.

    On the screen, what is sold out stays in its place and is marked; on paper, which cannot follow the stock, it is
    left out. Raises FileFault and StoreTrouble.
    """
    with shop.opened(folder, read_only=True) as opened:
        programme = opened.programme
        words = texts.words_of(programme, language or opened.settings.language)
        moment = max(opened.store.last_moment, clock.now_ms()) if now is None else now
        version = programme.version_at(moment)
        shown = [offer for offer in opened.store.offers() if on_board(offer, moment)]
        if on_paper:
            shown = [offer for offer in shown if offer.stock != 0]
        shown.sort(key=lambda offer: (offer.points, offer.name))
        return Board(
            words,
            words.language,
            words.pick(programme.names),
            tuple(_plain(line) for line in opened.settings.shop_lines),
            tuple(_thing(offer, version, words, on_paper) for offer in shown),
        )


def _thing(offer: Offer, version: Version, words: Words, on_paper: bool) -> Thing:
    is_gone = offer.stock == 0
    notes = [Note(words.say("board.gone"))] if is_gone else _notes(offer, version, words, on_paper)
    money = Amount(offer.price_minor, version.currency)
    return Thing(
        _bound(_plain(offer.name)),
        words.number(offer.points),
        words.say("board.unit", points=offer.points),
        words.say("board.money", money=money) if money.minor else "",
        tuple(notes),
        is_gone,
    )


def _notes(offer: Offer, version: Version, words: Words, on_paper: bool) -> list[Note]:
    notes: list[Note] = []
    if offer.stock is not None and on_paper:
        notes.append(Note(words.say("board.limited")))
    elif offer.stock is not None and offer.stock <= LOW_STOCK:
        notes.append(Note(words.say("board.left", stock=offer.stock), "attention"))
    if offer.tiers:
        names = (_tier_name(id_, version, words) for id_ in offer.tiers)
        notes.append(Note(words.say("board.tiers", tiers=", ".join(names)), "good"))
    if offer.per_account_per_day is not None:
        notes.append(Note(words.say("board.a_day", limit=offer.per_account_per_day)))
    if offer.ends is not None:
        notes.append(Note(words.say("board.until", day=offer.ends - 1)))
    return notes


def _tier_name(id_: str, version: Version, words: Words) -> str:
    tier = version.tiers.tier(id_) if version.tiers else None
    return words.pick(tier.names) if tier else id_


def _plain(text: str) -> str:
    """A name in one run: line breaks and other blanks of a file are no part of it."""
    return " ".join(text.split())


def _bound(name: str) -> str:
    """A name in which a figure keeps its unit beside it: 500 g."""
    return _FIGURE.sub("\\1\N{NO-BREAK SPACE}", name)
