"""This node among others, or alone: what it owns, what it takes over, what only one of them does, and how it leaves.

The one place where the cluster's parts are put together.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.blobs.mirror import Mirror, NoMirror
from server.clock import Clock
from server.cluster.coordination import Member, News
from server.cluster.duties import Duty
from server.cluster.holding import Holding
from server.cluster.joining import coordination_of
from server.cluster.members import Members
from server.cluster.ownership import note_node, owner_of
from server.cluster.vouching import Vouching
from server.people.seats import fresh_id
from server.rooms.owning import Alone, Owning, Shared
from server.rooms.registry import Rooms
from server.rooms.taking_over import TakingOver
from server.settings import Settings
from server.store.engine import Store

log = logging.getLogger(__name__)

RELEASE = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What this node is told by others. None of it may wait."""

    renamed: Callable[[str], Awaitable[None]]
    changed: Callable[[str, str], None]


class Membership:
    """`members` is None for a machine alone. `owning` is wanted by the rooms, which `join` needs."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, adopted: Callable[[str], Awaitable[None]]) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._adopted = adopted
        self._run = fresh_id()
        self._duties: dict[str, Callable[[], bool]] = {}
        self._mirror: Mirror = NoMirror()
        self._taking: TakingOver | None = None
        self._rooms: Rooms | None = None
        self._load: Callable[[], float] = lambda: 0.0
        self._heard: Heard | None = None
        self._hearing: set[asyncio.Future[None]] = set()
        self.node = node_name(settings)
        self.draining = False
        self.members: Members | None = None
        self.owning: Owning = Alone()
        self.shared: Shared | None = None
        if settings.redis:
            coordination = coordination_of(settings, self.node)
            self.members = Members(
                coordination,
                self._me,
                lost_lease=self._look_soon,
                on_news=self._on_news,
                back=self._look_soon,
                vouches=Vouching(store, clock, self.node),
            )
            self.owning = self.shared = Shared(store, self.members, self.node, self._fetch)

    def join(self, rooms: Rooms, mirror: Mirror, heard: Heard, load: Callable[[], float]) -> None:
        """`load`: 0 to 1 of what this node can carry."""
        self._rooms, self._mirror, self._heard, self._load = rooms, mirror, heard, load
        if self.members is not None and self.shared is not None:
            self._taking = TakingOver(self._store, self._clock, self.members, rooms, self.shared, mirror)

    async def start(self) -> None:
        """Before anything is served."""
        if self.members is None or self._taking is None or self._rooms is None:
            assert self._rooms
            await self._rooms.find_all()
            return
        await note_node(self._store, self.node, self._url, self._clock.now_ms())
        await self.members.start()
        await self._taking.look()

    async def epoch_of(self, session: str) -> int | None:
        """Under which this node owns it, None where another one does."""
        owner = await owner_of(self._store, session)
        if self.members is None:
            return owner.epoch if owner is not None else 0
        return owner.epoch if owner is not None and owner.node == self.node else None

    def run_in(self, tasks: asyncio.TaskGroup) -> None:
        if self.members is not None and self._taking is not None:
            tasks.create_task(self.members.run(), name="member of the cluster")
            tasks.create_task(self._taking.run(), name="taking over")

    async def only_here(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs it as long as no other node does."""
        holding = Holding(name, Duty(self._store, name, f"{self.node}:{self._run}"), self._clock) if self.members is not None else None
        self._duties[name] = (lambda: holding.held) if holding else (lambda: True)
        try:
            await (holding.run(work) if holding else work())
        finally:
            del self._duties[name]

    def duties(self) -> dict[str, bool]:
        """What only one node does, and whether that is this one."""
        return {name: held() for name, held in self._duties.items()}

    def tell_changed(self, topic: str, name: str) -> None:
        """To the pages that other nodes serve."""
        if self.members is not None:
            self._soon(self.members.tell(None, News(kind="changed", about=(topic, name))))

    async def drain(self) -> None:
        """Nothing new comes here any more, and what is here goes to other nodes, if there are any."""
        self.draining = True
        if self.members is None or self.shared is None or self._taking is None:
            return
        self.shared.draining = True
        await self.members.beat()
        if any(not member.draining for member in self.members.known() if member.node != self.node and self.members.alive(member.node)):
            log.info("handing over, rooms=%d", len(self._rooms.epochs) if self._rooms else 0)
            await self._taking.hand_over(self._settings.drain_s)

    async def leave(self) -> None:
        if self.members is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self.members.leave()

    @property
    def _url(self) -> str:
        return self._settings.node_url or f"http://{self._settings.node_listen}"

    def _me(self) -> Member:
        rooms = self._rooms
        return Member(
            node=self.node,
            run=self._run,
            url=self._url,
            load=self._load(),
            rooms=len(rooms.epochs) if rooms else 0,
            full=rooms.full if rooms else False,
            draining=self.draining,
            release=RELEASE,
        )

    async def _fetch(self, session: str, within_s: float) -> bool:
        complete = await self._mirror.fetch(session, within_s)
        await self._adopted(session)
        return complete

    def _look_soon(self) -> None:
        if self._taking is not None:
            self._taking.look_soon()

    def _on_news(self, news: News) -> None:
        if news.kind == "sessions":
            self._look_soon()
        elif news.kind == "renamed" and self._heard and len(news.about) == 1:
            self._soon(self._heard.renamed(news.about[0]))
        elif news.kind == "changed" and self._heard and len(news.about) == 2:
            self._heard.changed(*news.about)

    def _soon(self, doing: Awaitable[None]) -> None:
        task = asyncio.ensure_future(doing)
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)


def node_name(settings: Settings) -> str:
    """Of letters, digits and lines, as everybody writes it."""
    host = "".join(each if each.isalnum() and each.isascii() else "-" for each in socket.gethostname().lower())
    return settings.node or host[:40] or "node"
