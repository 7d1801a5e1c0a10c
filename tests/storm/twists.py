"""What is made wrong in a message: a value of another type or size in some place, or some of its bytes."""

from random import Random

import msgspec
import zstandard

_zstd = zstandard.ZstdCompressor(level=3)


def _deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def _frames(size: int, count: int) -> bytes:
    """Packed zeros in many frames, one after the other."""
    return zstandard.ZstdCompressor(level=19).compress(bytes(size)) * count


VALUES: tuple[object, ...] = (
    None, -1, 0, 1, 2**31, 2**32, 2**62, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, float("inf"), float("nan"), "", "\0", "x",
    "x" * 5000, "\ud7ff\U0010ffff", "\u202e", "=1+1", "<script>", "' OR 1=1 --", b"", b"\0", bytes(16), bytes(5000), [],
    {}, True, [[]] * 500, [0] * 2000, {"a": {"a": {"a": []}}}, {1: 2}, _deep(200), msgspec.msgpack.Ext(5, b"x" * 20),
)  # fmt: skip

LIES = (
    b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 100_000, b"\x81\xa1a" * 50_000,
    b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000, b"1e999999999", b"\xc1", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0",
    b'{"epoch":1,"epoch":2,"token":""}', b'"\\ud800"',
)  # fmt: skip
"""Bytes that say that more is coming than there is, or go deeper than anybody does."""

BOMBS = (
    zstandard.ZstdCompressor(level=19).compress(bytes(64 * 2**20)),
    _frames(15 * 2**20, 400),
    _zstd.compress(_frames(2**24, 20)),
    _zstd.compress(b"\xdd\x00\xff\xff\xff" + b"\x91" * 2**22),
    _zstd.compress(b"[" * (15 * 2**20)),
    bytes.fromhex("28b52ffd00ff") + bytes(64),
    bytes.fromhex("28b52ffde0ffffffffffffffff") + bytes(64),
)
"""Small bodies that unpack to large ones, say that they do, or want a window as large as the memory."""


class Twister:
    """Makes things wrong by chance."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def encoded(self, message: object, *, twisted: float = 0.6, bitten: float = 0.3) -> tuple[str, bytes]:
        """A message's media type and bytes, twisted and bitten with these likelihoods."""
        chance = self._chance
        plain = msgspec.to_builtins(message, builtin_types=(bytes,), str_keys=False)
        while chance.random() < twisted:
            plain = self.twisted(plain)
            twisted /= 3
        kind, body = ("application/msgpack", _msgpack(plain)) if chance.random() < 0.7 else _json(plain)
        return kind, self.bitten(body) if chance.random() < bitten else body

    def twisted(self, value: object) -> object:
        """One of its values, however deep, in the place of another; or one that is gone, doubled, or new."""
        chance = self._chance
        if isinstance(value, dict) and value and chance.random() < 0.95:
            key = chance.choice(list(value))
            kind = chance.random()
            if kind < 0.05:
                return {name: one for name, one in value.items() if name != key}
            if kind < 0.1:
                return value | {"of tomorrow": chance.choice(VALUES)}
            return value | {key: self.twisted(value[key])}
        if isinstance(value, list | tuple) and value and chance.random() < 0.95:
            place = chance.randrange(len(value))
            kind = chance.random()
            if kind < 0.1:
                return [*value[:place], *value[place + 1 :]]
            return [*value[:place], self.twisted(value[place]), *value[place + (kind > 0.2) :]]
        return chance.choice(VALUES)

    def bitten(self, text: bytes) -> bytes:
        """With some of its bytes other ones, or gone."""
        chance = self._chance
        bitten = bytearray(text)
        for _ in range(chance.randrange(1, 5)):
            if bitten:
                bitten[chance.randrange(len(bitten))] = chance.randrange(256)
        return bytes(bitten[: chance.randrange(len(bitten) + 1)] if chance.random() < 0.3 else bitten)

    def packed(self, body: bytes) -> bytes:
        """As zstd packs it, whole or bitten."""
        packed = _zstd.compress(body)
        return packed if self._chance.random() < 0.7 else self.bitten(packed)


def _msgpack(plain: object) -> bytes:
    return msgspec.msgpack.encode(plain)


def _json(plain: object) -> tuple[str, bytes]:
    try:
        return "application/json", msgspec.json.encode(plain)
    except TypeError:  # what has no form in JSON
        return "application/msgpack", _msgpack(plain)
