"""Answers to the questions of the own view: one row for each person, recording and question."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.review.own.view import Answer
from server.store.engine import Store, Work, statement
from server.store.schema_review import reflections
from server.store.upsert import upsert


async def answers_of(store: Store, take: str, person: str) -> dict[str, Answer]:
    """By question; empty ones are none."""
    query = sa.select(reflections).where(reflections.c.take == take, reflections.c.person == person, reflections.c.text != "")
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return {row["question"]: Answer(text=row["text"], changed_ms=row["changed_ms"], shared_ms=row["shared_ms"]) for row in rows}


class ChangedElsewhere(Exception):
    """Another device has written something else meanwhile: `text`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def write_answer(take: str, person: str, question: str, text: str, now_ms: int, *, base: str | None = None) -> Work:
    """What is shared stays shared when it is changed; where nothing stands, nothing is shared any more.

    `base` is what stood there when this was written; where something else stands by now the work raises ChangedElsewhere.
    """
    values = {"take": take, "person": person, "question": question, "text": text, "changed_ms": now_ms}
    again: dict[str, object] = {"text": text, "changed_ms": now_ms} | ({} if text else {"shared_ms": None})
    put = upsert(reflections, values, ["take", "person", "question"], again)
    mine = (reflections.c.take == take, reflections.c.person == person, reflections.c.question == question)

    async def work(connection: AsyncConnection) -> None:
        stands = (await connection.execute(sa.select(reflections.c.text).where(*mine))).scalar_one_or_none() or ""
        if base is not None and stands not in (base, text):
            raise ChangedElsewhere(stands)
        await connection.execute(put)

    return work


def share_answers(take: str, person: str, shared_ms: int | None) -> Work:
    """All of them. None takes them back."""
    mine = (reflections.c.take == take, reflections.c.person == person)
    return statement(sa.update(reflections).where(*mine).values(shared_ms=shared_ms))
