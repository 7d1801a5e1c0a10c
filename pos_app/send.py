"""The command that sends what waits in a till's outbox, beside the till, once or for as long as it runs."""

import signal
from collections.abc import Callable, Container, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from db.outbox import Outbox
from pos_app import clock, settings, shipped, texts
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.words import Words
from sync import outbox as rounds
from sync.outbox import Done

ROUND_S = 60.0
"""How long to rest between two rounds."""

BY = {"mail": "e-mail", "sms": "SMS"}
STATES = {
    "sent": "sent",
    "queued": "not sent yet",
    "failed": "cannot be sent",
    "unsure": "may have been sent or not",
    "nowhere": "not sent",
    "expired": "not sent, it is old news by now",
    "past": "not sent",
}


def run(folder: Path, *, once: bool, again: bool, say: Callable[[str], object]) -> None:
    """Send what waits in the outbox of the till in `folder`, then what comes, until the process is told to end.

    With `once` it ends after one round; with `again` also those are sent of which nobody knows whether they were.
    Raises FileFault and StoreTrouble.
    """
    chosen = settings.load(folder)
    words_of = words_by(shipped.programme(chosen.programme, folder / settings.FILE), chosen.language)
    ways = rounds.senders(chosen)
    said = ""
    with told_to_end() as ending, closing(Outbox(folder)) as outbox:
        if again:
            say(f"{rounds.send_again(outbox)} to be sent again")
        while True:
            for done in rounds.run(outbox, ways, chosen, words_of, clock.now_ms, ending.is_set):
                say(line(done))
            for sender in ways.values():
                sender.close()
            lacking = _lacking(outbox, ways)
            if lacking and lacking != said:
                say(lacking)
            said = lacking
            if once or ending.wait(ROUND_S):
                return


def line(done: Done) -> str:
    """What became of a notice, on one line that names nobody but by the member's number."""
    notice = done.notice
    told = f"{notice.kind} to member {notice.member} by {BY[notice.channel]}: {STATES[done.state]}"
    return f"{told} ({done.error})" if done.error else told


def words_by(programme: Programme, default: str) -> Callable[[str], Words]:
    """The words of a language as a programme shows moments and money; those of `default` for one that is not known."""
    words = {language: texts.words_of(programme, language) for language in texts.LANGUAGES}
    return lambda language: words.get(language) or words[default]


def _lacking(outbox: Outbox, ways: Container[str]) -> str:
    """A sentence on notices for which the settings name no way."""
    waiting = [notice.channel for notice in outbox.notices("queued") if notice.channel not in ways]
    counts = [f"{waiting.count(channel)} by {BY[channel]}" for channel in sorted(set(waiting))]
    return f"{' and '.join(counts)} cannot be sent: {settings.FILE} does not say how" if counts else ""


@contextmanager
def told_to_end() -> Iterator[Event]:
    """An event that is set when the process is told to end, so that what is being sent comes to its end first."""
    told = Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
