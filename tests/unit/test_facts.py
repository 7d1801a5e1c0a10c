"""Facts cannot be made wrong, and nothing that is read as one can be."""

import msgspec
import pytest

from pos_app.loyalty import facts
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
    DrawHeld,
    Earned,
    Enrolled,
    Fact,
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
from pos_app.loyalty.moments import LATEST, Duration

NOW = 1_780_000_000_000
CARD, OTHER = 2_900_000_000_018, 2_900_000_000_025
SALE = SaleCompleted(
    slip=10_000_412,
    currency="EUR",
    lines=(Line(Product("3800000000017", "Хляб", 120, "Друг", "bread"), 3000, 120, 10),),
    to_pay_minor=350,
    swaps=(Swap(Offer("coffee", "3800000000031", "Кафе", 60), 2),),
    card=CARD,
    kind="client",
    earned=(Earned(("all-goods",), 7, 350, (0,), NOW, Duration(months=6)),),
    spent=(120,),
    tenders=(Tender("cash", 350),),
    notices=("card_not_active",),
)
BODIES: tuple[tuple[Body, tuple[int, ...]], ...] = (
    (Enrolled(CARD, CARD, 7, "client", NOW, "2026-01"), (CARD,)),
    (CardActivated(CARD), (CARD,)),
    (KindChanged(CARD, "cooperator"), (CARD,)),
    (SALE, (CARD,)),
    (SaleCompleted(1, "EUR", (), 0, shown_card=CARD, card_from=NOW), ()),
    (
        GoodsReturned(
            2, b"s" * 16, "EUR", 120, (LineBack(0, 1000),), (), CARD, (PointsBack(0, 2),), (PointsBack(0, 60),)
        ),
        (CARD,),
    ),
    (GoodsReturned(2, b"s" * 16, "EUR", 120), ()),
    (CardsMerged(CARD, (OTHER,)), (CARD, OTHER)),
    (CardSplit(OTHER, 5, (b"link",)), (OTHER,)),
    (CardBlocked(CARD, "lost"), (CARD,)),
    (CardReplaced(CARD, OTHER, NOW), (CARD, OTHER)),
    (MemberLeft(CARD), (CARD,)),
    (PointsAdjusted(CARD, -50, "abuse"), (CARD,)),
    (PointsCredited(CARD, b"s" * 16, NOW), (CARD,)),
    (OrderChanged(b"s" * 16, "fulfilled", CARD), (CARD,)),
    (OrderChanged(b"s" * 16, "paid"), ()),
    (MemberActed(CARD, "reviewed", "3800000000017"), (CARD,)),
    (BonusGiven(CARD, "joined", 20, "7", Duration(months=12)), (CARD,)),
    (CodeMade(CARD, "ABCDEFGH2345", 100, 500_000, "IRR", NOW), (CARD,)),
    (BenefitRequested(CARD, "discount", b"s" * 16, NOW, "P1"), (CARD,)),
    (RequestDecided(CARD, b"r" * 16, "approved", "good", NOW), (CARD,)),
    (DrawHeld("spring", "42", 7, ("1-0000001/1",)), ()),
    (Enrolled(CARD, CARD, 7, "client", NOW, guest=9, invited_by=OTHER), (CARD, 9)),
    (Acted("reprinted", "10000412"), ()),
)


def fact(body: Body, moment: int = NOW, till: int = 1, seq: int = 1, id_: bytes = b"i" * 16) -> Fact:
    return Fact(id_, till, 1, seq, moment, body, "maria", "pack", "2026-euro")


def test_there_is_an_example_of_every_kind_of_fact() -> None:
    assert {type(body) for body, _ in BODIES} == set(Body.__args__)


@pytest.mark.parametrize(("body", "cards"), BODIES)
def test_a_fact_is_written_and_read_back(body: Body, cards: tuple[int, ...]) -> None:
    written = facts.encode(fact(body))
    assert facts.decode(written) == fact(body)
    assert facts.encode(facts.decode(written)) == written
    assert facts.cards_of(body) == cards


def test_facts_are_folded_by_moment_then_till_then_the_tills_order() -> None:
    body = CardActivated(CARD)
    in_order = [
        fact(body, NOW, 1, 2, b"z" * 16),
        fact(body, NOW, 1, 10, b"a" * 16),
        fact(body, NOW, 2, 1, b"a" * 16),
        fact(body, NOW, 2, 1, b"b" * 16),
        fact(body, NOW + 1, 1, 1),
    ]
    assert sorted({*in_order}, key=facts.place) == in_order


@pytest.mark.parametrize(
    "make",
    [
        lambda: fact(CardActivated(CARD), -1),
        lambda: fact(CardActivated(CARD), LATEST + 1),
        lambda: Enrolled(CARD, CARD, 7, "client", 1 << 62),
        lambda: CardReplaced(CARD, OTHER, -1),
        lambda: Earned(("all",), -1),
        lambda: Earned(("all",), 10**15 + 1),
        lambda: Earned(("all",), 1, credited=-1),
        lambda: Earned(("all",), 1, credited=LATEST + 1),
        lambda: Earned(("all",), 1, life=Duration(months=1201)),
        lambda: SaleCompleted(1, "EUR", (), 0, spent=(60,)),
        lambda: SaleCompleted(1, "EUR", (), 0, swaps=SALE.swaps, spent=(-60,)),
        lambda: SaleCompleted(1, "EUR", (), 0, card_from=-1),
        lambda: SaleCompleted(1, "EUR", (), 0, earned=SALE.earned * 65_537),
        lambda: PointsBack(-1, 5),
        lambda: PointsBack(65_536, 5),
        lambda: PointsBack(0, -5),
        lambda: GoodsReturned(1, b"s", "EUR", 0, taken=(PointsBack(0, 1),) * 65_537),
        lambda: CardsMerged(CARD, (OTHER,) * 65_537),
        lambda: PointsAdjusted(CARD, -(10**15) - 1, "much"),
        lambda: PointsCredited(CARD, b"s", -1),
    ],
)
def test_what_cannot_be_cannot_be_made(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"is no|has no part|at most|is not there|is not negative"):
        make()


def test_what_cannot_be_cannot_be_read_either() -> None:
    written = facts.encode(fact(PointsAdjusted(CARD, 7, "gift")))
    for wrong in (
        written.replace(b"\xa6points\x07", b"\xa6points\xd3\x7f" + b"\xff" * 7),
        written[:-1],
        written + b"x",
    ):
        assert wrong != written
        with pytest.raises(msgspec.DecodeError):
            facts.decode(wrong)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc0",
        b"\x80",
        b"\xff" * 100,
        b"\x91" * 100_000,
        b"\x81\xa1a" * 100_000,
        b"\x81\xa2id\xa2\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        facts.encode(fact(CardBlocked(CARD, "lost"))).replace(b"lost", b"\xff\xfe\xfd\xfc"),
    ],
)
def test_bytes_that_are_no_fact_are_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        facts.decode(data)


def test_a_fact_with_more_than_is_known_is_read() -> None:
    """A newer till may say more."""
    written = msgspec.msgpack.decode(facts.encode(fact(CardActivated(CARD))))
    written["weather"] = "snow"
    assert facts.decode(msgspec.msgpack.encode(written)) == fact(CardActivated(CARD))


def test_the_chain_hangs_on_every_fact_before() -> None:
    first = facts.chain(b"", b"one")
    assert len(first) == 16
    assert facts.chain(first, b"two") != facts.chain(facts.chain(b"", b"0ne"), b"two")
    assert facts.chain(first, b"two") == facts.chain(first, b"two")


@pytest.mark.parametrize("body", [SALE, CodeMade(CARD, "ABCDEFGH2345", 100, 500_000, "IRR", NOW)])
def test_a_till_without_a_centre_writes_the_bytes_that_it_always_wrote(body: Body) -> None:
    written = facts.encode(Fact(bytes(16), 1, 1, 1, NOW, body))
    assert b"authority" not in written
    assert b"hold" not in written
