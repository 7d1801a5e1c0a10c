"""What OpenCV does not tell about a camera under Linux: its name, whether another program has it, and its light.

Written by the kernel's interface (linux/videodev2.h and v4l2-controls.h). All calls raise OSError as the driver does.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

_CAPABILITY = struct.Struct("16s32s32sIII12x")
_FORMAT = struct.Struct("I4x200s")
_CONTROL = struct.Struct("Ii")
_READ, _READ_WRITE = 2, 3

_VIDEO_CAPTURE = 0x1
_DEVICE_CAPS = 0x80000000
_BUFFERS_OF_CAPTURE = 1

FLASH_LED_MODE = 0x009C0901
_TORCH, _NO_FLASH = 2, 0
ILLUMINATORS = (0x00980925, 0x00980926)


def _request(direction: int, number: int, size: int) -> int:
    """_IOC of asm-generic/ioctl.h with the type 'V'."""
    return direction << 30 | size << 16 | ord("V") << 8 | number


_QUERYCAP = _request(_READ, 0, _CAPABILITY.size)
_G_FMT = _request(_READ_WRITE, 4, _FORMAT.size)
_S_FMT = _request(_READ_WRITE, 5, _FORMAT.size)
_S_CTRL = _request(_READ_WRITE, 28, _CONTROL.size)


class Device(NamedTuple):
    """What a device says of itself, and whether pictures can be taken with it."""

    name: str
    captures: bool


def asked(path: str) -> Device:
    """Ask a device what it is; ENOTTY when it is none of V4L2, EBUSY when another program takes pictures with it."""
    with _opened(path) as number:
        answer = bytearray(_CAPABILITY.size)
        fcntl.ioctl(number, _QUERYCAP, answer)
        _, card, _, _, capabilities, of_device = _CAPABILITY.unpack(answer)
        captures = bool((of_device if capabilities & _DEVICE_CAPS else capabilities) & _VIDEO_CAPTURE)
        if captures:
            _try_to_take(number)
        return Device(card.split(b"\0")[0].decode("utf-8", "replace"), captures)


def _try_to_take(number: int) -> None:
    """Set the format that it has already: a driver refuses that while somebody else streams."""
    form = bytearray(_FORMAT.pack(_BUFFERS_OF_CAPTURE, b""))
    fcntl.ioctl(number, _G_FMT, form)
    fcntl.ioctl(number, _S_FMT, form)


def set_light(path: str, *, on: bool) -> bool:
    """Switch the camera's own light; False when it has none that a program can switch."""
    switches = [(FLASH_LED_MODE, _TORCH if on else _NO_FLASH), *((number, int(on)) for number in ILLUMINATORS)]
    with _opened(path) as number:
        done = [_set(number, control, value) for control, value in switches]
    return True in done


def _set(number: int, control: int, value: int) -> bool:
    try:
        fcntl.ioctl(number, _S_CTRL, bytearray(_CONTROL.pack(control, value)))
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTTY, errno.ERANGE, errno.EACCES):
            return False
        raise
    return True


@contextmanager
def _opened(path: str) -> Iterator[int]:
    number = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield number
    finally:
        os.close(number)
