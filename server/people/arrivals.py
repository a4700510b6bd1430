"""Who came back from the provider and has not yet said what to do about it. In memory, few of them and for minutes."""

from __future__ import annotations

import msgspec

from server.people.oidc import AtProvider

LASTS_MS = 10 * 60_000
MOST = 1000


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    who: AtProvider
    path: str
    until_ms: int


class Arrivals:
    """By a key that only the browser has which came back."""

    def __init__(self) -> None:
        self._waiting: dict[str, Arrival] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: str, who: AtProvider, path: str, now_ms: int) -> None:
        """The oldest make room."""
        kept = [(each, arrival) for each, arrival in self._waiting.items() if now_ms < arrival.until_ms]
        self._waiting = dict(kept[-(MOST - 1) :])
        self._waiting[key] = Arrival(who=who, path=path, until_ms=now_ms + LASTS_MS)

    def look(self, key: str, now_ms: int) -> Arrival | None:
        arrival = self._waiting.get(key)
        return arrival if arrival and now_ms < arrival.until_ms else None

    def end(self, key: str) -> None:
        self._waiting.pop(key, None)
