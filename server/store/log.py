"""The event log of every session. An event that was appended is never changed; its number fences a second writer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.session.events import AnyEvent, decode_event, encode_event
from server.store.engine import Store, Work
from server.store.schema import events, sessions


class Fenced(Exception):
    """Somebody else has written events of this session: this process no longer owns it."""


async def append(store: Store, session: str, after_seq: int, happened: Sequence[AnyEvent], *beside: Work) -> int:
    """Write events `after_seq + 1` and following, and the rows `beside` them, in one transaction; return the last number.

    Raises Fenced when one of the numbers is taken.
    """
    rows = [{"session": session, "seq": seq, "body": encode_event(event)} for seq, event in enumerate(happened, after_seq + 1)]

    async def work(connection: AsyncConnection) -> None:
        for row in beside:
            await row(connection)
        if rows:
            try:
                await connection.execute(sa.insert(events), rows)
            except IntegrityError as error:
                raise Fenced(session) from error

    await store.write(work)
    return after_seq + len(rows)


async def load(store: Store, session: str) -> list[AnyEvent]:
    """All events of a session in order; empty if there is no such session."""
    async with store.read() as connection:
        found = await connection.execute(sa.select(events.c.body).where(events.c.session == session).order_by(events.c.seq))
        return [decode_event(body) for (body,) in found]


async def open_sessions(store: Store, since_ms: int = 0) -> list[str]:
    """Sessions that have not ended and in which something has happened since then. What cannot be read counts as new."""
    last = sa.select(events.c.body).where(events.c.session == sessions.c.session).order_by(events.c.seq.desc()).limit(1)
    query = sa.select(sessions.c.session, last.scalar_subquery()).where(sessions.c.ended_ms.is_(None))
    async with store.read() as connection:
        return [session for session, body in await connection.execute(query) if (_at_ms(body) or since_ms) >= since_ms]


def _at_ms(body: bytes | None) -> int | None:
    try:
        return decode_event(body).at_ms if body else None
    except msgspec.MsgspecError:
        return None
