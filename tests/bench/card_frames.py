"""Frames of a camera that a card is shown to: 1280 x 720, in colour, made from python-barcode's own bars.

A presentation is one card in a hand: it comes near, turns, tilts, is sharp for a while and blurred before and after,
shines, is lit from one side, and may hang out of the picture. What is random is so by the number of the presentation.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from barcode.ean import EAN13

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WIDTH, HEIGHT = 1280, 720
FRAMES = 12
_MODULE_DOTS = 8  # of the drawn card
_CARD_MODULES = (200, 126)  # an identity card whose modules are 0.43 mm
_FOCAL = 1100.0


@dataclass(frozen=True)
class Pose:
    """How the card lies in one frame: pixels a module, where its bars' middle is, turn and tilts in degrees."""

    module: float
    x: float
    y: float
    turn: float
    tilt_x: float
    tilt_y: float


@dataclass(frozen=True)
class Presentation:
    """A card's number and what the camera sees of it in each frame."""

    text: str
    seed: int

    def frames(self) -> Iterator[Picture]:
        """The frames, one after the other, always the same."""
        chance = np.random.default_rng(self.seed)
        card, middle = _card(self.text, chance)
        surroundings = _surroundings(chance)
        noise_tile = chance.normal(0, 1, (HEIGHT + 64, WIDTH + 64)).astype(np.float32)
        path = _path(chance)
        focus_at, focus_width = chance.uniform(2, 9), chance.uniform(2, 6)
        sharpest, softest = chance.uniform(0.15, 0.42), chance.uniform(0.5, 1.6)  # modules
        brightness, contrast = chance.uniform(0.35, 1.1), chance.uniform(0.35, 1.0)
        noise = chance.uniform(1, 9)
        light = _light(chance)
        has_glare, glare_strength = chance.random() < 0.4, chance.uniform(80, 260)
        shaking = chance.uniform(0, 0.5) if chance.random() < 0.6 else chance.uniform(0.5, 1.5)  # modules
        bars_at = np.array([path[FRAMES // 2].x / WIDTH, path[FRAMES // 2].y / HEIGHT])
        glare_from, glare_to = (bars_at + chance.uniform(-0.2, 0.2, 2) for _ in range(2))
        for number, pose in enumerate(path):
            away = min(1.0, abs(number - focus_at) / focus_width)
            blur = (sharpest + (softest - sharpest) * away**2) * pose.module
            frame = _shown(card, middle, surroundings, pose, blur)
            frame = _shaken(frame, shaking * chance.random() * pose.module, chance.uniform(0, 180))
            shades = frame.astype(np.float32) * light
            shades = (shades - 128) * contrast + 128 * brightness
            if has_glare:
                shades += glare_strength * _spot(glare_from + (glare_to - glare_from) * number / FRAMES)[:, :, None]
            down, right = (int(shift) for shift in chance.integers(0, 64, 2))
            shades += noise * noise_tile[down : down + HEIGHT, right : right + WIDTH, None]
            seen = np.clip(shades, 0, 255).astype(np.uint8)
            if chance.random() < 0.5:
                _, packed = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(55, 95))])
                seen = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
            yield seen


def presentations(many: int, first: int = 1) -> Iterator[Presentation]:
    """So many presentations of cards with prefix 29, from number `first` on."""
    for seed in range(first, first + many):
        chance = np.random.default_rng(1_000_000 + seed)
        yield Presentation(str(EAN13(f"29{chance.integers(10**10):010d}")), seed)


def _card(text: str, chance: np.random.Generator) -> tuple[Picture, tuple[float, float]]:
    """A card in colours with some print and its bars on white, and where the bars' middle is on it."""
    wide, high = (modules * _MODULE_DOTS for modules in _CARD_MODULES)
    card = np.empty((high, wide, 3), np.uint8)
    card[:] = chance.integers(60, 240, 3)
    for _ in range(int(chance.integers(0, 6))):
        centre = (int(chance.integers(wide)), int(chance.integers(high)))
        colour = tuple(int(shade) for shade in chance.integers(30, 255, 3))
        cv2.circle(card, centre, int(chance.integers(40, 400)), colour, -1)
    for line in range(int(chance.integers(1, 4))):
        height = 120 + 90 * line
        cv2.putText(card, "COOP 1899 card", (80, height), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (20, 20, 20), 6, cv2.LINE_AA)
    bars = _bars(text, int(chance.integers(22, 60)), chance)
    top = int(chance.integers(0, high - bars.shape[0]))
    left = int(chance.integers(0, wide - bars.shape[1]))
    card[top : top + bars.shape[0], left : left + bars.shape[1]] = bars
    return card, (left + bars.shape[1] / 2, top + bars.shape[0] / 2)


def _bars(text: str, height_modules: int, chance: np.random.Generator) -> Picture:
    """The bars with 11 and 7 light modules beside them and the digits below, printed a little too fat or too thin."""
    pattern = EAN13(text).build()[0]
    modules = np.array([1 if module in "1G" else 0 for module in pattern.replace("G", "1")])
    row = np.repeat(modules, _MODULE_DOTS).astype(np.uint8)
    growth = int(chance.integers(-1, 2))
    if growth:
        kernel = np.ones((1, 3), np.uint8)
        row = np.asarray((cv2.dilate if growth > 0 else cv2.erode)(row[None], kernel), np.uint8)[0]
    ink, paper = int(chance.integers(0, 70)), int(chance.integers(200, 256))
    quiet = 11 * _MODULE_DOTS
    field = np.full(((height_modules + 14) * _MODULE_DOTS, len(row) + quiet + 7 * _MODULE_DOTS, 3), paper, np.uint8)
    field[2 * _MODULE_DOTS : (height_modules + 2) * _MODULE_DOTS, quiet : quiet + len(row)][:, row == 1] = ink
    level = (height_modules + 11) * _MODULE_DOTS
    shown = f"{text[0]} {text[1:7]} {text[7:]}"
    cv2.putText(field, shown, (20, level), cv2.FONT_HERSHEY_SIMPLEX, 2.3, (ink, ink, ink), 6, cv2.LINE_AA)
    return field


def _surroundings(chance: np.random.Generator) -> Picture:
    """What is behind the card: shades, things with edges, stripes like bars, print."""
    shades = cv2.resize(chance.integers(20, 235, (6, 10, 3)).astype(np.uint8), (WIDTH, HEIGHT))
    scene = np.asarray(shades, np.uint8)
    for _ in range(int(chance.integers(0, 25))):
        corner = (int(chance.integers(WIDTH)), int(chance.integers(HEIGHT)))
        other = (corner[0] + int(chance.integers(10, 300)), corner[1] + int(chance.integers(10, 200)))
        cv2.rectangle(scene, corner, other, tuple(int(shade) for shade in chance.integers(0, 255, 3)), -1)
    if chance.random() < 0.3:
        left, top = int(chance.integers(WIDTH - 300)), int(chance.integers(HEIGHT - 150))
        for stripe in range(0, 280, int(chance.integers(6, 20))):
            cv2.rectangle(scene, (left + stripe, top), (left + stripe + 3, top + 140), (30, 30, 30), -1)
    for _ in range(int(chance.integers(0, 4))):
        at = (int(chance.integers(WIDTH - 300)), int(chance.integers(40, HEIGHT)))
        cv2.putText(scene, "4.20 EUR 1234567890", at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (10, 10, 10), 2, cv2.LINE_AA)
    return scene


def _path(chance: np.random.Generator) -> list[Pose]:
    """Twelve poses of a hand that comes and turns a little; pixels a module from 1.6 to 4."""
    module = chance.uniform(1.6, 4.0)
    turn = chance.uniform(0, 360)
    # Halfway through, all bars are in the picture; before and after, they may not be.
    along, up = 56 * module, 30 * module
    cosine, sine = abs(math.cos(math.radians(turn))), abs(math.sin(math.radians(turn)))
    reach_x, reach_y = WIDTH / 2 - along * cosine - up * sine, HEIGHT / 2 - along * sine - up * cosine
    x, y = WIDTH / 2 + chance.uniform(-reach_x, reach_x), HEIGHT / 2 + chance.uniform(-reach_y, reach_y)
    tilt_x, tilt_y = chance.uniform(-28, 28, 2)
    nearer, turning = chance.uniform(-0.015, 0.025), chance.uniform(-2, 2)
    drift_x, drift_y = chance.uniform(-12, 12, 2)
    tilting_x, tilting_y = chance.uniform(-1.5, 1.5, 2)
    return [
        Pose(
            min(4.0, max(1.6, module * (1 + nearer * number))),
            x + drift_x * (number - FRAMES / 2),
            y + drift_y * (number - FRAMES / 2),
            turn + turning * number,
            tilt_x + tilting_x * number,
            tilt_y + tilting_y * number,
        )
        for number in range(FRAMES)
    ]


def _shown(card: Picture, middle: tuple[float, float], surroundings: Picture, pose: Pose, blur: float) -> Picture:
    """The card in front of its surroundings, blurred by so many pixels."""
    scale = pose.module / _MODULE_DOTS
    # What a sensor's pixel does: it sees the mean of its area.
    soft = cv2.GaussianBlur(card, (0, 0), max(0.3, 0.35 / scale))
    high, wide = card.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn, tilt_x, tilt_y = (math.radians(angle) for angle in (pose.turn, pose.tilt_x, pose.tilt_y))
    placed = []
    for corner_x, corner_y in corners - np.array(middle):
        along = scale * (corner_x * math.cos(turn) - corner_y * math.sin(turn))
        up = scale * (corner_x * math.sin(turn) + corner_y * math.cos(turn))
        depth = _FOCAL + along * math.sin(tilt_y) + up * math.sin(tilt_x)
        placed.append(
            (
                pose.x + _FOCAL * along * math.cos(tilt_y) / depth,
                pose.y + _FOCAL * up * math.cos(tilt_x) / depth,
            )
        )
    way = cv2.getPerspectiveTransform(corners, np.array(placed, np.float32))
    frame = surroundings.copy()
    cv2.warpPerspective(soft, way, (WIDTH, HEIGHT), frame, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), blur), np.uint8)


def _shaken(frame: Picture, length: float, angle: float) -> Picture:
    if length < 0.7:
        return frame
    size = 2 * math.ceil(length) + 3
    kernel = np.zeros((size, size), np.float32)
    steps = np.linspace(-length / 2, length / 2, 64)
    middle = size // 2
    for step in steps:
        x, y = middle + step * math.cos(math.radians(angle)), middle + step * math.sin(math.radians(angle))
        left, top = int(x), int(y)
        for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            kernel[row, column] += max(0.0, 1 - abs(x - column)) * max(0.0, 1 - abs(y - row))
    return np.asarray(cv2.filter2D(frame, -1, kernel / kernel.sum()), np.uint8)


def _light(chance: np.random.Generator) -> Floats:
    """From 1 on the bright side down to as little as a third on the other."""
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    angle, dark = chance.uniform(0, 2 * math.pi), chance.uniform(0, 0.35)
    slope = across * math.cos(angle) + down * math.sin(angle)
    return np.asarray(1 - dark * (slope + 1) / 1.4, np.float32)[:, :, None]


def _spot(at: npt.NDArray[np.float64]) -> Floats:
    across, down = np.meshgrid(np.linspace(0, 1, WIDTH // 4), np.linspace(0, HEIGHT / WIDTH, HEIGHT // 4))
    away = (across - at[0]) ** 2 + (down - at[1] * HEIGHT / WIDTH) ** 2
    small = np.exp(-away / (2 * 0.05**2)).astype(np.float32)
    return np.asarray(cv2.resize(small, (WIDTH, HEIGHT)), np.float32)
