"""To a recording: as its teacher, or with a permission of hers. Everything that is about a recording stands behind this door.

What others than its teacher open is written down for her, once for each visit, before they get it; and what anybody opens for the operator.
"""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity
from server.keeping.audit import noted
from server.people.grants import grants_of
from server.people.openings import note_opening
from server.people.watching import Over, Recording, Use, Watcher, other_try_of, watcher_of, why_over
from server.review.news import News, about_person
from server.store.engine import Store

What = Literal["page", "film", "export", "download"]
ANYBODY: tuple[Use, ...] = ("own", "watch", "consult")
VISIT_MS = 30 * 60_000
MOST_REMEMBERED = 10_000


class RecordingDoor:
    def __init__(self, store: Store, identity: Identity, clock: Clock, news: News) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._news = news
        self._noted: dict[tuple[str, str, Use, What], tuple[int, int]] = {}  # when that was last written down, and when the visit began

    async def open(self, request: web.Request, *uses: Use, opens: What | None = None) -> Watcher:
        """Raises HTTPNotFound, alike for what does not exist and for what is not theirs (in one of these ways)."""
        watcher = await self.look(request)
        if watcher is None or watcher.use not in uses:
            raise web.HTTPNotFound
        if opens is not None:
            await self._note(watcher, opens)
        return watcher

    async def look(self, request: web.Request) -> Watcher | None:
        """Who asks, and how they may watch it now; for long answers to ask again."""
        devices = await self._identity.devices(request)
        return await watcher_of(self._store, request.match_info["take"], devices, self._clock.now_ms())

    async def others(self, watcher: Watcher) -> int:
        """How many permissions there are, links that nobody has opened among them."""
        now_ms = self._clock.now_ms()
        return sum(grant.holds(now_ms) for grant in await grants_of(self._store, watcher.recording.take))

    async def why_over(self, watcher: Watcher) -> Over:
        return await why_over(self._store, watcher, self._clock.now_ms())

    async def other_try(self, request: web.Request, watcher: Watcher) -> Recording | None:
        devices = await self._identity.devices(request)
        return await other_try_of(self._store, watcher.recording, devices, self._clock.now_ms())

    async def _note(self, watcher: Watcher, what: What) -> None:
        """A player asks for hundreds of ranges: the database hears of a visit at its beginning, and then once a minute."""
        now_ms = self._clock.now_ms()
        key = (watcher.recording.take, watcher.person.person, watcher.use, what)
        noted_ms, visit_ms = self._noted.get(key, (-VISIT_MS, -VISIT_MS))
        if now_ms - (visit_ms if watcher.use == "own" else noted_ms) < (VISIT_MS if watcher.use == "own" else 60_000):
            return
        if now_ms - visit_ms >= VISIT_MS:
            take, session = watcher.recording.take, watcher.recording.session
            await self._store.write(noted(what, watcher.person.person, now_ms, session=session, take=take))
            visit_ms = now_ms
        if watcher.use != "own":
            await note_opening(self._store, *key, now_ms=now_ms, visit_ms=VISIT_MS)
            self._news.tell(about_person(watcher.owner), "openings")
        if len(self._noted) >= MOST_REMEMBERED:
            self._noted.clear()
        self._noted[key] = (now_ms, visit_ms)
