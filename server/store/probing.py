"""Whether the database takes writes, and how much of what stands in it: for the operator's listener. Changes nothing."""

from __future__ import annotations

import sqlalchemy as sa

from server.store.engine import Store, statement
from server.store.schema import jobs, nodes, sessions


async def write_nothing(store: Store) -> None:
    """Takes the way of every write, through the writer's queue and the database's lock. Raises what a write would."""
    await store.write(statement(sa.update(nodes).where(nodes.c.node == "").values(url="")))


async def sessions_by_state(store: Store) -> dict[str, int]:
    """Open and ended."""
    asked = sa.select(sa.func.count(), sa.func.count(sessions.c.ended_ms)).select_from(sessions)
    async with store.read() as connection:
        every, ended = (await connection.execute(asked)).one()
    return {"open": every - ended, "ended": ended}


async def jobs_by_state(store: Store) -> dict[str, int]:
    asked = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
    async with store.read() as connection:
        found = await connection.execute(asked)
        return dict(found.tuples().all())
