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

from server.keeping.audit import noted, teacher_of
from server.people.seats import fresh_id
from server.store.engine import Store, Work, statement
from server.store.schema_review import grants, reviews

GrantUse = Literal["watch", "consult"]


class _Taken(Exception):
    pass


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
    write = statement(sa.insert(grants).values(values))
    note = noted("granted", teacher_of(grant.take), grant.granted_ms, take=grant.take, about=grant.person or grant.grant)

    async def work(connection: AsyncConnection) -> None:
        await write(connection)
        await note(connection)

    return work


def write_instead(grant: Grant) -> Work:
    """Of this person for this use, in place of those that there are."""
    same = (grants.c.take == grant.take, grants.c.person == grant.person, grants.c.use == grant.use)
    end, write = _end(sa.and_(*same), grant.granted_ms), write_grant(grant)

    async def work(connection: AsyncConnection) -> None:
        await end(connection)
        await write(connection)

    return work


async def grants_of(store: Store, take: str) -> list[Grant]:
    """All that there ever were, the newest first."""
    query = sa.select(grants).where(grants.c.take == take).order_by(grants.c.granted_ms.desc())
    async with store.read() as connection:
        return [_grant(row) for row in (await connection.execute(query)).mappings()]


async def grants_by_link(store: Store, take: str) -> set[str]:
    """Those that began as a link."""
    query = sa.select(grants.c.grant).where(grants.c.take == take, grants.c.link_hash.is_not(None))
    async with store.read() as connection:
        return {grant for (grant,) in await connection.execute(query)}


async def grant_with(store: Store, grant: str) -> Grant | None:
    return await _one(store, grants.c.grant == grant)


async def grant_of_link(store: Store, link: str) -> Grant | None:
    """Also one that has ended: whoever opens it is told so."""
    return await _one(store, grants.c.link_hash == _hash(link)) if 0 < len(link) <= 100 else None


async def claim(store: Store, grant: Grant, person: str, now_ms: int, *, beforehand: Work | None = None) -> bool:
    """Whether the link is this person's from now on; false when somebody else was there first, or it has ended.

    `beforehand` makes somebody who was not known here; it is undone with the rest when the answer is no.
    """
    mine = (grants.c.grant == grant.grant, grants.c.ended_ms.is_(None), grants.c.person.is_(None) | (grants.c.person == person))
    values = {"person": person, "claimed_ms": sa.func.coalesce(grants.c.claimed_ms, now_ms)}

    async def work(connection: AsyncConnection) -> None:
        if beforehand is not None:
            await beforehand(connection)
        if (await connection.execute(sa.update(grants).where(*mine).values(values))).rowcount != 1:
            raise _Taken
        if grant.claimed_ms is None:
            await noted("claimed", person, now_ms, take=grant.take, about=grant.grant)(connection)

    if not grant.holds(now_ms):
        return False
    try:
        await store.write(work)
    except _Taken:
        return False
    return True


def end_grant(grant: str, now_ms: int, by: str = "") -> Work:
    """For good, with the review that it was given for unless that was sent. Again is harmless. `by`: "" is the teacher."""
    return _end(grants.c.grant == grant, now_ms, by)


def end_grants_of(take: str, now_ms: int) -> Work:
    """All that there are, as `end_grant`."""
    return _end(grants.c.take == take, now_ms)


def _end(which: sa.ColumnElement[bool], now_ms: int, by: str = "") -> Work:
    with_review = sa.select(grants.c.grant).where(which)
    open_ = (reviews.c.sent_ms.is_(None), reviews.c.ended_ms.is_(None))
    review = sa.update(reviews).where(reviews.c.grant.in_(with_review), *open_).values(ended_ms=now_ms)
    permission = sa.update(grants).where(which, grants.c.ended_ms.is_(None)).values(ended_ms=now_ms)
    ending = sa.select(grants.c.grant, grants.c.take, grants.c.person).where(which, grants.c.ended_ms.is_(None))

    async def work(connection: AsyncConnection) -> None:
        for row in (await connection.execute(ending)).all():
            await noted("revoked", by or teacher_of(row.take), now_ms, take=row.take, about=row.person or row.grant)(connection)
        await connection.execute(review)
        await connection.execute(permission)

    return work


async def _one(store: Store, condition: sa.ColumnElement[bool]) -> Grant | None:
    async with store.read() as connection:
        row = (await connection.execute(sa.select(grants).where(condition))).mappings().first()
    return _grant(row) if row else None


def _grant(row: sa.RowMapping | Mapping[str, object]) -> Grant:
    return msgspec.convert({name: row[name] for name in Grant.__struct_fields__}, Grant)


def _hash(link: str) -> bytes:
    return hashlib.sha256(link.encode()).digest()
