"""Questions that wait for somebody's answer, wherever they were asked: for the start page. Only what this person may see now."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from server.store.engine import Store
from server.store.schema import people, seats, sessions, takes
from server.store.schema_review import grants, notes

MOST = 20


class WaitingQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """`take` None: asked before the lesson of the session. `title` is the session's."""

    note: str
    session: str
    take: str | None
    name: str
    title: str
    asked_ms: int

    @property
    def path(self) -> str:
        page = f"/recordings/{self.take}" if self.take else f"/sessions/{self.session}/questions"
        return f"{page}#note-{self.note}"


async def questions_to(store: Store, person: str, now_ms: int) -> list[WaitingQuestion]:
    """Not answered by this person yet, the newest first."""
    teacher = seats.alias("teacher")
    answer = notes.alias("answer")
    answered = sa.exists().where(answer.c.parent == notes.c.note, answer.c.author == person, answer.c.deleted_ms.is_(None))
    lets = sa.exists().where(
        grants.c.take == notes.c.take,
        grants.c.person == person,
        grants.c.ended_ms.is_(None),
        grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms),
    )
    seen = sa.or_(
        notes.c.take.is_(None),
        sa.and_(teacher.c.person == person, notes.c.shared_ms.is_not(None)),
        sa.and_(teacher.c.person == notes.c.author, lets),
    )
    query = (
        sa.select(notes.c.note, notes.c.session, notes.c.take, people.c.name, sessions.c.title, notes.c.created_ms)
        .join(people, people.c.person == notes.c.author)
        .join(sessions, sessions.c.session == notes.c.session)
        .outerjoin(takes, takes.c.take == notes.c.take)
        .outerjoin(teacher, (teacher.c.session == takes.c.session) & (teacher.c.seat == takes.c.teacher))
        .where(notes.c.addressee == person, notes.c.kind == "question", notes.c.author != person)
        .where(notes.c.deleted_ms.is_(None), takes.c.deleted_ms.is_(None), ~answered, seen)
        .order_by(notes.c.created_ms.desc())
        .limit(MOST)
    )
    names = ("note", "session", "take", "name", "title")
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return [WaitingQuestion(asked_ms=row["created_ms"], **{name: row[name] for name in names}) for row in rows]
