"""The rows that a room keeps beside its log: texts, and what other pages look sessions and recordings up by."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.session.events import AnyEvent, LessonStarted, PhaseEntered
from server.session.state import State
from server.session.view import EntryKey
from server.store.engine import Store, Work
from server.store.schema import entries, sessions, takes


def beside(state: State, event: AnyEvent) -> list[Work]:
    """Rows that come with an event; `state` is the one after it."""
    if isinstance(event, LessonStarted) and event.take:
        lesson = state.lessons[state.position.round]
        values = {"take": event.take, "session": state.session, "round": lesson.round, "teacher": lesson.teacher, "started_ms": event.at_ms}
        return [_run(sa.insert(takes).values(values))]
    if isinstance(event, PhaseEntered) and event.position.part == "ended":
        return [_run(sa.update(sessions).where(sessions.c.session == state.session).values(ended_ms=event.at_ms))]
    return []


def new_session(session: str, title: str, now_ms: int) -> Work:
    return _run(sa.insert(sessions).values(session=session, title=title, created_ms=now_ms))


def text(session: str, key: EntryKey, field: str, words: str, now_ms: int) -> Work:
    primary = {"session": session, "round": key.round, "form": key.form, "author": key.author, "field": field}
    changed = {"text": words, "changed_ms": now_ms}
    return _run(insert(entries).values(primary | changed).on_conflict_do_update(index_elements=list(primary), set_=changed))


async def load_texts(store: Store, session: str) -> dict[EntryKey, dict[str, str]]:
    found: dict[EntryKey, dict[str, str]] = {}
    async with store.read() as connection:
        for row in await connection.execute(sa.select(entries).where(entries.c.session == session)):
            found.setdefault(EntryKey(round=row.round, form=row.form, author=row.author), {})[row.field] = row.text
    return found


async def load_title(store: Store, session: str) -> str | None:
    async with store.read() as connection:
        return (await connection.execute(sa.select(sessions.c.title).where(sessions.c.session == session))).scalar_one_or_none()


def _run(statement: sa.Executable) -> Work:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(statement)

    return work
