"""SMS by a gateway on the network: one HTTP request each, as the settings describe it."""

import logging
import re
from typing import Any

import httpx

from pos_app.loyalty.errors import FileFault
from pos_app.settings import FILE, SmsSettings
from sync.message import Message, Outcome, SendTrouble

_SHOWN = 200
_BRACES = re.compile(r"\{(to|text|id)\}")
_OF_THE_MESSAGE = (400, 413, 422)
_ANOTHER_TIME = (429, 503)
_SERVER_ERRORS = 500


class GatewaySender:
    """Sends by the gateway of the settings; one connection is used as long as it lasts."""

    def __init__(self, settings: SmsSettings) -> None:
        """Raises FileFault for an address or a token that cannot be used."""
        self._settings = settings
        self._token = settings.token.read()
        if not (self._token.isascii() and self._token.isprintable()):
            raise FileFault(settings.token.file or FILE, ["the gateway's token must be one line of plain characters"])
        try:
            httpx.URL(settings.url)
        except httpx.InvalidURL as error:
            raise FileFault(FILE, [f"table [sms], key 'url': is not the address of a gateway: {error}"]) from error
        self._client: httpx.Client | None = None
        for library in ("httpx", "httpcore"):  # they note whole addresses, which may hold numbers and texts
            logging.getLogger(library).setLevel(logging.WARNING)

    def send(self, message: Message) -> None:
        """Hand a message to the gateway; raises SendTrouble."""
        settings = self._settings
        self._client = client = self._client or httpx.Client(timeout=settings.timeout_s)
        try:
            answer = client.request(
                settings.method,
                settings.url,
                headers={settings.token_header: self._token} if self._token else {},
                **{_ARGUMENTS[settings.format]: _filled(settings.fields, message)},
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise SendTrouble("away", f"the SMS gateway cannot be reached: {error}") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SendTrouble("unsure", f"the SMS gateway did not say whether it took the SMS: {reason}") from error
        if not answer.is_success:
            raise SendTrouble(_outcome(answer.status_code), f"the SMS gateway answered {_shown(answer)}")
        if settings.accepted not in answer.text:
            raise SendTrouble("unsure", f"the SMS gateway's answer is without '{settings.accepted}': {_shown(answer)}")

    def close(self) -> None:
        """End the connection. Never fails."""
        if self._client is not None:
            self._client.close()
            self._client = None


_ARGUMENTS = {"form": "data", "json": "json", "query": "params"}


def _filled(fields: dict[str, str], message: Message) -> Any:
    values = {"to": message.to, "text": message.text, "id": message.id.hex()}
    return {name: _BRACES.sub(lambda found: values[found[1]], template) for name, template in fields.items()}


def _outcome(status: int) -> Outcome:
    """What a refusal means: of this message, of all of them, or of nobody knows what."""
    if status in _OF_THE_MESSAGE:
        return "refused"
    if status in _ANOTHER_TIME:
        return "away"
    return "unsure" if status >= _SERVER_ERRORS else "away"


def _shown(answer: httpx.Response) -> str:
    text = " ".join(answer.text.split())
    return f"{answer.status_code} {text[:_SHOWN]}".strip()
