"""How much a peer may bring in or ask for. Pure, time is an argument. It must not know packets or policies."""

from __future__ import annotations

_BILLION = 1_000_000_000

# What a page may have read of offers, and of answers that do not fit. An honest one has 3 to 8 kB; 64 kB of what is dear to read
# cost us 25 ms, and even a short one may mean a new connection.
SDP_BYTES_PER_S = 50_000
SDP_BYTES_AT_ONCE = 1_000_000
SDP_LEAST_BYTES = 4_000


class Bucket:
    """Leaks all the time; what does not fit any more is refused and leaves it as it was."""

    def __init__(self) -> None:
        self._level: float = 0  # times a billion, so that nothing is rounded
        self._at_ns = 0

    def take(self, amount: float, now_ns: int, *, per_s: float, burst: float) -> bool:
        """Whether `amount` fits: `burst` at once, after that `per_s` in a second."""
        level = self._level - per_s * (now_ns - self._at_ns)
        level = level if level > 0 else 0
        fits = level + amount * _BILLION <= burst * _BILLION
        self._level, self._at_ns = level + amount * _BILLION if fits else level, now_ns
        return fits


class Reading(Bucket):
    def takes(self, sdp: str, now_ns: int) -> bool:
        return self.take(max(len(sdp), SDP_LEAST_BYTES), now_ns, per_s=SDP_BYTES_PER_S, burst=SDP_BYTES_AT_ONCE)
