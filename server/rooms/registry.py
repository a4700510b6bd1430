"""The rooms that this process owns: made, found again in the log after a restart, and let go when they are over or another node's.

Of a session that another node owns there is a room to read only: not kept, not running, it does nothing that it is asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from server.clock import Clock
from server.cluster.coordination import News
from server.errors import UserError
from server.people.claims import seat_named
from server.people.seats import fresh_id, person_name, seat_id
from server.rooms import rows
from server.rooms.lines import Lines, Weak
from server.rooms.memory import forget_words, load_memory
from server.rooms.owning import Alone, Mine, Moving, Owning
from server.rooms.room import Outside, Room, goes_on_alone
from server.session.beside import TakeState
from server.session.events import SessionMade
from server.session.evolve import fold
from server.session.plan import Plan
from server.store import log as event_log
from server.store.engine import Store, Work
from server.store.log import Fenced
from server.wire.messages import Leaving
from server.wire.pieces import Disk

log = logging.getLogger(__name__)

RETURN_S = 1.0
LET_GO_S = 2.0
SOON_MS = 30 * 60_000
STILL_MS = 7 * 24 * 3_600_000

FULL = UserError(
    "server_full", "So many people are in sessions here that this server can take no more. Please try again in a few minutes.", 503
)


TOO_MANY = UserError(
    "too_many_rooms",
    "So many sessions go on here as the operator allows. Please try again later, or ask whoever looks after this server.",
    503,
)


class Rooms:
    """`at_once`: how many sessions may go on here at the same time, 0: as many as fit; one that goes on is never touched.
    `full`: the media worker can take no more, so nobody new is let in; who has a seat comes back all the same.

    `totals`: how connections were since this process began.
    """

    def __init__(self, store: Store, clock: Clock, outside: Outside, owning: Owning | None = None) -> None:
        self._store = store
        self._clock = clock
        self._outside = outside
        self._owning = owning or Alone()
        self._rooms: dict[str, Room] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loading: dict[str, asyncio.Lock] = {}
        self._returning: set[asyncio.Task[None]] = set()
        self._disk: Disk = "fine"
        self.takes: dict[str, TakeState] = {}
        self.full = False
        self.at_once = 0
        self._without_room = False
        self.totals = Weak()

    @property
    def lines(self) -> list[Lines]:
        return [room.lines for room in self._rooms.values()]

    @property
    def pages(self) -> int:
        """How many are open."""
        return sum(room.pages for room in self._rooms.values())

    @property
    def recording(self) -> int:
        """How many lessons are being recorded."""
        return sum(room.state.recorded is not None for room in self._rooms.values())

    @property
    def disk(self) -> Disk:
        """What it holds of recordings."""
        return self._disk

    async def make(self, plan: Plan, title: str, starts_ms: int | None = None, beside: Callable[[str], Work] | None = None) -> Room:
        """`starts_ms`: when the group means to meet, for its calendars. `beside`: what is written with it, given its id; then it is
        made for this node, so that it can be asked something at once.

        Raises UserError `server_full` for one that begins now.
        """
        now_ms = self._clock.now_ms()
        node = None if beside else self._owning.chosen()
        if node is None and self.full and (starts_ms is None or starts_ms < now_ms + SOON_MS):
            raise UserError(FULL.code, FULL.message, FULL.status)
        if node is None and self.too_many and (starts_ms is None or starts_ms < now_ms + SOON_MS):
            raise UserError(TOO_MANY.code, TOO_MANY.message, TOO_MANY.status)
        session = fresh_id()
        made = SessionMade(at_ms=now_ms, session=session, plan=plan)
        _, more = self._owning.first(session, node)
        more += [beside(session)] if beside else []
        await event_log.append(self._store, session, 0, [made], rows.new_session(session, title, now_ms, starts_ms), *more)
        room = await self.find(session)
        assert room
        log.info("session %s made, plan=%s/%d", session, plan.id, plan.version)
        return room

    async def find(self, session: str) -> Room | None:
        """The room of a session, read from the log if it is not in memory; None if there is no such session."""
        if session in self._rooms:
            return self._rooms[session]
        async with self._loading.setdefault(session, asyncio.Lock()):
            found = self._rooms.get(session) or await self._load(session)
        self._loading.pop(session, None)
        return found

    async def find_all(self) -> None:
        """Every session in which something happens by itself, whether or not anybody is there.

        In one whose log has been still for longer than any phase lasts, nothing does; somebody who opens it finds it all the same.
        """
        for session in await event_log.open_sessions(self._store, self._clock.now_ms() - STILL_MS):
            if await self.goes_on(session):
                await self.find(session)

    async def goes_on(self, session: str) -> bool:
        """Whether something happens in it by itself."""
        try:
            return goes_on_alone(fold(await event_log.load(self._store, session)))
        except Exception:
            log.exception("session %s cannot be read and is left out", session)
            return False

    @property
    def epochs(self) -> dict[str, int | None]:
        """Of those in memory."""
        return {session: room.epoch for session, room in self._rooms.items()}

    async def let_go(self, session: str) -> None:
        """It ends here and goes on elsewhere: what was asked of it is answered, then its pages are sent away, and its media ends."""
        room, task = self._rooms.get(session), self._tasks.get(session)
        if room is None or task is None:
            return
        room.end()
        await asyncio.wait([task], timeout=LET_GO_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._outside.close_media(session)

    async def is_here(self, session: str) -> bool:
        """Whether it is this node's; one without a living owner becomes somebody's by that."""
        try:
            return isinstance(await self._owning.look(session), Mine)
        except Moving:
            return False

    def present(self, session: str) -> Room | None:
        """The room if it is in memory."""
        return self._rooms.get(session)

    def take_changed(self, take: str, state: TakeState) -> None:
        self.takes[take] = state
        for room in self._rooms.values():
            for lesson in room.state.all_lessons:
                if lesson.take == take:
                    room.publish([lesson.teacher])

    def wait_for_time(self) -> bool:
        """Whether a clock runs in any of them."""
        return any(room.waits_for_time for room in self._rooms.values())

    def clock_set(self) -> None:
        for room in self._rooms.values():
            room.news()

    def disk_changed(self, disk: Disk) -> None:
        """What it holds of recordings."""
        if disk != self._disk:
            self._disk = disk
            for room in self._rooms.values():
                room.disk_changed(disk)

    @property
    def too_many(self) -> bool:
        """No other session may begin now."""
        return bool(self.at_once) and sum(room.goes_on for room in self._rooms.values()) >= self.at_once

    def room_for_recordings(self, *, there_is: bool) -> None:
        """Where the operator lets no more be kept, no new lesson is recorded; those that are go on."""
        if self._without_room == there_is:
            self._without_room = not there_is
            for room in self._rooms.values():
                room.memory.without_room = self._without_room
                room.publish()

    async def name_taken(self, person: str, name: str) -> bool:
        """Whether somebody else is called so in a session that is going on with this person in it."""
        rooms = list(self._rooms.values())
        if self._owning.is_shared:
            elsewhere = [session for session in await rows.open_with(self._store, person) if session not in self._rooms]
            rooms += [room for session in elsewhere if (room := await self._read(session)) is not None]
        return any(
            seat_named(room.state, {seat: other for seat, other in room.memory.names.items() if seat != own}, name)
            for room in rooms
            if (own := seat_id(room.id, person)) in room.state.seats and room.state.position.part != "ended"
        )

    async def renamed(self, person: str, name: str) -> None:
        self._rename(person, name)
        await self._owning.tell(None, News(kind="renamed", about=(person,)))

    async def heard_renamed(self, person: str) -> None:
        """On another node."""
        if any(seat_id(room.id, person) in room.memory.names for room in self._rooms.values()):
            await self.forget_words(person)
            self._rename(person, await person_name(self._store, person))

    async def forget_words(self, person: str) -> None:
        """What stands in no row any more stands in no memory either."""
        for room in list(self._rooms.values()):
            if seat_id(room.id, person) in room.memory.names:
                await forget_words(room.memory, self._store, room.id)
                room.news()

    def _rename(self, person: str, name: str) -> None:
        for room in self._rooms.values():
            if (seat := seat_id(room.id, person)) in room.memory.names:
                room.memory.names[seat] = name
                room.news()

    async def close(self) -> None:
        for room in list(self._rooms.values()):
            room.dismiss(Leaving(reason="restarting"))
        tasks = [*self._returning, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, session: str) -> Room | None:
        try:
            whose = await self._owning.look(session)
        except Moving:
            return await self._read(session)
        room = await self._read(session)
        if room is not None and isinstance(whose, Mine):
            room.epoch = whose.epoch
            room.open()
            self._rooms[session] = room
            self._tasks[session] = asyncio.create_task(self._run(room), name=f"room {session}")
        return room

    async def _read(self, session: str) -> Room | None:
        events = await event_log.load(self._store, session)
        if not events:
            return None
        memory = await load_memory(self._store, session, self.takes)
        memory.disk = self._disk
        memory.without_room = self._without_room
        return Room(fold(events), len(events), memory, store=self._store, clock=self._clock, outside=self._outside, totals=self.totals)

    async def _run(self, room: Room) -> None:
        try:
            await room.run()
            self._outside.close_media(room.id)
        except Fenced:
            self._outside.close_media(room.id)
        except Exception:
            log.exception("room %s failed; its people are sent back to its log", room.id)
            room.dismiss(Leaving(reason="restarting"))
            self._find_later(room.id)
        finally:
            self._rooms.pop(room.id, None)
            self._tasks.pop(room.id, None)

    def _find_later(self, session: str) -> None:
        """Its clock must go on, also when no page comes back."""

        async def find() -> None:
            await asyncio.sleep(RETURN_S)
            await self.find(session)

        task = asyncio.create_task(find(), name=f"room {session} again")
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)
