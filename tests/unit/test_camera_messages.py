"""What the camera's process says is understood however it is cut up, and refused when it is nonsense."""

import socket
import threading
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.camera_messages import CameraState, CodeRead, Failure, Incoming, Picture, Told, send

STATE = CameraState("ready", "on", "HD Pro Webcam C920")
READ = CodeRead("EAN13", "2900000000018", ((0, 0), (1000, 0), (1000, 1000), (0, 1000)))
PICTURE = Picture(3, 2, bytes(range(18)))
ALL: list[Told] = [STATE, READ, PICTURE, Failure("cv2.error: ..."), CameraState("missing")]


def bytes_of(*told: Told) -> bytes:
    """What goes over the socket."""
    ours, theirs = socket.socketpair()
    data = bytearray()
    with ours:
        thread = threading.Thread(target=_say, args=(theirs, told))
        thread.start()
        while piece := ours.recv(1 << 16):
            data += piece
        thread.join()
    return bytes(data)


def _say(line: socket.socket, told: tuple[Told, ...]) -> None:
    with line:
        for one in told:
            send(line, one)


def raw(content: object) -> bytes:
    data = msgspec.msgpack.encode(content)
    return len(data).to_bytes(4, "big") + data


@given(st.lists(st.integers(0, 200), max_size=12))
def test_messages_arrive_whole_however_they_are_cut(places: list[int]) -> None:
    data = bytes_of(*ALL)
    cuts = [0, *sorted(places), len(data)]
    incoming = Incoming()

    told = [one for begin, end in pairwise(cuts) for one in incoming.feed(data[begin:end])]

    assert told == ALL


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x01\xc1",
        raw({"type": "state", "condition": "on fire"}),
        raw({"type": "order", "text": "rm"}),
        raw({"type": "read", "symbology": "EAN13", "text": ""}),
        raw({"type": "read", "symbology": "EAN13", "text": "9" * 8001}),
        raw({"type": "read", "symbology": "EAN13", "text": "1", "corners": [[1, 2]] * 17}),
        raw({"type": "read", "symbology": "EAN13", "text": "1", "corners": [[-1, 2]]}),
        raw({"type": "state", "condition": "ready", "name": "x" * 201}),
        raw({"type": "picture", "width": 3, "height": 2, "pixels": b"too few"}),
        raw({"type": "picture", "width": 0, "height": 2, "pixels": b""}),
        raw({"type": "picture", "width": 10**6, "height": 10**6, "pixels": b""}),
        raw({"type": "failure", "text": 5}),
        raw([1, 2, 3]),
    ],
)
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Incoming().feed(nonsense)


@given(st.binary(max_size=400))
def test_no_bytes_do_worse_than_be_refused(data: bytes) -> None:
    incoming = Incoming()
    try:
        told = incoming.feed(data)
    except ValueError:
        return
    assert all(isinstance(one, Told) for one in told)


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_changed_byte_does_no_worse_either(place: int, value: int) -> None:
    data = bytearray(bytes_of(STATE, READ, PICTURE))
    data[place % len(data)] = value
    try:
        told = Incoming().feed(bytes(data))
    except ValueError:
        return
    assert all(isinstance(one, Told) for one in told)
