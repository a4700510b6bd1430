"""Who may watch a recording: its teacher, and nobody else yet."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from server.store.engine import Store
from server.store.schema import seats, takes


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    take: str
    session: str
    round: int
    teacher: str
    started_ms: int


async def recording_for(store: Store, take: str, person: str) -> Recording | None:
    """The recording if this person may watch it. None tells nothing about whether it exists."""
    query = (
        sa.select(takes)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .where(takes.c.take == take, seats.c.person == person)
    )
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    return Recording(take=row.take, session=row.session, round=row.round, teacher=row.teacher, started_ms=row.started_ms) if row else None
