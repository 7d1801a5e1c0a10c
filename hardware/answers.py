"""What a printer says back: status bytes and acknowledgements, told apart by their fixed bits."""

from typing import Literal

from msgspec import Struct

StatusTrouble = Literal["cover_open", "paper_out", "cutter", "hot", "error", "offline"]


class Status(Struct, frozen=True, kw_only=True):
    """What the printer says of itself.

    `paper_low` is no trouble yet; `drawer_signal` is the drawer's switch, whose sense differs from drawer to
    drawer. `cutter`: the knife is stuck; `hot`: the print head rests until it is cool; `error`: any other fault.
    """

    offline: bool
    drawer_signal: bool
    cover_open: bool
    paper_out: bool
    paper_low: bool
    cutter: bool
    hot: bool
    error: bool

    @classmethod
    def from_bytes(cls, printer: int, offline: int, error: int, paper: int) -> "Status":
        """From the answers to DLE EOT 1, 2, 3 and 4."""
        told = bool(error & 0x6C)
        return cls(
            offline=bool(printer & 0x08),
            drawer_signal=bool(printer & 0x04),
            cover_open=bool(offline & 0x04),
            paper_out=bool(offline & 0x20 or paper & 0x60),
            paper_low=bool(paper & 0x0C),
            cutter=bool(error & 0x08),
            hot=bool(error & 0x40),
            error=bool(error & 0x24 or (offline & 0x40 and not told)),
        )

    @classmethod
    def from_automatic(cls, printer: int, error: int, paper: int) -> "Status":
        """From the first three bytes of an automatic status (GS a)."""
        return cls(
            offline=bool(printer & 0x08),
            drawer_signal=bool(printer & 0x04),
            cover_open=bool(printer & 0x20),
            paper_out=bool(paper & 0x0C),
            paper_low=bool(paper & 0x03),
            cutter=bool(error & 0x08),
            hot=bool(error & 0x40),
            error=bool(error & 0x24),
        )

    @property
    def trouble(self) -> StatusTrouble | None:
        """Why it cannot print, the cause that a person can see first; None if it can."""
        if self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.cutter:
            return "cutter"
        if self.hot:
            return "hot"
        if self.error:
            return "error"
        return "offline" if self.offline else None


class RealTimeStatus(Struct, frozen=True):
    """One answer to DLE EOT n. It does not say which n it answers: ask for one at a time."""

    byte: int


class AutomaticStatus(Struct, frozen=True):
    """What a printer says unasked when something has become otherwise, once GS a has told it to."""

    status: Status


class Acknowledgement(Struct, frozen=True):
    """The printer has come to a question among its data: its id (GS ( H), or "" for an answer to GS r."""

    id: str


class PowerOn(Struct, frozen=True):
    """The printer has just been switched on: all that it had in its memory is gone. Few are set to say so."""


Answer = RealTimeStatus | AutomaticStatus | Acknowledgement | PowerOn

_ECHO = b"\x37\x22"
_ECHO_LENGTH = 7  # these two, four characters of the id, NUL
_NOTICE = b"\x3b\x31\x00"
_AUTOMATIC_STATUS_LENGTH = 4


class Answers:
    """Takes bytes as they come in, gives answers as they become whole; noise is passed over.

    It never keeps more than the beginning of one answer.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that these bytes complete, in order."""
        self._bytes += data
        answers: list[Answer] = []
        at = 0
        while at < len(self._bytes):
            length = _length(self._bytes[at])
            found = bytes(self._bytes[at : at + length])
            if not _may_be_one(found):
                at += 1  # behind a false beginning, look again
            elif len(found) < length:
                break
            else:
                answers.append(_answer(found))
                at += length
        del self._bytes[:at]
        return answers


def _length(first: int) -> int:
    if first == _ECHO[0]:
        return _ECHO_LENGTH
    if first == _NOTICE[0]:
        return len(_NOTICE)
    return _AUTOMATIC_STATUS_LENGTH if first & 0x93 == 0x10 else 1


def _may_be_one(data: bytes) -> bool:
    """Whether this is an answer or the beginning of one."""
    first = data[0]
    if first == _ECHO[0]:
        name, end = data[2:6], data[6:]
        return data[:2] in (_ECHO[:1], _ECHO) and (not name or name.isalnum()) and end in (b"", b"\x00")
    if first == _NOTICE[0]:
        return _NOTICE.startswith(data)
    if first & 0x93 == 0x10:
        return not any(byte & 0x90 for byte in data[1:])
    return first & 0x93 == 0x12 or first & 0xF0 == 0


def _answer(data: bytes) -> Answer:
    first = data[0]
    if first == _ECHO[0]:
        return Acknowledgement(data[2:6].decode("ascii"))
    if first == _NOTICE[0]:
        return PowerOn()
    if len(data) == _AUTOMATIC_STATUS_LENGTH:
        return AutomaticStatus(Status.from_automatic(*data[:3]))
    return RealTimeStatus(first) if first & 0x93 == 0x12 else Acknowledgement("")
