"""What a running till tells the page of its devices, and lets it do."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos_app.devices import State
from ui.devices import profile

if TYPE_CHECKING:
    from ui.app import TillApp
    from ui.line_display import CustomerLines
    from ui.serial_scanner import SerialScans


def connect(app: "TillApp") -> None:
    """Let the page of devices know the parts of a running till, once they are open."""
    live = app.window.devices
    live.states |= {
        "printer": lambda: _printer(app),
        "display": lambda: _looked(app.lines),
        "wedge": lambda: "ready" if "wedge" in app.intake.sources else "untried",
        "serial_scanner": lambda: _looked(app.serial_scanner),
        "camera": lambda: app.camera.state.condition if app.camera else "none",
        "sounds": lambda: "ready" if app.sounds is not None and app.sounds.can_play else "none",
    }
    live.appliers |= {
        "printer": app.change_printer,
        "drawer": app.change_printer,
        "display": app.change_display,
        "wedge": lambda settings: app.intake.adopt(profile.wedge(settings.scanner)),
        "serial_scanner": app.change_serial_scanner,
        "camera": app.change_camera,
    }
    live.trials["display"] = lambda: app.lines.show_trial() if app.lines else None
    live.camera = lambda: app.camera
    live.listen_serial = lambda listener: _listen(app, listener)
    if app.demo is not None:
        live.stand_ins |= {"printer": app.demo.paper.printer.path, "display": app.demo.paper.pole.display.path}


def _printer(app: "TillApp") -> State:
    condition = app.printer.state.condition if app.printer else "none"
    return "ready" if condition == "printing" else condition


def _looked(part: "CustomerLines | SerialScans | None") -> State:
    """How a device at a port is; for a moment nobody has looked for it yet."""
    if part is None:
        return "none"
    return "starting" if part.state == "none" else part.state


def _listen(app: "TillApp", listener: Callable[[bytes], object] | None) -> None:
    if app.serial_scanner is not None:
        app.serial_scanner.listen_raw(listener)
