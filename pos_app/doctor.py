"""What this machine lacks for a till, in sentences."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from db.link import Link

PACKAGES = (
    "PySide6",
    "msgspec",
    "babel",
    "argon2",
    "sqlite_utils",
    "serial",
    "pyzbar",
    "cv2",
    "zxingcpp",
    "barcode",
    "httpx",
)
LIBRARIES = {
    "zbar": ("libzbar0", "cards cannot be read by the camera"),
    "xcb-cursor": ("libxcb-cursor0", "no window can be opened on an X screen"),
    "EGL": ("libegl1", "no window can be opened"),
    "pulse": ("libpulse0", "there will be no sounds"),
}
FREE_MIB = 500
GROUPS = {"dialout": "/dev/ttyS0 and other serial ports", "video": "cameras"}
"""Whoever works with devices has to belong to these; Debian gives the devices to them."""
SILENT_MIN = 5
CLOCK_SLACK_MS = 60_000


class Finding(NamedTuple):
    """One thing that was looked at, whether it is well, and a sentence."""

    ok: bool
    subject: str
    sentence: str


def findings(folder: Path) -> list[Finding]:
    """Everything that was looked at on this machine and in the till's data folder."""
    port, read = _settings(folder)
    return [
        _python(), *_packages(), *_libraries(), screen(), *_folder(folder), read, *_store(folder), *_centre(folder),
        _printer(port), *_groups(),
    ]  # fmt: skip


def _python() -> Finding:
    version = sys.version.split()[0]
    ok = sys.version_info >= (3, 11)
    return Finding(ok, "Python", f"{version}" if ok else f"{version} is too old: install Python 3.11 or newer")


def _packages() -> list[Finding]:
    lacking = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not lacking:
        return [Finding(True, "packages", "all installed")]
    return [Finding(False, "packages", f"{', '.join(lacking)} missing: run 'make setup'")]


def _libraries() -> list[Finding]:
    import ctypes.util

    found = []
    for library, (package, effect) in LIBRARIES.items():
        ok = ctypes.util.find_library(library) is not None
        text = "installed" if ok else f"missing, so {effect}: run 'sudo apt-get install {package}'"
        found.append(Finding(ok, package, text))
    return found


def screen() -> Finding:
    """Whether there is a screen for a window."""
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return Finding(True, "screen", f"{name}={os.environ[name]}")
    return Finding(False, "screen", "there is none here: start the till on the machine's own desktop")


def _folder(folder: Path) -> list[Finding]:
    import shutil

    near = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(near, os.W_OK):
        return [Finding(False, "data folder", f"{folder} cannot be written: choose another with --data")]
    free_mib = shutil.disk_usage(near).free // 2**20
    if free_mib < FREE_MIB:
        return [Finding(False, "data folder", f"{folder} has only {free_mib} MiB left: make room")]
    return [Finding(True, "data folder", f"{folder}, {free_mib} MiB free")]


def _settings(folder: Path) -> tuple[str, Finding]:
    """The printer's port that the settings name, if any, and what was found about them."""
    from hardware.profiles import profile_of
    from pos_app import settings
    from pos_app.loyalty.errors import FileFault

    try:
        printer = settings.load(folder).printer
        profile_of(printer)
    except FileFault as fault:
        return "", Finding(False, "settings", str(fault))
    return printer.path, Finding(
        True, "settings", "can be read" if (folder / settings.FILE).exists() else "the usual ones"
    )


def _groups() -> list[Finding]:
    """Whether this user may open what is plugged in; the superuser may, and so may a group that no machine has."""
    import grp

    if os.geteuid() == 0:
        return []
    known = {group.gr_name: group.gr_gid for group in grp.getgrall()}
    found = []
    for name, devices in GROUPS.items():
        ok = name not in known or known[name] in os.getgroups()
        remedy = f"this user does not belong to it, so {devices} cannot be used: run 'sudo adduser $USER {name}'"
        found.append(Finding(ok, f"group {name}", "this user belongs to it" if ok else f"{remedy} and log in again"))
    return found


def _store(folder: Path) -> list[Finding]:
    from db import check

    faults = check.faults(folder)
    return [Finding(False, "files", fault) for fault in faults] or [Finding(True, "files", "nothing is damaged")]


def _centre(folder: Path) -> list[Finding]:
    """How the link with the centre is, as the process that keeps it last said; nothing for a till that has none."""
    from db import link
    from db.store import StoreTrouble

    try:
        if link.key(folder) is None:
            return []
    except StoreTrouble as trouble:
        return [Finding(False, "centre", str(trouble))]
    found = [_key_rights(folder / link.KEY_FILE), _link(link.state(folder))]
    return [finding for finding in found if finding is not None]


def _key_rights(path: Path) -> Finding | None:
    if path.stat().st_mode & 0o077:
        return Finding(False, "centre", f"{path} can be read by others: run 'chmod 600 {path}'")
    return None


def _link(state: "Link | None") -> Finding:
    from pos_app.clock import now_ms

    if state is None:
        return Finding(False, "centre", "the link was never made: start the till, or run 'pos-app sync --once'")
    waiting = f"{state.waiting} facts wait to be sent" if state.waiting else "nothing waits to be sent"
    clock = f"the machine's clock is {abs(state.offset_ms) / 1000:.1f} s {'behind' if state.offset_ms > 0 else 'ahead'}"
    if state.why:
        minutes = max(0, now_ms() - state.alone_since) // 60_000
        return Finding(False, "centre", f"no link for {minutes} minutes: {state.sentence} {waiting}")
    minutes = max(0, now_ms() - state.heard) // 60_000
    if minutes >= SILENT_MIN:
        sentence = f"nobody has spoken with it for {minutes} minutes, since the till is closed; {waiting}"
        return Finding(not state.waiting, "centre", sentence)
    if abs(state.offset_ms) >= CLOCK_SLACK_MS:
        return Finding(False, "centre", f"linked; {clock}: set it right, the till goes by the centre's; {waiting}")
    return Finding(True, "centre", f"linked; {waiting}; {clock}")


def _printer(chosen: str) -> Finding:
    from hardware import ports

    if not chosen:
        return Finding(True, "printer", "none is set; slips wait in the journal")
    path = ports.path_of(chosen)
    if not path or not Path(path).exists():
        return Finding(False, "printer", f"{chosen} is not there: check cable and power, or set another port")
    if not os.access(path, os.R_OK | os.W_OK):
        return Finding(False, "printer", f"{path} may not be used: add this user to the group 'dialout'")
    return Finding(True, "printer", f"{path} is there; 'pos-app doctor --devices' asks it how it is")
