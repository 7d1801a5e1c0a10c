"""`python -m tests.fuzz.scanners [MESSAGES [SEED]]`: random and mutated messages into all that reads codes.

Each message goes as bytes through the reader of a serial line, as key strokes through that of a keyboard, and as text
through what codes mean. Nothing may raise, hang or grow, and nothing may come out that was not sent.
"""

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from msgspec import Struct

from hardware.keycodes import X11_KEYS, KeyStroke
from hardware.line_reader import LineReader
from hardware.scanner import Read, Scan, WedgeReader
from hardware.scanner_settings import ScannerSettings
from pos_app.loyalty import barcodes, scale_labels
from tests.helpers.strokes import KEYS, finish, typed

SEEDS = (
    b"2912345678906\r\n",
    b"]E03800123456787\r",
    b"\x0296385074\x03",
    b"]C10103800123456787310300019510LOT-7\x1d21A1\n",
    b"]e00198001234567876310300019539329780345\r\n",
    b"https://id.gs1.org/01/03800123456787/10/A?3103=000195\n",
    b"04252614\t",
    b"2100123003457\r",
    "КООП-29 ₤\r".encode(),
    b"S00010000001\r\n2912345678906\r\n",
    b"",
)
_LABELS = tuple(map(scale_labels.parse, ("21IIIIIWWWWWC", "23IIIIVPPPPPC")))
_ODD = ("", "\r", "\x02", "\x03", "\x1d", "ß", "۵", "ж", "ab", "\ud800", "\U0001f600", "İ")
_LENGTH_MAX = 64
_MESSAGES = 1_000_000
_MS_MOST = 250


class Figures(Struct):
    """What a run came to; memory is that of the whole process, from the tenth part of the run to its end."""

    messages: int
    codes: int
    seconds: float
    slowest_ms: float
    grown_kb: int


def messages(random: Random) -> Iterator[bytes]:
    """Random bytes, and codes with some of their bytes changed, doubled, taken out or cut off."""
    while True:
        if random.random() < 0.2:
            yield random.randbytes(random.randrange(120))
            continue
        message = bytearray(random.choice(SEEDS) + random.choice(SEEDS))
        for _ in range(random.randrange(5)):
            at = random.randrange(len(message) + 1)
            match random.randrange(5):
                case 0:
                    message[at : at + 1] = random.randbytes(1)
                case 1:
                    message[at:at] = random.randbytes(random.randrange(6))
                case 2:
                    del message[at : at + random.randrange(1, 9)]
                case 3:
                    message[at:at] = message[: random.randrange(30)]
                case _:
                    message[at : at + 1] = random.choice(b"0123456789\r\n\x02\x03\x1d]").to_bytes()
        yield bytes(message)


class Fuzz:
    """The readers, which live through all messages as a till's do through a day."""

    def __init__(self, random: Random) -> None:
        self._random = random
        settings = [
            ScannerSettings(length_max=_LENGTH_MAX),
            ScannerSettings(length_max=_LENGTH_MAX, prefix="\x02", suffix="\x03"),
            ScannerSettings(length_max=_LENGTH_MAX, prefix="~", terminator_wait_ms=0, by_layout=True),
        ]
        self._lines = [LineReader(one) for one in settings]
        self._wedges = [WedgeReader(one, X11_KEYS) for one in settings]
        self._now_ms = 0
        self.codes = 0

    def feed(self, message: bytes) -> None:
        """One message through everything; AssertionError where something came out that must not."""
        text = message.decode("utf-8", "replace")
        self._read_line(message)
        self._type(text)
        self._understand(text)

    def _read_line(self, message: bytes) -> None:
        reader = self._random.choice(self._lines)
        cut = self._random.randrange(len(message) + 1)
        reads = reader.feed(message[:cut]) + reader.feed(message[cut:])
        if self._random.random() < 0.5:
            reads += self._random.choice((reader.flush, reader.give_up))()
            assert not reader.is_amid_code
        self._check(reads)

    def _check(self, reads: list[Read]) -> None:
        for read in reads:
            assert len(read.text) <= _LENGTH_MAX
            assert read.text.replace("\x1d", "").isprintable()
            if isinstance(read, Scan):
                self.codes += 1
                self._understand(read.code)

    def _type(self, text: str) -> None:
        random, reader = self._random, self._random.choice(self._wedges)
        pace_ms = random.choice((3, 30, 70, 150))
        sent: list[KeyStroke] = []
        events = []
        for character in text[:40]:
            wild = random.random() < 0.02
            self._now_ms = random.randrange(2**32) if wild else (self._now_ms + random.randrange(pace_ms + 1)) % 2**32
            stroke = self._stroke(character)
            sent.append(stroke)
            reader.claims(stroke)
            if random.random() < 0.3:
                events += reader.flush(self._now_ms)
            events += reader.feed(stroke)
        events += finish(reader)
        assert reader.deadline is None
        given_back = [id(stroke) for stroke in typed(events)]
        assert len(given_back) == len(set(given_back))
        assert set(given_back) <= set(map(id, sent))
        self._check([event for event in events if not hasattr(event, "strokes")])

    def _stroke(self, character: str) -> KeyStroke:
        random = self._random
        code, shift = KEYS.get(character, (random.randrange(300), random.random() < 0.5))
        if random.random() < 0.1:
            character = random.choice(_ODD)
        flags = [random.random() < chance for chance in (0.9, 0.05, 0.05, 0.05)]
        return KeyStroke(random.choice((code, code, 0)), character, self._now_ms, shift, *flags)

    def _understand(self, text: str) -> None:
        read = barcodes.read(text)
        assert read.numbers[0] == read.text
        assert len(read.numbers) == len(set(read.numbers)) <= 6
        assert not (read.is_misread and len(read.numbers) > 1)
        assert "\x1d" not in read.shown
        if read.price is not None:
            read.price.minor("EUR")
        for label in _LABELS:
            weighed = label.read(read.text)
            assert weighed is None or (weighed.weight_milli is None) != (weighed.amount_minor is None)


def run(count: int, seed: int = 1) -> Figures:
    """So many messages; AssertionError or the readers' own error at the first that does harm."""
    random = Random(seed)
    fuzz, slowest_s, base_kb = Fuzz(random), 0.0, _memory_kb()
    began_s = time.monotonic()
    for number, message in zip(range(count), messages(random), strict=False):
        before_s = time.monotonic()
        try:
            fuzz.feed(message)
        except Exception as error:
            error.add_note(f"message {number} of seed {seed}: {message!r}")
            raise
        slowest_s = max(slowest_s, time.monotonic() - before_s)
        if number == count // 10:
            base_kb = _memory_kb()
    return Figures(count, fuzz.codes, time.monotonic() - began_s, slowest_s * 1000, _memory_kb() - base_kb)


def _memory_kb() -> int:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def main(words: list[str]) -> int:
    figures = run(*map(int, words)) if words else run(_MESSAGES)
    print(
        f"{figures.messages} messages, {figures.codes} codes read, {figures.seconds:.0f} s, "
        f"slowest {figures.slowest_ms:.1f} ms, memory {figures.grown_kb:+} kB"
    )
    return 0 if figures.grown_kb < 2048 and figures.slowest_ms < _MS_MOST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
