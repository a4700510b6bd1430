"""Short bursts that show whether a link carries more than is sent: when one is due, and what it has shown.

Invariant: one probe at a time, never for more than is wanted. Time is an argument. It must not send anything.
"""

from __future__ import annotations

from dataclasses import dataclass

PROBE_NS = 40_000_000
LEAST_BYTES = 3_000
LEAST_PACKETS = 4
INTERVAL_NS = 5_000_000_000
LONGEST_INTERVAL_NS = 20_000_000_000
AGAIN_NS = 250_000_000  # after one that found all that it looked for
FORGOTTEN_NS = 2_000_000_000
TIMES_ESTIMATE, TIMES_START = 1.5, 2.0  # the first one of a connection goes further
TIMES_WANTED = 1.25
_ALL = 0.95
_CAME_ENOUGH = 0.5
_WHOLE = 0.9
_SATURATED = 0.92


@dataclass(frozen=True, slots=True)
class Probe:
    """Send about `bytes` of any kind, evenly over `PROBE_NS` as far as the clock allows, each packet marked with `id` (16 bits, not 0)."""

    id: int
    target_bps: int
    bytes: int


class Prober:
    def __init__(self) -> None:
        self._count = 0
        self._due_ns = 0
        self._interval_ns = INTERVAL_NS
        self._probe: Probe | None = None
        self._began_ns = 0
        self._first_sent_ns = self.last_sent_ns = 0
        self._probe_bytes = 0
        self._packets: list[tuple[int, int, int]] = []  # arrived, sent, bytes

    def due(self, estimate_bps: int, wanted_bps: int, now_ns: int) -> Probe | None:
        if self._probe is not None:
            if now_ns - self._began_ns < FORGOTTEN_NS:
                return None
            self._probe = None
        if now_ns < self._due_ns or wanted_bps <= estimate_bps:
            return None
        times = TIMES_ESTIMATE if self._count else TIMES_START
        target_bps = int(min(times * estimate_bps, TIMES_WANTED * wanted_bps))
        self._count += 1
        self._probe = Probe((self._count - 1) % 0xFFFF + 1, target_bps, max(target_bps * PROBE_NS // 8_000_000_000, LEAST_BYTES))
        self._began_ns, self._due_ns = now_ns, now_ns + self._interval_ns
        self._first_sent_ns = now_ns + FORGOTTEN_NS
        self._probe_bytes = 0
        self._packets = []
        return self._probe

    @property
    def runs(self) -> bool:
        return self._probe is not None

    def soon(self, at_ns: int) -> None:
        self._due_ns = at_ns

    def put_off(self, until_ns: int) -> None:
        self._due_ns = max(self._due_ns, until_ns)

    def misled(self, now_ns: int) -> None:
        """What the last one promised was not there: others use the link too."""
        self._interval_ns = min(2 * self._interval_ns, LONGEST_INTERVAL_NS)
        self._due_ns = now_ns + self._interval_ns

    def proved_right(self) -> None:
        self._interval_ns = INTERVAL_NS

    def arrived(self, probe_id: int, sent_ns: int, arrived_ns: int, size_bytes: int) -> None:
        """For every packet that came: what goes along with a probe counts too."""
        probe = self._probe
        if probe is None:
            return
        if probe_id == probe.id:
            self._probe_bytes += size_bytes
            self._first_sent_ns = min(self._first_sent_ns, sent_ns)
            self.last_sent_ns = max(self.last_sent_ns, sent_ns)
        if sent_ns >= self._began_ns:
            self._packets.append((arrived_ns, sent_ns, size_bytes))

    def result(self, newest_sent_ns: int, other_bps: float, share_lost: float, now_ns: int) -> int | None:
        """What the link carried, once nothing more of the probe is expected.

        `other_bps` is sent besides, `share_lost` is lost whatever is sent.
        """
        probe = self._probe
        if probe is None or not self._probe_bytes:
            return None
        if self._probe_bytes < _ALL * probe.bytes and newest_sent_ns <= self.last_sent_ns + PROBE_NS:
            return None
        self._probe = None
        among = sorted([packet for packet in self._packets if self._first_sent_ns <= packet[1] <= self.last_sent_ns])
        if self._probe_bytes < _CAME_ENOUGH * probe.bytes or len(among) < LEAST_PACKETS:
            return None
        came_bytes = sum([size for _, _, size in among])
        span_ns = among[-1][0] - among[0][0]
        most_bps = probe.target_bps + other_bps
        carried_bps = min((came_bytes - among[0][2]) * 8e9 / span_ns / (1 - share_lost) if span_ns > 0 else most_bps, most_bps)
        if carried_bps >= _WHOLE * probe.target_bps:
            self._due_ns = now_ns + AGAIN_NS
        return int(carried_bps if carried_bps >= _WHOLE * most_bps else _SATURATED * carried_bps)
