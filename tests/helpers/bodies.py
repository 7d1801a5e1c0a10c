"""What a till can say happened, one example of each kind, for storms and recordings."""

from collections.abc import Sequence
from random import Random

from pos_app.loyalty.basket import Line, Offer, Product, Swap
from pos_app.loyalty.facts import (
    Acted,
    BenefitRequested,
    Body,
    BonusGiven,
    CardActivated,
    CardBlocked,
    CardReplaced,
    CardsMerged,
    CardSplit,
    CodeMade,
    CouponUse,
    DrawHeld,
    Earned,
    Enrolled,
    Entries,
    GoodsReturned,
    KindChanged,
    LineBack,
    MemberActed,
    MemberLeft,
    OrderChanged,
    PointsAdjusted,
    PointsBack,
    PointsCredited,
    RequestDecided,
    SaleCompleted,
    Tender,
)
from pos_app.loyalty.moments import HOUR, Duration

_DAY = 24 * HOUR
COFFEE = Product("3800000000017", "Кафе", 499, category="food")
CUP = Offer("cup", "3800000000024", "Чаша", 20, stock=100)


def body(chance: Random, cards: Sequence[int], facts: Sequence[bytes], now: int) -> Body:
    """Something that happened to one of some cards, about one of some facts."""
    kinds = (_of_cards, _of_families, _of_sales, _of_points, _of_requests)
    card, other = chance.choice(cards), chance.choice(cards)
    about = chance.choice(facts) if facts else chance.randbytes(16)
    return chance.choice(chance.choice(kinds)(card, other, about, now, chance.randrange(1, 2**31)))


def each(cards: Sequence[int], about: bytes, now: int) -> list[Body]:
    """One of each kind."""
    kinds = (_of_cards, _of_sales, _of_points, _of_requests, _of_families)
    return [one for kind in kinds for one in kind(cards[0], cards[1], about, now, 17)]


def _of_cards(card: int, other: int, about: bytes, now: int, number: int) -> tuple[Body, ...]:
    return (
        Enrolled(card, card, number, "client", now, "2027-01", invited_by=other),
        CardActivated(card),
        KindChanged(card, "cooperator"),
        MemberActed(card, "reviewed", COFFEE.code),
        Acted("signed_in", "ivanka"),
        DrawHeld("june", about.hex(), number, (str(card),)),
    )


def _of_families(card: int, other: int, about: bytes, now: int, number: int) -> tuple[Body, ...]:
    return (
        CardsMerged(card, (other,)),
        CardSplit(other, other, (about,)),
        CardBlocked(other, "lost"),
        CardReplaced(other, other + number, now),
        MemberLeft(other),
    )


def _of_sales(card: int, _other: int, about: bytes, now: int, number: int) -> tuple[Body, ...]:
    lines = (Line(COFFEE, 2000, COFFEE.price_minor, lowered_minor=50, by_points_minor=50, points_used=5),)
    sold = SaleCompleted(
        number, "EUR", lines, 948, (Swap(CUP),), card, kind="client", tier=None, spent=(CUP.points,), used_points=5,
        earned=(Earned(("each-euro",), 300, 948, (0,), now, Duration(months=12)),), tenders=(Tender("cash", 948),),
        coupons=(CouponUse("LJETO", 100, single_use=True),), entries=(Entries("june", 2),), authority="centre",
        hold=about,
    )  # fmt: skip
    return (
        sold,
        SaleCompleted(number + 1, "EUR", lines, 948, guest=1 << 61 | number, card=1 << 61 | number),
        GoodsReturned(number + 2, about, "EUR", 474, (LineBack(0, 1000),), card=card, taken=(PointsBack(0, 150),),
                      given=(PointsBack(0, CUP.points),)),
        OrderChanged(about, "paid", card),
    )  # fmt: skip


def _of_points(card: int, _other: int, about: bytes, now: int, number: int) -> tuple[Body, ...]:
    return (
        PointsAdjusted(card, 40, "a complaint", Duration(days=90)),
        PointsAdjusted(card, -7, "a mistake"),
        PointsCredited(card, about, now),
        BonusGiven(card, "birthday", 50, f"birthday:{number}", Duration(days=30)),
        CodeMade(card, f"CODE{number}", 10, 100, "EUR", now + 30 * _DAY),
    )


def _of_requests(card: int, _other: int, about: bytes, now: int, _number: int) -> tuple[Body, ...]:
    return (
        BenefitRequested(card, "free-delivery", about, now + _DAY),
        RequestDecided(card, about, "approved", "as agreed", now + 7 * _DAY),
    )
