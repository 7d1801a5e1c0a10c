"""Benefits that are asked for: from when on, how many, once, and when an approval is none any more (M4 to M7)."""

from datetime import datetime

import pytest

from pos_app.loyalty.benefits import Benefit, Request, TierShare, check_request, of_member
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.facts import (
    BenefitRequested,
    CardReplaced,
    CardsMerged,
    GoodsReturned,
    RequestDecided,
    SaleCompleted,
)
from pos_app.loyalty.moments import Duration, from_local
from pos_app.loyalty.money import Ratio
from tests.helpers.book import MOTHER, NEW, SON, Book, at

TEHRAN = "Asia/Tehran"
NAMES = {"en": "x"}
DELIVERY = Benefit("delivery", NAMES, asked=True, before=Duration(months=1))
PLACES = Benefit("registration", NAMES, asked=True, plans={"spring": 2})


def tehran(text: str) -> int:
    return from_local(datetime.fromisoformat(text), TEHRAN)


def asked(
    benefit: Benefit, now: str, *, paid: bool = False, due: str | None = None, plan: str = "", taken: int = 0
) -> None:
    due_at = None if due is None else tehran(due)
    check_request(benefit, now=tehran(now), zone=TEHRAN, paid=paid, due=due_at, plan=plan, taken=taken)


def test_m5_from_a_month_before_the_delivery_date_on() -> None:
    asked(DELIVERY, "2026-05-15T00:00", due="2026-06-15T00:00")
    with pytest.raises(Refusal, match="too_early") as caught:
        asked(DELIVERY, "2026-05-14T23:59:59.999", due="2026-06-15T00:00")
    assert caught.value.values == {"since": tehran("2026-05-15T00:00")}
    asked(DELIVERY, "2026-02-28T00:00", due="2026-03-31T00:00")


def test_m5_or_once_the_price_is_paid() -> None:
    asked(DELIVERY, "2026-01-01T00:00", paid=True, due="2026-06-15T00:00")
    asked(DELIVERY, "2026-01-01T00:00", paid=True)
    with pytest.raises(Refusal, match="too_early"):
        asked(DELIVERY, "2026-01-01T00:00")


def test_m6_only_while_the_plan_has_places() -> None:
    asked(PLACES, "2026-01-01T00:00", plan="spring", taken=1)
    with pytest.raises(Refusal, match="plan_full"):
        asked(PLACES, "2026-01-01T00:00", plan="spring", taken=2)
    asked(PLACES, "2026-01-01T00:00", plan="another", taken=99)


def test_m7_everybody_has_the_benefits_of_his_kind_and_tier() -> None:
    gold = Benefit("gold", NAMES, tiers=frozenset({"gold"}))
    owner = Benefit("owner", NAMES, kinds=frozenset({"owner"}))
    every = (DELIVERY, gold, owner)
    assert of_member(every, "client", None) == [DELIVERY]
    assert of_member(every, "client", "gold") == [DELIVERY, gold]
    assert of_member(every, "owner", "silver") == [DELIVERY, owner]


def test_m3_each_tier_has_its_share() -> None:
    price = Benefit("price", NAMES, shares=(TierShare("silver", Ratio(1, 100)), TierShare("gold", Ratio(2, 100))))
    assert (price.share("silver"), price.share("gold"), price.share(None)) == (Ratio(1, 100), Ratio(2, 100), None)


@pytest.mark.parametrize(("now", "state"), [(99, "approved"), (100, "lapsed"), (101, "lapsed")])
def test_m4_an_approval_lapses_at_its_moment(now: int, state: str) -> None:
    assert Request(1, "price", "approved", 0, lapses=100).state_at(now) == state
    assert Request(1, "price", "used", 0, lapses=100).state_at(now) == "used"
    assert Request(1, "price", "approved", 0).state_at(now) == "approved"


# -- in the ledger


def sold(approved: bytes) -> SaleCompleted:
    return SaleCompleted(1, "EUR", (), 0, card=MOTHER, approved=(approved,))


def state(book: Book, request: bytes) -> str:
    return book.ledger().requests[request].state


def test_m4_the_first_decision_stands() -> None:
    book = Book(MOTHER)
    asking = book.add("2026-02-01T10:00", BenefitRequested(MOTHER, "price")).id
    book.add("2026-02-02T10:00", RequestDecided(MOTHER, asking, "refused", "too early"))
    book.add("2026-02-02T11:00", RequestDecided(MOTHER, asking, "approved"), till=2)
    assert state(book, asking) == "refused"
    assert book.ledger().requests[asking].reason == "too early"


def test_m4_an_approval_is_used_once_and_comes_back_with_the_whole_sale() -> None:
    book = Book(MOTHER)
    asking = book.add("2026-02-01T10:00", BenefitRequested(MOTHER, "price")).id
    book.add("2026-02-02T10:00", RequestDecided(MOTHER, asking, "approved", lapses=at("2026-03-04T10:00")))
    sale = book.add("2026-02-03T10:00", sold(asking))
    assert state(book, asking) == "used"
    book.add("2026-02-04T10:00", GoodsReturned(2, sale.id, "EUR", 0, card=MOTHER, freed_requests=(asking,)))
    assert state(book, asking) == "approved"
    assert book.ledger().requests[asking].state_at(at("2026-03-04T10:00")) == "lapsed"


def test_m4_a_sale_cannot_use_what_was_not_approved() -> None:
    book = Book(MOTHER)
    asking = book.add("2026-02-01T10:00", BenefitRequested(MOTHER, "price")).id
    sale = book.add("2026-02-03T10:00", sold(asking))
    assert state(book, asking) == "waiting"
    book.add("2026-02-04T10:00", GoodsReturned(2, sale.id, "EUR", 0, card=MOTHER, freed_requests=(asking,)))
    assert state(book, asking) == "waiting"


def test_m7_requests_stay_with_the_account_and_the_family() -> None:
    book = Book(MOTHER, SON)
    asking = book.add("2026-02-01T10:00", BenefitRequested(MOTHER, "price")).id
    book.add("2026-02-02T10:00", CardReplaced(MOTHER, NEW, at("2026-02-02T10:00")))
    book.add("2026-02-03T10:00", CardsMerged(SON, (NEW,)))
    found = book.ledger()
    assert found.requests[asking].account == found.cards[NEW].account
