"""What a running till tells the page of its devices, and lets it do."""

from typing import TYPE_CHECKING

from pos_app.devices import State

if TYPE_CHECKING:
    from ui.app import TillApp


def connect(app: "TillApp") -> None:
    """Let the page of devices know the parts of a running till, once they are open."""
    live = app.window.devices
    live.states["printer"] = lambda: _printer(app)
    live.states["wedge"] = lambda: "ready" if "wedge" in app.intake.sources else "untried"
    live.states["sounds"] = lambda: "ready" if app.sounds is not None and app.sounds.can_play else "none"
    live.appliers["printer"] = live.appliers["drawer"] = app.change_printer
    if app.demo is not None:
        live.stand_ins["printer"] = app.demo.paper.printer.path


def _printer(app: "TillApp") -> State:
    condition = app.printer.state.condition if app.printer else "none"
    return "ready" if condition == "printing" else condition
