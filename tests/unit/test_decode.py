"""Codes in pictures: each symbology, in bad light and turned, and nothing where nothing is."""

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hardware import bar_profile, decode, locate
from hardware.decode import Reading, Watcher
from tests.bench.card_frames import presentations
from tests.helpers import code_pictures as drawn

CARD = "2934027075919"
FRAME_MS = 40


def texts(readings: list[Reading]) -> list[tuple[str, str]]:
    return [(reading.symbology, reading.text) for reading in readings]


@pytest.mark.parametrize(
    ("written_as", "text", "symbology", "read"),
    [
        ("EAN13", "2934027075919", "EAN13", "2934027075919"),
        ("EAN8", "96385074", "EAN8", "96385074"),
        ("UPCA", "036000291452", "UPCA", "0036000291452"),
        ("UPCE", "01234565", "UPCE", "0012345000065"),
        ("Code128", "COOP-1899-7", "CODE128", "COOP-1899-7"),
        ("QRCode", "Карта 2934027075919", "QR", "Карта 2934027075919"),
        ("DataBarOmni", "0100012345678905", "DATABAR", "0100012345678905"),
    ],
)
def test_each_symbology_is_read(written_as: str, text: str, symbology: str, read: str) -> None:
    picture = drawn.written(written_as, text)

    assert texts(decode.read(picture)) == [(symbology, read)]
    if symbology != "DATABAR":
        assert texts(decode.read(255 - picture)) == [(symbology, read)]  # light on dark


@pytest.mark.parametrize("turn", range(0, 360, 24))
def test_a_card_is_read_in_one_frame_however_it_is_turned(turn: int) -> None:
    frame = drawn.on_table(drawn.bars(CARD, module=2.2), turn=turn)

    (reading,) = decode.read(frame, "frame")

    assert (reading.symbology, reading.text) == ("EAN13", CARD)
    xs, ys = [corner[0] for corner in reading.place], [corner[1] for corner in reading.place]
    assert abs(sum(xs) / len(xs) - 640) < 30
    assert abs(sum(ys) / len(ys) - 360) < 30


@pytest.mark.parametrize("blur", [0.0, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("noise", [1, 8])
def test_a_blurred_and_noisy_card_is_read(blur: float, noise: int) -> None:
    module = 2.6
    frame = drawn.on_table(drawn.bars(CARD, module=module), turn=17)
    if blur:
        frame = drawn.blurred(frame, blur * module)

    assert texts(decode.read(drawn.noisy(frame, noise))) == [("EAN13", CARD)]


def test_a_dim_card_is_read() -> None:
    frame = drawn.on_table(drawn.bars(CARD), turn=-40)

    assert texts(decode.read((frame // 8 + 40).astype(np.uint8), "frame")) == [("EAN13", CARD)]


def test_bars_that_grew_or_shrank_are_not_another_number() -> None:
    """What makes libraries agree on a wrong number: all bars thinner or thicker by nearly half a module."""
    seen = set()
    for digits in ("0023942431015", "2917728217185", "2971127787274"):
        picture = drawn.bars(digits, module=8)
        for kernel in (np.ones((1, 3), np.uint8), np.ones((1, 4), np.uint8)):
            for change in (drawn.fatter, drawn.thinner):
                found = decode.read(drawn.smaller(change(picture, kernel), 3.2))
                seen |= {(digits, reading.text) for reading in found}

    assert {found for digits, found in seen if found != digits} == set()
    assert len(seen) == 3


def test_a_picture_in_colours_is_read_like_a_grey_one() -> None:
    """Dark red bars on blue look alike to one colour alone."""
    grey = drawn.bars(CARD)
    picture = np.empty((*grey.shape, 3), np.uint8)
    picture[grey > 127] = (220, 200, 120)
    picture[grey <= 127] = (220, 30, 60)

    assert texts(decode.read(picture)) == [("EAN13", CARD)]


def test_a_large_picture_is_read_and_places_are_its_own() -> None:
    frame = drawn.on_table(drawn.bars(CARD, module=8, height=300), width=5200, height=4000)

    (reading,) = decode.read(frame)

    assert reading.text == CARD
    xs, ys = [corner[0] for corner in reading.place], [corner[1] for corner in reading.place]
    assert abs(sum(xs) / len(xs) - 2600) < 100
    assert abs(sum(ys) / len(ys) - 2000) < 100


def test_two_codes_of_one_picture_are_both_read() -> None:
    frame = drawn.on_table(drawn.bars(CARD, module=2), turn=5)
    code = drawn.written("QRCode", "second")
    frame[: code.shape[0], : code.shape[1]] = code

    assert sorted(texts(decode.read(frame, "frame"))) == [("EAN13", CARD), ("QR", "second")]


def test_a_wrong_check_digit_is_never_read() -> None:
    for digit in range(10):
        code = f"{CARD[:12]}{digit}"
        rows = [np.array(list(drawn.pattern_of(code)), np.uint8)]
        picture = np.repeat(np.repeat((1 - np.array(rows)) * 255, 100, axis=0), 3, axis=1).astype(np.uint8)
        picture = np.pad(picture, ((10, 10), (40, 40)), constant_values=255)

        assert [reading.text for reading in decode.read(picture)] == ([CARD] if code == CARD else [])


def garbage() -> list[npt.NDArray[Any]]:
    chance = np.random.default_rng(7)
    shapes = [
        (0, 0),
        (0, 7),
        (1, 1),
        (1, 900),
        (900, 1),
        (2, 2),
        (3, 4000),
        (2, 90000),
        (5, 5, 3),
        (64, 64, 4),
        (40, 60, 1),
    ]
    found: list[npt.NDArray[Any]] = [chance.integers(0, 256, shape).astype(np.uint8) for shape in shapes]
    noise = chance.integers(0, 256, (300, 400)).astype(np.uint8)
    found += [noise, noise[::2, ::-3], noise.T, np.asfortranarray(noise), np.zeros((200, 200), np.uint8)]
    found += [noise.astype(np.uint16) * 257, noise / 255.0, noise > 100, noise.astype(np.int64) - 1000]
    found += [
        np.full((50, 50), np.nan),
        np.full((50, 50), np.inf),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(9),
        np.array(3),
    ]
    return found


def test_what_is_no_picture_holds_nothing_and_harms_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for picture in garbage():
            assert decode.read(picture) == []
            assert Watcher().look(picture, 0) == []


def test_noise_and_stripes_hold_no_codes() -> None:
    chance = np.random.default_rng(3)
    for number in range(6):
        row = np.repeat(chance.integers(0, 2, 160), chance.integers(1, 5)).astype(np.uint8) * 200 + 20
        frame = drawn.on_table(np.repeat(row[None], 200, axis=0), turn=50.0 * number, width=480, height=320)

        assert decode.read(drawn.noisy(frame, 5)) == []


@pytest.mark.parametrize(("dark_share", "blur"), [(0.5, 1.0), (0.5, 2.0), (0.6, 2.0), (0.6, 3.5)])
def test_twelve_even_stripes_are_not_twelve_digits(dark_share: float, blur: float) -> None:
    # Each of them looks like a 3 or a 6, and the sum of some of these is right: the check digit does not help.
    stripe = np.where(np.arange(40) < 40 * dark_share, 60, 210)
    paper = np.full(240, 210)
    row = np.concatenate([paper, np.tile(stripe, 12), stripe[: int(40 * dark_share)], paper]).astype(np.uint8)
    cloth = locate.smoothed(np.repeat(row[None], 160, axis=0), blur)

    assert list(bar_profile.read_bands(cloth, 480, 5)) == []
    assert decode.read(cloth) == []


def test_a_very_long_picture_is_looked_at_like_any_other() -> None:
    assert decode.read(np.full((2, 20_000), 200, np.uint8)) == []
    assert decode.read(np.full((20_000, 2), 200, np.uint8)) == []


def test_the_libraries_write_nothing_to_the_terminal() -> None:
    code = (
        "import numpy as np; from hardware import decode\n"
        "chance = np.random.default_rng(5)\n"
        "for size in (40, 300): decode.read(chance.integers(0, 256, (size, 2 * size)).astype(np.uint8))\n"
        "rows = np.repeat(np.repeat(chance.integers(0, 2, (1, 300)) * 255, 90, axis=0), 2, axis=1)\n"
        "decode.read(rows.astype(np.uint8))\n"
        "import cv2; from tests.helpers import code_pictures as drawn\n"
        "decode.read(drawn.written('DataBarExp', '[01]98898765432106[3202]012345[15]991231'))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")


def test_a_code_is_said_once_until_it_has_left_the_picture() -> None:
    watcher = Watcher()
    card = drawn.on_table(drawn.bars(CARD), turn=10)
    table = np.full_like(card, 120)
    said = []
    for number in range(60):
        is_away = 20 <= number < 26 or 30 <= number < 50  # shortly, and then for 800 ms
        said += [(number, reading.text) for reading in watcher.look(table if is_away else card, number * FRAME_MS)]

    assert said == [(0, CARD), (50, CARD)]


def test_another_card_is_said_at_once() -> None:
    watcher = Watcher()
    other = "2910976472108"

    first = watcher.look(drawn.on_table(drawn.bars(CARD)), 0)
    second = watcher.look(drawn.on_table(drawn.bars(other)), FRAME_MS)

    assert [texts(first), texts(second)] == [[("EAN13", CARD)], [("EAN13", other)]]


def test_cards_that_a_hand_holds_badly_are_read_and_never_mistaken() -> None:
    never = 0
    for presentation in presentations(5, first=40):
        watcher = Watcher()
        found = {
            reading.text
            for number, frame in enumerate(presentation.frames())
            for reading in watcher.look(frame, number * FRAME_MS)
        }
        assert found <= {presentation.text}
        never += not found

    assert never == 0


def test_a_cut_out_knows_its_place_in_the_picture() -> None:
    frame = drawn.on_table(drawn.bars(CARD, module=2, height=90), turn=33)

    piece = locate.bars(frame, side=640, window=7, most=1)[0]
    cut = locate.cut_out(frame, piece)

    assert abs((piece.turn + 33 + 90) % 180 - 90) < 1.5
    middle = cut.place([((cut.picture.shape[1] - 1) / 2, (cut.picture.shape[0] - 1) / 2)])[0]
    assert abs(middle[0] - piece.x) <= 1
    assert abs(middle[1] - piece.y) <= 1
