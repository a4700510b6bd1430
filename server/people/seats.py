"""People, their devices, and their seats: who a cookie is, and which seat in a session is theirs."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.engine import Store, Work, statement
from server.store.schema import devices, people, seats
from server.store.upsert import insert_ignore


class Person(msgspec.Struct, frozen=True, kw_only=True):
    person: str
    name: str


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a cookie. `session`: it is this person's in that session only, and for recordings from `created_ms` on."""

    person: Person
    session: str | None
    created_ms: int

    def reaches(self, session: str, started_ms: int) -> bool:
        """Whether what began then in that session is within reach of this device."""
        return self.session is None or (self.session == session and self.created_ms <= started_ms)


def fresh_id() -> str:
    """At least 144 random bits, URL-safe. It begins with a letter, so it is no option on a command line and a plain file name."""
    return f"{secrets.choice(string.ascii_letters)}{secrets.token_urlsafe(18)}"


async def recognise(store: Store, token: str) -> Device | None:
    """The device that has this token."""
    if not token or len(token) > 100:
        return None
    columns = (people.c.person, people.c.name, devices.c.session, devices.c.created_ms)
    query = sa.select(*columns).select_from(people.join(devices)).where(devices.c.token_hash == _hash(token))
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    return Device(person=Person(person=row.person, name=row.name), session=row.session, created_ms=row.created_ms) if row else None


async def seat_of(store: Store, session: str, person: str) -> str | None:
    query = sa.select(seats.c.seat).where(seats.c.session == session, seats.c.person == person)
    async with store.read() as connection:
        return (await connection.execute(query)).scalar_one_or_none()


async def person_in(store: Store, session: str, seat: str) -> str | None:
    query = sa.select(seats.c.person).where(seats.c.session == session, seats.c.seat == seat)
    async with store.read() as connection:
        return (await connection.execute(query)).scalar_one_or_none()


async def person_name(store: Store, person: str) -> str:
    async with store.read() as connection:
        return str((await connection.execute(sa.select(people.c.name).where(people.c.person == person))).scalar_one_or_none() or "…")


async def names_in(store: Store, session: str) -> dict[str, str]:
    """Seat to name."""
    query = sa.select(seats.c.seat, people.c.name).join(people).where(seats.c.session == session)
    async with store.read() as connection:
        return {row.seat: row.name for row in await connection.execute(query)}


def new_person(person: Person, token: str, now_ms: int) -> Work:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.insert(people).values(person=person.person, name=person.name, created_ms=now_ms))
        await connection.execute(sa.insert(devices).values(token_hash=_hash(token), person=person.person, created_ms=now_ms))

    return work


def new_device(session: str, person: str, token: str, now_ms: int) -> Work:
    """For this session only."""
    return statement(sa.insert(devices).values(token_hash=_hash(token), person=person, created_ms=now_ms, session=session))


def rename(person: str, name: str) -> Work:
    return statement(sa.update(people).where(people.c.person == person).values(name=name))


def seat_id(session: str, person: str) -> str:
    """The same for the same person in the same session, so that taking a seat twice at once is taking it once."""
    digest = hashlib.sha256(f"{session} {person}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def new_seat(session: str, seat: str, person: str) -> Work:
    return statement(insert_ignore(seats, {"session": session, "seat": seat, "person": person}))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
