"""How hard the worker works, and what it should do without: pressure 0 to 3, from what was measured in two seconds.

Pure, time is an argument. Invariant: pressure rises after two readings in a row, never by one, and falls one step at a time after calm;
who falls too early waits longer the next time, so that what rests is not fetched back every ten seconds. It must not know rooms.
"""

from __future__ import annotations

from dataclasses import dataclass

READING_NS = 2_000_000_000
CALM_NS = 10_000_000_000
MOST_CALM_NS = 80_000_000_000
TOO_EARLY_NS = 30_000_000_000  # pressure that is back so soon after it fell
FULL_CPU_SHARE = 0.92

_RISES_BEFORE_FULL = (0.18, 0.08)  # of a core: what pressure 1 and 2 come before 3
_FALLS_BELOW = 0.12  # of a core under where it rose; small pictures that rest spare about that much
# The lateness that a tenth of the ticks exceeds, so one long pause of the machine is none. A browser buffers sound for 60 to 200 ms.
_LATE_MS = (40.0, 90.0, 200.0)
_OWN_SHARE = 0.5  # of a core: below it others keep the machine busy, and that pictures rest would not help
_LOST_SHARE = 0.001  # of what came, for want of room at the port


@dataclass(frozen=True, slots=True)
class Totals:
    """Since the worker's start. `cpu_ns` of the process; `dropped` by the kernel before we saw it, `unsent` refused by it."""

    at_ns: int
    cpu_ns: int
    received: int
    sent: int
    unsent: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One interval. `late_ms` is the worst tick, `mostly_late_ms` what a tenth of them exceeded."""

    cpu_share: float
    late_ms: float
    mostly_late_ms: float
    received_per_s: float
    sent_per_s: float
    unsent: int
    dropped: int


class LoadMeter:
    def __init__(self, totals: Totals, full_cpu_share: float = FULL_CPU_SHARE) -> None:
        self._before = totals
        self._late_ns: list[int] = []
        self._pressure = Pressure(full_cpu_share)

    @property
    def pressure(self) -> int:
        return self._pressure.level

    def tick(self, late_ns: int) -> None:
        self._late_ns.append(late_ns)

    def is_due(self, now_ns: int) -> bool:
        return now_ns - self._before.at_ns >= READING_NS

    def read(self, totals: Totals) -> Reading:
        """What was since the last reading; `pressure` follows it."""
        before, self._before = self._before, totals
        late_ns, self._late_ns = sorted(self._late_ns) or [0], []
        elapsed_ns = max(totals.at_ns - before.at_ns, 1)
        reading = Reading(
            cpu_share=(totals.cpu_ns - before.cpu_ns) / elapsed_ns,
            late_ms=late_ns[-1] / 1e6,
            mostly_late_ms=late_ns[len(late_ns) * 9 // 10] / 1e6,
            received_per_s=(totals.received - before.received) * 1e9 / elapsed_ns,
            sent_per_s=(totals.sent - before.sent) * 1e9 / elapsed_ns,
            unsent=totals.unsent - before.unsent,
            dropped=totals.dropped - before.dropped,
        )
        self._pressure.follow(reading, totals.at_ns)
        return reading


class Pressure:
    def __init__(self, full_cpu_share: float = FULL_CPU_SHARE) -> None:
        self._cpu_shares = (*(full_cpu_share - before for before in _RISES_BEFORE_FULL), full_cpu_share)
        self._last = 0  # what the last reading alone would come to
        self._calm_since_ns: int | None = None
        self._calm_ns = CALM_NS
        self._fell_ns: int | None = None
        self.level = 0

    def follow(self, reading: Reading, now_ns: int) -> None:
        asked = self._level_of(reading, 0.0, 1.0)
        both, self._last = min(asked, self._last), asked
        if both > self.level:
            self._rise(both, now_ns)
        elif self._level_of(reading, _FALLS_BELOW, 0.5) >= self.level:
            self._calm_since_ns = None
        elif self._calm_since_ns is None:
            self._calm_since_ns = now_ns
        elif now_ns - self._calm_since_ns >= self._calm_ns:
            self.level -= 1
            self._calm_since_ns, self._fell_ns = now_ns, now_ns

    def _rise(self, level: int, now_ns: int) -> None:
        too_early = self._fell_ns is not None and now_ns - self._fell_ns < TOO_EARLY_NS
        self._calm_ns = min(2 * self._calm_ns, MOST_CALM_NS) if too_early else CALM_NS
        self._calm_since_ns = None
        self.level = level

    def _level_of(self, reading: Reading, below: float, late_part: float) -> int:
        if reading.cpu_share < _OWN_SHARE - below:
            return 0
        busy = sum(reading.cpu_share >= share - below for share in self._cpu_shares)
        late = sum(reading.mostly_late_ms >= late_ms * late_part for late_ms in _LATE_MS)
        lost = 2 if reading.dropped > _LOST_SHARE * READING_NS / 1e9 * reading.received_per_s else 0
        return max(busy, late, lost)
