"""Which pictures are worth decoding, and what becomes of one for the window."""

import numpy as np
import pytest

from hardware.camera_sight import Vigil, grey, preview
from tests.helpers.camera_pictures import card, empty

CODE = "2900000000018"


def test_an_empty_counter_is_looked_at_now_and_then() -> None:
    vigil = Vigil()
    pictures = [grey(empty(seed)) for seed in range(5)]
    wanted = [vigil.wants(pictures[number % 5], number * 66) for number in range(15 * 10)]

    assert all(wanted[:30])
    assert 0 < sum(wanted[60:]) < 20


def test_a_card_that_comes_wakes_it_at_once() -> None:
    vigil = Vigil()
    pictures = [grey(empty(seed)) for seed in range(4)]
    for number in range(60):
        vigil.wants(pictures[number % 4], number * 66)
    assert not vigil.is_awake(60 * 66)

    assert vigil.wants(grey(card(CODE)), 60 * 66)
    assert vigil.is_awake(60 * 66)


def test_slow_change_adds_up() -> None:
    vigil = Vigil()
    wakings = 0
    for number in range(200):
        dusk = np.full((72, 128), 200 - number // 2, np.uint8)
        was_awake = vigil.is_awake(number * 1000)
        vigil.wants(dusk, number * 1000)
        wakings += vigil.is_awake(number * 1000) and not was_awake
    assert 2 <= wakings <= 10


def test_a_cap_is_told_after_a_while_and_light_at_once() -> None:
    vigil = Vigil()
    black, light = np.zeros((72, 128), np.uint8), np.full((72, 128), 90, np.uint8)
    vigil.wants(light, 0)
    for now_ms in range(100, 2600, 100):
        vigil.wants(black, now_ms)
    assert vigil.is_dark(2500)
    vigil.wants(light, 2600)
    assert not vigil.is_dark(2600)


@pytest.mark.parametrize(
    ("shape", "small"),
    [((720, 1280), (360, 640)), ((480, 640), (480, 640)), ((120, 160), (120, 160)), ((3, 4000), (1, 640))],
)
def test_a_picture_for_the_window(shape: tuple[int, int], small: tuple[int, int]) -> None:
    blue = np.zeros((*shape, 3), np.uint8)
    blue[:, :, 0] = 255
    shown = preview(blue, 640)
    assert shown.shape == (*small, 3)
    assert shown[0, 0].tolist() == [0, 0, 255]
