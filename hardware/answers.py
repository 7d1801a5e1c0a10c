"""What a printer says back: status bytes and acknowledgements, told apart by their fixed bits."""

from typing import Literal

from msgspec import Struct


class RealTimeStatus(Struct, frozen=True):
    """One answer to DLE EOT n. It does not say which n it answers: ask for one at a time."""

    byte: int


class Acknowledgement(Struct, frozen=True):
    """The printer has come to the end of a job: the id that GS ( H gave it, or "" for an answer to GS r."""

    job: str


Answer = RealTimeStatus | Acknowledgement

_ECHO_LENGTH = 7  # header, identifier, four characters of the id, NUL
_AUTOMATIC_STATUS_LENGTH = 4


class Answers:
    """Takes bytes as they come in, gives answers as they become whole; noise is passed over."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that these bytes complete, in order."""
        self._bytes += data
        answers: list[Answer] = []
        while self._bytes and len(self._bytes) >= (length := _length(self._bytes[0])):
            found = bytes(self._bytes[:length])
            answer = _answer(found)
            if answer is not None:
                answers.append(answer)
            is_whole = answer is not None or _is_automatic_status(found)
            del self._bytes[: length if is_whole else 1]  # behind a false beginning, look again
        return answers


def _length(first: int) -> int:
    if first == 0x37:
        return _ECHO_LENGTH
    return _AUTOMATIC_STATUS_LENGTH if first & 0x93 == 0x10 else 1


def _answer(data: bytes) -> Answer | None:
    first = data[0]
    if len(data) == _ECHO_LENGTH and data[1] == 0x22 and data[-1] == 0 and data[2:6].isascii():
        return Acknowledgement(data[2:6].decode("ascii"))
    if first & 0x93 == 0x12:
        return RealTimeStatus(first)
    return Acknowledgement("") if first & 0xF0 == 0 else None


def _is_automatic_status(data: bytes) -> bool:
    """What some printers send unasked; it is let go, since the till asks."""
    return len(data) == _AUTOMATIC_STATUS_LENGTH and not any(byte & 0x90 for byte in data[1:])


class Status(Struct, frozen=True):
    """What the printer says of itself.

    `paper_low` is no trouble yet; `drawer_signal` is the drawer's switch, whose sense differs from drawer to
    drawer.
    """

    offline: bool
    drawer_signal: bool
    cover_open: bool
    paper_out: bool
    paper_low: bool
    error: bool

    @classmethod
    def from_bytes(cls, printer: int, offline: int, error: int, paper: int) -> "Status":
        """From the answers to DLE EOT 1, 2, 3 and 4."""
        return cls(
            offline=bool(printer & 0x08),
            drawer_signal=bool(printer & 0x04),
            cover_open=bool(offline & 0x04),
            paper_out=bool(offline & 0x20 or paper & 0x60),
            paper_low=bool(paper & 0x0C),
            error=bool(offline & 0x40 or error & 0x68),
        )

    @property
    def trouble(self) -> Literal["cover_open", "paper_out", "error", "offline"] | None:
        """Why it cannot print, the cause that a person can see first; None if it can."""
        if self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.error:
            return "error"
        return "offline" if self.offline else None
