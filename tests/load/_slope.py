"""A line through samples that single odd ones do not move: Theil and Sen's median of all slopes, and how sure it is. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z_95 = 1.96


@dataclass(frozen=True)
class Slope:
    """Per unit of time. `low` to `high` hold the true one with 95 %, if samples were independent."""

    slope: float
    low: float
    high: float
    samples: int


def theil_sen(times: Sequence[float], values: Sequence[float]) -> Slope | None:
    """None with fewer than three samples."""
    count = len(times)
    if count < 3:
        return None
    at, value = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    first, second = np.triu_indices(count, 1)
    apart = at[second] - at[first]
    slopes = np.sort((value[second] - value[first])[apart > 0] / apart[apart > 0])
    if not len(slopes):
        return None
    spread = Z_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, math.floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Slope(float(np.median(slopes)), float(slopes[low]), float(slopes[high]), count)


def binned(times: Sequence[float], values: Sequence[float], width: float) -> tuple[list[float], list[float]]:
    """The median of each stretch of time, at its middle: samples shortly after one another say the same thing twice."""
    bins: dict[int, list[float]] = {}
    for at, value in zip(times, values, strict=True):
        bins.setdefault(math.floor(at / width), []).append(value)
    return [(number + 0.5) * width for number in sorted(bins)], [float(np.median(bins[number])) for number in sorted(bins)]
