"""The rules for udev: each line is one that udev reads, and every way through them ends where it should."""

import re
from pathlib import Path

FILE = Path(__file__).parents[2] / "packaging/udev/60-pos-app.rules"
_PART = re.compile(r'(?P<key>[A-Z_]+(?:\{[A-Za-z_]+\})?)(?P<sign>==|!=|\+=|=)"(?P<value>[^"]*)"')


def _rules() -> list[list[tuple[str, str, str]]]:
    lines = [line for line in FILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    rules = []
    for line in lines:
        parts = line.split(", ")
        assert all(_PART.fullmatch(part) for part in parts), line
        found = [match for part in parts if (match := _PART.fullmatch(part))]
        rules.append([(match["key"], match["sign"], match["value"]) for match in found])
    return rules


def _met(rule: list[tuple[str, str, str]], device: dict[str, str]) -> bool:
    """Whether a device fulfils what a rule asks for, as udev does it."""
    return all(
        (device.get(key, "") in value.split("|")) == (sign == "==") for key, sign, value in rule if sign in ("==", "!=")
    )


def _read(device: dict[str, str]) -> dict[str, str]:
    """What udev knows of a device behind the rules."""
    known, label = dict(device), ""
    for rule in _rules():
        told = {key: value for key, sign, value in rule if sign in ("=", "+=")}
        if label:
            label = "" if told.get("LABEL") == label else label
        elif _met(rule, known):
            label = told.pop("GOTO", "")
            known |= told
    assert not label
    return known


def test_scanners_and_printers_are_left_alone_and_may_be_used() -> None:
    for vendor, product in (("04b8", "0202"), ("0c2e", "0b61"), ("1a86", "7523"), ("0403", "6001")):
        usb = {"ATTRS{idVendor}": vendor, "ATTRS{idProduct}": product, "ACTION": "add"}
        port = _read(usb | {"SUBSYSTEM": "tty"})
        assert (port["ENV{ID_MM_PORT_IGNORE}"], port["TAG"]) == ("1", "uaccess")
        device = _read(usb | {"SUBSYSTEM": "usb"})
        assert device["ENV{ID_MM_DEVICE_IGNORE}"] == "1"
        assert "TAG" not in device


def test_all_else_is_as_it_was() -> None:
    for device in (
        {"ATTRS{idVendor}": "12d1", "ATTRS{idProduct}": "1506", "SUBSYSTEM": "tty", "ACTION": "add"},  # a modem
        {"ATTRS{idVendor}": "04b8", "ATTRS{idProduct}": "0202", "SUBSYSTEM": "input", "ACTION": "add"},
        {"ATTRS{idVendor}": "04b8", "ATTRS{idProduct}": "0202", "SUBSYSTEM": "tty", "ACTION": "remove"},
        {"ATTRS{idVendor}": "0403", "ATTRS{idProduct}": "ffff", "SUBSYSTEM": "tty", "ACTION": "add"},
    ):
        assert _read(device) == device
