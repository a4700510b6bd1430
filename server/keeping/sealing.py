"""Seals what was noted (`audit`), as a task of the application; of several nodes the one that holds the duty."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.keeping.audit import AT_ONCE, seal
from server.store.engine import Store

log = logging.getLogger(__name__)

EVERY_S = 5.0


async def seal_all(store: Store, key: bytes, clock: Clock) -> None:
    """For ever."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            while await seal(store, key, clock.now_ms()) == AT_ONCE:
                pass
        except Exception as error:  # no lesson may suffer from what goes wrong here
            log.error(
                "what was noted is not sealed: %s", type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error
            )
