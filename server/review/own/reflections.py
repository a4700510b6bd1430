"""Answers to the questions of the own view: one row for each person, recording and question."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from server.review.own.view import Answer
from server.store.engine import Store, Work, statement
from server.store.schema_review import reflections


async def answers_of(store: Store, take: str, person: str) -> dict[str, Answer]:
    """By question; empty ones are none."""
    query = sa.select(reflections).where(reflections.c.take == take, reflections.c.person == person, reflections.c.text != "")
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return {row["question"]: Answer(text=row["text"], changed_ms=row["changed_ms"], shared_ms=row["shared_ms"]) for row in rows}


def write_answer(take: str, person: str, question: str, text: str, now_ms: int) -> Work:
    """What is shared stays shared when it is changed; where nothing stands, nothing is shared any more."""
    values = {"take": take, "person": person, "question": question, "text": text, "changed_ms": now_ms}
    again: dict[str, object] = {"text": text, "changed_ms": now_ms} | ({} if text else {"shared_ms": None})
    return statement(insert(reflections).values(values).on_conflict_do_update(index_elements=["take", "person", "question"], set_=again))


def share_answers(take: str, person: str, shared_ms: int | None) -> Work:
    """All of them. None takes them back."""
    mine = (reflections.c.take == take, reflections.c.person == person)
    return statement(sa.update(reflections).where(*mine).values(shared_ms=shared_ms))
