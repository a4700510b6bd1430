"""Which pictures of a take are worth keeping: where a slide follows another, and the one that stands for all. It keeps no film.

What is compared is small and grey. A change counts when the picture has come to rest, so no slide is caught half way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST_STILLS = 24
SMALL_SIZE = (96, 54)
_CHANGED_BY = 12  # of 255, each pixel
_CHANGED_SHARE, _RESTING_SHARE = 0.02, 0.01
_KEPT = 4 * MOST_STILLS
_DARK_MEAN, _GLARING_MEAN, _PLAIN_SPREAD = 22, 228, 4

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Still:
    at_ms: int
    jpeg: bytes
    weight: float  # how much was new


@dataclass(slots=True)
class Changes:
    """Fed with what a screen shows from time to time. `look` is called only for a picture that is kept."""

    _kept: list[Still] = field(default_factory=list)
    _resting: list[Grey] = field(default_factory=list)  # at most one: what was kept last
    _before: list[Grey] = field(default_factory=list)  # at most one: what was seen last
    _since_ms: list[int] = field(default_factory=list)  # at most one: when it began to change

    def see(self, at_ms: int, grey: Grey, look: Callable[[], bytes]) -> None:
        weight = share_changed(self._resting[0], grey) if self._resting else 1.0
        if weight < _CHANGED_SHARE:
            self._since_ms = []
        else:
            self._since_ms = self._since_ms or [at_ms]
            if not self._before or share_changed(self._before[0], grey) < _RESTING_SHARE:
                self._kept.append(Still(self._since_ms.pop(), look(), weight))
                self._resting = [grey]
        self._before = [grey]
        if len(self._kept) > _KEPT:
            self._kept = self._best(_KEPT // 2)

    def hidden(self) -> None:
        self._before = []

    def stills(self) -> list[Still]:
        """In order of time, where there were too many the ones that brought most."""
        return self._best(MOST_STILLS)

    def _best(self, most: int) -> list[Still]:
        best = sorted(self._kept, key=lambda still: still.weight, reverse=True)[:most]
        return sorted(best, key=lambda still: still.at_ms)


def share_changed(one: Grey, other: Grey) -> float:
    return float(np.mean(np.abs(one.astype(np.int16) - other) > _CHANGED_BY))


def worth(grey: Grey) -> float:
    """How well a picture of a face or a slide stands for the film: sharper is better, and nothing is 0."""
    picture = grey.astype(np.float64)
    mean, spread = float(picture.mean()), float(picture.std())
    if mean < _DARK_MEAN or spread < (3 * _PLAIN_SPREAD if mean > _GLARING_MEAN else _PLAIN_SPREAD):
        return 0.0
    edges = 4 * picture[1:-1, 1:-1] - picture[:-2, 1:-1] - picture[2:, 1:-1] - picture[1:-1, :-2] - picture[1:-1, 2:]
    return float(edges.var())
