"""One live session: a single task owns its state; everybody else sends it commands and gets views.

A command is answered only after its events and rows are on disk. What media should do is computed from the state after
each change and handed on whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from server.clock import Clock
from server.media.control import PeerQuality, PeerReport, RoomPolicy
from server.rooms import rows
from server.rooms.audience import Audience, Draw, Listener
from server.rooms.line_rows import write_lines
from server.rooms.lines import Lines, Weak
from server.rooms.memory import Memory
from server.rooms.presence import Presence
from server.rooms.reconcile import room_policy
from server.session.answers import Refused
from server.session.beside import Beside, Translate
from server.session.commands import AnyCommand, StartLesson, Tick
from server.session.concerned import concerned
from server.session.decide import decide
from server.session.events import AnyEvent, ChatSaid, PhaseEntered, TakeDecided
from server.session.evolve import evolve
from server.session.policy import MediaPolicy, media_policy
from server.session.schedule import next_deadline_ms, view_deadline_ms
from server.session.state import State
from server.session.view import outlook, view
from server.store.engine import Closed, Store, Work
from server.store.log import Fenced, append
from server.wire.connections import Quality
from server.wire.messages import Leaving
from server.wire.pieces import Disk
from server.wire.view import View

log = logging.getLogger(__name__)

LINGER_S = 60.0
SHORTEST_SLEEP_S = 0.005  # a deadline that nothing comes of must not keep the processor busy
LONGEST_SLEEP_S = 5.0  # the monotonic clock stands still while a machine sleeps
NOT_SAVED = Refused("not_saved", "This could not be saved. Please try again.")


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What a room makes others do: the media worker (whole policies; peers of seats that were left), the recorder, who reports its end."""

    set_media: Callable[[str, RoomPolicy], None]
    close_media: Callable[[str], None]
    stop_peer: Callable[[str, str], None]
    delete_take: Callable[[str], None]
    ended: Callable[[str], None] = lambda _: None


class Job(msgspec.Struct, kw_only=True):
    """A command with what belongs to it beside the log: a row to write with it, and what changes in memory after it.

    `changes`: whose views a row changes without an event; None means everybody's.
    """

    command: AnyCommand
    row: Work | None = None
    after: Callable[[], None] | None = None
    changes: frozenset[str] | None = None
    done: asyncio.Future[Refused | None]


class Room:
    """To be read only until it is opened. `epoch`: under which this node owns the session, None: nobody else could."""

    def __init__(
        self, state: State, seq: int, memory: Memory, *, store: Store, clock: Clock, outside: Outside, totals: Weak | None = None
    ) -> None:
        self.state = state
        self.memory = memory
        self.seq = seq
        self._store = store
        self._clock = clock
        self._outside = outside
        self._policy: MediaPolicy | None = None
        self._policy_version = 0
        self._inbox: asyncio.Queue[Job | None] = asyncio.Queue()
        self._audience = Audience()
        self._presence = Presence((seat.seat for seat in state.seats.values() if seat.here), clock.now_ms())
        self.lines = Lines(memory.weak, clock.now_ms(), totals)
        self._shown_ms = clock.now_ms()
        self._over = True
        self._ending = False
        self.epoch: int | None = None

    @property
    def id(self) -> str:
        return self.state.session

    @property
    def pages(self) -> int:
        return len(self._audience)

    @property
    def goes_on(self) -> bool:
        """People are in it, or something is recorded."""
        return self.state.position.part != "ended" and (bool(self.pages) or self.state.recorded is not None)

    @property
    def idle(self) -> bool:
        """Nobody is there or asks to be let in, and nothing will happen by itself."""
        return not len(self._audience) and not self.memory.claims.waiting(self._clock.now_ms()) and not goes_on_alone(self.state)

    @property
    def waits_for_time(self) -> bool:
        """Something happens by itself at a certain time: the clock must not be set."""
        deadlines = (next_deadline_ms(self.state), self._presence.deadline_ms(), self.memory.claims.deadline_ms())
        return self.state.recorded is not None or any(deadline_ms is not None for deadline_ms in deadlines)

    async def ask(
        self,
        command: AnyCommand,
        row: Work | None = None,
        after: Callable[[], None] | None = None,
        changes: frozenset[str] | None = None,
    ) -> Refused | None:
        """None once it has happened and is on disk; else why not."""
        if self._over:
            return NOT_SAVED
        if isinstance(command, StartLesson) and self.memory.without_room:
            command = msgspec.structs.replace(command, take="")
        done: asyncio.Future[Refused | None] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(Job(command=command, row=row, after=after, changes=changes, done=done))
        return await done

    def join(self, seat: str, listener: Listener) -> None:
        """Welcome a page. An older page on the same seat is told to leave."""
        if self._over:
            listener.leave(Leaving(reason="restarting"))
            return
        self._audience.welcome(seat, listener, self._look())
        self.lines.welcome(seat)
        self._presence.page_opened(seat, self._clock.now_ms())
        self._tell_lines()
        self._wake()

    def leave(self, seat: str, listener: Listener) -> None:
        if self._audience.leave(seat, listener):
            self._presence.page_closed(seat, self._clock.now_ms())
            self._wake()

    def listener(self, seat: str) -> Listener | None:
        return self._audience.listener(seat)

    def media_started(self, seat: str, session: str) -> None:
        self._presence.media_started(seat, session, self._clock.now_ms())
        self.lines.media_started(seat, session)
        self._wake()

    def media_changed(self, report: PeerReport) -> None:
        """After the end pages close their lines themselves, and stay."""
        if self.state.position.part == "ended":
            return
        self._presence.media_changed(report, self._clock.now_ms())
        if self.lines.line_down(self._presence.down):
            self._tell_lines()
        self._wake()

    def media_lost(self, seat: str) -> None:
        self._presence.media_lost(seat, self._clock.now_ms())
        self.lines.forget(seat)
        self._tell_lines()
        self._wake()

    def quality_heard(self, peers: Iterable[PeerQuality], pressure: int) -> None:
        """From the media worker, every two seconds."""
        if self.state.position.part != "ended":
            self.lines.hear(peers, self._presence.down, pressure, self._clock.now_ms())
            self._tell_lines()

    def page_noticed(self, seat: str, quality: Quality) -> None:
        self.lines.page_says(seat, quality, self._clock.now_ms())

    def same_room(self, pair: tuple[str, str]) -> None:
        self.memory.hear_same_room(pair)
        self.publish(pair)

    def disk_changed(self, disk: Disk) -> None:
        self.memory.disk = disk
        self.publish()

    def view(self, seat: str, translate: Translate = str) -> View:
        return self._look()(seat, translate)

    def _look(self) -> Draw:
        """What all views of this moment have in common is worked out once."""
        memory, now_ms, state = self.memory, self._clock.now_ms(), self.state
        beside = Beside(
            title=memory.title,
            names=memory.names,
            texts=memory.texts,
            takes=memory.takes,
            chat=memory.chat,
            decks=memory.decks,
            claims=memory.claims.waiting(now_ms),
            same_room=memory.in_same_room(state),
            lines=self._presence.lines,
            agreed_ms=memory.starts_ms,
            disk="full" if memory.without_room and state.recorded is None else memory.disk,
        )
        reckoned = outlook(state, memory.starts_ms, now_ms)

        def draw(seat: str, translate: Translate) -> View:
            return view(state, seat, msgspec.structs.replace(beside, translate=translate), now_ms, reckoned)

        return draw

    def publish(self, seats: Iterable[str] | None = None) -> None:
        """To these seats or to all, where what they may see has changed."""
        self._audience.publish(self._look(), seats)

    def news(self) -> None:
        """Something beside the log has changed: tell everybody whom it concerns, and look when it is over."""
        self.publish()
        self._wake()

    def dismiss(self, message: Leaving) -> None:
        self._audience.dismiss(message)

    def open(self) -> None:
        """Before it runs."""
        self._over = False

    def end(self) -> None:
        """What was asked until now is still done. Then pages are sent to where it goes on."""
        self._ending = True
        self._wake()

    async def run(self) -> None:
        """Until it is ended, has been idle for a while, or this process no longer owns the session (Fenced)."""
        self._set_media()
        idle_s = 0.0
        try:
            while idle_s < LINGER_S and not self._ending:
                slept_s = self._sleep_s()
                jobs = await self._next_jobs(slept_s)
                idle_s = idle_s + slept_s if self.idle and jobs is None else 0.0
                await self._handle(jobs or [])
                await self._keep_lines(over=self.state.position.part == "ended" or idle_s >= LINGER_S)
            if self._ending:
                self.dismiss(Leaving(reason="restarting"))
        finally:
            self._over = True
            while not self._inbox.empty():
                if job := self._inbox.get_nowait():
                    _settle(job, NOT_SAVED)

    async def _next_jobs(self, wait_s: float) -> list[Job] | None:
        """What has come in, perhaps only news of who is here; None when nothing came."""
        came: list[Job | None] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                came.append(await self._inbox.get())
        while not self._inbox.empty():
            came.append(self._inbox.get_nowait())
        return [job for job in came if job] if came else None

    def _sleep_s(self) -> float:
        deadlines = (
            next_deadline_ms(self.state),
            view_deadline_ms(self.state, self._shown_ms),
            self._presence.deadline_ms(),
            self.memory.claims.deadline_ms(),
        )
        next_ms = min((deadline_ms for deadline_ms in deadlines if deadline_ms is not None), default=None)
        if next_ms is None:
            return min(LONGEST_SLEEP_S, LINGER_S)
        return min(LONGEST_SLEEP_S, max(SHORTEST_SLEEP_S, (next_ms - self._clock.now_ms()) / 1000))

    async def _handle(self, jobs: list[Job]) -> None:
        """Decide all, after what the clock and the lines have to say; write once; then let it be so."""
        try:
            await self._decide(jobs)
        finally:
            for job in jobs:
                _settle(job, NOT_SAVED)
        now_ms = self._clock.now_ms()
        due_ms = view_deadline_ms(self.state, self._shown_ms)
        self._shown_ms = now_ms
        if self.memory.claims.forget_old(now_ms) or (due_ms is not None and due_ms <= now_ms):
            self._set_media()
            self.publish()
        for seat in self._presence.left_for_good(now_ms):
            log.info("media of a seat that was left is stopped, session=%s seat=%s", self.id, seat)
            self._outside.stop_peer(self.id, seat)

    async def _decide(self, jobs: list[Job]) -> None:
        state = self.state
        now_ms = self._clock.now_ms()
        events: list[AnyEvent] = []
        work: list[Work] = []
        accepted: list[Job] = []
        by_itself: tuple[AnyCommand, ...] = (*self._presence.changes(state, now_ms), Tick())
        for job in (*map(_unasked, by_itself), *jobs):
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
        written = await self._write(events, work) if events or work else "yes"
        if written == "yes":
            self._let_it_be(state, events, accepted)
        elif written == "bad_row" and len(jobs) > 1:  # whose it is comes out one by one
            for job in jobs:
                if not job.done.done():
                    await self._decide([job])

    def _let_it_be(self, state: State, events: list[AnyEvent], accepted: list[Job]) -> None:
        self.state = state
        for job in accepted:
            if job.after:
                job.after()
            _settle(job, None)
        for event in events:
            if isinstance(event, ChatSaid):
                self.memory.forget_old_lines(state)
            elif isinstance(event, TakeDecided) and not event.kept:
                self._outside.delete_take(event.take)
            elif isinstance(event, PhaseEntered) and event.position.part == "ended":
                self._outside.ended(self.id)
        if events:
            self._set_media()
            self._tell_lines()
        changes = [concerned(state, events), *(job.changes for job in accepted if job.row)]
        seats = [each for each in changes if each is not None]
        self.publish(frozenset().union(*seats) if len(seats) == len(changes) else None)

    async def _write(self, events: list[AnyEvent], work: list[Work]) -> Literal["yes", "no", "bad_row"]:
        try:
            self.seq = await append(self._store, self.id, self.seq, events, *work, epoch=self.epoch)
        except Fenced:
            log.error("room %s is owned elsewhere", self.id)
            self.dismiss(Leaving(reason="restarting"))
            raise
        except (SQLAlchemyError, Closed) as error:
            log.error("room %s could not save: %s", self.id, type(error).__name__)
            await asyncio.sleep(0.2)
            return "no" if isinstance(error, OperationalError | Closed) else "bad_row"
        return "yes"

    async def _keep_lines(self, *, over: bool) -> None:
        """What cannot be written now is written with what comes later; a minute of it is no great loss."""
        weak = self.lines.due(self._clock.now_ms(), over=over)
        if weak:
            try:
                await self._store.write(write_lines(self.id, weak))
            except (SQLAlchemyError, Closed) as error:
                log.error("connections of room %s could not be kept: %s", self.id, type(error).__name__)

    def _tell_lines(self) -> None:
        self.lines.tell(self.state, self._audience.listeners)

    def _set_media(self) -> None:
        policy = media_policy(self.state, self._clock.now_ms())
        if policy != self._policy:
            self._policy = policy
            self._policy_version = max(self._policy_version + 1, self._clock.now_ms())
            self._outside.set_media(self.id, room_policy(policy, self._policy_version))

    def _wake(self) -> None:
        self._inbox.put_nowait(None)


def goes_on_alone(state: State) -> bool:
    """Whether there is a deadline or a recording that does not wait for anybody to come."""
    return next_deadline_ms(state) is not None or state.recorded is not None


def _unasked(command: AnyCommand) -> Job:
    return Job(command=command, done=asyncio.get_running_loop().create_future())


def _settle(job: Job, outcome: Refused | None) -> None:
    if not job.done.done():
        job.done.set_result(outcome)
