"""The settings file: read whole, written whole, and friendly about what is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app import settings
from pos_app.device_settings import (
    CameraSettings,
    DisplaySettings,
    PrinterSettings,
    ScannerSettings,
    SerialScannerSettings,
)
from pos_app.loyalty.errors import FileFault
from pos_app.settings import MailSettings, Secret, Settings, SmsSettings


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == Settings()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    chosen = Settings(
        "en", "coop-bg", "amount", ("Магазин 12", 'с. "Горно"\\'), 60, printer=PrinterSettings("/dev/x", 115200)
    )
    settings.save(chosen, tmp_path)
    assert settings.load(tmp_path) == chosen
    assert [path.name for path in tmp_path.iterdir()] == [settings.FILE]


def test_the_devices_are_saved_and_loaded(tmp_path: Path) -> None:
    chosen = Settings(
        printer=PrinterSettings("usb:04b8:0202", logo="/srv/logo.png", drawer_pin=5),
        scanner=ScannerSettings(scale_labels=("21IIIIIWWWWWC",)),
        serial_scanner=SerialScannerSettings("/dev/ttyACM0", 115200, "rtscts", "\x02", "\x03"),
        camera=CameraSettings("/dev/video0", 640, 480, torch=True, always=False),
        display=DisplaySettings("/dev/ttyS1", 19200, "epson", 40, "cp866"),
    )
    settings.save(chosen, tmp_path)
    assert settings.load(tmp_path) == chosen


def test_the_ways_to_send_notices_are_saved_and_loaded(tmp_path: Path) -> None:
    chosen = Settings(
        mail=MailSettings("mail.coop.example", 465, "tls", "", "till", Secret("p\"w"), "КООП <cards@coop.example>", 5),
        sms=SmsSettings(
            "http", "359", url="https://sms.example/", format="json", token=Secret(file="/etc/sms-token"),
            fields={"a b": "{to}", "Съобщение": "{text} {id}"},
        ),
    )  # fmt: skip
    settings.save(chosen, tmp_path)
    assert settings.load(tmp_path) == chosen


def test_a_password_shows_nowhere_and_is_read_from_its_file(tmp_path: Path) -> None:
    assert "1234" not in repr(Settings(mail=MailSettings(password=Secret("1234"))))
    assert Secret("1234").read() == "1234"
    (tmp_path / "password").write_text("тайна\n", "utf-8")
    assert Secret(file=str(tmp_path / "password")).read() == "тайна"
    with pytest.raises(FileFault, match="the password that the settings look for here cannot be read"):
        Secret(file=str(tmp_path / "nowhere")).read()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_any_shop_lines_survive(lines: list[str]) -> None:
    chosen = Settings(shop_lines=tuple(lines))
    assert settings.decode(settings.encode(chosen).encode(), "x") == chosen


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('language = "de"', "key 'language': 'de' is not possible; possible: bg, en"),
        ('langauge = "bg"', "key 'langauge': is not known; did you mean 'language'?"),
        ("lock_after_s = -1", "key 'lock_after_s': -1 is not a whole number from 0 to 86400"),
        ('[printer]\nbaud = "fast"', "table [printer], key 'baud': must be a whole number, not 'fast'"),
        ("[printer]\ndrawer_pin = 3", "table [printer], key 'drawer_pin': 3 is not possible; it must be 2 or 5"),
        ('[display]\ncommands = "vt100"', "table [display], key 'commands': 'vt100' is not possible"),
        ("[camera]\nwidth = 1", "table [camera], key 'width': 1 is not a whole number from 160 to 4096"),
        ('[keys]\ngoods = "F2"', "table [keys], key 'goods': 'F2' is given to more than one action"),
        ('[mail]\nhost = "mail.coop.example"', "table [mail], key 'sender': must be an e-mail address such as"),
        ('[mail]\nhost = "x"\nsender = "a@b\\nBcc: c@d"', "table [mail], key 'sender': must be an e-mail address"),
        (
            '[mail]\nhost = "mail.coop.example"\nsender = "a@b.example"\nuser = "u"\nsecurity = "none"',
            "table [mail], key 'security': 'none' would show the password to the network",
        ),
        ('[mail]\npassword = "x"\npassword_file = "/x"', "key 'password': stands here and in password_file"),
        ('[mail]\npassword_file = "x"', "key 'password_file': must be a whole path, beginning with /"),
        ('[sms]\nway = "fax"', "table [sms], key 'way': 'fax' is not possible; possible: none, modem, http"),
        ('[sms]\nway = "modem"', "table [sms], key 'path': is missing; it must be the modem's port"),
        ('[sms]\nway = "http"\nurl = "ftp://x"', "table [sms], key 'url': must be the gateway's address"),
        ('[sms]\ncountry_code = "+359"', "table [sms], key 'country_code': must be up to 3 digits"),
        ('[sms]\ntoken_header = "A: b"', "table [sms], key 'token_header': must be the name of a header"),
        ('[sms]\nfields = { m = "{body}" }', "table [sms.fields], key 'm': {body} is not possible; possible: {to}"),
        ('[sms]\nfields = { m = "{text}" }', "table [sms], key 'fields': none of them holds {to}"),
        ("[sms]\nfeilds = {}", "table [sms], key 'feilds': is not known; did you mean 'fields'?"),
        ("x = ", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_wrong_file_is_told_about(content: str, sentence: str) -> None:
    with pytest.raises(FileFault) as caught:
        settings.decode(content.encode(), "settings.toml")
    assert sentence in str(caught.value)
    assert "settings.toml" in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(FileFault, match="is not UTF-8 text"):
        settings.load(tmp_path)


@pytest.mark.parametrize("table", ["printer", "serial_scanner", "camera", "display", "sms"])
def test_a_port_with_characters_that_cannot_be_seen_is_told(table: str) -> None:
    with pytest.raises(FileFault, match=rf"table \[{table}\], key 'path': must be a port"):
        settings.decode(f'[{table}]\npath = "/dev/tty\\u0000S0"'.encode(), settings.FILE)
