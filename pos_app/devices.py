"""How the devices of a till are: one report for each, with a state that there are words for in every language.

`seen` tells what can be told without touching a device; `looked_at` opens what nobody else has open and asks it. A
running till knows more of what it holds itself, and puts that in the place of what was seen.
"""

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal, NamedTuple, get_args

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from hardware import ports
from hardware.camera import Camera
from hardware.camera_messages import CameraState, Told
from hardware.modem import Modem, ModemTrouble
from hardware.ports import Port
from hardware.printer import PrinterTrouble, SerialPrinter, TroubleCode
from hardware.serial_line import SerialLine, opening_trouble
from pos_app.device_settings import Flow
from pos_app.loyalty.words import Words
from pos_app.settings import Settings

Device = Literal["printer", "drawer", "display", "wedge", "serial_scanner", "camera", "sounds", "modem"]
DEVICES: tuple[Device, ...] = get_args(Device)

State = (
    Literal[
        "none",  # none is set
        "ready",  # it works, as far as a program can see
        "there",  # plugged in, and may be used; a test shows whether it works
        "untried",  # nobody can see it but by a test
        "silent",  # it takes bytes and never answers
        "in_use",  # the running till has it
        "no_printer",  # it hangs on the printer, and there is none that works
        "twins",  # several that cannot be told apart are plugged in
        "shared",  # another device of the till is set to the same port
        "paper_low",
        "cutter",  # the knife is stuck
        "hot",  # the print head rests until it is cool
        "interrupted",  # it has lost a part of what it was sent
        "not_serial",  # the path is no serial port
        "not_camera",
        "starting",
        "dark",  # a camera that sees nothing
        "stuck",  # the till's own program for it hangs, and is started again
        "failed",  # that program has ended by itself
    ]
    | TroubleCode
)
STATES: tuple[State, ...] = tuple(
    dict.fromkeys(state for part in get_args(State) for state in (get_args(part) or (part,)))
)
_WELL: frozenset[State] = frozenset({"ready", "there", "paper_low"})
_UNKNOWN: frozenset[State] = frozenset({"none", "untried", "silent", "in_use", "starting"})
_OF_PORTS: frozenset[State] = frozenset({"missing", "twins", "shared", "busy", "no_permission"})
"""What is the same with every device at a port, and can be told with the port's name."""

Caution = Literal["modem_manager", "by_number"]
CAUTIONS: tuple[Caution, ...] = get_args(Caution)
"""What is no trouble yet: ModemManager may speak to it; it is set by a number that changes."""

_SOUND_CARDS = Path("/proc/asound/cards")
_CHUNK = 64
_CAMERA_S = 15.0


class Report(Struct, frozen=True):
    """How one device is.

    `chosen` is its port as the settings have it, `path` where that is now, `name` what the device says that it is
    called, `holder` who else has it, `detail` what it says of its trouble itself; `values` are its settings.
    """

    device: Device
    state: State
    chosen: str = ""
    path: str = ""
    name: str = ""
    holder: str = ""
    detail: str = ""
    warnings: tuple[Caution, ...] = ()
    values: dict[str, Any] = {}

    @property
    def ok(self) -> bool | None:
        """Whether it works; None where that cannot be known, or where there is no such device."""
        if self.device == "camera" and self.state == "silent":
            return False  # it is there to send pictures
        return True if self.state in _WELL else None if self.state in _UNKNOWN else False


class Machine(NamedTuple):
    """What is plugged into this machine."""

    ports: Sequence[Port]
    cameras: Sequence[Port]
    sound_cards: Path = _SOUND_CARDS


def machine() -> Machine:
    """What is plugged in now."""
    return Machine(ports.found(), ports.cameras())


def seen(settings: Settings, plugged: Machine) -> list[Report]:
    """Every device, without touching any."""
    sms = settings.sms
    printer = _of_port("printer", settings.printer.path, plugged.ports, settings.printer)
    modem = _of_port("modem", sms.path if sms.way == "modem" else "", plugged.ports, None)
    reports = [
        printer,
        drawer(printer, settings),
        _of_port("display", settings.display.path, plugged.ports, settings.display),
        Report("wedge", "untried", values=_values(settings.scanner)),
        _of_port("serial_scanner", settings.serial_scanner.path, plugged.ports, settings.serial_scanner),
        _of_port("camera", settings.camera.path, plugged.cameras, settings.camera),
        Report("sounds", "there" if _has_sound(plugged.sound_cards) else "none"),
        replace(modem, values={"baud": sms.baud}),
    ]
    used = Counter(os.path.realpath(report.path) for report in reports if report.path)
    return [
        replace(report, state="shared")
        if report.state == "there" and used[os.path.realpath(report.path)] > 1
        else report
        for report in reports
    ]


def looked_at(settings: Settings, plugged: Machine, *, till_runs: bool) -> list[Report]:
    """Every device, those asked that nobody else has open; takes seconds where some are silent.

    `till_runs` is whether a till works with these settings now: what is busy then is in its hands.
    """
    reports: dict[Device, Report] = {}
    for report in seen(settings, plugged):
        found = asked(report, settings)
        if found.state == "busy" and till_runs and found.device != "modem":
            found = replace(found, state="in_use", holder="")
        reports[found.device] = found
    reports["drawer"] = drawer(reports["printer"], settings)
    return list(reports.values())


def asked(report: Report, settings: Settings) -> Report:
    """A device that is there, opened and asked as far as it can be; any other as it was seen."""
    asking: dict[Device, Callable[[Report, Settings], Report]] = {
        "printer": _asked_printer,
        "display": _opened_display,
        "serial_scanner": _opened_scanner,
        "camera": _asked_camera,
        "modem": _asked_modem,
    }
    if report.state != "there" or report.device not in asking:
        return report
    report = asking[report.device](report, settings)
    return replace(report, holder=ports.holder(report.path)) if report.state == "busy" else report


def drawer(printer: Report, settings: Settings) -> Report:
    """The drawer hangs on the printer, and says nothing of itself."""
    state: State = "none" if printer.state == "none" else "no_printer" if printer.ok is False else "untried"
    return Report("drawer", state, values={"drawer_pin": settings.printer.drawer_pin})


def what(report: Report, words: Words) -> str:
    """How the device is, in a sentence."""
    return _said(report, "what", words)


def remedy(report: Report, words: Words) -> str:
    """What to do about it, in sentences; empty where there is nothing to be done."""
    warned = [words.say(f"devices.warning.{warning}") for warning in report.warnings]
    return " ".join(sentence for sentence in (_said(report, "do", words), *warned) if sentence)


def where(report: Report, words: Words) -> str:
    """Where it is plugged in: its name, where it is now, and what it is known by; empty where it is nowhere."""
    parts = [report.name, report.path, report.chosen if report.chosen != report.path else ""]
    known = [part for part in parts if part]
    return words.joined(known) if known else ""


def line(report: Report, words: Words) -> str:
    """The report in a line, as a terminal shows it."""
    mark = {True: "ok  ", False: "FAIL", None: "    "}[report.ok]
    place = where(report, words)
    sentences = [what(report, words), remedy(report, words), f"({place})" if place else ""]
    said = " ".join(sentence for sentence in sentences if sentence)
    return f"{mark}  {words.say(f'devices.name.{report.device}')}: {said}"


def told(report: Report, words: Words) -> dict[str, Any]:
    """The report and its words, for programs."""
    return {
        "device": report.device,
        "name": words.say(f"devices.name.{report.device}"),
        "state": report.state,
        "ok": report.ok,
        "what": what(report, words),
        "do": remedy(report, words),
        "where": {"port": report.path, "identity": report.chosen, "name": report.name},
        "warnings": list(report.warnings),
        "values": report.values,
    }


def _said(report: Report, part: str, words: Words) -> str:
    """The words for a state: those of the device if it has its own, or else those of any device; empty for none."""
    keys = [f"devices.{report.device}.{report.state}", f"devices.any.{report.state}"]
    if report.device == "printer" and report.state not in _OF_PORTS:
        keys.insert(0, f"printer.{report.state}")
    key = next(key for key in keys if words.knows(f"{key}.what"))
    if not words.knows(f"{key}.{part}"):
        return ""
    holder = report.holder or words.say("devices.nobody_seen")
    return words.say(f"{key}.{part}", port=report.path or report.chosen, holder=holder, detail=report.detail)


def _of_port(device: Device, chosen: str, plugged: Sequence[Port], settings: Struct | None) -> Report:
    """A device at a port or of an identity, as far as it can be seen."""
    values = _values(settings) if settings is not None else {}
    if not chosen:
        return Report(device, "none", values=values)
    there = ports.matches(chosen, plugged)
    if len(there) > 1:
        return Report(device, "twins", chosen, values=values)
    port = there[0] if there else None
    path = port.path if port else "" if chosen.startswith(ports.MARK) else chosen
    warnings: tuple[Caution, ...] = ()
    if port and chosen == port.path != port.identity:
        warnings += ("by_number",)
    if path and device != "camera" and ports.is_probed(path):
        warnings += ("modem_manager",)
    name = port.name if port else ""
    return Report(device, _access(path, device), chosen, path, name, warnings=warnings, values=values)


def _access(path: str, device: Device) -> State:
    """Whether a path is there and may be used. A camera may be a picture, or a folder of them."""
    try:
        mode = Path(path).stat().st_mode if path else 0
    except PermissionError:
        return "no_permission"
    except OSError:
        mode = 0
    if not mode:
        return "missing"
    is_device = stat.S_ISCHR(mode)
    if not is_device and device != "camera":
        return "not_serial"
    return "there" if os.access(path, os.R_OK | (os.W_OK if is_device else 0)) else "no_permission"


def _opened(report: Report, baud: int, flow: Flow) -> Report:
    """A device whose port was opened and given back."""
    try:
        SerialLine(report.path, baud=baud, flow=flow, chunk=_CHUNK).close()
    except (OSError, ValueError) as error:
        trouble = opening_trouble(error)
        return replace(report, state="not_serial" if trouble == "error" else trouble)
    return report


def _opened_display(report: Report, settings: Settings) -> Report:
    return _opened(report, settings.display.baud, "none")


def _opened_scanner(report: Report, settings: Settings) -> Report:
    return _opened(report, settings.serial_scanner.baud, settings.serial_scanner.flow)


def _asked_printer(report: Report, settings: Settings) -> Report:
    chosen = settings.printer
    printer = SerialPrinter(report.path, baud=chosen.baud, flow=chosen.flow)
    try:
        status = printer.status()
    except PrinterTrouble as trouble:
        return replace(report, state=trouble.code, detail=trouble.detail)
    finally:
        printer.close()
    if status is None:
        return replace(report, state="silent")
    return replace(report, state=status.trouble or ("paper_low" if status.paper_low else "ready"))


def _asked_camera(report: Report, settings: Settings) -> Report:
    """What its process tells first, once it has opened it."""
    told: SimpleQueue[Told] = SimpleQueue()
    camera = Camera(settings.camera, told.put)
    deadline_s = time.monotonic() + _CAMERA_S
    state: State = "stuck"
    try:
        while state == "stuck" and (left_s := deadline_s - time.monotonic()) > 0:
            match told.get(timeout=left_s):
                case CameraState(condition) if condition != "starting":
                    state = condition
    except Empty:
        pass
    finally:
        camera.stop()
    return replace(report, state=state)


def _asked_modem(report: Report, settings: Settings) -> Report:
    opened = _opened(report, settings.sms.baud, "none")
    if opened.state != "there":
        return opened
    modem = Modem(report.path, baud=settings.sms.baud)
    try:
        modem.check()
    except ModemTrouble as trouble:
        return replace(report, state="error", detail=str(trouble))
    finally:
        modem.close()
    return replace(report, state="ready")


def _has_sound(cards: Path) -> bool:
    """Whether the system has found a loudspeaker."""
    try:
        return "[" in cards.read_text("utf-8", "replace")
    except OSError:
        return False


def _values(settings: Struct) -> dict[str, Any]:
    values: dict[str, Any] = to_builtins(settings)
    return {name: value for name, value in values.items() if name != "path"}
