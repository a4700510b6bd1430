"""Looks from time to time whom to remind of something: a task of the application, which nothing else waits for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock

log = logging.getLogger(__name__)

EVERY_S = 60.0


class Reminding:
    """`duties` are told the time; doing one again is harmless."""

    def __init__(self, clock: Clock, duties: Sequence[Callable[[int], Awaitable[None]]]) -> None:
        self._clock = clock
        self._duties = duties

    async def run(self) -> None:
        """For ever; what could not be done now is done the next time."""
        while True:
            for duty in self._duties:
                try:
                    await duty(self._clock.now_ms())
                except Exception as error:  # nobody's lesson may suffer from this
                    log.error("reminders failed: %s", type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error)
            await asyncio.sleep(EVERY_S)
