"""Consultations: which session talks about which recording. Rows only; whether somebody may watch is asked elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from server.people.seats import Person
from server.store.engine import Store, Work, statement
from server.store.schema import people, seats, sessions, takes
from server.store.schema_review import consultations, grants, reviews


class Consultation(msgspec.Struct, frozen=True, kw_only=True):
    """A session about a recording. `starts_ms` None: no time was set. `review` empty: of no consultant's review."""

    session: str
    take: str
    review: str
    title: str
    made_ms: int
    starts_ms: int | None


class Seated(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the room, and whether they may watch the recording that is talked about."""

    seat: str
    person: str
    name: str
    may_watch: bool


def new_consultation(session: str, take: str, review: str, now_ms: int) -> Work:
    return statement(sa.insert(consultations).values(session=session, take=take, review=review or None, made_ms=now_ms))


async def talked_about(store: Store, session: str) -> str:
    """The recording that this session is about, unless it was deleted; "" for any other session."""
    query = sa.select(takes.c.take).join(consultations).where(consultations.c.session == session, takes.c.deleted_ms.is_(None))
    async with store.read() as connection:
        return (await connection.execute(query)).scalar_one_or_none() or ""


async def open_about(store: Store, take: str) -> list[Consultation]:
    """Those that are not over, the newest first."""
    query = _consultations().where(consultations.c.take == take).order_by(consultations.c.made_ms.desc())
    async with store.read() as connection:
        return [_consultation(row) for row in await connection.execute(query)]


async def open_with(store: Store, person: str) -> list[Consultation]:
    """Those that are not over and in which this person has a seat, the next one first."""
    query = _consultations().join(seats, seats.c.session == consultations.c.session).where(seats.c.person == person)
    async with store.read() as connection:
        found = [_consultation(row) for row in await connection.execute(query)]
    return sorted(found, key=lambda each: each.starts_ms or each.made_ms)


async def seated(store: Store, session: str, take: str, now_ms: int) -> list[Seated]:
    """Everybody who has a seat in the consultation."""
    holds = grants.c.ended_ms.is_(None) & (grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms))
    granted = sa.exists().where(grants.c.take == take, grants.c.person == seats.c.person, holds)
    query = sa.select(seats.c.seat, people.c.person, people.c.name, granted.label("granted")).join(
        people, people.c.person == seats.c.person
    )
    async with store.read() as connection:
        owner = (await connection.execute(_owner(take))).scalar_one_or_none()
        rows = await connection.execute(query.where(seats.c.session == session).order_by(people.c.name))
        return [Seated(seat=row.seat, person=row.person, name=row.name, may_watch=row.granted or row.person == owner) for row in rows]


async def is_review_of(store: Store, review: str, take: str) -> bool:
    query = sa.select(reviews.c.review).where(reviews.c.review == review, reviews.c.take == take, reviews.c.ended_ms.is_(None))
    async with store.read() as connection:
        return (await connection.execute(query)).first() is not None


async def reviewer_of(store: Store, review: str) -> Person | None:
    """Its consultant, once the link was opened."""
    joined = reviews.join(grants, grants.c.grant == reviews.c.grant).join(people, people.c.person == grants.c.person)
    query = sa.select(people.c.person, people.c.name).select_from(joined).where(reviews.c.review == review)
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    return Person(person=row.person, name=row.name) if row else None


async def owner_of(store: Store, take: str) -> str:
    """Its teacher's person."""
    async with store.read() as connection:
        return str((await connection.execute(_owner(take))).scalar_one_or_none() or "")


async def watchers_of(store: Store, take: str, now_ms: int) -> list[Person]:
    """Who may watch by a permission, by name."""
    query = (
        sa.select(people.c.person, people.c.name)
        .join(grants, grants.c.person == people.c.person)
        .where(grants.c.take == take, grants.c.ended_ms.is_(None))
        .where(grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms))
    )
    async with store.read() as connection:
        return [Person(person=row.person, name=row.name) for row in await connection.execute(query.distinct().order_by(people.c.name))]


def _consultations() -> sa.Select[Any]:
    return (
        sa.select(consultations, sessions.c.title, sessions.c.starts_ms)
        .join(sessions, sessions.c.session == consultations.c.session)
        .join(takes, takes.c.take == consultations.c.take)
        .where(sessions.c.ended_ms.is_(None), takes.c.deleted_ms.is_(None))
    )


def _consultation(row: Any) -> Consultation:
    return Consultation(
        session=row.session,
        take=row.take,
        review=row.review or "",
        title=row.title,
        made_ms=row.made_ms,
        starts_ms=row.starts_ms,
    )


def _owner(take: str) -> sa.Select[Any]:
    return (
        sa.select(seats.c.person)
        .join(takes, (takes.c.session == seats.c.session) & (takes.c.teacher == seats.c.seat))
        .where(takes.c.take == take)
    )
