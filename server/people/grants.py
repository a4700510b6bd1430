"""Permissions: one person, one recording, one use. Each is a row that ends but is never forgotten.

A permission may begin as a link: whoever opens it first becomes its person, and for anybody else it leads nowhere. Only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.seats import fresh_id
from server.store.engine import Store, Work, statement
from server.store.schema_review import grants

GrantUse = Literal["watch", "consult"]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """`person` None: the link was not opened yet. `name` is what the teacher calls them."""

    grant: str
    take: str
    person: str | None
    name: str
    use: GrantUse
    granted_ms: int
    claimed_ms: int | None = None
    expires_ms: int | None = None
    ended_ms: int | None = None

    def holds(self, now_ms: int) -> bool:
        return self.ended_ms is None and (self.expires_ms is None or self.expires_ms > now_ms)


def fresh_grant(take: str, name: str, use: GrantUse, now_ms: int, *, person: str | None = None, expires_ms: int | None = None) -> Grant:
    return Grant(grant=fresh_id(), take=take, person=person, name=name, use=use, granted_ms=now_ms, expires_ms=expires_ms)


def fresh_link() -> str:
    """The secret last part of a link: URL-safe text."""
    return secrets.token_urlsafe(32)


def write_grant(grant: Grant, link: str = "") -> Work:
    values = msgspec.structs.asdict(grant) | {"link_hash": _hash(link) if link else None}
    return statement(sa.insert(grants).values(values))


async def grants_of(store: Store, take: str) -> list[Grant]:
    """All that there ever were, the newest first."""
    query = sa.select(grants).where(grants.c.take == take).order_by(grants.c.granted_ms.desc())
    async with store.read() as connection:
        return [_grant(row) for row in (await connection.execute(query)).mappings()]


async def grant_with(store: Store, grant: str) -> Grant | None:
    return await _one(store, grants.c.grant == grant)


async def grant_of_link(store: Store, link: str) -> Grant | None:
    """Also one that has ended: whoever opens it is told so."""
    return await _one(store, grants.c.link_hash == _hash(link)) if 0 < len(link) <= 100 else None


async def claim(store: Store, grant: Grant, person: str, now_ms: int) -> bool:
    """Whether the link is this person's from now on; false when somebody else was there first, or it has ended."""
    mine = (grants.c.grant == grant.grant, grants.c.ended_ms.is_(None), grants.c.person.is_(None) | (grants.c.person == person))
    values = {"person": person, "claimed_ms": sa.func.coalesce(grants.c.claimed_ms, now_ms)}
    claimed: list[bool] = []

    async def work(connection: AsyncConnection) -> None:
        result = await connection.execute(sa.update(grants).where(*mine).values(values))
        claimed[:] = [result.rowcount == 1]

    if not grant.holds(now_ms):
        return False
    await store.write(work)
    return claimed[0]


def end_grant(grant: str, now_ms: int) -> Work:
    """For good. Again is harmless."""
    return statement(sa.update(grants).where(grants.c.grant == grant, grants.c.ended_ms.is_(None)).values(ended_ms=now_ms))


async def _one(store: Store, condition: sa.ColumnElement[bool]) -> Grant | None:
    async with store.read() as connection:
        row = (await connection.execute(sa.select(grants).where(condition))).mappings().first()
    return _grant(row) if row else None


def _grant(row: sa.RowMapping | Mapping[str, object]) -> Grant:
    return msgspec.convert({name: row[name] for name in Grant.__struct_fields__}, Grant)


def _hash(link: str) -> bytes:
    return hashlib.sha256(link.encode()).digest()
