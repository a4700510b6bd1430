"""One direction of a network line, as bad as it is told to be: which datagrams arrive, and when.

Pure: time is an argument, and all chance comes from the seed, so the same datagrams at the same times fare the same again.
It must not know sockets.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

MS: Final = 1_000_000
OVERHEAD_BYTES: Final = 28  # IPv4 and UDP headers count for a rate


@dataclass(frozen=True)
class Conditions:
    """`loss` is a share of the datagrams; they are lost in runs of `run_length` on average. `jitter_ms` is added at most to
    `delay_ms`; without `reorders` nothing overtakes. `rate_bps` with a queue of `queue_ms` that drops what does not fit; None: no limit.
    """

    loss: float = 0.0
    run_length: float = 1.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    reorders: bool = False
    rate_bps: int | None = None
    queue_ms: float = 200.0
    duplicates: float = 0.0
    is_blocked: bool = False


PERFECT: Final = Conditions()


@dataclass
class Counters:
    came: int = 0
    came_bytes: int = 0
    passed: int = 0
    passed_bytes: int = 0
    lost: int = 0
    overflowed: int = 0
    blocked: int = 0
    duplicated: int = 0


@dataclass
class Line:
    """`conditions` may be changed at any time; what is under way arrives as it was decided."""

    seed: int
    conditions: Conditions = PERFECT
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._in_run = False
        self._free_ns = 0  # when the last bit in the queue has left
        self._latest_ns = 0

    def arrivals(self, size_bytes: int, now_ns: int) -> tuple[int, ...]:
        """When the copies of this datagram arrive; none if it is lost."""
        is_now, counters = self.conditions, self.counters
        counters.came += 1
        counters.came_bytes += size_bytes
        if is_now.is_blocked:
            counters.blocked += 1
            return ()
        if self._loses(is_now):
            counters.lost += 1
            return ()
        left_ns = self._leaves(is_now, size_bytes, now_ns)
        if left_ns is None:
            counters.overflowed += 1
            return ()
        copies = 2 if is_now.duplicates and self._chance.random() < is_now.duplicates else 1
        counters.duplicated += copies - 1
        counters.passed += copies
        counters.passed_bytes += copies * size_bytes
        return tuple(self._arrives(is_now, left_ns) for _ in range(copies))

    def _loses(self, is_now: Conditions) -> bool:
        """Two states (Gilbert): in a run everything is lost, and runs begin so often that `loss` comes out."""
        if not 0 < is_now.loss < 1:
            return is_now.loss >= 1
        ends = 1 / is_now.run_length
        begins = min(1.0, is_now.loss * ends / (1 - is_now.loss))
        self._in_run = self._chance.random() >= ends if self._in_run else self._chance.random() < begins
        return self._in_run

    def _leaves(self, is_now: Conditions, size_bytes: int, now_ns: int) -> int | None:
        if is_now.rate_bps is None:
            return now_ns
        begins_ns = max(now_ns, self._free_ns)
        if begins_ns - now_ns > is_now.queue_ms * MS:
            return None
        self._free_ns = begins_ns + (size_bytes + OVERHEAD_BYTES) * 8 * 1_000_000_000 // is_now.rate_bps
        return self._free_ns

    def _arrives(self, is_now: Conditions, left_ns: int) -> int:
        jitter_ms = self._chance.random() * is_now.jitter_ms if is_now.jitter_ms else 0.0
        at_ns = left_ns + int((is_now.delay_ms + jitter_ms) * MS)
        if not is_now.reorders:
            at_ns = max(at_ns, self._latest_ns)
        self._latest_ns = max(at_ns, self._latest_ns)
        return at_ns
