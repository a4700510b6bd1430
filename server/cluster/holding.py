"""Work that only one node of a cluster does: begun when this node holds the duty, ended when it no longer does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.cluster.duties import HOLD_MS, Duty
from server.store.engine import Closed

log = logging.getLogger(__name__)

RENEW_S = 4.0


class Holding:
    """`held` is empty of meaning while the database is away: then the duty is kept until it has surely run out."""

    def __init__(self, name: str, duty: Duty, clock: Clock) -> None:
        self._name = name
        self._duty = duty
        self._clock = clock
        self._until_ms = 0

    @property
    def held(self) -> bool:
        return self._clock.now_ms() < self._until_ms

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """For ever. Raises what `work` raises."""
        doing: asyncio.Future[None] | None = None
        try:
            while True:
                await self._renew()
                if self.held and doing is None:
                    log.info("duty %s is this node's", self._name)
                    doing = asyncio.ensure_future(work())
                elif doing is not None and not self.held:
                    log.info("duty %s is another node's", self._name)
                    await _end(doing)
                    doing = None
                if doing is None:
                    await asyncio.sleep(RENEW_S)
                else:
                    await asyncio.wait([doing], timeout=RENEW_S)
                    if doing.done():
                        doing.result()
                        return
        finally:
            await _end(doing)
            if self.held:
                with contextlib.suppress(SQLAlchemyError, Closed):
                    await self._duty.give_up()

    async def _renew(self) -> None:
        now_ms = self._clock.now_ms()
        try:
            self._until_ms = now_ms + HOLD_MS if await self._duty.hold(now_ms) else 0
        except (SQLAlchemyError, Closed) as error:
            log.error("duty %s cannot be asked for: %s", self._name, type(error).__name__)


async def _end(doing: asyncio.Future[None] | None) -> None:
    if doing is not None:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
