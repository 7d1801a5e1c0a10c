"""`make bench-decode [DIR=...] [N=...]`: what is read right and wrong, by us and by each library alone.

DIR is a folder of folders of pictures, each with its true text beside it in a .txt file of the same name, as in the
test samples of zxing-cpp. Without DIR, N presentations of cards are made and shown. Times are CPU time on one core.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from pyzbar import pyzbar

from hardware import decode, locate, picture_file
from tests.bench.card_frames import presentations
from tests.bench.table import percentile

Picture = npt.NDArray[np.uint8]
Reader = Callable[[Picture], set[str]]

_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


class Tally:
    """What one reader made of one folder."""

    def __init__(self) -> None:
        self.pictures = self.right = self.wrong = 0
        self.times_ms: list[float] = []

    def count(self, found: set[str], truth: str, took_ms: float) -> None:
        self.pictures += 1
        is_right = {same(text, truth) for text in found}
        self.right += True in is_right
        self.wrong += sum(not same(text, truth) for text in found)
        self.times_ms.append(took_ms)

    def add(self, other: "Tally") -> None:
        self.pictures += other.pictures
        self.right += other.right
        self.wrong += other.wrong
        self.times_ms += other.times_ms

    def __str__(self) -> str:
        middle, slow = (percentile(self.times_ms, share) for share in (0.5, 0.95))
        return f"{self.right:5} {self.wrong:5} {middle:6.1f} {slow:6.1f}"


def ours(picture: Picture) -> set[str]:
    return {reading.text for reading in decode.read(picture)}


def zxing(picture: Picture) -> set[str]:
    return {code.text for code in zxingcpp.read_barcodes(picture)}


def zbar(picture: Picture) -> set[str]:
    try:
        return {code.data.decode("utf-8", "replace") for code in pyzbar.decode(locate.grey(picture))}
    except ValueError:  # one piece of a longer text
        return set()


def opencv(picture: Picture) -> set[str]:
    found: set[str] = set()
    detectors: list[Any] = [cv2.barcode.BarcodeDetector(), cv2.QRCodeDetector()]
    for detector in detectors:
        try:
            texts = detector.detectAndDecodeMulti(picture)[1]
        except (cv2.error, UnicodeDecodeError):  # too small for it, or in another alphabet than it thinks
            continue
        found |= {text for text in texts or () if text}
    return found


READERS: dict[str, Reader] = {"ours": ours, "zxing-cpp": zxing, "pyzbar": zbar, "OpenCV": opencv}


def same(text: str, truth: str) -> bool:
    """Whether they are one code: ends of lines do not count, nor the zero before a UPC-A."""
    texts = [one.replace("\r\n", "\n").strip() for one in (text, truth)]
    if texts[0] == texts[1]:
        return True
    return all(one.isdecimal() and len(one) in {12, 13} for one in texts) and texts[0].zfill(13) == texts[1].zfill(13)


def samples(folder: Path) -> Iterator[tuple[Picture, str]]:
    """The pictures of a folder that have a true text."""
    for path in sorted(folder.iterdir()):
        truth = path.with_suffix(".txt")
        if path.suffix.lower() in _PICTURES and truth.exists():
            yield picture_file.load(path), truth.read_text(encoding="utf-8", errors="replace")


def photographs(root: Path, names: list[str]) -> None:
    """The table of the folders below `root` whose names begin with one of `names`; add-ons are not read."""
    print(f"{'':29}" + "".join(f"{name:>28}" for name in READERS))
    print(f"{'folder':24}{'many':>5}" + f"{'right wrong ms p50 ms p95':>28}" * len(READERS))
    whole = {name: Tally() for name in READERS}
    halves = [{name: Tally() for name in READERS} for _ in range(2)]
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if (names and not folder.name.startswith(tuple(names))) or "-extension-" in folder.name:
            continue
        tallies = {name: Tally() for name in READERS}
        for number, (picture, truth) in enumerate(samples(folder)):
            for name, read in READERS.items():
                began = time.process_time_ns()
                found = read(picture)
                took_ms = (time.process_time_ns() - began) / 1_000_000
                for tally in (tallies[name], halves[number % 2][name]):
                    tally.count(found, truth, took_ms)
        if tallies["ours"].pictures:
            _print_row(folder.name, tallies)
        for name in READERS:
            whole[name].add(tallies[name])
    if whole["ours"].pictures:
        _print_row("every other, from 1st", halves[0])
        _print_row("every other, from 2nd", halves[1])
        _print_row("all", whole)
        print(f"right answers of ours to zxing-cpp's: {whole['ours'].right / max(1, whole['zxing-cpp'].right):.2f} x")


def _print_row(name: str, tallies: dict[str, Tally]) -> None:
    figures = "".join(f"{tally!s:>28}" for tally in tallies.values())
    print(f"{name:24}{tallies['ours'].pictures:5}{figures}", flush=True)


def cards(many: int, first: int) -> bool:
    """The table of so many presentations; whether no wrong number was accepted."""
    names = ("ours", "zxing-cpp", "pyzbar")
    right, wrong, never = (dict.fromkeys(names, 0) for _ in range(3))
    times: dict[str, list[float]] = {name: [] for name in names}
    for presentation in presentations(many, first):
        watcher = decode.Watcher()
        accepted: dict[str, set[str]] = {name: set() for name in names}
        for number, frame in enumerate(presentation.frames()):
            for name in names:
                began = time.process_time_ns()
                if name == "ours":
                    found = {reading.text for reading in watcher.look(frame, 40 * number)}
                else:
                    found = READERS[name](frame)
                times[name].append((time.process_time_ns() - began) / 1_000_000)
                accepted[name] |= found
        for name in names:
            right[name] += presentation.text in accepted[name]
            never[name] += presentation.text not in accepted[name]
            wrong[name] += len(accepted[name] - {presentation.text})
            if name == "ours" and accepted[name] - {presentation.text}:
                print(f"presentation {presentation.seed}: {presentation.text} was taken for {accepted[name]}")
    print(f"{many} presentations of 12 frames of 1280 x 720")
    print(f"{'':10} {'right':>6} {'wrong':>6} {'never':>6} {'never %':>8} {'ms p50':>7} {'ms p95':>7}")
    for name in names:
        middle, slow = (percentile(times[name], share) for share in (0.5, 0.95))
        share = 100 * never[name] / many
        print(f"{name:10} {right[name]:6} {wrong[name]:6} {never[name]:6} {share:8.1f} {middle:7.1f} {slow:7.1f}")
    return wrong["ours"] == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, help="folders of pictures with their true texts")
    parser.add_argument("--folders", default="ean13-,ean8-,upca-,upce-,code128-,qrcode-", help="how their names begin")
    parser.add_argument("--presentations", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="the number of the first presentation")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    decode.read(np.zeros((720, 1280), np.uint8))  # what is loaded and reckoned once is not a frame's time
    if options.dir is not None:
        photographs(options.dir, [name for name in options.folders.split(",") if name])
        return 0
    return 0 if cards(options.presentations, options.first) else 1


if __name__ == "__main__":
    raise SystemExit(main())
