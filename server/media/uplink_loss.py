"""Whether a page's line loses packets whatever the page sends: seen while its browser, told of every loss, sends less and less.

Browsers take each loss for a sign that they send too much, and on a line that loses a fifth by itself (radio) end at next to nothing.
Invariant: a browser is told everything until sending far less has not made its loss smaller. Time is an argument. It must not know numbers
of packets or feedback.
"""

from __future__ import annotations

from server.media.loss_share import ALARM, LEAST_PACKETS, MOST_USUAL

INTERVAL_NS = 500_000_000
_FAR_LESS = 0.6  # of what was sent when the loss began
_HELPED = 0.5  # of the loss at its beginning
_IN_VAIN = 2  # intervals in a row
_OVER = 3  # intervals in a row with less than half the usual loss, or with far more


class UplinkLoss:
    """`is_usual`: no sign of congestion any more; what is repaired need not be told as lost."""

    def __init__(self) -> None:
        self.is_usual = False
        self._began_ns: int | None = None
        self._lost = self._total = self._bytes = 0
        self._most_bps = 0.0  # while nothing much was lost, at the last look
        self._alarm: tuple[float, float] | None = None  # share and rate when it began
        self._usual = 0.0
        self._in_a_row = 0

    def add(self, lost: int, total: int, size_bytes: int, now_ns: int) -> None:
        """Of a stretch of packets. `lost` is before any repair, `size_bytes` is what came."""
        if self._began_ns is None:
            self._began_ns = now_ns
            return
        self._lost += lost
        self._total += total
        self._bytes += size_bytes
        spent_ns = now_ns - self._began_ns
        if spent_ns >= INTERVAL_NS and self._total >= LEAST_PACKETS:
            self._look(self._lost / self._total, self._bytes * 8e9 / spent_ns)
            self._lost = self._total = self._bytes = 0
            self._began_ns = now_ns

    def _look(self, share: float, rate_bps: float) -> None:
        if self.is_usual:
            self._in_a_row = self._in_a_row + 1 if not _HELPED * self._usual <= share <= self._usual + ALARM else 0
            self.is_usual = self._in_a_row < _OVER
            self._alarm = None
        elif share <= ALARM:
            self._most_bps = max(rate_bps, 0.9 * self._most_bps)
            self._alarm, self._in_a_row = None, 0
        elif self._alarm is None:
            self._alarm = (share, max(rate_bps, self._most_bps))
        else:
            before, before_bps = self._alarm
            in_vain = rate_bps < _FAR_LESS * before_bps and _HELPED * before <= share <= MOST_USUAL + ALARM
            self._in_a_row = self._in_a_row + 1 if in_vain else 0
            if self._in_a_row >= _IN_VAIN:
                self.is_usual, self._usual, self._in_a_row = True, min(share, before), 0
