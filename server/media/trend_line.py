"""A line through the delays of the last groups of packets: does each group take longer than the one before?

Invariant: packets that were sent within `GROUP_NS` count as one. `native/feedback.c` does the same. It must not know what is too steep.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from server.media.results import Result

GROUP_NS = 5_000_000  # sent within this time is one group
WINDOW_GROUPS = 20
_SMOOTHING = 0.9


class Line(Protocol):
    @property
    def points(self) -> int: ...
    @property
    def deltas(self) -> int: ...
    def feed(self, results: Any, wraps_us: int) -> int | None: ...
    def slope(self) -> float: ...


class TrendLine:
    """`points`: groups that it goes through. `deltas`: groups that there were."""

    def __init__(self) -> None:
        self.deltas = 0
        self._group: tuple[int, int] | None = None  # last sent, last arrival of the group that grows
        self._group_began_ns = 0
        self._before: tuple[int, int] | None = None
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW_GROUPS)
        self._delay_ms = self._smooth_ms = 0.0

    @property
    def points(self) -> int:
        return len(self._points)

    def feed(self, results: Iterable[Result], wraps_us: int) -> int | None:
        """What came and was no probe. Its shortest way in ns, on clocks that differ by any constant; None where there is nothing."""
        packets = [(sent_ns, (wraps_us + us) * 1000) for sent_ns, us, _, probe in results if us is not None and not probe]
        if not packets:
            return None
        began_ns, group = self._group_began_ns, self._group
        for packet in packets:
            if group is None or packet[0] - began_ns > GROUP_NS:
                if group is not None:
                    self._close(group)
                began_ns, group = packet[0], packet
            else:
                group = packet if packet[1] >= group[1] else (packet[0], group[1])
        self._group_began_ns, self._group = began_ns, group
        return min([arrived_ns - sent_ns for sent_ns, arrived_ns in packets])

    def slope(self) -> float:
        """Of the smoothed delay: 1 is as much longer as time goes by."""
        points = self._points
        middle_x = sum([x for x, _ in points]) / len(points)
        middle_y = sum([y for _, y in points]) / len(points)
        spread = sum([(x - middle_x) ** 2 for x, _ in points])
        return sum([(x - middle_x) * (y - middle_y) for x, y in points]) / spread if spread else 0.0

    def _close(self, group: tuple[int, int]) -> None:
        if self._before is not None:
            self.deltas += 1
            self._delay_ms += (group[1] - self._before[1] - group[0] + self._before[0]) / 1e6
            self._smooth_ms = _SMOOTHING * self._smooth_ms + (1 - _SMOOTHING) * self._delay_ms
            self._points.append((group[1] / 1e6, self._smooth_ms))
        self._before = group
