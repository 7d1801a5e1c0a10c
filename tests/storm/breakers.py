"""Bytes that are no HTTP, or do not come to their end."""

from random import Random

from tests.storm.attackers import Bad


def _body(head: bytes, body: bytes = b"hello") -> bytes:
    return b"POST /v1/join HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" + head + b"\r\n\r\n" + body


_CHUNKED = b"transfer-encoding: chunked"
_BROKEN = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"GET /v1/clock\r\n\r\n",
    b"GET /v1/clock HTTP/9.9\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\r\n" * 50,
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 3000 + b"\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 70_000,
    b"CONNECT other:443 HTTP/1.1\r\nhost: other:443\r\n\r\n",
    b"GET /v1/clock HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    _body(b"content-length: -1"),
    _body(b"content-length: 5\r\ncontent-length: 6"),
    _body(b"content-length: 99"),
    _body(b"content-length: 9" + b"9" * 30),
    _body(b"content-length: 5\r\n" + _CHUNKED),
    _body(b"content-length: 5\r\ntill: 1\r\ntill: 2"),
    _body(b"content-length: 5\r\nexpect: 100-continue"),
    _body(_CHUNKED, b"5\r\nhello\r\nZZ\r\n"),
    _body(_CHUNKED, b"ffffffffffffffff\r\n" + bytes(100)),
    _body(_CHUNKED, b"1\r\nx\r\n" * 6000 + b"0\r\n\r\n"),
    _body(b"transfer-encoding: gzip, chunked"),
)


class Breaker:
    """Does not speak HTTP, or not to its end."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def bad(self) -> Bad:
        chance = self._chance
        noise = chance.randbytes(chance.choice((1, 100, 3000)))
        return Bad("breaker", "", chance.choice((noise, *_BROKEN)), is_open=True, is_http=False)
