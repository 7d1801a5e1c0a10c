"""What the camera's process tells the till, and how it goes over the socket between the two.

A message is its length in four bytes and a MessagePack. All its parts have bounds, so a process that has gone mad can
neither fill the till's memory nor bring it down: what keeps no bound is a ValueError.
"""

import socket
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Condition = Literal[
    "none",
    "starting",
    "ready",
    "dark",
    "missing",
    "gone",
    "busy",
    "no_permission",
    "not_camera",
    "silent",
    "stuck",
    "failed",
]
"""`gone` was there before, `silent` is open and sends no pictures, `stuck` and `failed` is the process itself."""
Light = Literal["absent", "off", "on"]

_LENGTH_BYTES = 4
_BYTES_MOST = 4 << 20

Share = Annotated[int, Meta(ge=0, le=1000)]
"""A place in a picture in thousandths of its width or height, whatever size it is shown at."""


class CameraState(Struct, frozen=True, tag="state"):
    """How the camera is; whether it has a light of its own; what it calls itself."""

    condition: Condition
    light: Light = "absent"
    name: Annotated[str, Meta(max_length=200)] = ""


class CodeRead(Struct, frozen=True, tag="read"):
    """A code that counts, once until it has left the picture, and its corners there."""

    symbology: Annotated[str, Meta(max_length=40)]
    text: Annotated[str, Meta(min_length=1, max_length=8000)]
    corners: Annotated[tuple[tuple[Share, Share], ...], Meta(max_length=16)] = ()


class Picture(Struct, frozen=True, tag="picture"):
    """What the camera sees, small: rows of RGB, three bytes a pixel."""

    width: Annotated[int, Meta(ge=1, le=1920)]
    height: Annotated[int, Meta(ge=1, le=1920)]
    pixels: bytes


class Failure(Struct, frozen=True, tag="failure"):
    """Why the process ends, for the log."""

    text: Annotated[str, Meta(max_length=4000)]


Told = CameraState | CodeRead | Picture | Failure

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Told)


def send(line: socket.socket, told: Told) -> None:
    """Send a message; waits until the till has taken it. Raises OSError when nobody listens any more."""
    data = _encoder.encode(told)
    line.sendall(len(data).to_bytes(_LENGTH_BYTES, "big"))
    line.sendall(data)


class Incoming:
    """Puts messages together from pieces as they come."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, piece: bytes) -> list[Told]:
        """The messages that are whole now; ValueError for what is none."""
        self._data += piece
        whole: list[Told] = []
        while len(self._data) >= _LENGTH_BYTES:
            length = int.from_bytes(self._data[:_LENGTH_BYTES], "big")
            if length > _BYTES_MOST:
                raise ValueError(f"a message of {length} bytes is too long")
            end = _LENGTH_BYTES + length
            if len(self._data) < end:
                break
            whole.append(_checked(_decoder.decode(memoryview(self._data)[_LENGTH_BYTES:end])))
            self._data = self._data[end:]
        return whole


def _checked(told: Told) -> Told:
    if isinstance(told, Picture) and len(told.pixels) != told.width * told.height * 3:
        raise ValueError(f"{len(told.pixels)} bytes are no picture of {told.width} x {told.height}")
    return told
