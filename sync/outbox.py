"""The round: what waits in the outbox is put into words and sent, each notice once.

`sending` is on the disk before a notice leaves and `sent` after it was taken. What is still `sending` when a round
begins was under way when the program ended: it may have been sent, becomes `unsure`, and is not sent again by itself.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from db.records import Dispatch, NoticeState, Person
from pos_app.loyalty import notices
from pos_app.loyalty.notices import Channel
from pos_app.loyalty.words import Words
from pos_app.settings import Settings
from sync.message import Message, Sender, SendTrouble
from sync.message import Outcome as Trouble

_ENDS: Mapping[Trouble, NoticeState] = {
    "away": "queued", "later": "queued", "refused": "failed", "unsure": "unsure",
}  # fmt: skip
_LIFE_MS = max(notices.LIFE_MS.values())
_NUMBER = re.compile(r"\+?[0-9]{5,15}")


class Outbox(Protocol):
    """Where notices wait, at a till or at the centre."""

    def notices(self, *wanted: NoticeState) -> list[Dispatch]:
        """Notices in these states, those first that were tried longest ago."""
        ...

    def person(self, member: int) -> Person | None:
        """The personal data of a member."""
        ...

    def as_of_now(self, notice: Dispatch) -> Dispatch | None:
        """A notice with the values that hold now, None when there is nothing to tell any more."""
        ...

    def begin(self, notice: Dispatch, now: int) -> None:
        """A notice is about to leave; it is on the disk on return."""
        ...

    def end(self, notice: Dispatch, state: NoticeState, error: str = "") -> None:
        """What became of a notice, with the reason in a sentence when it was not sent."""
        ...


class Done(NamedTuple):
    """What became of a notice in a round; `error` is a sentence when it was not sent."""

    notice: Dispatch
    state: NoticeState
    error: str


def senders(settings: Settings) -> dict[Channel, Sender]:
    """The ways to send that the settings name; raises FileFault for one that cannot be used."""
    ways: dict[Channel, Sender] = {}
    if settings.mail.host:
        from sync.mail import MailSender

        ways["mail"] = MailSender(settings.mail)
    match settings.sms.way:
        case "modem":
            from hardware.modem import Modem
            from sync.sms_modem import ModemSender

            ways["sms"] = ModemSender(Modem(settings.sms.path, baud=settings.sms.baud))
        case "http":
            from sync.sms_gateway import GatewaySender

            ways["sms"] = GatewaySender(settings.sms)
    return ways


def run(
    outbox: Outbox,
    ways: Mapping[Channel, Sender],
    settings: Settings,
    words_of: Callable[[str], Words],
    now: Callable[[], int],
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Done]:
    """Send what waits, telling of each notice what became of it; one whose way is not there goes on waiting.

    A way that does not work is left alone until the next round. `words_of` a member's language, which may be empty,
    are those to write in. `now` is UTC milliseconds; once `stopped` says so, nothing more is begun.
    """
    for notice in outbox.notices("sending"):
        yield _end(outbox, notice, "unsure", "the program ended while it was being sent")
    away: set[str] = set()
    for notice in outbox.notices("queued"):
        if stopped():
            return
        if now() - notice.created > notices.LIFE_MS.get(notice.kind, _LIFE_MS):
            yield _end(outbox, notice, "expired", notice.error)
        elif notice.channel in ways and notice.channel not in away:
            done, trouble = _send(outbox, ways[notice.channel], settings, words_of, notice, now())
            if trouble in ("away", "unsure"):
                away.add(notice.channel)
            yield done


def send_again(outbox: Outbox) -> int:
    """Let the next round send what nobody knows of whether it was sent; tells how many."""
    unsure = outbox.notices("unsure")
    for notice in unsure:
        outbox.end(notice, "queued", notice.error)
    return len(unsure)


def _send(
    outbox: Outbox,
    sender: Sender,
    settings: Settings,
    words_of: Callable[[str], Words],
    notice: Dispatch,
    now: int,
) -> tuple[Done, Trouble | None]:
    person = outbox.person(notice.member)
    given = _given(person, notice.channel)
    if person is None or not given:
        return _end(outbox, notice, "nowhere", "the member has given no address for it"), None
    to = given if notice.channel == "mail" else phone_number(given, settings.sms.country_code)
    if not to:
        return _end(outbox, notice, "failed", "what the member has given is not a telephone number"), None
    current = outbox.as_of_now(notice)
    if current is None:
        return _end(outbox, notice, "past", "it is not so any more"), None
    try:
        subject, text = notices.written(notice.kind, current.values, words_of(person.language))
    except (KeyError, ValueError) as error:
        return _end(outbox, notice, "failed", f"it cannot be put into words: {error} is missing"), None
    outbox.begin(notice, now)
    try:
        sender.send(Message(notice.id, to, subject, _signed(text, notice.channel, settings), notice.created))
    except SendTrouble as trouble:
        return _end(outbox, notice, _ENDS[trouble.outcome], str(trouble)), trouble.outcome
    return _end(outbox, notice, "sent"), None


def _signed(text: str, channel: Channel, settings: Settings) -> str:
    """The text with the shop's name: before an SMS, below an e-mail."""
    lines = settings.shop_lines
    if channel == "sms":
        return f"{lines[0]}: {text}" if lines else text
    return "\n".join((text, "", *lines)).strip()


def _given(person: Person | None, channel: Channel) -> str:
    if person is None:
        return ""
    return (person.email if channel == "mail" else person.phone).strip()


def phone_number(text: str, country_code: str = "") -> str:
    """A telephone number as networks know it, + before an international one; empty for what is none.

    Spaces and the like are left out, digits of any script taken; with a country code 0888 becomes +359888.
    """
    digits = "".join(
        char if char == "+" else str(unicodedata.decimal(char)) for char in text if char == "+" or char.isdecimal()
    )
    if any(char.isalpha() for char in text):
        return ""
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0") and country_code:
        digits = f"+{country_code}{digits[1:]}"
    return digits if _NUMBER.fullmatch(digits) else ""


def _end(outbox: Outbox, notice: Dispatch, state: NoticeState, error: str = "") -> Done:
    outbox.end(notice, state, error)
    return Done(notice, state, error)
