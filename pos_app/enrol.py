"""Making a till one of a centre's: its key pair, and from the centre its number, epoch, cards and their key."""

import ssl
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from db import link
from db.store import Identity
from pos_app import __version__, clock, shop
from pos_app.loyalty.errors import FileFault
from pos_app.settings import LOCAL

CA_MOST = 1_000_000


class Joined(NamedTuple):
    """What came of it: the till's number, and how many facts of before are offered to the centre."""

    till: int
    facts: int


def enrol(folder: Path, url: str, code: str, *, ca_file: Path | None = None, name: str = "") -> Joined:
    """Let the till in a folder, which may be new, join the centre at `url` with a code that is good once.

    Broken off, it can be done again with the same code: the key is kept before the centre hears of it.
    Raises FileFault with a sentence, StoreTrouble for the till's files, which nobody may be using.
    """
    from sync import signatures
    from sync.agent import Away
    from sync.line import HttpLine, NotTrusted, Turned
    from sync.messages import Joining

    address = _address(url)
    certificates = b"" if ca_file is None else _certificates(ca_file)
    with shop.opened(folder) as opened:
        store = opened.store
        if store.centre:
            raise FileFault(str(folder), [f"this till is enrolled already, with {store.centre}"])
        private = link.key(folder)
        if private is None:
            private = signatures.new_key()
            link.put_key(folder, private)
        line = HttpLine(address, 0, private, clock.now_ms, ca_file=str(ca_file or ""))
        try:
            joined = line.join(Joining(code.strip(), signatures.public_key(private), name, __version__))
        except Turned as refused:
            raise FileFault(address, [str(refused)]) from refused
        except NotTrusted as error:
            raise FileFault(
                address, [f"{error} Name the file of its certificate with --ca-file, if it is your own"]
            ) from error
        except Away as error:
            raise FileFault(address, [f"{error} Check the network and the address, and try again"]) from error
        finally:
            line.close()
        link.put_ca(folder, certificates)
        store.enrol(Identity(joined.till, joined.epoch, joined.card_key, joined.block), address, joined.timeline)
        now = clock.now_ms()
        waiting = store.last_seq
        link.put_state(folder, link.Link(now, now, waiting=waiting, offset_ms=joined.now - now))
        return Joined(joined.till, waiting)


def _address(url: str) -> str:
    """A centre's address as it is kept; over a network only with TLS. Raises FileFault."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise FileFault("--centre", [f"'{url[:100]}' is no address: {error}"]) from error
    if not host or parts.scheme not in ("https", "http") or parts.username or parts.query or parts.fragment:
        raise FileFault("--centre", [f"'{url[:100]}' is no address such as https://centre.example"])
    if parts.scheme == "http" and host not in LOCAL:
        raise FileFault("--centre", [f"'{url[:100]}' would go over the network in the open: it has to be https://"])
    return parts.geturl().rstrip("/")


def _certificates(path: Path) -> bytes:
    """The content of a file of certificates; raises FileFault."""
    try:
        with path.open("rb") as file:
            content = file.read(CA_MOST)
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # what is no certificate is one, too
        raise FileFault(str(path), [f"cannot be used for certificates: {error.strerror or error}"]) from error
    return content
