"""What waits for somebody who comes back: sessions that have not ended, and recordings that are theirs alone."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from server.store.engine import Store
from server.store.schema import seats, sessions, takes

MOST = 5


class WaitingSession(msgspec.Struct, frozen=True, kw_only=True):
    """`starts_ms` None: no time was set."""

    session: str
    title: str
    starts_ms: int | None


class WaitingRecording(msgspec.Struct, frozen=True, kw_only=True):
    take: str
    title: str
    started_ms: int


async def sessions_of(store: Store, person: str, since_ms: int) -> list[WaitingSession]:
    """Those made after `since_ms`, the newest first."""
    query = (
        sa.select(sessions.c.session, sessions.c.title, sessions.c.starts_ms)
        .join(seats)
        .where(seats.c.person == person, sessions.c.ended_ms.is_(None), sessions.c.created_ms > since_ms)
        .order_by(sessions.c.created_ms.desc())
        .limit(MOST)
    )
    async with store.read() as connection:
        return [WaitingSession(**row) for row in (await connection.execute(query)).mappings()]


async def recordings_of(store: Store, person: str) -> list[WaitingRecording]:
    """Of lessons that this person taught, the newest first."""
    query = (
        sa.select(takes.c.take, sessions.c.title, takes.c.started_ms)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .join(sessions, sessions.c.session == takes.c.session)
        .where(seats.c.person == person, takes.c.deleted_ms.is_(None))
        .order_by(takes.c.started_ms.desc())
        .limit(MOST)
    )
    async with store.read() as connection:
        return [WaitingRecording(**row) for row in (await connection.execute(query)).mappings()]
