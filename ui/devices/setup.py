"""Setting up one device: where it is plugged in, chosen from what was found, and how it is spoken to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hardware import ports
from hardware.ports import Port
from pos_app.devices import Device
from pos_app.loyalty.words import Words
from ui.devices import choices
from ui.devices.choices import Choice
from ui.devices.cycle import Cycle
from ui.till.panel import Panel
from ui.till.rows import Row, RowsView
from ui.till.say import button, label


class SetupPanel(Panel):
    """The settings of one device; `kept(table)` carries them when they are to be kept."""

    kept = Signal(object)

    def __init__(self, words: Words, device: Device, table: Any, found: Sequence[Port], key: str) -> None:
        """`table` are its settings as they are, `found` the ports that it may be at, `key` the one that completes."""
        name = words.say(f"devices.name.{device}")
        super().__init__("device_setup", words.say("devices.setup.title", device=name), words)
        self._device: Device = device
        self._table = table
        self._ports = self._list(found) if device in choices.AT_PORT else None
        self._cycles: dict[str, Cycle] = {}
        for choice in choices.choices(device, table):
            self._cycles[choice.name] = self._cycle(choice)
        hint = label("muted", words.say("devices.setup.hint"), "setup_hint")
        hint.setWordWrap(True)
        done = button("primary", words.say("devices.setup.save", key=key), "panel_device_setup_done")
        done.clicked.connect(self.complete)
        foot = QHBoxLayout()
        foot.addWidget(hint, 1)
        foot.addWidget(done)
        self.column.addLayout(self._lay_out(), 1)
        self.column.addLayout(foot)

    def enter(self) -> None:
        self._stops()[0].setFocus()

    def complete(self) -> bool:
        table = self._table
        if self._ports is not None and self._ports.current >= 0:
            table = replace(table, path=self._known_as[self._ports.current])
        self.kept.emit(table)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(20)
        if self._ports is not None:
            where = QVBoxLayout()
            where.setSpacing(2)
            where.addWidget(label("caption", self.words.say("devices.setup.port"), "setup_port"))
            where.addWidget(self._ports, 1)
            row.addLayout(where, 3)
        how = QVBoxLayout()
        how.setSpacing(10)
        for cycle in self._cycles.values():
            how.addWidget(cycle)
        how.addStretch(1)
        row.addLayout(how, 2)
        return row

    def _list(self, found: Sequence[Port]) -> RowsView:
        """What was found, behind nothing at all, and what was chosen before and is away now."""
        say, before = self.words.say, self._table.path
        self._known_as = ["", *(port.identity for port in found)]
        rows = [Row(say("devices.setup.port_none"), say("devices.setup.port_none_is"))]
        rows += [Row(self.words.joined([port.name or port.path]), self._place(port)) for port in found]
        there = ports.matches(before, found) if before else []
        current = self._known_as.index(there[0].identity) if len(there) == 1 else 0
        if before and not there:
            self._known_as.append(before)
            is_there = Path(before).exists()  # something that only stands in for a port
            rows.append(Row(self.words.joined([before]), say(f"devices.setup.port_{'now' if is_there else 'away'}")))
            current = len(rows) - 1
        view = RowsView()
        view.setObjectName("ports")
        view.set_rows(rows, current)
        return view

    def _place(self, port: Port) -> str:
        if port.identity == port.path:
            return self.words.say("devices.setup.port_own")
        return self.words.joined([port.path, port.identity])

    def _cycle(self, choice: Choice) -> Cycle:
        prompt = self.words.say(f"devices.setup.{choice.name}")
        cycle = Cycle(choice.name, prompt, self._options(choice), choice.chosen)
        cycle.changed.connect(lambda value: self._change(choice.name, value))
        cycle.entered.connect(lambda: self._go_on(cycle))
        return cycle

    def _options(self, choice: Choice) -> list[tuple[Any, str]]:
        return [(option, choices.label(choice.name, option, self.words)) for option in choice.options]

    def _change(self, name: str, value: Any) -> None:
        """Take a choice; what else can be chosen may hang on it."""
        self._table = choices.changed(self._table, name, value)
        for choice in choices.choices(self._device, self._table):
            if choice.name != name:
                self._cycles[choice.name].show_options(self._options(choice), choice.chosen)

    def _stops(self) -> list[QWidget]:
        return [*([self._ports] if self._ports is not None else []), *self._cycles.values()]

    def _go_on(self, stop: QWidget) -> None:
        """Enter goes on to the next, from the last one it is done."""
        stops = self._stops()
        at = stops.index(stop)
        if at == len(stops) - 1:
            self.complete()
        else:
            stops[at + 1].setFocus()
