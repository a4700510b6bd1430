"""What feedback says of a stretch of packets, and the sums over them that a judgement is made of.

Invariant: in sending order as far as the feedback was; a packet is there once, or twice: first as lost, then as arrived after all.
`native/feedback.c` does the same. It must not know what is concluded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

Result = tuple[int, int | None, int, int]
"""A packet that feedback speaks of: when it was sent in ns, when it arrived in us on the receiver's clock (None: it did not), its
bytes, and its probe (0: none)."""


class Digest(NamedTuple):
    """`late`: came, and was sent before something that was told of earlier. `first_us` and `latest_us` say nothing while nothing came."""

    told: int
    came: int
    late: int
    all_probes: bool
    came_bytes: int
    lost_bytes: int
    first_us: int
    latest_us: int
    last_sent_ns: int


class Reported(Protocol):
    """A stretch of results, in Python or in C."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Result]: ...
    def digest(self, newest_before_ns: int) -> Digest: ...


class Results:
    """Those of a list."""

    def __init__(self, packets: Sequence[Result]) -> None:
        self._packets = packets

    def __len__(self) -> int:
        return len(self._packets)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._packets)

    def digest(self, newest_before_ns: int) -> Digest:
        packets = self._packets
        came = [(sent_ns, arrived_us, size) for sent_ns, arrived_us, size, _ in packets if arrived_us is not None]
        lost_bytes = sum([size for _, arrived_us, size, _ in packets if arrived_us is None]) if len(came) < len(packets) else 0
        all_probes = all(packet[3] for packet in packets)
        if not came:
            return Digest(len(packets), 0, 0, all_probes, 0, lost_bytes, 0, 0, packets[-1][0] if packets else 0)
        late = sum([1 for sent_ns, _, _ in came if sent_ns <= newest_before_ns]) if came[0][0] <= newest_before_ns else 0
        came_bytes, latest_us = sum([size for _, _, size in came]), max([arrived_us for _, arrived_us, _ in came])
        return Digest(len(packets), len(came), late, all_probes, came_bytes, lost_bytes, came[0][1], latest_us, packets[-1][0])
