"""Token buckets: so many at once, and so many a second after that. The time is an argument."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

FEW: Final = 100


class Bucket:
    """Starts full with `burst` tokens; `per_s` come back each second."""

    def __init__(self, burst: float, per_s: float, now_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._tokens = burst
        self._counted_s = now_s

    def take(self, now_s: float) -> bool:
        """False when there is none left."""
        self._fill(now_s)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def full(self, now_s: float) -> bool:
        self._fill(now_s)
        return self._tokens >= self._burst

    def _fill(self, now_s: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now_s - self._counted_s) * self._per_s)
        self._counted_s = now_s


class Buckets:
    """One bucket for each key. Full ones are forgotten each time the number has doubled; with `most` others in use a new key is refused."""

    def __init__(self, burst: float, per_s: float, most: int = 10_000) -> None:
        self._burst = burst
        self._per_s = per_s
        self._most = most
        self._buckets: dict[Hashable, Bucket] = {}
        self._enough = min(FEW, most)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, now_s: float) -> bool:
        if key not in self._buckets and len(self._buckets) >= self._enough:
            self._buckets = {known: bucket for known, bucket in self._buckets.items() if not bucket.full(now_s)}
            self._enough = min(self._most, max(FEW, 2 * len(self._buckets)))
            if len(self._buckets) >= self._most:
                return False
        return self._buckets.setdefault(key, Bucket(self._burst, self._per_s, now_s)).take(now_s)
