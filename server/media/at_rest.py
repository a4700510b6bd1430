"""Bursts that show whether a link on which no picture flows would carry one beside the voices.

Without them a resting picture comes back by trial alone, and on a narrow link every trial costs voices. A burst is a few packets
that the page has had already; how far they come apart says what the link carries in all. It must not send anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.media.probing import LEAST_BYTES, PROBE_NS, Probe
from server.media.transport_cc import REFERENCE_PERIOD_US

EACH_NS = 2_000_000_000
KNOWN_FOR_NS = 3 * EACH_NS
_TIMES = 1.25
_TOLD = 0.95
_VOICES = 1.1  # their rate is a mean


class RestProbes:
    """`knows`: the last burst was answered not long ago."""

    def __init__(self) -> None:
        self._count = 0
        self._due_ns = 0
        self._probe: Probe | None = None
        self._told_bytes = 0
        self._came: list[tuple[int, int]] = []  # arrived, bytes
        self._answered_ns: int | None = None
        self._other_bps = 0

    def knows(self, now_ns: int) -> bool:
        return self._answered_ns is not None and now_ns - self._answered_ns < KNOWN_FOR_NS

    def due(self, wanted_bps: int, other_bps: int, now_ns: int) -> Probe | None:
        """`other_bps` flows besides: voices."""
        if now_ns < self._due_ns:
            return None
        self._due_ns = now_ns + EACH_NS
        self._count += 1
        self._other_bps = int(_VOICES * other_bps)
        target_bps = int(_TIMES * (wanted_bps + self._other_bps))
        size_bytes = max(target_bps * PROBE_NS // 8_000_000_000, LEAST_BYTES)
        self._probe = Probe((self._count - 1) % 0xFFFF + 1, target_bps, size_bytes)
        self._told_bytes, self._came = 0, []
        return self._probe

    def told(self, packets: Iterable[tuple[int, int | None, int]], now_ns: int) -> int | None:
        """Of each packet its probe, arrival (None: lost) and bytes. What the link would carry beside the voices, once all are told of."""
        probe = self._probe
        if probe is None:
            return None
        for probe_id, arrived_us, size_bytes in packets:
            if probe_id == probe.id:
                self._told_bytes += size_bytes
                if arrived_us is not None:
                    self._came.append((arrived_us, size_bytes))
        if self._told_bytes < _TOLD * probe.bytes:
            return None
        self._probe, self._answered_ns = None, now_ns
        return max(self._carried_bps(probe.target_bps) - self._other_bps, 0)

    def _carried_bps(self, target_bps: int) -> int:
        if len(self._came) < 2:
            return 0
        begin_us = self._came[0][0]
        came = sorted(((at - begin_us + REFERENCE_PERIOD_US // 2) % REFERENCE_PERIOD_US, size) for at, size in self._came)
        span_us = came[-1][0] - came[0][0]
        after_first = sum(size for _, size in came[1:])
        return min(after_first * 8_000_000 // span_us, target_bps) if span_us else target_bps
