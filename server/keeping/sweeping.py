"""Looks every hour which recordings and sessions have been kept for as long as the operator lets them be, tells their teachers a week
before, and deletes them. `server/keeping/retention.py` decides; each look may be done again, and goes on where one was cut off.

Each node looks after its own sessions and those that nobody owns.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.errors import UserError
from server.keeping import rows
from server.keeping.audit import noted
from server.keeping.erasing import Erasing
from server.keeping.retention import DAY_MS, WARN_MS, Kept, Still, due_ms, is_over, lag_ms, what_to_do
from server.notify.notices import Notice, Notices
from server.rooms.registry import Rooms
from server.session.events import decode_event
from server.store.engine import Store
from server.store.schema import events, seats, sessions, takes
from server.store.schema_review import consultations, reviews

log = logging.getLogger(__name__)

FIRST_S = 30.0
EVERY_S = 3600.0
CATCH_UP_S = 20.0
MOST_AT_ONCE = 500
TALK_MS = 7 * DAY_MS  # a talk about a recording is expected within that time of its date


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    recordings_days: int
    sessions_days: int


class Swept(msgspec.Struct, kw_only=True):
    """What one look has done. `failed`: is tried again at the next one. `lag_ms`: how long the oldest of them should have been gone."""

    warned: int = 0
    recordings: int = 0
    sessions: int = 0
    people: int = 0
    failed: int = 0
    lag_ms: int = 0


class Sweeping:
    """`day` writes a date in a language. `last` is what the last look did."""

    def __init__(
        self, store: Store, clock: Clock, rooms: Rooms, erasing: Erasing, notices: Notices, keep: Keep, day: Callable[[str, int], str]
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._erasing = erasing
        self._notices = notices
        self._keep = keep
        self._day = day
        self.last = Swept()

    async def run(self) -> None:
        """For ever."""
        waited_s, due_s = 0.0, FIRST_S
        finished = False
        while True:
            await asyncio.sleep(CATCH_UP_S)
            waited_s += CATCH_UP_S
            try:
                if not finished:
                    await self._erasing.finish()
                    finished = True
                await self._erasing.catch_up()
                if waited_s >= due_s:
                    waited_s, due_s = 0.0, EVERY_S
                    self.last = await self.once()
            except Exception as error:  # no lesson may suffer from what goes wrong here
                log.error(
                    "what is old is not deleted: %s", type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error
                )

    async def once(self) -> Swept:
        now_ms, swept = self._clock.now_ms(), Swept()
        for kept in (
            await recordings(self._store, now_ms - self._keep.recordings_days * DAY_MS + WARN_MS) if self._keep.recordings_days else ()
        ):
            match what_to_do(kept, self._keep.recordings_days, now_ms):
                case "warn":
                    await self._warn(kept, now_ms)
                    swept.warned += 1
                case "delete":
                    swept.recordings += await self._delete(kept, now_ms, swept)
        if self._keep.sessions_days:
            before_ms = now_ms - self._keep.sessions_days * DAY_MS
            for still in await still_sessions(self._store, before_ms):
                if is_over(still, self._keep.sessions_days, now_ms):
                    swept.sessions += await self._erase(still, swept)
            swept.people = await self._forget_strangers(before_ms)
        if swept != Swept():
            log.info("old data: %s", swept)
        return swept

    async def _warn(self, kept: Kept, now_ms: int) -> None:
        """The message first: its key is the same when this is done again."""
        due = due_ms(kept, self._keep.recordings_days, now_ms)
        teacher, title = await teacher_and_title(self._store, kept.take)
        if teacher and due is not None:
            fields = {"title": title, "due": self._day("en", due)}
            await self._notices.tell(
                Notice(
                    key=f"recording_ends:{kept.take}", kind="recording_ends", person=teacher, path=f"/recordings/{kept.take}", fields=fields
                )
            )
        told = sa.update(takes).where(takes.c.take == kept.take, takes.c.warned_ms.is_(None)).values(warned_ms=now_ms)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(told)

        await self._store.write(work)

    async def _delete(self, kept: Kept, now_ms: int, swept: Swept) -> bool:
        if not await self._rooms.is_here(kept.session):
            return False
        try:
            await self._store.write(noted("expired", "retention", now_ms, session=kept.session, take=kept.take))
            await self._erasing.recording(kept.take, kept.session, kept.teacher)
        except UserError as error:
            return self._failed(swept, kept.take, error, lag_ms(kept, self._keep.recordings_days, now_ms))
        return True

    async def _erase(self, still: Still, swept: Swept) -> bool:
        if not await self._rooms.is_here(still.session):
            return False
        try:
            await self._erasing.session(still.session)
        except UserError as error:
            return self._failed(swept, still.session, error, 0)
        return True

    def _failed(self, swept: Swept, which: str, error: UserError, late_ms: int) -> bool:
        log.warning("%s cannot be deleted yet: %s", which, error.code)
        swept.failed += 1
        swept.lag_ms = max(swept.lag_ms, late_ms)
        return False

    async def _forget_strangers(self, before_ms: int) -> int:
        count = 0

        async def work(connection: AsyncConnection) -> None:
            nonlocal count
            count = await rows.forget_strangers(connection, before_ms)

        await self._store.write(work)
        return count


async def recordings(store: Store, before_ms: int, take: str = "") -> list[Kept]:
    """That began before then and are not deleted, or this one; the oldest first."""
    talk_ms = sa.func.coalesce(sessions.c.starts_ms, consultations.c.made_ms) + TALK_MS
    talk = (
        sa.select(sa.func.max(talk_ms))
        .select_from(consultations.join(sessions, sessions.c.session == consultations.c.session))
        .where(consultations.c.take == takes.c.take, sessions.c.ended_ms.is_(None))
        .scalar_subquery()
    )
    open_ = (reviews.c.sent_ms.is_(None), reviews.c.declined_ms.is_(None), reviews.c.ended_ms.is_(None))
    asked_ms = sa.func.max(sa.func.coalesce(reviews.c.offered_ms, reviews.c.due_ms))
    asked = sa.select(asked_ms).where(reviews.c.take == takes.c.take, *open_).scalar_subquery()
    which = takes.c.take == take if take else takes.c.started_ms <= before_ms
    query = sa.select(takes, asked.label("asked"), talk.label("talk")).where(which, takes.c.deleted_ms.is_(None))
    async with store.read() as connection:
        found = (await connection.execute(query.order_by(takes.c.started_ms))).all()
    return [
        Kept(
            take=row.take,
            session=row.session,
            teacher=row.teacher,
            started_ms=row.started_ms,
            warned_ms=row.warned_ms,
            open_until_ms=max((ms for ms in (row.asked, row.talk) if ms is not None), default=None),
        )
        for row in found
    ]


async def still_sessions(store: Store, before_ms: int) -> list[Still]:
    """Made before then, that have ended or in which nothing has happened since, and are not still to come."""
    count = sa.select(sa.func.count()).where(takes.c.session == sessions.c.session, takes.c.deleted_ms.is_(None)).scalar_subquery()
    old = (sessions.c.created_ms <= before_ms, sa.func.coalesce(sessions.c.starts_ms, 0) <= before_ms)
    query = sa.select(sessions.c.session, sessions.c.created_ms, sessions.c.starts_ms, count.label("kept")).where(*old, count == 0)
    async with store.read() as connection:
        found = (await connection.execute(query.order_by(sessions.c.created_ms))).all()
    last = await last_ms(store, [row.session for row in found])
    return [
        Still(session=row.session, last_ms=max(row.created_ms, row.starts_ms or 0, last.get(row.session, 0)), recordings=row.kept)
        for row in found
    ]


async def last_ms(store: Store, which: Sequence[str]) -> dict[str, int]:
    """When something happened last in sessions. One whose log cannot be read is as old as its row."""
    newest = sa.select(events.c.session, sa.func.max(events.c.seq).label("seq")).group_by(events.c.session)
    found: dict[str, int] = {}
    async with store.read() as connection:
        for start in range(0, len(which), MOST_AT_ONCE):
            last = newest.where(events.c.session.in_(which[start : start + MOST_AT_ONCE])).subquery()
            same = (last.c.session == events.c.session) & (last.c.seq == events.c.seq)
            for row in await connection.execute(sa.select(events.c.session, events.c.body).join(last, same)):
                with contextlib.suppress(msgspec.MsgspecError):
                    found[row.session] = decode_event(row.body).at_ms
    return found


async def kept_until_ms(store: Store, take: str, keep_days: int, now_ms: int) -> int | None:
    """For the page of a recording."""
    found = await recordings(store, 0, take) if keep_days else []
    return due_ms(found[0], keep_days, now_ms) if found else None


async def teacher_and_title(store: Store, take: str) -> tuple[str, str]:
    seat = (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher)
    query = sa.select(seats.c.person, sessions.c.title).select_from(
        takes.join(seats, seat).join(sessions, sessions.c.session == takes.c.session)
    )
    async with store.read() as connection:
        row = (await connection.execute(query.where(takes.c.take == take))).first()
    return (row.person, row.title) if row else ("", "")
