"""Codes from a stream of bytes, as a scanner on a serial port sends them."""

from hardware.scanner import Read, Swallowed, excerpt, read_code
from hardware.scanner_settings import ScannerSettings


class LineReader:
    """Reads codes from a stream of bytes (a serial scanner): one a line, ended by CR, LF, both or the suffix.

    Memory stays bounded by `length_max` bytes whatever arrives; a longer line is refused as a whole.
    """

    def __init__(self, settings: ScannerSettings | None = None, source: str = "serial") -> None:
        self._settings = settings or ScannerSettings()
        self._source = source
        self._suffix = self._settings.suffix.encode()
        self._line = bytearray()
        self.ends_lines = False
        """Whether this scanner has ever ended a code by itself: then silence is no end of one."""

    @property
    def is_amid_code(self) -> bool:
        """Whether bytes wait for the end of their code."""
        return bool(self._line)

    def feed(self, data: bytes) -> list[Read]:
        """Take the next bytes, cut anywhere; returns the codes that they completed."""
        events: list[Read] = []
        for byte in data:
            if byte in b"\r\n":
                self.ends_lines = True
                events += self.flush()
                continue
            if len(self._line) <= self._settings.length_max:
                self._line.append(byte)
            if self._suffix and self._line.endswith(self._suffix):
                self.ends_lines = True
                events += self.flush()
        return events

    def give_up(self) -> list[Read]:
        """Refuse what was begun and never ended: a part of a code is another code."""
        line = bytes(self._line)
        self._line.clear()
        return [Swallowed(excerpt(line.decode("utf-8", "backslashreplace")), self._source)] if line else []

    def flush(self) -> list[Read]:
        """End the line as it is, for a scanner that sends no line end and has been silent for a while."""
        line = bytes(self._line)
        self._line.clear()
        if not line:
            return []
        if len(line) > self._settings.length_max:
            return [Swallowed(excerpt(line.decode("utf-8", "replace")), self._source)]
        try:
            return [read_code(line.decode("utf-8"), self._settings, self._source)]
        except UnicodeDecodeError:
            return [Swallowed(excerpt(line.decode("utf-8", "backslashreplace")), self._source)]
