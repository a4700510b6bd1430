"""How much a peer may bring in or ask for. Pure, time is an argument. It must not know packets or policies."""

from __future__ import annotations

_BILLION = 1_000_000_000


class Bucket:
    """Leaks all the time; what does not fit any more is refused and leaves it as it was."""

    def __init__(self) -> None:
        self._level: float = 0  # times a billion, so that nothing is rounded
        self._at_ns = 0

    def take(self, amount: float, now_ns: int, *, per_s: float, burst: float) -> bool:
        """Whether `amount` fits: `burst` at once, after that `per_s` in a second."""
        self._level, self._at_ns = max(0, self._level - per_s * (now_ns - self._at_ns)), now_ns
        if self._level + amount * _BILLION > burst * _BILLION:
            return False
        self._level += amount * _BILLION
        return True
