"""Ledgers as bytes: of this program, and of one whose lots had names for their fields."""

import msgspec
import pytest

from pos_app.loyalty import stored
from pos_app.loyalty.accounts import CardState, Ledger, Lot, Part, Taking
from pos_app.loyalty.moments import Duration

LEDGER = Ledger(
    "Europe/Sofia",
    (5, 1, 1, 2, b"f" * 16),
    {7: CardState(7, 3, 1, "given")},
    {3: "client"},
    {3: (5, 1, 1, 2, b"f" * 16)},
    lots={
        b"a" * 18: Lot(7, 10, 4, 100, Duration(months=6), 900, open=True, expired=1, card=7),
        b"b" * 18: Lot(7, 3, 3, life=Duration(days=2)),
    },
    takings={b"c" * 18: Taking(7, "spent", 5, 50, parts=[Part(b"a" * 18, 5)])},
    next_change=900,
)
NAMED = (
    b"\xde\x00\x08\xa4zone\xacEurope/Sofia\xa4last\x95\x05\x01\x01\x02\xc4\x10ffffffffffffffff\xa5cards\x81\x07\x84"
    b"\xa7account\x07\xa6member\x03\xabactive_from\x01\xa6status\xa5given\xa5kinds\x81\x03\xa6client\xa8kinds_at\x81\x03"
    b"\x95\x05\x01\x01\x02\xc4\x10ffffffffffffffff\xa4lots\x82\xc4\x12aaaaaaaaaaaaaaaaaa\x89\xa7account\x07\xa6points\n"
    b"\xa4left\x04\xa8creditedd\xa4life\x83\xa6months\x06\xa4days\x00\xa5hours\x00\xa7expires\xcd\x03\x84\xa4open\xc3"
    b"\xa7expired\x01\xa4card\x07\xc4\x12bbbbbbbbbbbbbbbbbb\x84\xa7account\x07\xa6points\x03\xa4left\x03\xa4life\x83"
    b"\xa6months\x00\xa4days\x02\xa5hours\x00\xa7takings\x81\xc4\x12cccccccccccccccccc\x85\xa7account\x07\xa4kind"
    b"\xa5spent\xa6points\x05\xa6moment2\xa5parts\x91\x82\xa3lot\xc4\x12aaaaaaaaaaaaaaaaaa\xa6points\x05\xabnext_change"
    b"\xcd\x03\x84"
)


def test_a_ledger_comes_back_as_it_was_written() -> None:
    assert stored.decode(stored.encode(LEDGER)) == LEDGER


def test_one_whose_lots_had_names_is_read_and_written_anew() -> None:
    assert stored.decode(NAMED) == LEDGER
    assert stored.encode(stored.decode(NAMED)) == stored.encode(LEDGER)


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80", NAMED[:-1], NAMED.replace(b"\xa4left\x04", b"\xa4left\xc3")])
def test_what_is_no_ledger_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        stored.decode(data)
