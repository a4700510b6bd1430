"""The one thing that a teacher is trying: chosen, on top until something else is, asked about three days later.

Of each person the newest counts. What was chosen in a session is taken over from there once it is no longer being written.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.seats import fresh_id
from server.review.lesson import CHOSEN
from server.store.engine import Store, Work
from server.store.schema import entries, seats, sessions, takes
from server.store.schema_review import trying

ASK_AFTER_MS = 3 * 24 * 3_600_000
SETTLED_MS = 3_600_000
MOST_CHARACTERS = 500
Answered = Literal["yes", "not_yet", "changed"]


class Trying(msgspec.Struct, frozen=True, kw_only=True):
    trying: str
    person: str
    take: str | None
    text: str
    chosen_ms: int
    ask_ms: int
    answer: Answered | None = None
    answer_text: str = ""
    answered_ms: int | None = None
    ended_ms: int | None = None

    def is_asked(self, now_ms: int) -> bool:
        """Whether it is time to ask whether it was tried: once, and again after "not yet"."""
        return self.ended_ms is None and self.answer in (None, "not_yet") and self.ask_ms <= now_ms


async def trying_of(store: Store, person: str) -> Trying | None:
    """What this person is trying now."""
    mine = sa.select(trying).where(trying.c.person == person, trying.c.ended_ms.is_(None))
    async with store.read() as connection:
        row = (await connection.execute(mine.order_by(trying.c.chosen_ms.desc()).limit(1))).mappings().first()
    return _trying(row) if row else None


async def to_be_asked(store: Store, now_ms: int) -> list[Trying]:
    """Of everybody, whom to ask now."""
    query = sa.select(trying).where(trying.c.ended_ms.is_(None), trying.c.ask_ms <= now_ms)
    async with store.read() as connection:
        found = [_trying(row) for row in (await connection.execute(query)).mappings()]
    return [each for each in found if each.is_asked(now_ms)]


def choose(person: str, take: str | None, text: str, now_ms: int) -> Work:
    """Instead of what was chosen before. The same words again change nothing."""
    now = (trying.c.person == person, trying.c.ended_ms.is_(None))

    async def work(connection: AsyncConnection) -> None:
        if (await connection.execute(sa.select(trying.c.trying).where(*now, trying.c.text == text, trying.c.take == take))).first():
            return
        await connection.execute(sa.update(trying).where(*now).values(ended_ms=now_ms))
        values = {"trying": fresh_id(), "person": person, "take": take, "text": text}
        await connection.execute(sa.insert(trying).values(values | {"chosen_ms": now_ms, "ask_ms": now_ms + ASK_AFTER_MS}))

    return work


def answer(person: str, which: str, answered: Answered, text: str, now_ms: int) -> Work:
    """ "Not yet" is asked about again after as many days."""
    values: dict[str, object] = {"answer": answered, "answer_text": text, "answered_ms": now_ms}
    if answered == "not_yet":
        values["ask_ms"] = now_ms + ASK_AFTER_MS

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(trying).where(trying.c.trying == which, trying.c.person == person).values(values))

    return work


async def take_over(store: Store, now_ms: int, person: str | None = None) -> None:
    """What teachers chose in their sessions. For one person at once; for all when it has rested for an hour."""
    query = (
        sa.select(seats.c.person, takes.c.take, entries.c.text, entries.c.changed_ms)
        .select_from(entries)
        .join(seats, (seats.c.session == entries.c.session) & (seats.c.seat == entries.c.author))
        .join(takes, (takes.c.session == entries.c.session) & (takes.c.round == entries.c.round) & (takes.c.teacher == entries.c.author))
        .join(sessions, sessions.c.session == entries.c.session)
        .where(entries.c.field == CHOSEN, entries.c.text != "", takes.c.deleted_ms.is_(None))
        .order_by(entries.c.changed_ms, takes.c.started_ms)
    )
    query = query.where(seats.c.person == person) if person else query.where(entries.c.changed_ms < now_ms - SETTLED_MS)
    async with store.read() as connection:
        chosen = {row.person: row for row in await connection.execute(query)}  # of each person the newest
    for row in chosen.values():
        await store.write(_unless_newer(row.person, row.take, row.text.strip()[:MOST_CHARACTERS], row.changed_ms))


def _unless_newer(person: str, take: str, text: str, changed_ms: int) -> Work:
    async def work(connection: AsyncConnection) -> None:
        newest = await connection.execute(sa.select(sa.func.max(trying.c.chosen_ms)).where(trying.c.person == person))
        if text and (newest.scalar_one_or_none() or 0) < changed_ms:
            await choose(person, take, text, changed_ms)(connection)

    return work


def _trying(row: sa.RowMapping) -> Trying:
    return Trying(**{name: row[name] for name in Trying.__struct_fields__})
