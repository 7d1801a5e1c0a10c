"""Who may see the fleet page: names with passwords, kept as argon2 hashes."""

import base64
import hashlib
import os
import time

from sync.central.database import Link

PASSWORD_LEAST = 10
"""How many characters a password has at least."""
_KNOWN_S = 300.0
"""So long a password that was right is not hashed again: a page asks for it with every request."""


class Administrators:
    """Tells administrators by HTTP's basic authentication."""

    def __init__(self) -> None:
        self._salt = os.urandom(16)
        self._known: dict[bytes, float] = {}

    def name(self, link: Link, authorization: str) -> str | None:
        """The administrator whose name and password a header gives; None where they are not right."""
        name, password = _given(authorization)
        if not name or not password:
            return None
        found = link.execute("SELECT password_hash FROM administrator WHERE name = %s", (name,)).fetchone()
        hashed = found[0] if found else _nobodys()
        mark = hashlib.blake2b(f"{name}\0{password}\0{hashed}".encode(), key=self._salt).digest()
        now = time.monotonic()
        if found and self._known.get(mark, 0.0) > now:
            return name
        if not _fits(hashed, password) or found is None:
            return None
        self._known = {one: until for one, until in self._known.items() if until > now} | {mark: now + _KNOWN_S}
        return name


def put(link: Link, name: str, password: str) -> None:
    """Make somebody an administrator, or give another password; raises ValueError for one that is too short."""
    if len(password) < PASSWORD_LEAST:
        raise ValueError(f"a password has at least {PASSWORD_LEAST} characters")
    if not name or ":" in name or not name.isprintable():
        raise ValueError("a name has letters that can be shown, and no colon")
    from argon2 import PasswordHasher

    link.execute(
        "INSERT INTO administrator VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET "
        "password_hash = excluded.password_hash",
        (name, PasswordHasher().hash(password)),
    )


def drop(link: Link, name: str) -> bool:
    """Let somebody be an administrator no more; whether there was one of this name."""
    return link.execute("DELETE FROM administrator WHERE name = %s", (name,)).rowcount == 1


def _given(authorization: str) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return "", ""
    return ("", "") if "\0" in name else (name, password)


_NOBODY: list[str] = []


def _nobodys() -> str:
    """A hash that no password fits, so that a name that is not known takes as long as one that is."""
    if not _NOBODY:
        from argon2 import PasswordHasher

        _NOBODY.append(PasswordHasher().hash(os.urandom(16).hex()))
    return _NOBODY[0]


def _fits(hashed: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False
