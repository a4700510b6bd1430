"""The event log of every session. An event that was appended is never changed; its number fences a second writer.

So does the epoch of whoever owns the session: it is compared in the transaction that appends, with the session's row held so that
nobody claims it meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.session.events import AnyEvent, decode_event, encode_event
from server.store.engine import Store, Work
from server.store.failures import Doubtful, NotSaved, Unreachable
from server.store.schema import events, sessions

LOOK_FOR_S = 2.0
LOOK_AGAIN_S = 0.2


class Fenced(Exception):
    """Somebody else has written events of this session, or has claimed it: this process no longer owns it."""


async def append(store: Store, session: str, after_seq: int, happened: Sequence[AnyEvent], *beside: Work, epoch: int | None = None) -> int:
    """Write events `after_seq + 1` and following, and the rows `beside` them, in one transaction; return the last number.

    Raises Fenced when one of the numbers is taken, or the session has another `epoch`.
    """
    rows = [{"session": session, "seq": seq, "body": encode_event(event)} for seq, event in enumerate(happened, after_seq + 1)]

    async def work(connection: AsyncConnection) -> None:
        for row in beside:
            await row(connection)
        if epoch is not None:
            owned = sa.select(sessions.c.epoch).where(sessions.c.session == session).with_for_update(read=True)
            if await connection.scalar(owned) != epoch:
                raise Fenced(session)
        if rows:
            try:
                await connection.execute(sa.insert(events), rows)
            except IntegrityError as error:
                raise Fenced(session) from error

    try:
        await store.write(work)
    except Doubtful:
        if not rows or not await _stands(store, session, rows):
            raise
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


async def _stands(store: Store, session: str, rows: Sequence[dict[str, Any]]) -> bool:
    """Whether events whose commit nobody has answered are in the log. Raises Unreachable when they are not; False: it cannot be seen.

    The session's row is locked first, so that a transaction that is still under way comes to its end before we look.
    """
    found: list[tuple[int, bytes]] = []

    async def look(connection: AsyncConnection) -> None:
        await connection.execute(sa.select(sessions.c.session).where(sessions.c.session == session).with_for_update())
        theirs = sa.select(events.c.seq, events.c.body).where(events.c.session == session, events.c.seq >= rows[0]["seq"])
        found[:] = [(seq, bytes(body)) for seq, body in await connection.execute(theirs.order_by(events.c.seq))]

    try:
        async with asyncio.timeout(LOOK_FOR_S):
            while True:
                try:
                    await store.write(look)
                    break
                except NotSaved:
                    await asyncio.sleep(LOOK_AGAIN_S)
    except TimeoutError:
        return False
    if [(row["seq"], row["body"]) for row in rows] == found[: len(rows)]:
        return True
    raise Unreachable("it went away before it committed")


def _at_ms(body: bytes | None) -> int | None:
    try:
        return decode_event(body).at_ms if body else None
    except msgspec.MsgspecError:
        return None
