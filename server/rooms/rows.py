"""The rows that a room keeps beside its log: people's words, and what other pages look sessions and recordings up by."""

from __future__ import annotations

import logging

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.keeping.audit import noted, teacher_of
from server.people.grants import end_grants_of
from server.session.beside import EntryKey
from server.session.events import AnyEvent, LessonStarted, PhaseEntered, TakeDecided, TalkRecorded
from server.session.state import State
from server.store.engine import Closed, Store, Work, statement
from server.store.schema import chat, decks, entries, seats, sessions, takes
from server.store.upsert import insert_ignore, upsert

log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the sessions table says beside the log."""

    title: str
    starts_ms: int | None


def beside(state: State, event: AnyEvent) -> list[Work]:
    """Rows that come with an event; `state` is the one after it."""
    if isinstance(event, LessonStarted) and event.take:
        lesson = state.lessons[state.position.round, state.position.index]
        attempt = state.plan.attempt(lesson.index)
        values = {"take": event.take, "session": state.session, "round": lesson.round, "teacher": lesson.teacher, "started_ms": event.at_ms}
        return [statement(sa.insert(takes).values(attempt=attempt, **values))]
    if isinstance(event, TalkRecorded) and state.talk:
        talk = state.talk
        values = {"take": event.take, "session": state.session, "round": talk.round, "teacher": talk.teacher, "started_ms": event.at_ms}
        return [statement(sa.insert(takes).values(attempt=0, **values))]
    if isinstance(event, TakeDecided) and not event.kept:
        gone = statement(sa.update(takes).where(takes.c.take == event.take).values(deleted_ms=event.at_ms))
        note = noted("deleted", teacher_of(event.take), event.at_ms, session=state.session, take=event.take)
        return [gone, end_grants_of(event.take, event.at_ms), note]
    if isinstance(event, PhaseEntered) and event.position.part == "ended":
        return [statement(sa.update(sessions).where(sessions.c.session == state.session).values(ended_ms=event.at_ms))]
    return []


def new_session(session: str, title: str, now_ms: int, starts_ms: int | None = None) -> Work:
    return statement(sa.insert(sessions).values(session=session, title=title, created_ms=now_ms, starts_ms=starts_ms))


def text(session: str, key: EntryKey, field: str, words: str, now_ms: int) -> Work:
    primary = {"session": session, "round": key.round, "form": key.form, "author": key.author, "field": field}
    changed = {"text": words, "changed_ms": now_ms}
    return statement(upsert(entries, primary | changed, primary, changed))


def chat_line(session: str, message: str, seat: str, words: str, now_ms: int) -> Work:
    """The first words under this id stay. Lines of a list and opinions have ids that no chat line has (`beside.line_key`, `offer_key`)."""
    values = {"session": session, "message": message, "seat": seat, "text": words, "said_ms": now_ms}
    return statement(insert_ignore(chat, values))


def new_deck(session: str, deck: str, seat: str, title: str, now_ms: int) -> Work:
    return statement(sa.insert(decks).values(deck=deck, session=session, seat=seat, title=title, made_ms=now_ms))


async def note_erased(store: Store, take: str, now_ms: int) -> None:
    """What cannot be written now is asked of the recorder, and noted, after the next start."""
    noted = sa.update(takes).where(takes.c.take == take, takes.c.erased_ms.is_(None)).values(erased_ms=now_ms)
    try:
        await store.write(statement(noted))
    except (SQLAlchemyError, Closed) as error:
        log.error("take %s is erased, which could not be noted: %s", take, type(error).__name__)


async def takes_to_erase(store: Store, session: str | None = None) -> list[str]:
    """Those, of one session or of all, that are deleted and whose media the recorder has not yet said to be gone."""
    query = sa.select(takes.c.take).where(takes.c.deleted_ms.is_not(None), takes.c.erased_ms.is_(None))
    async with store.read() as connection:
        found = await connection.execute(query if session is None else query.where(takes.c.session == session))
        return [take for (take,) in found]


async def load_session(store: Store, session: str) -> Kept:
    async with store.read() as connection:
        row = (await connection.execute(sa.select(sessions).where(sessions.c.session == session))).first()
    return Kept(title=row.title, starts_ms=row.starts_ms) if row else Kept(title="", starts_ms=None)


async def open_with(store: Store, person: str) -> list[str]:
    """Sessions that have not ended, with this person in them."""
    query = sa.select(seats.c.session).join(sessions, sessions.c.session == seats.c.session)
    async with store.read() as connection:
        return [session for (session,) in await connection.execute(query.where(seats.c.person == person, sessions.c.ended_ms.is_(None)))]


async def load_texts(store: Store, session: str) -> dict[EntryKey, dict[str, str]]:
    found: dict[EntryKey, dict[str, str]] = {}
    async with store.read() as connection:
        for row in await connection.execute(sa.select(entries).where(entries.c.session == session)):
            found.setdefault(EntryKey(round=row.round, form=row.form, author=row.author), {})[row.field] = row.text
    return found


async def load_chat(store: Store, session: str) -> dict[str, str]:
    """Words by message."""
    async with store.read() as connection:
        found = await connection.execute(sa.select(chat.c.message, chat.c.text).where(chat.c.session == session))
        return {row.message: row.text for row in found}


async def load_decks(store: Store, session: str) -> dict[str, str]:
    """Titles by deck."""
    async with store.read() as connection:
        found = await connection.execute(sa.select(decks.c.deck, decks.c.title).where(decks.c.session == session))
        return {row.deck: row.title for row in found}


async def sessions_of_decks(store: Store) -> dict[str, str]:
    async with store.read() as connection:
        return {row.deck: row.session for row in await connection.execute(sa.select(decks.c.deck, decks.c.session))}


async def all_decks(store: Store) -> set[str]:
    async with store.read() as connection:
        return {deck for (deck,) in await connection.execute(sa.select(decks.c.deck))}
