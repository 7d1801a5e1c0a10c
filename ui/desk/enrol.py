"""Joining in two steps: who it is, then the terms and the card; and the card that was handed over (K6, K9, K10)."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QSizePolicy

from pos_app import texts
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.enrolment import Form
from pos_app.loyalty.programme import Kind, Terms
from pos_app.loyalty.words import Words
from ui.desk.forms import CARD, LATIN, Choice, FormPanel, OnScan, Tick
from ui.till.glyphs import Glyph
from ui.till.panel import Panel, is_enter
from ui.till.say import button, label

_PHONE = "[0-9+ ()/.-]{0,30}"
_ADDRESS = "[^\\s]{0,100}"
_DATE = "[0-9./-]{0,10}"


class WhoPanel(FormPanel):
    """Who joins."""

    def __init__(
        self, words: Words, form: Form, scan: OnScan, *, has_terms: bool = True, by_touch: bool = False
    ) -> None:
        """Without terms in force the next step is the card alone, and its button says so."""
        say = words.say
        on = say("desk.enrol.on" if has_terms else "desk.enrol.on_card")
        super().__init__("enrol", say("desk.enrol.title"), words, on, scan, by_touch=by_touch)
        self._form = form
        date = say(f"desk.enrol.date_{words.calendar}")
        self.add_entry("name", say("desk.enrol.name"), (0, 0), text=form.name)
        self.add_entry("phone", say("desk.enrol.phone"), (0, 1), _PHONE, form.phone, LATIN)
        self.add_entry("email", say("desk.enrol.email"), (1, 0), _ADDRESS, form.email, LATIN)
        self.add_entry("birthday", say("desk.enrol.birthday", date=date), (1, 1), _DATE, form.birthday, LATIN)
        self._language = Choice("language", say("desk.enrol.language"), texts.NAMES, form.language or words.language)
        self.add_stop(self._language, (2, 0))
        self.add_entry("inviter", say("desk.enrol.inviter"), (2, 1), CARD, form.inviter, LATIN)
        self.add_note(say("desk.enrol.hint"), "enrol_hint", (3, 0))

    def take_card(self, card: str) -> None:
        """A pre-printed card that nobody has was scanned: it will be the new one."""
        self._form = replace(self._form, card=card)

    @property
    def form(self) -> Form:
        """The form with what was typed here."""
        typed = {name: self.text(name) for name in ("name", "phone", "email", "birthday", "inviter")}
        return replace(self._form, language=self._language.chosen, **typed)


class TermsPanel(FormPanel):
    """The terms in force, whether they are accepted, what else is applied for, and which card it is."""

    print_wanted = Signal()

    def __init__(
        self,
        words: Words,
        form: Form,
        terms: Terms | None,
        kinds: Sequence[Kind],
        scan: OnScan,
        key: str,
        *,
        by_touch: bool = False,
    ) -> None:
        """`kinds` are those that can be applied for; `key` hands the card over."""
        say = words.say
        title = say("desk.terms.title" if terms else "desk.terms.title_card", name=form.name)
        super().__init__("enrol_terms", title, words, say("desk.terms.hand_over", key=key), scan, by_touch=by_touch)
        self._form = form
        self._consent: Tick | None = None
        self._applications: dict[str, Tick] = {}
        if terms is not None:
            self._show_terms(terms)
            self.column.setStretchFactor(self._area, 0)
        for row, kind in enumerate(kinds, 2):
            tick = Tick(f"applies_{kind.id}", say("desk.terms.applies", kind=words.pick(kind.names)))
            tick.setChecked(form.applies_for == kind.id)
            self._applications[kind.id] = tick
            self.add_stop(tick, (row, 0))
        card = self.add_entry("card", say("desk.terms.card"), (0, 1, 2 + len(kinds), 1), CARD, form.card, LATIN)
        card.field.setPlaceholderText(say("desk.terms.next_card"))

    @property
    def form(self) -> Form:
        """The form with what was ticked and typed here."""
        wanted = next((kind for kind, tick in self._applications.items() if tick.isChecked()), "")
        consents = self._consent is not None and self._consent.isChecked()
        return replace(self._form, consents=consents, applies_for=wanted, card=self.text("card"))

    def show_faults(self, faults: Mapping[str, str]) -> bool:
        """As of every form; what is missing besides stands under the terms."""
        found = super().show_faults(faults)
        if self._consent is not None:
            self._consent_fault.setText(faults.get("consent", ""))
            self._consent_fault.setVisible("consent" in faults)
            if "consent" in faults:
                self._consent.setFocus()
        return found

    def enter(self) -> None:
        if self._consent is not None:
            self._consent.setFocus()
        else:
            super().enter()

    def _show_terms(self, terms: Terms) -> None:
        say = self.words.say
        text = QPlainTextEdit(self.words.pick(terms.texts).strip())
        text.setObjectName("terms")
        text.setReadOnly(True)
        text.setAccessibleName(say("desk.terms.version", terms=terms.id))
        text.setMinimumHeight(60)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # what the form leaves
        self.column.insertWidget(1, text, 3)
        version = label("muted", say("desk.terms.version", terms=terms.id), "terms_version")
        printing = button("", say("desk.terms.print"), "terms_print")
        printing.clicked.connect(self.print_wanted)
        row = QHBoxLayout()
        row.addWidget(version, 1)
        row.addWidget(printing)
        self.column.insertLayout(1, row)
        self._consent = Tick("consent", say("desk.terms.consent", terms=terms.id))
        self._consent.setChecked(self._form.consents)
        self._consent_fault = label("fault", name="consent_fault")
        self._consent_fault.hide()
        self.add_stop(self._consent, (0, 0))
        self.grid.addWidget(self._consent_fault, 1, 0)


class HandedPanel(Panel):
    """A card that was handed over; Enter is done with it. `next_wanted(name)` is one of the buttons."""

    next_wanted = Signal(str)
    yields = True

    def __init__(self, words: Words, customer: Customer, lines: Sequence[str], nexts: Mapping[str, str]) -> None:
        """`lines` say what holds of the card, `nexts` are the words of buttons by their names."""
        super().__init__("handed", words.say("desk.handed.title"), words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.column.addStretch()
        self.column.addWidget(Glyph("card", 6), alignment=Qt.AlignmentFlag.AlignCenter)
        said = [("scanned", str(customer.card), "handed_card"), ("headline", customer.name, "handed_name")]
        said += [("large", line, f"handed_line_{number}") for number, line in enumerate(lines)]
        for role, text, name in said:
            line = label(role, text, name)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setWordWrap(True)
            self.column.addWidget(line)
        self.column.addStretch()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for name, word in nexts.items():
            made = button("", word, f"handed_{name}")
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.clicked.connect(lambda _checked, name=name: self.next_wanted.emit(name))
            row.addWidget(made)
        row.addStretch(1)
        self.column.addLayout(row)

    def enter(self) -> None:
        self.setFocus()

    def complete(self) -> bool:
        """A second press of the key that handed the card over."""
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = self.focusWidget()
        if not is_enter(event):
            super().keyPressEvent(event)
        elif isinstance(focused, QPushButton):
            focused.click()
        else:
            self.closed.emit()
