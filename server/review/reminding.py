"""Looks from time to time whom to remind of a review: a task of the application, which nothing else waits for."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.review.consulting import Consulting

log = logging.getLogger(__name__)

EVERY_S = 60.0


class Reminding:
    def __init__(self, consulting: Consulting, clock: Clock) -> None:
        self._consulting = consulting
        self._clock = clock

    async def run(self) -> None:
        """For ever; what could not be done now is done the next time."""
        while True:
            try:
                await self._consulting.remind_all(self._clock.now_ms())
            except Exception as error:  # nobody's lesson may suffer from this
                log.error("reminders failed: %s", type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error)
            await asyncio.sleep(EVERY_S)
