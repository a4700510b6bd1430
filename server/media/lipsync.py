"""One clock offset per publisher, so that all its sources keep their relation when we report them on the server's clock.

Pure, time is an argument. Invariant: sound and picture of one publisher always use the same offset.
"""

from __future__ import annotations

from collections import deque

from server.media.rtcp import SenderReport, unix_ns_from_ntp

_REMEMBERED = 16  # reports; the fastest of the last ones is least delayed, and an old one ages out as clocks drift


class PublisherClock:
    def __init__(self) -> None:
        self._offsets_ns: deque[int] = deque(maxlen=_REMEMBERED)

    def observe(self, report: SenderReport, wall_ns: int) -> None:
        self._offsets_ns.append(wall_ns - unix_ns_from_ntp(report.ntp))

    def timestamp_at(self, report: SenderReport, clock_rate_hz: int, wall_ns: int) -> int | None:
        """The source's RTP time at `wall_ns` of the server's clock, from its latest report."""
        if not self._offsets_ns:
            return None
        since_ns = wall_ns - min(self._offsets_ns) - unix_ns_from_ntp(report.ntp)
        return (report.timestamp + since_ns * clock_rate_hz // 1_000_000_000) & 0xFFFFFFFF
