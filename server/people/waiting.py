"""What waits for somebody who comes back: sessions that have not ended, recordings that are theirs, questions that they were asked."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from server.store.engine import Store
from server.store.schema import people, seats, sessions, takes
from server.store.schema_review import grants, notes, openings, reviews

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


class WaitingQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """`take` None: it was asked before the lesson."""

    note: str
    session: str
    take: str | None
    name: str
    title: str
    asked_ms: int


class SharedRecording(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else's, whose name is `teacher`. `opened`: this person has been there already."""

    take: str
    title: str
    started_ms: int
    teacher: str
    expires_ms: int | None
    opened: bool


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
    """What others let this person watch now, the newest permission first. Reviews that were asked for are listed elsewhere."""
    teacher = people.alias("teacher")
    opened = sa.exists().where(openings.c.take == grants.c.take, openings.c.person == person, openings.c.use == "watch")
    columns = (takes.c.take, sessions.c.title, takes.c.started_ms, teacher.c.name.label("teacher"), grants.c.expires_ms)
    query = (
        sa.select(*columns, opened.label("opened"))
        .select_from(grants)
        .join(takes, takes.c.take == grants.c.take)
        .join(sessions, sessions.c.session == takes.c.session)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .join(teacher, teacher.c.person == seats.c.person)
        .where(grants.c.person == person, grants.c.use == "watch", grants.c.ended_ms.is_(None), takes.c.deleted_ms.is_(None))
        .where(grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms))
        .order_by(grants.c.granted_ms.desc())
        .limit(most)
    )
    async with store.read() as connection:
        return [SharedRecording(**row) for row in (await connection.execute(query)).mappings()]


async def questions_to(store: Store, person: str) -> list[WaitingQuestion]:
    """Those that this person has not answered yet, the oldest first."""
    replies = notes.alias("replies")
    answered = sa.exists().where(replies.c.parent == notes.c.note, replies.c.author == person, replies.c.deleted_ms.is_(None))
    query = (
        sa.select(notes.c.note, notes.c.session, notes.c.take, people.c.name, sessions.c.title, notes.c.created_ms.label("asked_ms"))
        .join(people, people.c.person == notes.c.author)
        .join(sessions, sessions.c.session == notes.c.session)
        .outerjoin(takes, takes.c.take == notes.c.take)
        .where(notes.c.addressee == person, notes.c.kind == "question", notes.c.deleted_ms.is_(None), notes.c.shared_ms.is_not(None))
        .where(takes.c.deleted_ms.is_(None), ~answered)
        .order_by(notes.c.created_ms)
        .limit(MOST)
    )
    async with store.read() as connection:
        return [WaitingQuestion(**row) for row in (await connection.execute(query)).mappings()]


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
