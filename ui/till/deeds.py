"""What all deeds of the till share: they say what came of them, and what cannot be done is a sentence."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from PySide6.QtCore import QObject

from db.store import StoreTrouble
from pos_app.loyalty.errors import Refusal
from ui.till.pads import plain
from ui.till.page import TillPage

Thing = TypeVar("Thing")


class Deeds(QObject):
    """Deeds at one till page."""

    def __init__(self, page: TillPage) -> None:
        super().__init__(page)
        self.page = page
        self.till = page.till
        self.words = page.words

    def say(self, tone: str, key: str, **values: object) -> None:
        """Say the sentence `till.say.<key>` in the strip below."""
        self.page.tell(tone, self.words.say(f"till.say.{key}", **values))

    def looked_up(self, find: Callable[[str], Sequence[Thing]]) -> Callable[[str], Sequence[Thing]]:
        """The same look-up, which finds nothing and says why where the store is in trouble."""

        def looking(text: str) -> Sequence[Thing]:
            try:
                return find(text)
            except StoreTrouble as trouble:
                self.page.tell_trouble(trouble)
                return ()

        return looking

    def key(self, action: str) -> str:
        """The key of an action, as the settings have it."""
        return self.till.settings.keys[action]

    def mark(self) -> str:
        """The language's decimal mark, as it is typed."""
        return plain(self.words.say("number.decimal"))


Self = TypeVar("Self", bound=Deeds)
Arguments = ParamSpec("Arguments")


def spoken(
    deed: Callable[Concatenate[Self, Arguments], None],
) -> Callable[Concatenate[Self, Arguments], None]:
    """Let what cannot be done be said in the window, instead of being raised through Qt."""

    def speaking(self: Self, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            deed(self, *args, **kwargs)
        except Refusal as refusal:
            self.page.refuse(refusal)
        except StoreTrouble as trouble:
            self.page.tell_trouble(trouble)

    return speaking
