"""Picture files as arrays: PNG, JPEG, WebP, BMP, TIFF and GIF, as far as OpenCV reads them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PIXELS_MOST = 60_000_000
_BYTES_MOST = 250_000_000


class NoPicture(Exception):
    """A file cannot be taken as a picture; says why, in a sentence that begins with its name."""


def load(path: Path) -> npt.NDArray[np.uint8]:
    """The picture (rows x columns x BGR), turned as its file says and on white where it is transparent.

    Raises NoPicture.
    """
    try:
        if path.is_dir():
            raise NoPicture(f"{path}: this is a folder, not a picture")
        if path.exists() and not path.is_file():
            raise NoPicture(f"{path}: this is no file")
        if path.stat().st_size > _BYTES_MOST:
            raise NoPicture(f"{path}: larger than {_BYTES_MOST // 1_000_000} MB; that is more than any camera makes")
        data = path.read_bytes()
    except OSError as error:
        raise NoPicture(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a name with a zero byte
        raise NoPicture(f"{path}: no file can have such a name") from error
    if not data:
        raise NoPicture(f"{path}: the file is empty")
    if _is_cut_off(data):
        raise NoPicture(f"{path}: the end of the picture is missing; copy the file again")
    picture = _decoded(path, data)
    if picture is None:
        raise NoPicture(f"{path}: not a whole picture in PNG, JPEG, WebP, BMP, TIFF or GIF")
    return picture


def _decoded(path: Path, data: bytes) -> npt.NDArray[np.uint8] | None:
    # OpenCV looks at its limit when it is loaded. Without one, a file of some kilobytes can ask for gigabytes.
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(PIXELS_MOST))
    import cv2

    # A JPEG carries its turn, the others may carry transparency or more than 8 bits: no one way of reading keeps both.
    way = cv2.IMREAD_COLOR if data.startswith(b"\xff\xd8") else cv2.IMREAD_UNCHANGED
    loudness = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # it is said once, by us
    try:
        with _native_words_dropped():
            found: Any = cv2.imdecode(np.frombuffer(data, np.uint8), way)
    except (cv2.error, MemoryError) as error:
        raise NoPicture(
            f"{path}: damaged, or larger than {PIXELS_MOST // 1_000_000} million pixels; take the picture again"
        ) from error
    finally:
        cv2.utils.logging.setLogLevel(loudness)
    if found is None or 0 in found.shape or found.shape[0] * found.shape[1] > PIXELS_MOST:
        return None
    shades = _eight_bits(found)
    if shades.ndim == 2:
        return np.asarray(cv2.cvtColor(shades, cv2.COLOR_GRAY2BGR), np.uint8)
    if shades.shape[2] == 4:
        opaque = shades[:, :, 3:].astype(np.uint16)
        return ((shades[:, :, :3] * opaque + 255 * (255 - opaque)) // 255).astype(np.uint8)
    return shades if shades.shape[2] == 3 else None


@contextmanager
def _native_words_dropped() -> Iterator[None]:
    """libjpeg and libpng write what they think of a file to the terminal, and nothing turns that off."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no terminal to write to
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _eight_bits(picture: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Shades of 0 to 255, from 16 bits or from numbers of any range."""
    if picture.dtype == np.uint8:
        return picture
    if picture.dtype == np.uint16:
        return (picture >> 8).astype(np.uint8)
    shades = np.nan_to_num(picture.astype(np.float32), posinf=0, neginf=0)
    least, most = float(shades.min()), float(shades.max())
    return ((shades - least) * (255 / max(most - least, 1e-9))).astype(np.uint8)


def _is_cut_off(data: bytes) -> bool:
    """Whether the file ends before its picture does, as its own form shows; OpenCV would fill the rest with grey."""
    if data.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd9" not in data[2:]
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND" not in data
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data) + 1
    if data.startswith((b"GIF87a", b"GIF89a")):
        return b"\x3b" not in data[-64:]
    return False
