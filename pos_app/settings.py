"""The settings of one till: a typed table, read from `settings.toml` in the data folder and nowhere else."""

import re
from pathlib import Path
from typing import Any, Literal, cast, get_args

from msgspec import Struct, field

from pos_app import device_settings
from pos_app.device_settings import (
    CameraSettings,
    DisplaySettings,
    PrinterSettings,
    ScannerSettings,
    SerialScannerSettings,
)
from pos_app.loyalty import tables
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.tables import Table

FILE = "settings.toml"
LANGUAGES = ("bg", "en", "sl", "fa")
MODES = ("goods", "amount")
Security = Literal["starttls", "tls", "none"]
SECURITIES: tuple[Security, ...] = get_args(Security)
SmsWay = Literal["none", "modem", "http"]
SMS_WAYS: tuple[SmsWay, ...] = get_args(SmsWay)
SmsFormat = Literal["form", "json", "query"]
SMS_FORMATS: tuple[SmsFormat, ...] = get_args(SmsFormat)
SMS_METHODS = ("POST", "PUT", "GET")
SMS_VALUES = ("to", "text", "id")
SMS_FIELDS = {"to": "{to}", "text": "{text}"}
"""What a gateway is told unless the settings say otherwise: names of fields, and templates of what is in them."""

_ADDRESS = re.compile(r"[^<>@\s]+@[^<>@\s]+")
_BRACES = re.compile(r"\{(.*?)\}")
LOCAL = ("localhost", "127.0.0.1", "::1")
"""Names of this very machine: only with it anybody speaks in the open."""

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
    "desk": "Ins",
    "order": "Ctrl+F10",
    "devices": "Ctrl+F12",
    "camera": "Ctrl+F9",
}
"""The actions of the till and the keys that do them unless the settings say otherwise."""


class Secret(Struct, frozen=True):
    """A password: itself, or the path of a file that holds it and nothing else. It shows in no log."""

    text: str = ""
    file: str = ""

    def __repr__(self) -> str:
        return "Secret()"

    def read(self) -> str:
        """The password, empty when there is none; raises FileFault for a file that cannot be read."""
        if not self.file:
            return self.text
        try:
            return Path(self.file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise FileFault(
                self.file, [f"the password that the settings look for here cannot be read: {error}"]
            ) from error


class MailSettings(Struct, frozen=True):
    """The mail server that takes e-mail (no host: none is sent), and in whose name; explained in docs/notices.md."""

    host: str = ""
    port: int = 587
    security: Security = "starttls"
    ca_file: str = ""
    user: str = ""
    password: Secret = Secret()
    sender: str = ""
    timeout_s: int = 20


class SmsSettings(Struct, frozen=True):
    """How SMS are sent: by a GSM modem on a serial port or by an HTTP gateway; explained in docs/notices.md."""

    way: SmsWay = "none"
    country_code: str = ""
    path: str = ""
    baud: int = 115200
    url: str = ""
    method: str = "POST"
    format: SmsFormat = "form"
    fields: dict[str, str] = field(default_factory=SMS_FIELDS.copy)
    token_header: str = "Authorization"
    token: Secret = Secret()
    accepted: str = ""
    timeout_s: int = 20


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
    serial_scanner: SerialScannerSettings = SerialScannerSettings()
    camera: CameraSettings = CameraSettings()
    display: DisplaySettings = DisplaySettings()
    mail: MailSettings = MailSettings()
    sms: SmsSettings = SmsSettings()


def load(folder: Path, name: str = FILE) -> Settings:
    """The settings in a data folder, the defaults where there is no file; raises FileFault when it is wrong."""
    path = folder / name
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
        printer=device_settings.printer(table),
        scanner=device_settings.scanner(table),
        serial_scanner=device_settings.serial_scanner(table),
        camera=device_settings.camera(table),
        display=device_settings.display(table),
        mail=_mail(table),
        sms=_sms(table),
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
        "printer": _row(settings.printer),
        "scanner": _row(settings.scanner),
        "serial_scanner": _row(settings.serial_scanner),
        "camera": _row(settings.camera),
        "display": _row(settings.display),
        "mail": _row(settings.mail),
        "sms": _row(settings.sms),
        "sms.fields": {_literal(name): value for name, value in settings.sms.fields.items()},
    }
    lines = [f"{key} = {_literal(value)}" for key, value in rows.items()]
    for section, values in sections.items():
        lines += ["", f"[{section}]", *(f"{key} = {_literal(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _row(section: Struct) -> dict[str, Any]:
    """The keys of a table as they stand in the file: a secret is two of them, and inner tables come later."""
    row: dict[str, Any] = {}
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, Secret):
            row |= {name: value.text, f"{name}_file": value.file}
        elif not isinstance(value, dict):
            row[name] = list(value) if isinstance(value, tuple) else value
    return row


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


def _mail(table: Table) -> MailSettings:
    if "mail" not in table:
        return MailSettings()
    rows = table.table("mail")
    mail = MailSettings(
        host=rows.text("host", ""),
        port=rows.whole("port", 587, least=1, most=65535),
        security=cast("Security", rows.choice("security", SECURITIES, "starttls")),
        ca_file=rows.text("ca_file", ""),
        user=rows.text("user", ""),
        password=_secret(rows, "password"),
        sender=rows.text("sender", ""),
        timeout_s=rows.whole("timeout_s", 20, least=1, most=300),
    )
    if mail.host and not (_ADDRESS.search(mail.sender) and mail.sender.isprintable()):
        rows.fault("sender", "must be an e-mail address such as 'cards@coop.example' or 'КООП <cards@coop.example>'")
    if mail.user and mail.security == "none" and mail.host not in LOCAL:
        rows.fault("security", "'none' would show the password to the network; choose 'starttls' or 'tls'")
    rows.close()
    return mail


def _sms(table: Table) -> SmsSettings:
    if "sms" not in table:
        return SmsSettings()
    rows = table.table("sms")
    sms = SmsSettings(
        way=cast("SmsWay", rows.choice("way", SMS_WAYS, "none")),
        country_code=rows.text("country_code", ""),
        path=device_settings.path(rows),
        baud=rows.whole("baud", 115200, least=1200, most=921600),
        url=rows.text("url", ""),
        method=rows.choice("method", SMS_METHODS, "POST"),
        format=cast("SmsFormat", rows.choice("format", SMS_FORMATS, "form")),
        fields=_fields(rows),
        token_header=rows.text("token_header", "Authorization"),
        token=_secret(rows, "token"),
        accepted=rows.text("accepted", ""),
        timeout_s=rows.whole("timeout_s", 20, least=1, most=300),
    )
    if not re.fullmatch("[1-9][0-9]{0,2}|", sms.country_code):
        rows.fault("country_code", "must be up to 3 digits without + or zeros before them, such as '359'")
    if sms.way == "modem" and not sms.path:
        rows.fault("path", "is missing; it must be the modem's port, such as '/dev/ttyUSB2'")
    if sms.way == "http" and not re.match(r"https?://[^/\s]", sms.url):
        rows.fault("url", "must be the gateway's address, beginning with https:// or http://")
    if not re.fullmatch("[A-Za-z0-9-]+", sms.token_header):
        rows.fault("token_header", "must be the name of a header such as 'Authorization'")
    rows.close()
    return sms


def _fields(rows: Table) -> dict[str, str]:
    if "fields" not in rows:
        rows.text("fields", "")  # now a misspelt key can be told that this one is possible
        return dict(SMS_FIELDS)
    inner = rows.table("fields")
    fields = {name: inner.text(name) for name in inner.data}
    for name, template in fields.items():
        for value in _BRACES.findall(template):
            if value not in SMS_VALUES:
                inner.fault(name, f"{{{value[:20]}}} is not possible; possible: {{to}}, {{text}}, {{id}}")
    for value in ("to", "text"):
        if not any(f"{{{value}}}" in template for template in fields.values()):
            rows.fault("fields", f"none of them holds {{{value}}}, so the gateway would not be told it")
    return fields


def _secret(rows: Table, name: str) -> Secret:
    """A password by its key or by that of its file."""
    secret = Secret(rows.text(name, ""), rows.text(f"{name}_file", ""))
    if secret.file and not secret.file.startswith("/"):
        rows.fault(f"{name}_file", "must be a whole path, beginning with /")
    if secret.text and secret.file:
        rows.fault(name, f"stands here and in {name}_file; take one away")
    return secret
