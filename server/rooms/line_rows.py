"""How the connections were in a session, one row for each seat that had trouble: minutes and counts, nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.rooms.lines import Weak
from server.store.engine import Store, Work
from server.store.schema import weak_lines
from server.store.upsert import upsert

COLUMNS = ("fair_ms", "poor_ms", "lost_ms", "reconnects", "freezes")


def write_lines(session: str, weak: Mapping[str, Weak]) -> Work:
    rows = [{"session": session, "seat": seat} | {name: getattr(each, name) for name in COLUMNS} for seat, each in weak.items()]

    async def work(connection: AsyncConnection) -> None:
        for row in rows:
            newest = {name: row[name] for name in COLUMNS}
            await connection.execute(upsert(weak_lines, row, ["session", "seat"], newest))

    return work


async def load_lines(store: Store, session: str) -> dict[str, Weak]:
    async with store.read() as connection:
        found = await connection.execute(sa.select(weak_lines).where(weak_lines.c.session == session))
        return {row.seat: Weak(**{name: getattr(row, name) for name in COLUMNS}) for row in found}
