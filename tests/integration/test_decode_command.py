"""`pos-app decode`: one line of JSON for each file, whatever the files are."""

import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hardware import picture_file
from tests.helpers import code_pictures as drawn
from tests.helpers import damaged_pictures

CARD = "2934027075919"


def run(*arguments: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "pos_app", "decode", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_files_are_answered_in_order_and_a_bad_one_stops_nobody(tmp_path: Path) -> None:
    good, empty, folder = tmp_path / "card.png", tmp_path / "empty.png", tmp_path / "folder"
    cv2.imwrite(str(good), drawn.bars(CARD))
    empty.write_bytes(b"")
    folder.mkdir()

    code, answers, complaints = run(good, empty, tmp_path / "missing.png", folder, good)

    assert code == 1
    assert complaints == ""
    assert [answer["file"] for answer in answers] == [
        str(path) for path in (good, empty, tmp_path / "missing.png", folder, good)
    ]
    assert answers[0]["codes"] == answers[4]["codes"] == [{"symbology": "EAN13", "text": CARD}]
    assert answers[0]["ms"] > 0
    assert [answer["error"].removeprefix(answer["file"]) for answer in answers[1:4]] == [
        ": the file is empty",
        ": cannot be read: No such file or directory",
        ": this is a folder, not a picture",
    ]


def test_good_files_alone_end_well(tmp_path: Path) -> None:
    path = tmp_path / "карта.jpg"
    path.write_bytes(cv2.imencode(".jpg", drawn.on_table(drawn.bars(CARD), turn=30))[1].tobytes())

    code, answers, complaints = run("--frame", path)

    assert (code, complaints) == (0, "")
    assert [one["text"] for one in answers[0]["codes"]] == [CARD]


def codes_of(path: Path) -> list[str]:
    from pos_app import decode

    (answer,) = decode.decode([path])
    assert isinstance(answer, decode.Decoded)
    return [code.text for code in answer.codes]


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_every_kind_of_picture_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"card.{kind}"
    picture = cv2.cvtColor(drawn.bars(CARD), cv2.COLOR_GRAY2BGR)
    assert cv2.imwrite(str(path), picture)

    assert codes_of(path) == [CARD]


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    bars = drawn.bars(CARD)
    picture = np.zeros((*bars.shape, 4), np.uint8)
    picture[:, :, 3] = 255 - bars
    cv2.imwrite(str(tmp_path / "card.png"), picture)

    assert codes_of(tmp_path / "card.png") == [CARD]


def test_pictures_of_sixteen_bits_and_of_fractions_are_read(tmp_path: Path) -> None:
    bars = drawn.bars(CARD)
    cv2.imwrite(str(tmp_path / "deep.png"), bars.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "deep.tiff"), bars.astype(np.float32) / 255)

    assert codes_of(tmp_path / "deep.png") == [CARD]
    assert codes_of(tmp_path / "deep.tiff") == [CARD]


def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    """Orientation 6: to be turned by a quarter, as phones write it."""
    data = cv2.imencode(".jpg", drawn.bars(CARD))[1].tobytes()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    (tmp_path / "card.jpg").write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])

    picture = picture_file.load(tmp_path / "card.jpg")

    assert picture.shape[0] > picture.shape[1]
    assert codes_of(tmp_path / "card.jpg") == [CARD]


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "gif", "bmp", "tiff"])
def test_a_cut_off_file_is_a_sentence_or_a_right_code(kind: str, tmp_path: Path) -> None:
    picture = drawn.noisy(drawn.on_table(drawn.bars(CARD), width=500, height=300), 20)
    whole = cv2.imencode(f".{kind}", cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))[1].tobytes()
    path = tmp_path / f"card.{kind}"
    for share in (0.1, 0.5, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])

        with pytest.raises(
            picture_file.NoPicture, match=r"the end of the picture is missing|not a whole picture|damaged"
        ):
            picture_file.load(path)


def test_a_small_file_that_unfolds_to_gigabytes_is_refused(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = (60_000).to_bytes(4, "big") * 2 + bytes([8, 6, 0, 0, 0])
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
        + chunk(b"IEND", b"")
    )

    code, (answer,), complaints = run(path)

    assert (code, complaints) == (1, "")
    assert "larger than 60 million pixels" in answer["error"]


def test_damaged_files_are_pictures_or_sentences(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pictures, read = damaged_pictures.tried(tmp_path / "card", 300, seed=11)

    assert 0 < read <= pictures < 300
    assert capfd.readouterr() == ("", "")
