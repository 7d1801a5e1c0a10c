"""Finding programme files: the shipped ones by their id, others by their path."""

import errno
from functools import lru_cache
from pathlib import Path

from pos_app.loyalty.errors import FileFault
from pos_app.loyalty.programme import Programme
from pos_app.loyalty.programme_file import decode
from pos_app.loyalty.tables import SIZE_MOST

SHIPPED = ("coop-bg", "taavoni-ir", "asal-plus", "kerman-motor", "dvizna-si")

_FOLDER = Path(__file__).parent / "programmes"


@lru_cache(maxsize=8)
def content(name: str) -> bytes:
    """The bytes of a shipped programme file."""
    return (_FOLDER / f"{name}.toml").read_bytes()


def programme(name: str, beside: Path | None = None) -> Programme:
    """The shipped programme `name`, or the one in the file `name`, relative to the file `beside`.

    Raises FileFault when there is none or it is wrong.
    """
    return decode(*source(name, beside))


def source(name: str, beside: Path | None = None) -> tuple[bytes, str]:
    """The bytes of a programme and what to call its file."""
    if name in SHIPPED:
        return content(name), f"{name}.toml"
    path = Path(name) if beside is None else beside.parent / name
    if path.suffix != ".toml":
        raise FileFault(str(beside or name), [_unknown(name)])
    try:
        return beginning(path), str(path)
    except OSError as error:
        raise FileFault(str(path), [f"cannot be read: {error.strerror}; {_unknown(name)}"]) from error
    except ValueError as error:  # a name with a zero byte
        raise FileFault(str(beside or name[:60]), [_unknown(name)]) from error


def beginning(path: Path, most: int = SIZE_MOST) -> bytes:
    """The bytes of a file, of one longer than `most` only so many that this can be told. Raises OSError."""
    if path.exists() and not path.is_file():  # a folder, or what never ends and may never begin
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    with path.open("rb") as file:
        return file.read(most + 1)


def folder(name: str) -> Path:
    """The folder beside which a programme names its rehearsals."""
    return _FOLDER if name in SHIPPED else Path(name).parent


def _unknown(name: str) -> str:
    return f"{name[:60]!r} is no shipped programme ({', '.join(SHIPPED)}) and no .toml file"
