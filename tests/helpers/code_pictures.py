"""Pictures of codes, drawn from their modules, and what a bad camera makes of them."""

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from hardware import patterns

Picture = npt.NDArray[np.uint8]


def bars(digits: str, *, module: float = 3.0, height: int = 120) -> Picture:
    """An EAN-13 in black on white with its quiet zones, `module` pixels a module."""
    pattern = patterns.bars("EAN13", digits)
    assert pattern is not None
    row = np.array([0 if module == "1" else 255 for module in f"{'0' * 12}{pattern}{'0' * 12}"], np.uint8)
    fine = np.repeat(np.repeat(row, 8)[None], 8, axis=0)
    size = (round(len(row) * module), height)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.uint8)


def written(symbology: str, text: str, scale: int = 4) -> Picture:
    """A code of any symbology that zxing-cpp can write, in black on white with a margin."""
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology))
    drawn = np.array(zxingcpp.write_barcode_to_image(code, scale=scale, add_quiet_zones=True))
    return np.asarray(cv2.copyMakeBorder(drawn, 30, 30, 40, 40, cv2.BORDER_CONSTANT, value=(255,)), np.uint8)


def on_table(picture: Picture, *, turn: float = 0.0, width: int = 1280, height: int = 720, shade: int = 120) -> Picture:
    """A picture turned by so many degrees in the middle of a larger grey one."""
    high, wide = picture.shape[:2]
    way = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, 1.0)
    way[:, 2] += (width / 2 - wide / 2, height / 2 - high / 2)
    table = np.full((height, width), shade, np.uint8)
    cv2.warpAffine(picture, way, (width, height), table, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    return table


def blurred(picture: Picture, pixels: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), pixels), np.uint8)


def noisy(picture: Picture, shades: float, seed: int = 1) -> Picture:
    noise = np.random.default_rng(seed).normal(0, shades, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def fatter(picture: Picture, kernel: Picture) -> Picture:
    return np.asarray(cv2.erode(picture, kernel), np.uint8)


def thinner(picture: Picture, kernel: Picture) -> Picture:
    return np.asarray(cv2.dilate(picture, kernel), np.uint8)


def smaller(picture: Picture, times: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=1 / times, fy=1, interpolation=cv2.INTER_AREA), np.uint8)


def pattern_of(digits: str) -> list[int]:
    """The modules of 13 digits as EAN-13, also with a wrong check digit."""
    left = [
        "0001101",
        "0011001",
        "0010011",
        "0111101",
        "0100011",
        "0110001",
        "0101111",
        "0111011",
        "0110111",
        "0001011",
    ]
    right = ["".join("10"[int(module)] for module in code) for code in left]
    turned = [code[::-1] for code in right]
    parity = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]
    first, *others = (int(digit) for digit in digits)
    halves = [
        "".join((left if code == "L" else turned)[digit] for code, digit in zip(parity[first], others, strict=False)),
        "".join(right[digit] for digit in others[6:]),
    ]
    return [int(module) for module in f"101{halves[0]}01010{halves[1]}101"]
