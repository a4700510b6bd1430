"""Reports what becomes of recordings and sessions. Who tells it of them cannot wait, and says the same again after every restart."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError

from server.notify.notices import Notices

log = logging.getLogger(__name__)

RETRY_S = 5.0


class Reports:
    """Each is made once, whatever happens."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._known: set[str] = set()
        self._news: deque[tuple[str, Mapping[str, str], str]] = deque()
        self._heard = asyncio.Event()

    def take_ready(self, take: str, session: str) -> None:
        self._put("take.ready", {"recording": take, "session": session}, take)

    def take_erased(self, take: str) -> None:
        """It can no longer be read by anybody."""
        self._put("take.erased", {"recording": take}, take)

    def session_ended(self, session: str) -> None:
        self._put("session.ended", {"session": session}, session)

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.take_in(wait=True)
            except Exception as error:  # no lesson may suffer from what goes wrong here
                log.error(
                    "reports cannot be made: %s", type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error
                )
                await asyncio.sleep(RETRY_S)

    async def take_in(self, *, wait: bool = False) -> None:
        """All that there is to report; `wait` for something first."""
        if wait and not self._news:
            await self._heard.wait()
        self._heard.clear()
        while self._news:
            type_, ids, which = self._news[0]
            await self._notices.report(type_, ids, key=f"{type_}:{which}")
            self._news.popleft()

    def _put(self, type_: str, ids: Mapping[str, str], which: str) -> None:
        key = f"{type_}:{which}"
        if self._notices.can_report and key not in self._known:
            self._known.add(key)
            self._news.append((type_, ids, which))
            self._heard.set()
