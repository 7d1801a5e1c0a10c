"""The settings of one till: a typed table, read from `settings.toml` in the data folder and nowhere else."""

from pathlib import Path
from typing import Any, Literal, cast, get_args

from msgspec import Struct, field

from pos_app.loyalty import tables
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.tables import Table

FILE = "settings.toml"
LANGUAGES = ("bg", "en")
MODES = ("goods", "amount")
Flow = Literal["none", "xonxoff", "rtscts"]
FLOWS: tuple[Flow, ...] = get_args(Flow)

KEYS = {
    "goods": "F1",
    "customer": "F2",
    "quantity": "F3",
    "return": "F4",
    "board": "F5",
    "points": "F6",
    "hold": "F7",
    "void": "F8",
    "lock": "F9",
    "complete": "F10",
    "reprint": "F11",
    "drawer": "F12",
}
"""The actions of the till and the keys that do them unless the settings say otherwise."""


class PrinterSettings(Struct, frozen=True):
    """The receipt printer: a serial port's path (empty: none), its speed, flow control, profile, code page
    (empty: the profile's for the language).
    """

    path: str = ""
    baud: int = 9600
    flow: Flow = "none"
    profile: str = "generic-80"
    code_page: str = ""


class ScannerSettings(Struct, frozen=True):
    """How a keyboard-wedge scanner is told from typing; the fields are explained in docs/scanning.md."""

    length_min: int = 6
    gap_max_ms: int = 50
    gap_mean_max_ms: int = 35
    terminator_wait_ms: int = 200
    prefix: str = ""
    suffix: str = ""
    by_layout: bool = False


class Settings(Struct, frozen=True):
    """Everything that a shop can set. `mode` amount: only amounts are typed, the goods stay in the fiscal register."""

    language: str = "bg"
    programme: str = "coop-bg"
    mode: str = "goods"
    shop_lines: tuple[str, ...] = ()
    lock_after_s: int = 600
    keys: dict[str, str] = field(default_factory=KEYS.copy)
    printer: PrinterSettings = PrinterSettings()
    scanner: ScannerSettings = ScannerSettings()


def load(folder: Path) -> Settings:
    """The settings in a data folder, the defaults where there is no file; raises FileFault when it is wrong."""
    path = folder / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise FileFault(str(path), [f"cannot be read: {error}"]) from error
    return decode(content, str(path))


def decode(content: bytes, file: str) -> Settings:
    """The settings in a file's bytes; raises FileFault with every fault found."""
    table = tables.read(content, file)
    settings = Settings(
        language=table.choice("language", LANGUAGES, "bg"),
        programme=table.text("programme", "coop-bg"),
        mode=table.choice("mode", MODES, "goods"),
        shop_lines=table.texts("shop_lines"),
        lock_after_s=table.whole("lock_after_s", 600, most=86400),
        keys=_keys(table),
        printer=_printer(table),
        scanner=_scanner(table),
    )
    table.close()
    table.check(file)
    return settings


def save(settings: Settings, folder: Path) -> None:
    """Write the settings whole, by a file beside and a rename, so that a power cut leaves the old or the new."""
    path = folder / FILE
    beside = path.with_suffix(".new")
    beside.write_text(encode(settings), "utf-8")
    beside.replace(path)


def encode(settings: Settings) -> str:
    """The settings as a TOML file."""
    rows: dict[str, Any] = {
        "language": settings.language,
        "programme": settings.programme,
        "mode": settings.mode,
        "shop_lines": list(settings.shop_lines),
        "lock_after_s": settings.lock_after_s,
    }
    sections: dict[str, dict[str, Any]] = {
        "keys": dict(settings.keys),
        "printer": {name: getattr(settings.printer, name) for name in settings.printer.__struct_fields__},
        "scanner": {name: getattr(settings.scanner, name) for name in settings.scanner.__struct_fields__},
    }
    lines = [f"{key} = {_literal(value)}" for key, value in rows.items()]
    for section, values in sections.items():
        lines += ["", f"[{section}]", *(f"{key} = {_literal(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _literal(value: str | int | list[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _keys(table: Table) -> dict[str, str]:
    if "keys" not in table:
        return dict(KEYS)
    rows = table.table("keys")
    keys = {action: rows.text(action, key) for action, key in KEYS.items()}
    for action, key in keys.items():
        if list(keys.values()).count(key) > 1:
            rows.fault(action, f"'{key[:20]}' is given to more than one action")
    rows.close()
    return keys


def _printer(table: Table) -> PrinterSettings:
    if "printer" not in table:
        return PrinterSettings()
    rows = table.table("printer")
    printer = PrinterSettings(
        path=rows.text("path", ""),
        baud=rows.whole("baud", 9600, least=1200, most=921600),
        flow=cast("Flow", rows.choice("flow", FLOWS, "none")),
        profile=rows.text("profile", "generic-80"),
        code_page=rows.text("code_page", ""),
    )
    rows.close()
    return printer


def _scanner(table: Table) -> ScannerSettings:
    if "scanner" not in table:
        return ScannerSettings()
    rows = table.table("scanner")
    scanner = ScannerSettings(
        length_min=rows.whole("length_min", 6, least=2, most=50),
        gap_max_ms=rows.whole("gap_max_ms", 50, least=5, most=500),
        gap_mean_max_ms=rows.whole("gap_mean_max_ms", 35, least=1, most=500),
        terminator_wait_ms=rows.whole("terminator_wait_ms", 200, most=2000),
        prefix=rows.text("prefix", ""),
        suffix=rows.text("suffix", ""),
        by_layout=rows.flag("by_layout", False),
    )
    rows.close()
    return scanner
