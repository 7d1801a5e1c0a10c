"""Makes the three sounds beside this file: `python -m ui.sounds.tones`.

A scanner beeps once, high and shrill, for whatever it reads. These are lower, rounder and move: up for accepted,
down for attention, twice the same low tone for refused. Nobody needs to have learnt them.
"""

import math
import wave
from array import array
from pathlib import Path
from typing import NamedTuple

RATE_HZ = 22_050
FOLDER = Path(__file__).parent
_FULL = 32_767
_ATTACK_S = 0.006
_RELEASE_S = 0.012


class Tone(NamedTuple):
    """One struck tone: its height, when it begins, how long it may ring, its loudness (1 is full).

    `decay_s` is the time in which it falls to about a third; `overtones` the strength of the second, third, ...
    """

    hz: float
    start_s: float
    length_s: float
    loudness: float
    decay_s: float
    overtones: tuple[float, ...] = (0.25, 0.08)


SOUNDS: dict[str, tuple[Tone, ...]] = {
    "accepted": (Tone(659.26, 0.0, 0.22, 0.42, 0.07), Tone(987.77, 0.085, 0.30, 0.42, 0.09)),
    "attention": (Tone(880.0, 0.0, 0.26, 0.40, 0.09), Tone(587.33, 0.16, 0.42, 0.42, 0.13)),
    "refused": (
        Tone(196.0, 0.0, 0.17, 0.50, 0.30, (0.55, 0.40, 0.22, 0.12)),
        Tone(196.0, 0.23, 0.26, 0.50, 0.30, (0.55, 0.40, 0.22, 0.12)),
    ),
}
"""Each sound as its tones."""


def samples(tones: tuple[Tone, ...]) -> "array[int]":
    """The sound as signed 16-bit samples, one channel, RATE_HZ a second."""
    mixed = [0.0] * max(round(tone.start_s * RATE_HZ) + round(tone.length_s * RATE_HZ) for tone in tones)
    for tone in tones:
        first = round(tone.start_s * RATE_HZ)
        for place in range(round(tone.length_s * RATE_HZ)):
            mixed[first + place] += _level(tone, place / RATE_HZ)
    return array("h", (round(max(-1.0, min(1.0, level)) * _FULL) for level in mixed))


def _level(tone: Tone, at_s: float) -> float:
    swing = sum(
        strength * math.sin(2 * math.pi * tone.hz * number * at_s)
        for number, strength in enumerate((1.0, *tone.overtones), start=1)
    ) / (1.0 + sum(tone.overtones))
    edge = min(1.0, at_s / _ATTACK_S, (tone.length_s - at_s) / _RELEASE_S)  # without it a speaker clicks
    return tone.loudness * swing * edge * math.exp(-at_s / tone.decay_s)


def main() -> None:
    """Write the files."""
    for name, tones in SOUNDS.items():
        with wave.open(str(FOLDER / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples(tones).tobytes())


if __name__ == "__main__":
    main()
