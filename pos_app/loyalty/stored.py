"""A ledger as bytes, as files, the centre's database and messages have it: short, since there are a great many."""

import msgspec
from msgspec.structs import asdict, astuple

from pos_app.loyalty.accounts import Ledger, Lot


class _NamedLot(Lot, omit_defaults=True, array_like=False, gc=False):
    """A lot whose fields are named, as all were once."""


class _NamedLedger(Ledger):
    lots: dict[bytes, _NamedLot] = {}  # type: ignore[assignment]  # noqa: RUF012 - as msgspec has it; turned into lots at once


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Ledger)
_named = msgspec.msgpack.Decoder(_NamedLedger)


def encode(ledger: Ledger) -> bytes:
    """The one byte form of a ledger, its statutes included."""
    return _encoder.encode(ledger)


def decode(data: bytes) -> Ledger:
    """The ledger that `encode` wrote, of an older program too; raises msgspec.DecodeError when it is none."""
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError:
        named = _named.decode(data)
        lots = {name: Lot(*astuple(lot)) for name, lot in named.lots.items()}
        return Ledger(**(asdict(named) | {"lots": lots}))
