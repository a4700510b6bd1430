"""Whether packets are lost because of what we send: measured, and tried out by sending less.

Invariant: a loss that sending less does not make smaller is usual from then on. Time is an argument. It must not know delays or rates.
"""

from __future__ import annotations

from typing import Literal

INTERVAL_NS = 500_000_000
LEAST_PACKETS = 40
ALARM, ALARM_AGAIN = 0.10, 0.06
MOST_USUAL = 0.25  # more is a queue that overflows, of whomever
_HELPED = 0.5  # of the loss before a cut


class LossShare:
    """`usual`: the share that is lost whatever we send. `excess`: what is lost beyond it."""

    def __init__(self) -> None:
        self.usual = 0.0
        self.excess = 0.0
        self._lost = self._total = 0
        self._began_ns: int | None = None
        self._share: float | None = None  # not judged yet
        self._before_cut: float | None = None
        self._alarm = ALARM

    def add(self, lost: int, total: int, now_ns: int) -> None:
        if self._began_ns is None:
            self._began_ns = now_ns
        if now_ns < self._began_ns:
            return
        self._lost += lost
        self._total += total
        if now_ns - self._began_ns >= INTERVAL_NS and self._total >= LEAST_PACKETS:
            self._share = max(self._lost, 0) / self._total
            self._lost = self._total = 0
            self._began_ns = now_ns
            self.usual += 0.3 * min(self._share - self.usual, 0.0)
            self.excess = max(self._share - self.usual, 0.0)

    @property
    def is_high(self) -> bool:
        return self.excess > ALARM_AGAIN

    def judge(self, effect_ns: int) -> Literal["fine", "less", "helped", "in_vain"]:
        """Called where delay says nothing. "less": send less, and see from `effect_ns` on whether that helps."""
        share, self._share = self._share, None
        if share is None:
            return "fine"
        before, self._before_cut = self._before_cut, None
        if before is not None:
            if share < _HELPED * before:
                self._alarm = ALARM_AGAIN
                return "helped"
            if share <= MOST_USUAL:
                self.usual = min(share, before)
            self.excess, self._alarm = max(share - self.usual, 0.0), ALARM
            return "in_vain"
        if self.excess <= self._alarm:
            return "fine"
        self._before_cut = share
        self._began_ns = effect_ns
        return "less"
