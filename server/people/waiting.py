"""What waits for somebody who comes back: sessions that have not ended, recordings that are theirs or shared with them, reviews."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from server.store.engine import Store
from server.store.schema import people, seats, sessions, takes
from server.store.schema_review import grants, openings, reviews

MOST = 5


class WaitingSession(msgspec.Struct, frozen=True, kw_only=True):
    """`starts_ms` None: no time was set."""

    session: str
    title: str
    starts_ms: int | None


class WaitingRecording(msgspec.Struct, frozen=True, kw_only=True):
    """`attempt` 1: the second try of its round."""

    take: str
    title: str
    started_ms: int
    attempt: int


class SharedRecording(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else's, whose name is `teacher`. `opened`: this person has been there already."""

    take: str
    title: str
    started_ms: int
    teacher: str
    expires_ms: int | None
    opened: bool


class SentReview(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: what the teacher calls the consultant."""

    review: str
    take: str
    name: str
    title: str
    sent_ms: int


class WaitingReview(msgspec.Struct, frozen=True, kw_only=True):
    """Of a lesson of somebody called `name`. `opened_ms` None: it is new; the list at /reviews leads there."""

    review: str
    take: str
    name: str
    title: str
    due_ms: int
    opened_ms: int | None


async def sessions_of(store: Store, person: str, since_ms: int, most: int = MOST) -> list[WaitingSession]:
    """Those made after `since_ms`, the newest first."""
    query = (
        sa.select(sessions.c.session, sessions.c.title, sessions.c.starts_ms)
        .join(seats)
        .where(seats.c.person == person, sessions.c.ended_ms.is_(None), sessions.c.created_ms > since_ms)
        .order_by(sessions.c.created_ms.desc())
        .limit(most)
    )
    async with store.read() as connection:
        return [WaitingSession(**row) for row in (await connection.execute(query)).mappings()]


async def recordings_of(store: Store, person: str, most: int = MOST) -> list[WaitingRecording]:
    """Of lessons that this person taught, the newest first."""
    query = (
        sa.select(takes.c.take, sessions.c.title, takes.c.started_ms, takes.c.attempt)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .join(sessions, sessions.c.session == takes.c.session)
        .where(seats.c.person == person, takes.c.deleted_ms.is_(None))
        .order_by(takes.c.started_ms.desc())
        .limit(most)
    )
    async with store.read() as connection:
        return [WaitingRecording(**row) for row in (await connection.execute(query)).mappings()]


async def shared_with(store: Store, person: str, now_ms: int, most: int = MOST) -> list[SharedRecording]:
    """What others let this person watch now, each once and the newest first. Reviews are listed elsewhere."""
    teacher = people.alias("teacher")
    opened = sa.exists().where(openings.c.take == takes.c.take, openings.c.person == person, openings.c.use == "watch")
    for_good = sa.func.count() > sa.func.count(grants.c.expires_ms)
    until = sa.case((for_good, sa.null()), else_=sa.func.max(grants.c.expires_ms)).label("expires_ms")
    columns = (takes.c.take, sessions.c.title, takes.c.started_ms, teacher.c.name.label("teacher"), until)
    query = (
        sa.select(*columns, opened.label("opened"))
        .select_from(grants)
        .join(takes, takes.c.take == grants.c.take)
        .join(sessions, sessions.c.session == takes.c.session)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .join(teacher, teacher.c.person == seats.c.person)
        .where(grants.c.person == person, grants.c.use == "watch", grants.c.ended_ms.is_(None), takes.c.deleted_ms.is_(None))
        .where(grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms))
        .group_by(takes.c.take, takes.c.started_ms, sessions.c.title, teacher.c.name)
        .order_by(sa.func.max(grants.c.granted_ms).desc())
        .limit(most)
    )
    async with store.read() as connection:
        return [SharedRecording(**row) for row in (await connection.execute(query)).mappings()]


async def reviews_waiting(store: Store, person: str, now_ms: int) -> list[WaitingReview]:
    """What this person was asked to look at as a consultant and has not sent, by the day until which."""
    query = (
        sa.select(reviews.c.review, reviews.c.take, people.c.name, sessions.c.title, reviews.c.due_ms, reviews.c.opened_ms)
        .join(grants, grants.c.grant == reviews.c.grant)
        .join(people, people.c.person == reviews.c.teacher)
        .join(takes, takes.c.take == reviews.c.take)
        .join(sessions, sessions.c.session == takes.c.session)
        .where(grants.c.person == person, grants.c.ended_ms.is_(None), grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms))
        .where(reviews.c.sent_ms.is_(None), reviews.c.ended_ms.is_(None), reviews.c.declined_ms.is_(None), takes.c.deleted_ms.is_(None))
        .order_by(reviews.c.due_ms)
        .limit(MOST)
    )
    async with store.read() as connection:
        return [WaitingReview(**row) for row in (await connection.execute(query)).mappings()]


async def reviews_sent_to(store: Store, teacher: str, since_ms: int) -> list[SentReview]:
    """What consultants have sent to this person after `since_ms`, the newest first."""
    query = (
        sa.select(reviews.c.review, reviews.c.take, grants.c.name, sessions.c.title, reviews.c.sent_ms)
        .join(grants, grants.c.grant == reviews.c.grant)
        .join(takes, takes.c.take == reviews.c.take)
        .join(sessions, sessions.c.session == takes.c.session)
        .where(reviews.c.teacher == teacher, reviews.c.sent_ms > since_ms, takes.c.deleted_ms.is_(None))
        .order_by(reviews.c.sent_ms.desc())
        .limit(MOST)
    )
    async with store.read() as connection:
        return [SentReview(**row) for row in (await connection.execute(query)).mappings()]
