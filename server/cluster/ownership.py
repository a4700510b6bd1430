"""Which node owns a session: the truth, in the database. An epoch belongs to one owner and is never given twice.

Every change of owner adds one to the epoch, so whoever appends events with an older one is fenced (`store/log.append`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.engine import Store, statement
from server.store.failures import Doubtful
from server.store.schema import nodes, sessions
from server.store.upsert import upsert


class Owner(NamedTuple):
    """`node` is None while nobody owns it."""

    node: str | None
    epoch: int


async def owner_of(store: Store, session: str) -> Owner | None:
    """None if there is no such session."""
    query = sa.select(sessions.c.owner, sessions.c.epoch).where(sessions.c.session == session)
    async with store.read() as connection:
        found = (await connection.execute(query)).first()
    return Owner(found.owner, found.epoch) if found else None


async def claim(store: Store, session: str, node: str, seen_epoch: int) -> int | None:
    """The new epoch; None if the session's is no longer the one that was seen: somebody else was faster."""
    try:
        return seen_epoch + 1 if await _pass_on(store, session, seen_epoch, to=node) else None
    except Doubtful:
        if await _pass_on(store, session, seen_epoch, to=node) or await owner_of(store, session) == Owner(node, seen_epoch + 1):
            return seen_epoch + 1
        return None


async def release(store: Store, session: str, node: str, epoch: int, to: str | None = None) -> bool:
    """Whoever owns it lets it go, or hands it `to` another node, whose epoch is then one more. False: it was not this node's."""
    return await _pass_on(store, session, epoch, to=to, by=node)


async def owned_by(store: Store, node: str, *, open_only: bool = True) -> dict[str, int]:
    """The node's sessions with their epochs."""
    query = sa.select(sessions.c.session, sessions.c.epoch).where(sessions.c.owner == node)
    if open_only:
        query = query.where(sessions.c.ended_ms.is_(None))
    async with store.read() as connection:
        return {row.session: row.epoch for row in await connection.execute(query)}


async def orphans(store: Store, gone: Collection[str], *, nobodys: bool = True) -> dict[str, Owner]:
    """Open sessions of nodes that are gone, and those that are nobody's."""
    lost = sessions.c.owner.in_(gone)
    query = sa.select(sessions.c.session, sessions.c.owner, sessions.c.epoch).where(sessions.c.ended_ms.is_(None))
    async with store.read() as connection:
        found = await connection.execute(query.where(sa.or_(lost, sessions.c.owner.is_(None)) if nobodys else lost))
        return {row.session: Owner(row.owner, row.epoch) for row in found}


async def owners(store: Store) -> frozenset[str]:
    """All nodes that own an open session."""
    query = sa.select(sessions.c.owner).where(sessions.c.ended_ms.is_(None), sessions.c.owner.is_not(None)).distinct()
    async with store.read() as connection:
        return frozenset((await connection.execute(query)).scalars())


async def note_node(store: Store, node: str, url: str, now_ms: int) -> None:
    """Where a node is reached, from its start on."""
    values = {"node": node, "url": url, "started_ms": now_ms}
    await store.write(statement(upsert(nodes, values, ["node"], {"url": url, "started_ms": now_ms})))


async def node_url(store: Store, node: str) -> str | None:
    async with store.read() as connection:
        url: str | None = await connection.scalar(sa.select(nodes.c.url).where(nodes.c.node == node))
    return url


async def _pass_on(store: Store, session: str, epoch: int, *, to: str | None, by: str | None = None) -> bool:
    """Compare and set."""
    mine = [sessions.c.session == session, sessions.c.epoch == epoch, *([sessions.c.owner == by] if by is not None else [])]
    changed = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal changed
        changed = (await connection.execute(sa.update(sessions).where(*mine).values(owner=to, epoch=epoch + 1))).rowcount

    await store.write(work)
    return changed == 1
