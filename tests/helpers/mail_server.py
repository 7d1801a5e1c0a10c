"""A real mail server on a port of this machine, that takes or refuses what it is told to."""

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = b"till", b"secret-1"


class MailServer:
    """Takes e-mail until it is closed. `recipient` and `data` are its answers instead of 250, one after another.

    The answer "hang" is none; "break" ends the connection without one. `tls` counts from the first byte on, `starttls`
    when it is asked for.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        **options: Any,
    ) -> None:
        self.letters: list[EmailMessage] = []
        self.users: list[bytes] = []
        self.connections = 0
        self.hanging = threading.Event()
        self.taken = threading.Event()
        self.recipient: list[str] = []
        self.data: list[str] = []
        self._options = {"tls_context": starttls, "authenticator": self._authenticate, **options}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._transports: list[asyncio.BaseTransport] = []
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready.set,), name="mail server", daemon=True)
        self._thread.start()
        assert ready.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def hang_up(self) -> None:
        """End all connections, as a server does with one on which nothing was said for long."""
        done = threading.Event()

        def end() -> None:
            self._abort_all()
            self._loop.call_later(0, done.set)

        self._loop.call_soon_threadsafe(end)
        assert done.wait(30)

    def _abort_all(self) -> None:
        for transport in self._transports:
            with suppress(AttributeError):  # Python 3.11.2 knows no end of a TLS connection that has ended
                cast("asyncio.Transport", transport).abort()

    def _serve(self, ready: Callable[[], None]) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, sock=self._socket, ssl=self._tls)
        )
        self._loop.call_soon(ready)
        self._loop.run_forever()
        server.close()
        self._abort_all()
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _protocol(self) -> SMTP:
        self.connections += 1
        return _Protocol(self, self._transports, loop=self._loop, hostname="localhost", **self._options)

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        well = given == LoginPassword(USER, PASSWORD)
        if well:
            self.users.append(given.login)
        return AuthResult(success=well, handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.recipient.pop(0) if self.recipient else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return await self._answered(answer, server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("250"):
            letter = message_from_bytes(cast("bytes", envelope.content), policy=default)
            assert envelope.rcpt_tos == [address.addr_spec for address in letter["To"].addresses]
            self.letters.append(letter)
            self.taken.set()
        return await self._answered(answer, server)

    async def _answered(self, answer: str, server: SMTP) -> str:
        if answer == "hang":
            self.hanging.set()
            await asyncio.Event().wait()
        if answer == "break":
            assert server.transport
            cast("asyncio.Transport", server.transport).abort()
        return answer


class _Protocol(SMTP):
    def __init__(self, handler: MailServer, transports: list[asyncio.BaseTransport], **options: Any) -> None:
        super().__init__(handler, **options)
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transports.append(transport)
        super().connection_made(transport)


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's side of TLS for this machine, and the file by which it is trusted."""
    key, chain = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", chain],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context, str(chain)
