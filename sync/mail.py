"""E-mail by the shop's mail server (SMTP)."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from pos_app.loyalty.errors import FileFault
from pos_app.settings import FILE, MailSettings
from sync.message import Message, Outcome, SendTrouble

_OK = 250
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class _Talk(smtplib.SMTP):
    """A conversation that remembers whether the text of a message was begun."""

    begun = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.begun = True
        return super().data(msg)


class _TalkOverTls(smtplib.SMTP_SSL, _Talk):
    pass


class MailSender:
    """Sends by the server of the settings; one connection is used as long as it lasts."""

    def __init__(self, settings: MailSettings) -> None:
        """Raises FileFault for a sender or a password that cannot be used."""
        self._settings = settings
        self._password = settings.password.read()
        if not f"{settings.user}{self._password}".isascii():
            raise FileFault(
                settings.password.file or FILE, ["user and password of e-mail must be in plain Latin letters"]
            )
        self._own = _own_address(settings.sender)
        self._talk: _Talk | None = None

    def send(self, message: Message) -> None:
        """Hand a message to the server; raises SendTrouble."""
        letter = _letter(self._own, message)
        talk = self._ready()
        talk.begun = False
        try:
            talk.send_message(letter)
        except smtplib.SMTPResponseException as error:  # also the sender or the content, said outright
            self.close()
            raise _said(error.smtp_code, error.smtp_error, own="refused" if talk.begun else "away") from error
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _said(code, reason, own="refused") from error
        except smtplib.SMTPNotSupportedError as error:
            raise SendTrouble("refused", "the mail server cannot send to an address with such letters") from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            outcome: Outcome = "unsure" if talk.begun else "away"
            raise SendTrouble(outcome, f"the mail server {self._settings.host} broke off: {_reason(error)}") from error

    def close(self) -> None:
        """Take leave of the server. Never fails."""
        if self._talk is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._talk.quit()
            self._talk.close()
            self._talk = None

    def _ready(self) -> _Talk:
        """The conversation, begun anew where the server has ended it."""
        if self._talk is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._talk.noop()[0] == _OK:
                    return self._talk
            self.close()
        settings = self._settings
        with _telling(settings.host), ExitStack() as giving_up:
            talk = self._connected(settings)
            giving_up.callback(talk.close)
            if settings.security == "starttls":
                talk.starttls(context=_context(settings))
            if settings.user:
                talk.login(settings.user, self._password)
            giving_up.pop_all()
        self._talk = talk
        return talk

    @staticmethod
    def _connected(settings: MailSettings) -> _Talk:
        if settings.security == "tls":
            return _TalkOverTls(settings.host, settings.port, timeout=settings.timeout_s, context=_context(settings))
        return _Talk(settings.host, settings.port, timeout=settings.timeout_s)


def _context(settings: MailSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file or None)


def _own_address(sender: str) -> Address:
    name, address = parseaddr(sender)
    try:
        return Address(name, addr_spec=_ascii_domain(address))
    except (ValueError, IndexError, MessageError) as error:
        raise FileFault(FILE, [f"table [mail], key 'sender': '{sender}' is not an e-mail address"]) from error


def _letter(own: Address, message: Message) -> EmailMessage:
    """The e-mail; raises SendTrouble refused for what is no address."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = own
    try:
        letter["To"] = Address(addr_spec=_ascii_domain(message.to))
    except (ValueError, IndexError, MessageError) as error:
        raise SendTrouble("refused", "what the member has given is not an e-mail address") from error
    letter["Subject"] = _CONTROLS.sub(" ", message.subject).strip()
    letter["Date"] = format_datetime(datetime.fromtimestamp(message.created // 1000, UTC))
    letter["Message-ID"] = f"<{message.id.hex()}@{own.domain}>"
    letter["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answers it
    letter.set_content(message.text, cte="base64")
    return letter


def _ascii_domain(address: str) -> str:
    """An address as servers know it: a domain in other letters than Latin has a Latin form."""
    local, _, domain = address.strip().rpartition("@")
    if not local or not domain or not address.strip().isprintable() or " " in address.strip():
        raise ValueError(address)
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _said(code: int, reason: bytes | str, *, own: Outcome) -> SendTrouble:
    """What a refusal of the server means: one for now (4..) is for later, one for good for the message `own`."""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return SendTrouble("later" if code < 500 and own == "refused" else own, f"the mail server said: {code} {text}")


@contextmanager
def _telling(host: str) -> Iterator[None]:
    """Turn what goes wrong before a message into SendTrouble."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise SendTrouble("away", f"the mail server {host} does not know the user or the password") from error
    except smtplib.SMTPNotSupportedError as error:
        raise SendTrouble("away", f"the mail server {host} cannot do what the settings want: {error}") from error
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message
        raise SendTrouble("away", f"the mail server {host} does not prove who it is: {reason}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise SendTrouble("away", f"the mail server {host} cannot be used: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
