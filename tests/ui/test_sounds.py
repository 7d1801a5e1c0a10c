"""Three sounds that nobody takes for one another, and silence without a complaint where there is no loudspeaker."""

import logging
import subprocess
import sys
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ui.sounds import FOLDER, NAMES, Sounds
from ui.sounds.tones import RATE_HZ, SOUNDS, samples

ROOT = Path(__file__).parents[2]


def _played(name: str) -> "array[int]":
    with wave.open(str(FOLDER / f"{name}.wav"), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return array("h", file.readframes(file.getnframes()))


def _pitch_hz(heard: "array[int]") -> float:
    """Its height, by how often it crosses zero upwards."""
    return sum(before < 0 <= after for before, after in pairwise(heard)) * RATE_HZ / len(heard)


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_file_is_what_its_tones_say(name: str) -> None:
    assert set(SOUNDS) == set(NAMES)
    made = samples(SOUNDS[name])
    played = _played(name)

    assert len(played) == len(made)
    assert max(abs(one - other) for one, other in zip(played, made, strict=True)) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_is_short_loud_enough_and_does_not_click(name: str) -> None:
    played = _played(name)

    assert 0.2 < len(played) / RATE_HZ < 0.7
    assert 8_000 < max(map(abs, played)) < 30_000
    assert abs(played[0]) < 300
    assert abs(played[-1]) < 300


def test_accepted_rises_attention_falls_and_refused_stays_low() -> None:
    starts, ends = {}, {}
    for name in NAMES:
        played = _played(name)
        starts[name] = _pitch_hz(played[: len(played) // 5])
        ends[name] = _pitch_hz(played[len(played) // 2 : len(played) * 7 // 10])

    assert ends["accepted"] > starts["accepted"] * 1.3
    assert ends["attention"] < starts["attention"] / 1.3
    assert max(starts["refused"], ends["refused"]) < 0.4 * min(starts["accepted"], ends["attention"])


def test_a_machine_without_an_output_is_silent_and_says_so_once(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/pulse")
    monkeypatch.setenv("PIPEWIRE_REMOTE", "/nonexistent/pipewire")
    with caplog.at_level(logging.INFO, "ui.sounds"):
        sounds = Sounds()
        for play in (sounds.prepare, sounds.accepted, sounds.attention, sounds.refused):
            play()

    said = [record.getMessage() for record in caplog.records if record.name == "ui.sounds"]
    assert said == ["There will be no sounds: this machine has no audio output."]


def test_a_machine_without_the_sound_library_is_silent_and_says_so_once(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    with caplog.at_level(logging.INFO, "ui.sounds"):
        sounds = Sounds()
        sounds.refused()
        sounds.accepted()

    said = [record.getMessage() for record in caplog.records if record.name == "ui.sounds"]
    assert len(said) == 1
    assert said[0].startswith("There will be no sounds: QtMultimedia cannot be loaded (")


LOADING_ELSEWHERE = """
import ctypes
import sys
import threading

from PySide6.QtGui import QGuiApplication

from ui.sounds import Sounds


def load() -> None:
    while True:
        ctypes.CDLL("libc.so.6")


sys.setswitchinterval(1e-6)
application = QGuiApplication([])
threading.Thread(target=load, daemon=True).start()
Sounds().prepare()
"""


def test_a_library_that_another_thread_loads_meanwhile_stops_nothing() -> None:
    """Signing in and printing load theirs in threads; a Qt message must not reach Python while one is loaded here."""
    subprocess.run([sys.executable, "-c", LOADING_ELSEWHERE], cwd=ROOT, check=True, timeout=60)
