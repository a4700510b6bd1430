"""Which sessions are this node's. The database says so: `sessions.owner` and its epoch, which every append compares.

One machine alone asks nobody: everything is its own. In a cluster a session without a living owner is claimed, by the node or for the
node that has most room for it. It must not know rooms.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.cluster.coordination import Member, News
from server.cluster.members import Members
from server.cluster.ownership import claim, node_url, owner_of
from server.errors import UserError
from server.store.engine import Store, Work, statement
from server.store.schema import sessions

log = logging.getLogger(__name__)

REMEMBERED_S = 1.0
AGAIN_S = 0.2
TRIES = 4
MOST_REMEMBERED = 10_000
FETCH_S = 2.5  # of P21's ten seconds; what is missing then comes later

Fetch = Callable[[str, float], Awaitable[bool]]


class Mine(msgspec.Struct, frozen=True):
    """`epoch` None: nobody else could own it."""

    epoch: int | None


class Theirs(msgspec.Struct, frozen=True):
    node: str


MOVING = UserError("moving", "This session moves to another machine just now. It goes on here in a few seconds.", 503)


class Moving(Exception):
    """Nobody can answer for this session just now."""


class Owning(Protocol):
    async def look(self, session: str) -> Mine | Theirs:
        """Whose it is; claimed if it has no living owner. Of a session that does not exist: Mine. Raises Moving."""

    def chosen(self) -> str | None:
        """The node for a new session, None: this one."""

    def first(self, session: str, node: str | None) -> tuple[int | None, list[Work]]:
        """The epoch of a session that is made for this node, and what is written with it."""

    async def tell(self, node: str | None, news: News) -> None:
        """To one other node or to all."""

    @property
    def is_shared(self) -> bool: ...


class Alone:
    """No other node can be there."""

    is_shared = False

    async def look(self, session: str) -> Mine | Theirs:
        return Mine(None)

    def chosen(self) -> str | None:
        return None

    def first(self, session: str, node: str | None) -> tuple[int | None, list[Work]]:
        return None, []

    async def tell(self, node: str | None, news: News) -> None:
        return


class Shared:
    """As a member of a cluster. `leaving`: what is on its way to another node; `fetch` brings a session's files here.

    `draining`: nothing more is claimed for this node.
    """

    is_shared = True

    def __init__(self, store: Store, members: Members, node: str, fetch: Fetch, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._members = members
        self.node = node
        self._fetch = fetch
        self._clock_s = clock_s
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._complete: set[str] = set()  # of which all files are here, or are on their way
        self._known: dict[str, tuple[str, float]] = {}  # node, and when that was read
        self._addresses: dict[str, tuple[str | None, float]] = {}
        self.leaving: set[str] = set()
        self.draining = False

    async def look(self, session: str) -> Mine | Theirs:
        for _ in range(TRIES):
            if session in self.leaving:
                raise Moving(session)
            found = await owner_of(self._store, session)
            if found is None:
                return Mine(None)
            if found.node == self.node:
                await self._fetch_once(session)
                return Mine(found.epoch)
            if found.node is not None and not self._members.dead(found.node):
                self.forget(session)
                return Theirs(found.node)
            node = self.chosen() or self.node
            if node == self.node and self.draining:
                raise Moving(session)
            await self._claim(session, node, found.epoch)
        raise Moving(session)

    async def where(self, session: str, *, again: bool) -> str | None:
        """The address of the node that owns it, None: this one. Remembered for a moment, and for as long as the database is away.

        Raises UserError `moving`.
        """
        node, read_s = self._known.get(session, ("", 0.0))
        if not node or self._clock_s() - read_s > (AGAIN_S if again else REMEMBERED_S):
            try:
                whose = await self.look(session)
            except Moving:
                raise UserError(MOVING.code, MOVING.message, MOVING.status) from None
            except SQLAlchemyError:
                if not node:
                    raise
            else:
                node = whose.node if isinstance(whose, Theirs) else self.node
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[session] = (node, self._clock_s())
        return None if node == self.node else await self._address(node)

    def chosen(self) -> str | None:
        member = self._members.place() or (self._any_other() if self.draining else None)
        return None if member is None or member.node == self.node else member.node

    def first(self, session: str, node: str | None) -> tuple[int | None, list[Work]]:
        if node is None:
            self._complete.add(session)
        return 1, [statement(sa.update(sessions).where(sessions.c.session == session).values(owner=node or self.node, epoch=1))]

    async def tell(self, node: str | None, news: News) -> None:
        await self._members.tell(node, news)

    def forget(self, session: str) -> None:
        """It is another node's now."""
        self._complete.discard(session)
        self._known.pop(session, None)

    async def _claim(self, session: str, node: str, seen_epoch: int) -> None:
        epoch = await claim(self._store, session, node, seen_epoch)
        if epoch is None:
            return  # somebody was faster
        log.info("session %s is taken over by %s, epoch=%d", session, node, epoch)
        if node != self.node:
            await self._members.tell(node, News(kind="sessions", about=(session,)))

    async def _fetch_once(self, session: str) -> None:
        """Everybody who wants it waits for the same."""
        if session in self._complete:
            return
        if session not in self._fetching:
            self._fetching[session] = asyncio.create_task(self._fetch_all(session), name=f"files of session {session}")
        await asyncio.shield(self._fetching[session])

    async def _fetch_all(self, session: str) -> None:
        try:
            await self._fetch(session, FETCH_S)
        except Exception:
            log.exception("files of session %s could not be fetched", session)
        self._complete.add(session)
        self._fetching.pop(session, None)

    def _any_other(self) -> Member | None:
        """Full or not: a lesson that goes on is worth more than room for a new one."""
        others = (member for member in self._members.known() if member.node != self.node and not member.draining)
        return next((member for member in others if self._members.alive(member.node)), None)

    async def _address(self, node: str) -> str:
        """As the database says: whoever could only write to Redis must not be sent people's requests."""
        url, read_s = self._addresses.get(node, (None, 0.0))
        if url is None or self._clock_s() - read_s > REMEMBERED_S:
            try:
                url = await node_url(self._store, node)
            except SQLAlchemyError:
                if url is None:
                    raise
        if url is None:
            raise UserError(MOVING.code, MOVING.message, MOVING.status)
        self._addresses[node] = (url, self._clock_s())
        return url
