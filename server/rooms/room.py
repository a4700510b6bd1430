"""One live session: a single task owns its state; everybody else sends it commands and gets views.

A command is answered only after its events and rows are on disk. What media should do is computed from the state after
each change and handed on whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.media.control import RoomPolicy
from server.rooms import rows
from server.rooms.reconcile import room_policy
from server.session.commands import AnyCommand, Tick
from server.session.decide import Refused, decide
from server.session.events import AnyEvent
from server.session.evolve import evolve
from server.session.policy import MediaPolicy, media_policy
from server.session.schedule import next_deadline_ms
from server.session.state import State
from server.session.view import Beside, EntryKey, TakeState, view
from server.store.engine import Closed, Store, Work
from server.store.log import Fenced, append
from server.wire.messages import Changed, Leaving, ToPage, Welcome
from server.wire.pieces import View

log = logging.getLogger(__name__)

LINGER_S = 60.0
LONGEST_SLEEP_S = 5.0  # the monotonic clock stands still while a machine sleeps
NOT_SAVED = Refused("not_saved", "This could not be saved. Please try again.")


class Listener(Protocol):
    """A page that is open on a seat. `send` never waits; `leave` says why and closes."""

    def send(self, message: ToPage) -> None: ...

    def leave(self, message: Leaving) -> None: ...


class Job(msgspec.Struct, kw_only=True):
    """A command with what belongs to it beside the log: a row to write with it, and what changes in memory after it."""

    command: AnyCommand
    row: Work | None = None
    after: Callable[[], None] | None = None
    done: asyncio.Future[Refused | None]


class Room:
    """`media` is called with the whole policy whenever it changed."""

    def __init__(
        self,
        state: State,
        seq: int,
        memory: Memory,
        *,
        store: Store,
        clock: Clock,
        media: Callable[[str, RoomPolicy], None],
    ) -> None:
        self.state = state
        self.memory = memory
        self._seq = seq
        self._store = store
        self._clock = clock
        self._media = media
        self._policy: MediaPolicy | None = None
        self._policy_version = 0
        self._inbox: asyncio.Queue[Job] = asyncio.Queue()
        self._listeners: dict[str, Listener] = {}
        self._over = False

    @property
    def id(self) -> str:
        return self.state.session

    @property
    def idle(self) -> bool:
        """Nobody is there, and nothing will happen by itself."""
        return not self._listeners and not runs_by_itself(self.state)

    async def ask(self, command: AnyCommand, row: Work | None = None, after: Callable[[], None] | None = None) -> Refused | None:
        """None once it has happened and is on disk; else why not."""
        if self._over:
            return NOT_SAVED
        done: asyncio.Future[Refused | None] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(Job(command=command, row=row, after=after, done=done))
        return await done

    def join(self, seat: str, listener: Listener) -> None:
        """Welcome a page. An older page on the same seat is told to leave."""
        if self._over:
            listener.leave(Leaving(reason="restarting"))
            return
        older = self._listeners.pop(seat, None)
        if older is not None:
            older.leave(Leaving(reason="replaced"))
        self._listeners[seat] = listener
        now_ms = self._clock.now_ms()
        listener.send(Welcome(protocol=1, now_ms=now_ms, view=self.view(seat)))
        self.publish(but=seat)

    def leave(self, seat: str, listener: Listener) -> None:
        if self._listeners.get(seat) is listener:
            del self._listeners[seat]
            self.publish()

    def listener(self, seat: str) -> Listener | None:
        return self._listeners.get(seat)

    def view(self, seat: str) -> View:
        memory = self.memory
        beside = Beside(title=memory.title, names=memory.names, texts=memory.texts, here=self._listeners.keys(), takes=memory.takes)
        return view(self.state, seat, beside, self._clock.now_ms())

    def publish(self, *, but: str | None = None, only: str | None = None) -> None:
        for seat, listener in list(self._listeners.items()):
            if seat != but and (only is None or seat == only):
                listener.send(Changed(view=self.view(seat)))

    def dismiss(self, message: Leaving) -> None:
        for listener in self._listeners.values():
            listener.leave(message)

    async def run(self) -> None:
        """Until it has been idle for a while, or this process no longer owns the session (Fenced)."""
        self._set_media()
        idle_s = 0.0
        try:
            while idle_s < LINGER_S:
                slept_s = self._sleep_s()
                jobs = await self._next_jobs(slept_s)
                idle_s = idle_s + slept_s if self.idle and not jobs else 0.0
                try:
                    await self._handle(jobs)
                finally:
                    for job in jobs:
                        _settle(job, NOT_SAVED)
        finally:
            self._over = True
            while not self._inbox.empty():
                _settle(self._inbox.get_nowait(), NOT_SAVED)

    async def _next_jobs(self, wait_s: float) -> list[Job]:
        """What has come in, perhaps nothing."""
        jobs: list[Job] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                jobs.append(await self._inbox.get())
        while not self._inbox.empty():
            jobs.append(self._inbox.get_nowait())
        return jobs

    def _sleep_s(self) -> float:
        deadline_ms = next_deadline_ms(self.state)
        if deadline_ms is None:
            return min(LONGEST_SLEEP_S, LINGER_S)
        return min(LONGEST_SLEEP_S, max(0.0, (deadline_ms - self._clock.now_ms()) / 1000))

    async def _handle(self, jobs: list[Job]) -> None:
        """Decide all, after what the clock has to say; write once; then let it be so."""
        state = self.state
        now_ms = self._clock.now_ms()
        events: list[AnyEvent] = []
        work: list[Work] = []
        accepted: list[Job] = []
        for job in (_tick(), *jobs):
            outcome = decide(state, job.command, now_ms)
            if isinstance(outcome, Refused):
                _settle(job, outcome)
                continue
            for event in outcome:
                state = evolve(state, event)
                work += rows.beside(state, event)
            events += outcome
            work += [job.row] if job.row else []
            accepted.append(job)
        if (events or work) and not await self._write(events, work):
            return
        self.state = state
        for job in accepted:
            if job.after:
                job.after()
            _settle(job, None)
        if events:
            self._set_media()
            self.publish()
        else:
            for seat in {seat for job in accepted if job.row and (seat := getattr(job.command, "seat", None))}:
                self.publish(only=seat)

    async def _write(self, events: list[AnyEvent], work: list[Work]) -> bool:
        try:
            self._seq = await append(self._store, self.id, self._seq, events, *work)
        except Fenced:
            log.error("room %s is owned elsewhere", self.id)
            self.dismiss(Leaving(reason="restarting"))
            raise
        except (SQLAlchemyError, Closed) as error:
            log.error("room %s could not save: %s", self.id, type(error).__name__)
            await asyncio.sleep(0.2)
            return False
        return True

    def _set_media(self) -> None:
        policy = media_policy(self.state)
        if policy != self._policy:
            self._policy = policy
            self._policy_version = max(self._policy_version + 1, self._clock.now_ms())
            self._media(self.id, room_policy(policy, self._policy_version))


class Memory(msgspec.Struct, kw_only=True):
    """What a room keeps in memory beside its state; all of it can be read again from its own rows."""

    title: str
    names: dict[str, str]
    texts: dict[EntryKey, dict[str, str]]
    takes: Mapping[str, TakeState]


def runs_by_itself(state: State) -> bool:
    """Whether there is a deadline or a recording that does not wait for anybody to come."""
    return next_deadline_ms(state) is not None or state.recorded is not None


def _tick() -> Job:
    return Job(command=Tick(), done=asyncio.get_running_loop().create_future())


def _settle(job: Job, outcome: Refused | None) -> None:
    if not job.done.done():
        job.done.set_result(outcome)
