"""Coordination within one process: for a node that is alone, and for several in a test.

`Hub` is what Redis would be. What tests do to it (cut a node off, forget all) is what happens to a Redis.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from server.cluster.coordination import LEASE_S, Beat, Member, News, Unreachable
from server.rate import Buckets


class Hub:
    """`clock_s` is what a Redis server's own clock would be. Nodes in `cut_off` do not reach it, None in it: nobody does."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.clock_s = clock_s
        self.cut_off: set[str | None] = set()
        self.leases: dict[str, tuple[float, Member]] = {}
        self.buckets: dict[tuple[float, float], Buckets] = {}
        self.listeners: dict[asyncio.Queue[News], str] = {}

    def node(self, node: str) -> Memory:
        return Memory(self, node)

    def forget(self) -> None:
        """As FLUSHALL."""
        self.leases.clear()
        self.buckets.clear()


class Memory:
    def __init__(self, hub: Hub, node: str) -> None:
        self.ignored = 0
        self._hub = hub
        self._node = node

    async def beat(self, me: Member) -> Beat:
        self._reach()
        now_s = self._hub.clock_s()
        self._hub.leases = {node: lease for node, lease in self._hub.leases.items() if lease[0] > now_s}
        before = self._hub.leases.get(me.node)
        self._hub.leases[me.node] = (now_s + LEASE_S, me)
        if before is None:
            return "anew"
        return "kept" if before[1].run == me.run else "taken"

    async def leave(self, me: Member) -> None:
        self._reach()
        lease = self._hub.leases.get(me.node)
        if lease and lease[1].run == me.run:
            del self._hub.leases[me.node]

    async def members(self) -> list[Member]:
        self._reach()
        now_s = self._hub.clock_s()
        return [member for until_s, member in self._hub.leases.values() if until_s > now_s]

    async def tell(self, node: str | None, news: News) -> None:
        self._reach()
        for listener, whose in self._hub.listeners.items():
            if whose == node or (node is None and whose != self._node):
                listener.put_nowait(news)

    async def heard(self) -> AsyncIterator[News]:
        mine: asyncio.Queue[News] = asyncio.Queue()
        self._hub.listeners[mine] = self._node
        try:
            while True:
                news = await mine.get()
                if not self._is_cut_off():
                    yield news
        finally:
            del self._hub.listeners[mine]

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool:
        self._reach()
        return self._hub.buckets.setdefault((burst, per_s), Buckets(burst, per_s)).take(bucket, self._hub.clock_s())

    async def close(self) -> None:
        """Nothing is open."""

    def _reach(self) -> None:
        if self._is_cut_off():
            raise Unreachable("cut off")

    def _is_cut_off(self) -> bool:
        return bool(self._hub.cut_off & {None, self._node})
