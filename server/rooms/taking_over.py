"""Looks every second which rooms belong here: lets go what another node has claimed, takes over what a dead one has left, and begins
what goes on by itself. Hands everything over when this node ends.

The database is asked; what it does not answer now is asked the next time, and rooms go on meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.blobs.mirror import Mirror
from server.clock import Clock
from server.cluster.coordination import News
from server.cluster.members import Members
from server.cluster.ownership import orphans, owned_by, owners, release
from server.rooms.owning import Moving, Shared
from server.rooms.registry import STILL_MS, Rooms
from server.store import log as event_log
from server.store.engine import Closed, Store
from server.store.schema import sessions

log = logging.getLogger(__name__)

EVERY_S = 1.0
OWN_EVERY = 3  # looks; who gives us a session says so besides
AT_ONCE = 4


class TakingOver:
    def __init__(self, store: Store, clock: Clock, members: Members, rooms: Rooms, owning: Shared, mirror: Mirror) -> None:
        self._store = store
        self._clock = clock
        self._members = members
        self._rooms = rooms
        self._owning = owning
        self._mirror = mirror
        self._looks = 0
        self._hint = asyncio.Event()
        self._still: dict[str, int] = {}  # sessions in which nothing goes on by itself, and their epoch
        self._answered = True
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def look_soon(self) -> None:
        """Somebody says that there is something to see."""
        self._looks = 0
        self._hint.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._hint.wait()
            self._hint.clear()

    async def look(self) -> None:
        try:
            await self._let_go()
            if self._looks % OWN_EVERY == 0:
                await self._begin(await owned_by(self._store, self._owning.node, open_only=True))
            self._looks += 1
            await self._take_over()
        except (SQLAlchemyError, Closed, OSError) as error:
            if self._answered:
                log.error("the database does not say whose the rooms are: %s", type(error).__name__)
            self._answered = False
        except Exception:
            log.exception("looking whose the rooms are failed")
        else:
            self._answered = True

    async def hand_over(self, within_s: float) -> None:
        """Everything that is open here goes to other nodes, as long as there are any. What is not done in time is taken over by them."""
        try:
            async with asyncio.timeout(within_s):
                await self._each(self._hand_over, [(session, epoch) for session, epoch in self._rooms.epochs.items() if epoch is not None])
        except TimeoutError:
            log.warning("not all rooms were handed over in time, left=%d", len(self._rooms.epochs))

    async def _let_go(self) -> None:
        here = {session: epoch for session, epoch in self._rooms.epochs.items() if session not in self._owning.leaving}
        if not here:
            return
        query = sa.select(sessions.c.session, sessions.c.owner, sessions.c.epoch).where(sessions.c.session.in_(here))
        async with self._store.read() as connection:
            found = (await connection.execute(query)).all()
        for row in found:
            if (row.owner, row.epoch) != (self._owning.node, here[row.session]):
                log.warning("session %s is another node's now", row.session)
                self._owning.forget(row.session)
                await self._rooms.let_go(row.session)
                if row.owner != self._owning.node:
                    await self._mirror.forget_local(row.session)

    async def _begin(self, own: dict[str, int]) -> None:
        await self._each(self._begin_one, own.items())

    async def _begin_one(self, session: str, epoch: int) -> None:
        if self._rooms.present(session) is not None or self._owning.draining or self._still.get(session) == epoch:
            return
        if await self._rooms.goes_on(session):
            await self._rooms.find(session)
        else:
            self._still[session] = epoch

    async def _take_over(self) -> None:
        """What goes on by itself. Anything else is claimed by whom it is asked of."""
        dead = [node for node in await owners(self._store) if self._members.dead(node)]
        if self._owning.draining or (not dead and self._looks % OWN_EVERY):
            return
        found = await orphans(self._store, dead)
        left = {session: owner.epoch for session, owner in found.items() if self._still.get(session) != owner.epoch}
        if not left:
            return
        moved = set(await event_log.open_sessions(self._store, self._clock.now_ms() - STILL_MS))
        self._still |= {session: epoch for session, epoch in left.items() if session not in moved}
        await self._each(self._take_one, [(session, epoch) for session, epoch in left.items() if session in moved])

    async def _take_one(self, session: str, epoch: int) -> None:
        if not await self._rooms.goes_on(session):
            self._still[session] = epoch
            return
        with contextlib.suppress(Moving):
            await self._owning.look(session)
            await self._rooms.find(session)

    async def _hand_over(self, session: str, epoch: int) -> None:
        self._owning.leaving.add(session)
        try:
            await self._rooms.let_go(session)
            await self._mirror.hand_over(session)
            to = self._owning.chosen()  # None: whoever is asked for it next
            await release(self._store, session, self._owning.node, epoch, to)
            log.info("session %s is handed over to %s", session, to)
            await self._owning.tell(to, News(kind="sessions", about=(session,)))
        finally:
            self._owning.forget(session)
            self._owning.leaving.discard(session)

    async def _each(self, do: Callable[[str, int], Awaitable[None]], of: Iterable[tuple[str, int]]) -> None:
        async def one(session: str, epoch: int) -> None:
            async with self._at_once:
                await do(session, epoch)

        await asyncio.gather(*(one(session, epoch) for session, epoch in of))
