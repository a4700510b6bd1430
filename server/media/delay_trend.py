"""Whether packets wait longer and longer on their way: a trend line over groups of packets, and how long the queue is now.

Invariant: a spread of delays that does not grow is no over-use, whatever its width. Time is an argument; of arrivals only differences
count. It must not know what lowers a rate.
"""

from __future__ import annotations

from typing import Any

from server.media.trend_line import Line, TrendLine

LEAST_GROUPS = 5
BASE_WINDOW_NS = 10_000_000_000
QUEUE_GATE_MS = 12.0  # a shorter queue is jitter, or the packet itself on its way into the line
PACKET_BITS = 8_000

_GAIN = 4.0
_MOST_DELTAS = 60
_THRESHOLD_MS = 12.5
_THRESHOLD_RANGE_MS = (6.0, 600.0)
_RISES, _FALLS = 0.0087, 0.039  # of the threshold, for each millisecond
_OUTLIER_MS = 15.0
_LONGEST_STEP_MS = 100.0


class DelayTrend:
    """`queue_ms`: how much longer than the fastest of late the fastest of the last two reports took. `queues`: that is no chance."""

    def __init__(self, line: Line | None = None) -> None:
        self.queue_ms = 0.0
        self.gate_ms = QUEUE_GATE_MS
        self._line = line or TrendLine()
        self._threshold_ms = _THRESHOLD_MS
        self._judged_ns = 0
        self._fastest_before: int | None = None
        self._bases: tuple[int, int] | None = None  # fastest of the last window and of this one
        self._base_ns = 0

    @property
    def queues(self) -> bool:
        return self.queue_ms > self.gate_ms

    def feed(self, results: Any, wraps_us: int, rate_bps: float, now_ns: int) -> bool:
        """Results of the kind that the line takes; `wraps_us` is added to arrivals. True: over-use."""
        fastest = self._line.feed(results, wraps_us)
        if fastest is None:
            return False
        self.gate_ms = QUEUE_GATE_MS + PACKET_BITS * 1e3 / rate_bps
        self._measure_queue(fastest, now_ns)
        return self._judge(now_ns)

    def rebase(self) -> None:
        """The queue is not ours: what is now counts as none."""
        self._bases = None

    def _measure_queue(self, fastest: int, now_ns: int) -> None:
        if self._bases is None:
            self._bases, self._base_ns = (fastest, fastest), now_ns
        elif now_ns - self._base_ns > BASE_WINDOW_NS:
            self._bases, self._base_ns = (self._bases[1], fastest), now_ns
        else:
            self._bases = (self._bases[0], min(self._bases[1], fastest))
        of_two = fastest if self._fastest_before is None else min(fastest, self._fastest_before)
        self._fastest_before = fastest
        self.queue_ms = (of_two - min(self._bases)) / 1e6

    def _judge(self, now_ns: int) -> bool:
        if self._line.points < LEAST_GROUPS:
            return False
        trend_ms = self._line.slope() * min(self._line.deltas, _MOST_DELTAS) * _GAIN
        over = trend_ms > self._threshold_ms and self.queues
        step_ms = min((now_ns - self._judged_ns) / 1e6, _LONGEST_STEP_MS)
        self._judged_ns = now_ns
        apart_ms = abs(trend_ms) - self._threshold_ms
        if apart_ms < _OUTLIER_MS:
            moved = self._threshold_ms + (_FALLS if apart_ms < 0 else _RISES) * apart_ms * step_ms
            self._threshold_ms = max(_THRESHOLD_RANGE_MS[0], min(moved, _THRESHOLD_RANGE_MS[1]))
        return over
