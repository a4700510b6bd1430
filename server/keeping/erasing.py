"""Deleting for good: a recording, a person with everything that is theirs, a session, a note. First it is in the ledger, then it goes.

Invariant: everything here may be done again, and is, until nothing is left; whoever is killed in between goes on at the next look. What
other nodes hold is only asked for in rows: they find it there (`catch_up`). Requests and pages are not known here.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from recorder.control import WithdrawTracks
from server.clock import Clock
from server.errors import UserError
from server.keeping import rows
from server.keeping.audit import noted
from server.keeping.ledger import Gone, Ledger, gone_tracks
from server.people.withdrawals import VOICE, new_withdrawal, recordings_in, still_to_withdraw
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.rooms.rows import takes_to_erase
from server.session.commands import DecideTake
from server.store.engine import Store

log = logging.getLogger(__name__)

GONE_S = 45.0
LOOK_S = 0.1
LESSON_RUNS = UserError("lesson_runs", "A lesson of yours is being recorded. Delete this when it is over.", 409)
NOT_YET = UserError("not_yet", "It is being deleted, and not everything is gone yet. Please try again in a minute.", 503)
OTHERS = UserError(
    "others_recordings", "Recordings of others belong to this session. It can be deleted when those who taught have deleted them.", 409
)
NOT_YOURS = UserError("not_allowed", "Only the person who leads a session can delete it.", 403)


async def _nothing(*_: str) -> bool:
    return True


class Hands(msgspec.Struct, frozen=True, kw_only=True):
    """What others do for it: the recorder destroys a recording's keys, files of a session and single slides (`erase_deck`, with their
    session) go from wherever else they are kept (False: not yet), deleted rows are overwritten."""

    delete_take: Callable[[str], None]
    scrub: Callable[[], Awaitable[None]]
    erase_files: Callable[[str], Awaitable[bool]] = _nothing
    erase_deck: Callable[[str, str], Awaitable[bool]] = _nothing


class Erasing:
    def __init__(
        self, store: Store, clock: Clock, rooms: Rooms, withdrawing: Withdrawing, ledger: Ledger, hands: Hands, *, slides: Path
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._withdrawing = withdrawing
        self._ledger = ledger
        self._hands = hands
        self._slides = slides
        self._one = asyncio.Lock()

    async def recording(self, take: str, session: str, teacher: str) -> None:
        """As its teacher deletes it. Raises UserError `lesson_runs`."""
        room = await self._room_here(session)
        if room is not None:
            if room.state.recorded is not None and room.state.recorded.take == take:
                raise UserError(LESSON_RUNS.code, LESSON_RUNS.message, LESSON_RUNS.status)
            if await room.ask(DecideTake(seat=teacher, take=take, keep=False)) is None:
                return
        now_ms = self._clock.now_ms()
        await asyncio.to_thread(self._ledger.note, Gone(what="take", id=take, at_ms=now_ms))

        async def work(connection: AsyncConnection) -> None:
            await rows.delete_take(connection, take, now_ms)

        await self._store.write(work)
        self._hands.delete_take(take)

    async def person(self, person: str) -> None:
        """With their recordings, and their voice in those of others. Raises UserError `lesson_runs`."""
        async with self._one:
            now_ms = self._clock.now_ms()
            seats = await rows.seats_of(self._store, person)
            if any(self._is_recorded(session, seat) for session, seat in seats):
                raise UserError(LESSON_RUNS.code, LESSON_RUNS.message, LESSON_RUNS.status)
            await asyncio.to_thread(self._ledger.note, Gone(what="person", id=person, at_ms=now_ms))
            belongings = await rows.of_person(self._store, person)
            for session, seat in seats:
                await self._take_voice_out(session, seat)
            for take, session, teacher in belongings.takes:
                await self.recording(take, session, teacher)

            async def work(connection: AsyncConnection) -> None:
                await rows.erase_person(connection, person, now_ms)
                await noted("person_erased", person, now_ms, about=person)(connection)

            await self._remove_decks(belongings.decks)
            await self._store.write(work)
            await self._rooms.forget_words(person)
            await self._rooms.renamed(person, rows.NOBODY)
            await self._hands.scrub()
        log.info("person %s erased, recordings=%d sessions=%d", person, len(belongings.takes), len(seats))

    async def session(self, session: str, *, seat: str = "", actor: str = "retention") -> None:
        """`seat`: who asks; "" is the operator's time limit. Raises UserError."""
        async with self._one:
            belongings = await rows.of_session(self._store, session)
            if seat:
                await self._check_leader(session, seat, belongings)
            for take, _, teacher in belongings.takes:
                await self.recording(take, session, teacher)
            if not await self._takes_are_gone(session):
                raise UserError(NOT_YET.code, NOT_YET.message, NOT_YET.status)
            now_ms = self._clock.now_ms()
            await asyncio.to_thread(self._ledger.note, Gone(what="session", id=session, at_ms=now_ms))

            async def work(connection: AsyncConnection) -> None:
                await rows.erase_session(connection, session)
                await noted("session_erased", actor, now_ms, session=session)(connection)

            await self._rooms.let_go(session)
            await self._remove_decks(belongings.decks)
            if not await self._hands.erase_files(session):
                raise UserError(NOT_YET.code, NOT_YET.message, NOT_YET.status)
            await self._store.write(work)
            await self._rooms.let_go(session)
            await self._hands.scrub()
        log.info("session %s erased by %s", session, actor)

    async def about_note(self, note: str, version: int) -> None:
        """Before the rows of a note go that its author deletes."""
        gone = Gone(what="note", id=note, version=version, at_ms=self._clock.now_ms())
        await asyncio.to_thread(self._ledger.note, gone)

    async def finish(self) -> None:
        """At the start: what was begun and not ended. Raises nothing: what cannot be done yet is done after the next start."""
        for gone in await asyncio.to_thread(self._ledger.all):
            try:
                if gone.what == "person" and await rows.is_known(self._store, gone.id):
                    await self.person(gone.id)
                elif gone.what == "session" and await rows.is_there(self._store, gone.id) and await self._rooms.is_here(gone.id):
                    await self.session(gone.id)
            except UserError as error:
                log.error("%s %s is not erased yet: %s", gone.what, gone.id, error.code)

    async def catch_up(self) -> None:
        """What was decided elsewhere, or just before this process began, about recordings of sessions that are ours."""
        for take, session in await rows.sessions_of(self._store, await takes_to_erase(self._store)):
            if await self._rooms.is_here(session):
                self._hands.delete_take(take)
        wishes = await still_to_withdraw(self._store)
        sessions = dict(await rows.sessions_of(self._store, {wish.take for wish in wishes}))
        for wish in wishes:
            if wish.take in sessions and await self._rooms.is_here(sessions[wish.take]):
                self._withdrawing.wish(wish)
        for deck, session in await rows.erased_decks(self._store):
            if (self._slides / deck).exists():
                await self._remove_decks([(deck, session)])

    async def _check_leader(self, session: str, seat: str, belongings: rows.Belongings) -> None:
        room = await self._rooms.find(session)
        if room is None or not room.state.seats[seat].leads:
            raise UserError(NOT_YOURS.code, NOT_YOURS.message, NOT_YOURS.status)
        if room.state.recorded is not None:
            raise UserError(LESSON_RUNS.code, LESSON_RUNS.message, LESSON_RUNS.status)
        simulated = {own.seat for own in room.state.seats.values() if own.simulated}
        if any(teacher not in simulated | {seat} for _, _, teacher in belongings.takes):
            raise UserError(OTHERS.code, OTHERS.message, OTHERS.status)

    async def _room_here(self, session: str) -> Room | None:
        """None: it is another node's, or its log cannot be read; then its rows are all that there is."""
        if not await self._rooms.is_here(session):
            return None
        try:
            await self._rooms.find(session)
        except Exception:  # whatever is wrong with a log must not keep anybody's data here
            log.exception("session %s cannot be read", session)
        return self._rooms.present(session)

    def _is_recorded(self, session: str, seat: str) -> bool:
        room = self._rooms.present(session)
        return room is not None and room.state.recorded is not None and room.state.recorded.teacher == seat

    async def _take_voice_out(self, session: str, seat: str) -> None:
        now_ms = self._clock.now_ms()
        for recording in await recordings_in(self._store, session):
            if recording.teacher != seat:
                wish = WithdrawTracks(take=recording.take, peer=seat, sources=VOICE)
                await asyncio.to_thread(self._ledger.note, *gone_tracks(wish, now_ms))
                await self._store.write(new_withdrawal(wish, now_ms))
                if await self._rooms.is_here(session):
                    self._withdrawing.wish(wish)

    async def _takes_are_gone(self, session: str) -> bool:
        """The recorder says so, or there is nothing to wait for."""
        for _ in range(int(GONE_S / LOOK_S)):
            left = await rows.not_erased(self._store, session)
            if not left:
                return True
            await asyncio.sleep(LOOK_S)
        return False

    async def _remove_decks(self, decks: Collection[tuple[str, str]]) -> None:
        """Raises UserError `not_yet`."""
        for deck, session in decks:
            if not await self._hands.erase_deck(session, deck):
                raise UserError(NOT_YET.code, NOT_YET.message, NOT_YET.status)
            await asyncio.to_thread(shutil.rmtree, self._slides / deck, ignore_errors=True)
