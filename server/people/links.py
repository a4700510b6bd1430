"""Links with which somebody is recognised on another device: sent by mail, or shown on a device that is theirs already.

Invariant: a link is kept as its hash, works once and for minutes, and looking at it changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.seats import Person
from server.store.engine import Store, Work
from server.store.schema import emails, people, sign_in_links
from server.store.upsert import insert_ignore

LinkKind = Literal["mail", "device"]
LASTS_MS: dict[LinkKind, int] = {"mail": 20 * 60_000, "device": 10 * 60_000}
KEPT_MS = 24 * 3_600_000


class LinkOver(Exception):
    """It was used meanwhile, its time is up, or its address has gone to somebody else."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """`person` is whom this device becomes by it. `binds`: the address that becomes theirs as well, or ""."""

    id: str
    kind: LinkKind
    person: Person
    binds: str
    address: str
    expires_ms: int
    used_ms: int | None

    def works(self, now_ms: int) -> bool:
        return self.used_ms is None and now_ms < self.expires_ms


async def owner_of(store: Store, address: str) -> Person | None:
    query = sa.select(people.c.person, people.c.name).select_from(emails.join(people)).where(emails.c.address == address)
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    return Person(person=row.person, name=row.name) if row else None


def new_link(kind: LinkKind, token: str, person: str | None, address: str, now_ms: int) -> Work:
    """One link to another device at a time. `person` None: nobody has this address, and the link leads nowhere."""
    values = {"token_hash": hash_of(token), "kind": kind, "person": person, "address": address, "made_ms": now_ms}

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.expires_ms < now_ms - KEPT_MS))
        if kind == "device":
            earlier = (sign_in_links.c.person == person, sign_in_links.c.kind == kind, sign_in_links.c.used_ms.is_(None))
            await connection.execute(sa.delete(sign_in_links).where(*earlier))
        await connection.execute(sa.insert(sign_in_links).values(**values, expires_ms=now_ms + LASTS_MS[kind]))

    return work


async def find_link(store: Store, token: str) -> Link | None:
    """Also one that is used or over. Whom it makes of a device follows the address as it is bound now."""
    if not token or len(token) > 100:
        return None
    query = (
        sa.select(sign_in_links, people.c.name).select_from(sign_in_links.join(people)).where(sign_in_links.c.token_hash == hash_of(token))
    )
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    if row is None:
        return None
    asked = Person(person=row.person, name=row.name)
    owner = await owner_of(store, row.address) if row.kind == "mail" else None
    return Link(
        id=id_of(row.token_hash),
        kind=row.kind,
        person=owner or asked,
        binds=row.address if row.kind == "mail" and owner is None else "",
        address=row.address,
        expires_ms=row.expires_ms,
        used_ms=row.used_ms,
    )


async def link_state(store: Store, person: str, link: str, now_ms: int) -> Literal["waiting", "used", "over"]:
    """Of a link that this person made, by its id."""
    query = sa.select(sign_in_links).where(sign_in_links.c.person == person, sign_in_links.c.kind == "device")
    async with store.read() as connection:
        row = next((row for row in await connection.execute(query) if id_of(row.token_hash) == link), None)
    if row is None:
        return "over"
    if row.used_ms is not None:
        return "used"
    return "waiting" if now_ms < row.expires_ms else "over"


def use_link(token: str, link: Link, now_ms: int) -> Work:
    """Once; with the address, if the link binds one. Raises LinkOver. What belongs to it goes into the same transaction."""
    used = (
        sa.update(sign_in_links)
        .where(sign_in_links.c.token_hash == hash_of(token), sign_in_links.c.used_ms.is_(None), sign_in_links.c.expires_ms > now_ms)
        .values(used_ms=now_ms)
    )

    async def work(connection: AsyncConnection) -> None:
        if (await connection.execute(used)).rowcount != 1:
            raise LinkOver
        if link.kind == "device":
            return
        owner = (await connection.execute(sa.select(emails.c.person).where(emails.c.address == link.address))).scalar_one_or_none()
        if owner != (None if link.binds else link.person.person):
            raise LinkOver
        if link.binds:
            bound = insert_ignore(emails, {"address": link.binds, "person": link.person.person, "proven_ms": now_ms})
            if (await connection.execute(bound)).rowcount != 1:
                raise LinkOver

    return work


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def id_of(token_hash: bytes) -> str:
    """By which a device or a link is named on pages; it opens nothing."""
    return token_hash[:9].hex()
