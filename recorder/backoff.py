"""When to try again what failed: after 1 s, then twice as long each time. Pure: time is an argument."""

from __future__ import annotations

FIRST_NS = 1_000_000_000


class Backoff:
    def __init__(self, longest_ns: int) -> None:
        self._longest_ns = longest_ns
        self._wait_ns = 0
        self._next_ns = 0

    def is_due(self, now_ns: int) -> bool:
        return not self._wait_ns or now_ns >= self._next_ns

    def failed(self, now_ns: int) -> None:
        self._wait_ns = min(max(2 * self._wait_ns, FIRST_NS), self._longest_ns)
        self._next_ns = now_ns + self._wait_ns

    def succeeded(self) -> None:
        self._wait_ns = 0
