"""A node that does not reach Redis says in the database that it lives: others would think it dead, and follow it for nothing.

Only what can write the database is worth waiting for, so this is also a better question than whether a node answers. It lasts HOLD_MS
(duties), so a node that dies meanwhile is followed that much later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.cluster.coordination import ANSWER_S
from server.cluster.duties import HOLD_MS, Duty
from server.store.engine import Closed, Store
from server.store.schema import duties

AGAIN_MS: Final = HOLD_MS // 5
FAILED: Final = (SQLAlchemyError, OSError, TimeoutError, Closed)
T = TypeVar("T")


class Vouching:
    """No call takes longer than ANSWER_S, or raises when the database is away."""

    def __init__(self, store: Store, clock: Clock, node: str) -> None:
        self._store = store
        self._clock = clock
        self._duty = Duty(store, _duty_of(node), node)
        self._until_ms = 0

    async def live(self) -> None:
        """At every beat that Redis does not take."""
        now_ms = self._clock.now_ms()
        if now_ms >= self._until_ms - HOLD_MS + AGAIN_MS and await _in_time(lambda: self._duty.hold(now_ms)):
            self._until_ms = now_ms + HOLD_MS

    async def end(self) -> None:
        """At every beat that it does take, and at the end."""
        if self._until_ms:
            self._until_ms = 0
            await _in_time(self._duty.give_up)

    async def living(self, nodes: Collection[str]) -> frozenset[str]:
        """Which of them say so. All, while the database does not answer."""
        names = {_duty_of(node): node for node in nodes}
        query = sa.select(duties.c.duty).where(duties.c.duty.in_(names), duties.c.until_ms > self._clock.now_ms())
        try:
            async with asyncio.timeout(ANSWER_S), self._store.read() as connection:
                return frozenset(names[duty] for duty in (await connection.execute(query)).scalars())
        except FAILED:
            return frozenset(nodes)


async def _in_time(do: Callable[[], Awaitable[T]]) -> T | None:
    """None if it was not done, or nobody knows."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await do()
    except FAILED:
        return None


def _duty_of(node: str) -> str:
    return f"lives:{node}"
