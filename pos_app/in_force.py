"""The programme that the centre has put in force at a till: its file, by its hash, beside those published at the till.

A note names the hash; it is written last, so whoever reads it finds a whole file. It goes before the settings.
"""

import logging
from pathlib import Path

from pos_app import shipped
from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode

log = logging.getLogger(__name__)

FOLDER = "programmes"
"""The folder of a till's files in which published programmes are kept."""
_NOTE = "in-force"


def pack(folder: Path) -> str:
    """The hash of the programme file that is in force by the centre's word, empty where it has said nothing."""
    try:
        return (folder / FOLDER / _NOTE).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def put(folder: Path, hash_: str, content: bytes) -> Programme:
    """Put a programme file in force; raises FileFault for one that is not of this hash, or that cannot be read here."""
    programme = decode(content, f"programme {hash_}")
    if programme.pack != hash_:
        raise FileFault(f"programme {hash_}", ["is not what the centre has published"])
    place = folder / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    for path, data in ((_file(folder, hash_), content), (place / _NOTE, hash_.encode())):
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
    return programme


def read(folder: Path) -> tuple[bytes, Programme] | None:
    """The programme in force and its bytes; None where the centre has put none in force, or its file cannot be used."""
    hash_ = pack(folder)
    if not hash_:
        return None
    try:
        content = shipped.beginning(_file(folder, hash_))
        programme = decode(content, str(_file(folder, hash_)))
    except (OSError, FileFault) as error:
        log.error("the programme that the centre has put in force cannot be used: %s", error)
        return None
    if programme.pack != hash_:
        log.error("the programme that the centre has put in force is damaged: %s", _file(folder, hash_))
        return None
    return content, programme


def _file(folder: Path, hash_: str) -> Path:
    return folder / FOLDER / f"{hash_}.toml"
