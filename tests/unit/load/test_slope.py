"""The slope of a soak: what is a line, what only looks like one."""

from __future__ import annotations

import math
import random

import pytest

from tests.load._slope import binned, theil_sen


def test_a_line_has_its_slope() -> None:
    found = theil_sen([0, 1, 2, 3], [5, 7, 9, 11])
    assert found is not None
    assert (found.slope, found.low, found.high, found.samples) == (2, 2, 2, 4)


def test_one_odd_sample_in_five_moves_nothing() -> None:
    values = [100.0 + 3 * at + (500 if at % 5 == 0 else 0) for at in range(60)]
    found = theil_sen(range(60), values)
    assert found is not None
    assert found.slope == pytest.approx(3)


def test_noise_around_a_level_has_a_slope_that_may_be_nothing() -> None:
    chance = random.Random(3)
    found = theil_sen(range(200), [50 + chance.gauss(0, 5) for _ in range(200)])
    assert found is not None
    assert found.low < 0 < found.high


def test_a_slow_growth_under_a_saw_is_seen() -> None:
    found = theil_sen(range(300), [0.1 * at + 4 * math.sin(at) for at in range(300)])
    assert found is not None
    assert 0 < found.low < 0.1 < found.high


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 2.0], [4.0, 4.0, 4.0]])
def test_too_little_says_nothing(times: list[float]) -> None:
    assert theil_sen(times, times) is None


def test_bins_hold_the_median_of_their_stretch() -> None:
    assert binned([0, 20, 50, 61, 130], [1, 9, 2, 4, 6], 60) == ([30, 90, 150], [2, 4, 6])
