"""What looks after kept data while the server runs, put together from its parts: deleting for good, time limits, what was noted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import msgspec

from server.clock import Clock
from server.keeping.audit import key_of
from server.keeping.erasing import Erasing, Hands
from server.keeping.ledger import Ledger
from server.keeping.scrubbing import Scrubbing
from server.keeping.sealing import seal_all
from server.keeping.sweeping import Keep, Sweeping
from server.keeping.usage import GB, size_of
from server.notify.notices import Notices
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.settings import Settings
from server.store.engine import Store

MEASURE_S = 20.0


async def _nothing(*_: str) -> bool:
    return True


async def _at_once(_: str, work: Callable[[], Awaitable[None]]) -> None:
    await work()


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_take`: a recording that is deleted goes from everywhere. `erase_files`: those of a session, from wherever they are kept
    beside `data`. `day` writes a date in a language. `only_here` runs what one node at a time may do."""

    store: Store
    clock: Clock
    rooms: Rooms
    withdrawing: Withdrawing
    notices: Notices
    ledger: Ledger
    secret: bytes
    day: Callable[[str, int], str]
    delete_take: Callable[[str], None]
    erase_files: Callable[[str], Awaitable[bool]] = _nothing
    erase_deck: Callable[[str, str], Awaitable[bool]] = _nothing
    only_here: Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]] = _at_once


class Keeping:
    def __init__(self, settings: Settings, needs: Needs) -> None:
        self._settings = settings
        self._needs = needs
        self.scrubbing = Scrubbing(needs.store)
        hands = Hands(delete_take=needs.delete_take, scrub=self.scrubbing.scrub, erase_files=needs.erase_files, erase_deck=needs.erase_deck)
        store, clock = needs.store, needs.clock
        slides = settings.data_path / "slides"
        self.erasing = Erasing(store, clock, needs.rooms, needs.withdrawing, needs.ledger, hands, slides=slides)
        keep = Keep(recordings_days=settings.keep_recordings_days, sessions_days=settings.keep_sessions_days)
        self.sweeping = Sweeping(store, clock, needs.rooms, self.erasing, needs.notices, keep, needs.day)

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Each runs for ever."""
        yield "what is old", self.sweeping.run()
        yield "what was noted", self._seal()
        if self._settings.recordings_gb:
            yield "room for recordings", self._measure()

    async def _measure(self) -> None:
        """Deleting makes room at once; a lesson that is recorded is never cut short."""
        most_bytes, folder = self._settings.recordings_gb * GB, self._settings.recordings_path
        while True:
            used_bytes = await asyncio.to_thread(size_of, folder)
            self._needs.rooms.room_for_recordings(there_is=used_bytes < most_bytes)
            await asyncio.sleep(MEASURE_S)

    async def _seal(self) -> None:
        needs, key = self._needs, key_of(self._needs.secret)
        await needs.only_here("audit", lambda: seal_all(needs.store, key, needs.clock))
