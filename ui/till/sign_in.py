"""The page before work begins: who is it? By staff card, by touch or by keys alone."""

import logging
import unicodedata
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QThreadPool, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from db.store import Staff, StoreTrouble
from pos_app import texts
from pos_app.loyalty.errors import Refusal
from pos_app.loyalty.words import Words
from pos_app.sign_in import pin_fits
from pos_app.till import Till
from ui import theme
from ui.till.glyphs import Glyph
from ui.till.pads import BACK
from ui.till.pin_pad import PinPad
from ui.till.say import ElidedLabel, button, joined, label
from ui.till.staff_tiles import COLUMNS, NUMBERED, StaffTiles, spelt

log = logging.getLogger(__name__)

_TICK_MS = 500
_SPELLING_MS = 1200
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -COLUMNS,
    Qt.Key.Key_Down: COLUMNS,
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SignInPage(QWidget):
    """Asks who works here now and lets nobody by unknown.

    `signed_in` carries the Staff that `till.sign_in` took; `language_chosen` a language code, upon which
    `speak` is to be called. `scan` takes every code that is read while the page is shown. `pins` are shown on
    the tiles, by the staff's id: in the demo only. Whoever was let in last is chosen already when the page is
    shown again.
    """

    signed_in = Signal(object)
    language_chosen = Signal(str)

    def __init__(self, till: Till, pins: Mapping[str, str] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._till = till
        self._pins = pins or {}
        self._staff: list[Staff] = []
        self._chosen: int | None = None
        self._last_id = ""
        self._attempt = 0
        self._checking = False
        self._locked = False
        self._was_hidden = False
        self._languages: dict[str, QPushButton] = {}
        self._spelling = ""
        self._spelt_ms = 0
        self._verifier = _Verifier()
        self._verifier.verified.connect(self._finish)
        self._clock = QTimer(self, interval=_TICK_MS)
        self._clock.timeout.connect(self._tick)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        self.speak(till.words)

    # -- for the window

    def scan(self, code: str) -> bool:
        """A code was read: a staff card lets its owner in at once, anything else is told about and False."""
        try:
            staff = self._till.sign_in.by_card(code)
        except StoreTrouble as trouble:
            self._tell_trouble(trouble)
            return False
        if staff is None:
            self._tell(self._words.say("sign_in.no_staff_card"), "refused")
            return False
        self._welcome(staff)
        return True

    def speak(self, words: Words) -> None:
        """Show every text in the language of `words`."""
        self._words = words
        for name, shown in self._labels.items():
            shown.setText(words.say(f"sign_in.{name}"))
        self._pad.enter_key.setText(words.say("sign_in.enter"))
        for language, choice in self._languages.items():
            choice.setVisible(language != words.language)
        self.reload()

    def reload(self) -> None:
        """Take the staff from the store again and begin anew."""
        try:
            self._staff = self._till.store.staff()
        except StoreTrouble as trouble:
            self._tell_trouble(trouble)
            return
        self._tiles.show_staff(self._staff, self._pins, self._words)
        ids = [staff.id for staff in self._staff]
        alone = 0 if len(ids) == 1 else None
        self._choose(ids.index(self._last_id) if self._last_id in ids else alone)
        self._tick()

    # -- what it looks like

    def _build(self) -> None:
        self._labels: dict[str, QLabel] = {}
        self._tiles = StaffTiles(self)
        self._tiles.chosen.connect(self._choose)
        self._pad = PinPad(self)
        self._pad.entered.connect(self._check)
        self._pad.changed.connect(self._prompt)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self._people_card(), 5)
        body.addWidget(self._pin_card(), 3)
        page = QVBoxLayout(self)
        page.setContentsMargins(24, 16, 24, 16)
        page.setSpacing(16)
        page.addLayout(self._head())
        page.addLayout(body, 1)
        page.addWidget(self._worded("keys", "muted"))

    def _head(self) -> QHBoxLayout:
        name, *address = self._till.settings.shop_lines or ("",)
        shop, where = ElidedLabel("headline", "shop"), ElidedLabel("muted", "address")
        shop.setText(name)
        where.setText(joined(self._till.words, *address))
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addWidget(shop)
        lines.addWidget(where)
        self._date, self._time = label("muted", name="date"), label("headline", name="time")
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(lines, 1)
        row.addWidget(self._date)
        row.addWidget(self._time)
        for language, own_name in texts.NAMES.items():
            choice = button("plain", own_name, f"language_{language}")
            choice.clicked.connect(partial(self.language_chosen.emit, language))
            self._languages[language] = choice
            row.addWidget(choice)
        return row

    def _people_card(self) -> QFrame:
        hint = QHBoxLayout()
        hint.setSpacing(12)
        hint.addWidget(Glyph("card", 3))
        hint.addWidget(self._worded("hint", "large"), 1)
        self._labels["hint"].setWordWrap(True)
        card, rows = _card()
        rows.addWidget(self._worded("title", "headline"))
        rows.addLayout(hint)
        rows.addWidget(self._tiles, 1)
        if self._pins:
            rows.addWidget(self._worded("demo", "muted"))
        return card

    def _pin_card(self) -> QFrame:
        self._message = label("", name="message")
        self._message.setWordWrap(True)
        self._strip = QFrame()
        self._strip.setProperty("role", "strip")
        inside = QVBoxLayout(self._strip)
        inside.addWidget(self._message)
        self._whose = ElidedLabel("headline", "whose")
        card, rows = _card()
        rows.addWidget(self._worded("pin", "muted"))
        rows.addWidget(self._whose)
        rows.addWidget(self._strip)
        rows.addWidget(self._pad, 1)
        return card

    def _worded(self, name: str, role: str) -> QLabel:
        """A label whose text is `sign_in.<name>` in whatever language."""
        self._labels[name] = label(role, name=name)
        return self._labels[name]

    # -- choosing a name

    @Slot(int)
    def _choose(self, place: int | None) -> None:
        self._chosen, self._locked = place, False
        self._tiles.mark(place)
        self._whose.setText("" if place is None else self._staff[place].name)
        self._stop_checking()
        self._prompt()

    def _step(self, by: int) -> None:
        """Move the choice; past an end it stays where it is."""
        place = 0 if self._chosen is None else self._chosen + by
        if 0 <= place < len(self._staff):
            self._choose(place)

    def _spell(self, letter: str, at_ms: int) -> None:
        """A letter of a name; letters in quick succession make up its beginning."""
        if at_ms - self._spelt_ms > _SPELLING_MS:
            self._spelling = ""
        self._spelt_ms = at_ms
        names = [staff.name for staff in self._staff]
        for spelling in (self._spelling + letter, letter):
            place = spelt(names, spelling, self._chosen)
            if place is not None:
                self._spelling = spelling
                self._choose(place)
                return

    # -- verifying a PIN

    @Slot(str)
    def _check(self, pin: str) -> None:
        if self._chosen is None:
            return
        staff_id = self._staff[self._chosen].id
        try:
            pin_hash = self._till.sign_in.hash_to_fit(staff_id)
        except Refusal as refusal:
            self._tell(self._words.refusal(refusal), "refused")
            return
        except StoreTrouble as trouble:
            self._tell_trouble(trouble)
            return
        self._checking = True
        self._enable()
        self._tell(self._words.say("sign_in.checking"), "calm")
        self._verifier.verify(self._attempt, staff_id, pin_hash, pin)

    @Slot(int, str, bool)
    def _finish(self, attempt: int, staff_id: str, fits: bool) -> None:
        """A PIN was verified; one that nobody waits for any more counts only if it was wrong."""
        current = attempt == self._attempt
        if fits and not current:
            return
        if current:
            self._stop_checking()
        try:
            self._welcome(self._till.sign_in.finish(staff_id, fits))
        except Refusal as refusal:
            if current:
                self._tell(self._words.refusal(refusal), "refused")
                self._show_lock()
        except StoreTrouble as trouble:
            self._tell_trouble(trouble)

    def _stop_checking(self) -> None:
        self._attempt += 1
        self._checking = False
        self._pad.clear()
        self._enable()

    def _welcome(self, staff: Staff) -> None:
        self._stop_checking()
        self._last_id = staff.id
        log.info("%s signed in", staff.id)
        self.signed_in.emit(staff)

    # -- telling

    @Slot()
    def _prompt(self) -> None:
        """What to do next, instead of what was told before."""
        if not self._staff:
            self._tell(self._words.say("sign_in.nobody"), "attention")
        elif self._chosen is None:
            self._tell(self._words.say("sign_in.choose"), "calm")
        else:
            self._tell(self._words.say("sign_in.type_pin"), "calm")
            self._show_lock()

    def _tell(self, text: str, tone: str) -> None:
        self._message.setText(text)
        theme.set_tone(self._strip, tone)

    def _tell_trouble(self, trouble: StoreTrouble) -> None:
        log.error("the store: %s", trouble)
        self._tell(self._words.say(f"till.trouble.{trouble.code}"), "refused")

    def _show_lock(self) -> None:
        """Count the seconds down of a name that is locked, and let it in again when they are over."""
        wait_s = 0
        if self._chosen is not None:
            wait_s = self._till.sign_in.wait_s(self._staff[self._chosen].id)
        was_locked, self._locked = self._locked, wait_s > 0
        self._enable()
        if wait_s:
            self._tell(self._words.refusal(Refusal("sign_in_locked", seconds=wait_s)), "attention")
        elif was_locked:
            self._prompt()

    def _enable(self) -> None:
        self._tiles.setEnabled(not self._checking)
        self._pad.setEnabled(not self._checking and not self._locked and self._chosen is not None)

    @Slot()
    def _tick(self) -> None:
        now = self._till.now()
        self._date.setText(self._words.say("sign_in.date", now=now))
        self._time.setText(self._words.say("sign_in.time", now=now))
        if self._locked:
            self._show_lock()

    # -- events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and letters choose a name, as digits do while none is chosen; then they are the PIN."""
        if self._checking:
            return
        key, text = Qt.Key(event.key()), event.text()
        digit = unicodedata.decimal(text, None) if len(text) == 1 else None
        if key in _STEPS:
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft and abs(_STEPS[key]) == 1
            self._step(-_STEPS[key] if mirrored else _STEPS[key])
        elif key in _ENTER:
            if not event.isAutoRepeat() and self._pad.isEnabled():
                self._pad.enter()
        elif key == Qt.Key.Key_Escape:
            self._choose(None)
        elif key == Qt.Key.Key_Backspace:
            self._pad.press(BACK)
        elif digit is not None:
            if not event.isAutoRepeat():
                self._take_digit(digit)
        elif text.isalpha():
            self._spell(text, event.timestamp())
        else:
            super().keyPressEvent(event)

    def _take_digit(self, digit: int) -> None:
        if self._chosen is not None:
            if self._pad.isEnabled():
                self._pad.press(str(digit))
        elif 1 <= digit <= min(NUMBERED, len(self._staff)):
            self._choose(digit - 1)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from name to name: there is nothing else to go to."""
        self._step(1 if forward else -1)
        return True

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:  # so that a message of two lines moves nothing
            self._strip.setMinimumHeight(self.fontInfo().pixelSize() * 5)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            if self._was_hidden:
                self.reload()
            self._clock.start()
            self.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self._was_hidden = True
            self._clock.stop()
            self._stop_checking()


def _card() -> tuple[QFrame, QVBoxLayout]:
    frame = QFrame()
    frame.setProperty("role", "card")
    frame.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
    rows = QVBoxLayout(frame)
    rows.setContentsMargins(20, 16, 20, 16)
    rows.setSpacing(12)
    return frame, rows


class _Verifier(QObject):
    """Verifies PINs in another thread, since it takes long on purpose; what comes of it arrives in this one."""

    verified = Signal(int, str, bool)

    def verify(self, attempt: int, staff_id: str, pin_hash: str, pin: str) -> None:
        pool = QThreadPool.globalInstance()
        pool.start(lambda: self.verified.emit(attempt, staff_id, pin_fits(pin_hash, pin)))
