"""Every row of a session, of a recording or of a person, taken out of the database: what goes, what stays as an id, in which order.

Invariant: what is done here may be done again. The order follows the foreign keys. `server/keeping/data_map.py` says for each column
what takes it away; whoever adds a table adds it there and here.
"""

from __future__ import annotations

from collections.abc import Collection
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.grants import end_grants_of
from server.store.engine import Store
from server.store.schema import (
    chat,
    decks,
    devices,
    emails,
    entries,
    events,
    identities,
    jobs,
    people,
    seats,
    sessions,
    sign_in_links,
    takes,
    weak_lines,
    withdrawals,
)
from server.store.schema_review import (
    consultations,
    grants,
    note_versions,
    notes,
    openings,
    outbox,
    reflections,
    reviews,
    trying,
)

NOBODY = "…"  # how somebody is called who is gone
ERASED_MS = 0  # when slides were made whose person is gone


class Belongings(msgspec.Struct, frozen=True, kw_only=True):
    """What of somebody or of a session stands elsewhere than in rows. `takes`: not deleted yet, with the session and the teacher's seat.
    `decks`: with their sessions."""

    takes: tuple[tuple[str, str, str], ...]
    decks: tuple[tuple[str, str], ...]


async def of_session(store: Store, session: str) -> Belongings:
    return await _belongings(store, takes.c.session == session, decks.c.session == session)


async def of_person(store: Store, person: str) -> Belongings:
    taught = sa.exists().where(seats.c.session == takes.c.session, seats.c.seat == takes.c.teacher, seats.c.person == person)
    brought = sa.exists().where(seats.c.session == decks.c.session, seats.c.seat == decks.c.seat, seats.c.person == person)
    return await _belongings(store, taught, brought)


async def erased_decks(store: Store) -> list[tuple[str, str]]:
    """Of people who are gone, with their sessions: no node may have their pages any more."""
    query = sa.select(decks.c.deck, decks.c.session).where(decks.c.made_ms == ERASED_MS)
    async with store.read() as connection:
        return [(row.deck, row.session) for row in await connection.execute(query)]


async def seats_of(store: Store, person: str) -> list[tuple[str, str]]:
    """(session, seat)"""
    query = sa.select(seats.c.session, seats.c.seat).where(seats.c.person == person)
    async with store.read() as connection:
        return [(row.session, row.seat) for row in await connection.execute(query)]


async def is_known(store: Store, person: str) -> bool:
    """Whether there is more of them than an id."""
    query = sa.select(people.c.person).where(people.c.person == person, people.c.name != NOBODY)
    async with store.read() as connection:
        return await connection.scalar(query) is not None


async def is_there(store: Store, session: str) -> bool:
    async with store.read() as connection:
        return await connection.scalar(sa.select(sessions.c.session).where(sessions.c.session == session)) is not None


async def sessions_of(store: Store, which: Collection[str]) -> list[tuple[str, str]]:
    """(recording, session)"""
    query = sa.select(takes.c.take, takes.c.session).where(takes.c.take.in_(which))
    async with store.read() as connection:
        return [(row.take, row.session) for row in await connection.execute(query)]


async def not_erased(store: Store, session: str) -> list[str]:
    """Recordings of a session of which the recorder has not said that they are gone."""
    query = sa.select(takes.c.take).where(takes.c.session == session, takes.c.erased_ms.is_(None))
    async with store.read() as connection:
        return list((await connection.execute(query)).scalars())


async def delete_take(connection: AsyncConnection, take: str, now_ms: int) -> None:
    """As a decision of its teacher does it, for one whose session can no longer decide."""
    gone = sa.update(takes).where(takes.c.take == take, takes.c.deleted_ms.is_(None)).values(deleted_ms=now_ms)
    await connection.execute(gone)
    await end_grants_of(take, now_ms)(connection)


async def erase_session(connection: AsyncConnection, session: str) -> None:
    """All of it. Its recordings are gone already."""
    own = sa.select(takes.c.take).where(takes.c.session == session)
    of_take = (consultations, reviews, grants, openings, reflections, jobs, withdrawals)
    asked = sa.select(reviews.c.review).where(reviews.c.take.in_(own))
    said = sa.select(notes.c.note).where((notes.c.session == session) | notes.c.take.in_(own))
    here = list((await connection.execute(own)).scalars())
    await forget_waiting(connection, [session, *here])
    await connection.execute(sa.update(consultations).where(consultations.c.review.in_(asked)).values(review=None))
    for table in of_take:
        await connection.execute(sa.delete(table).where(table.c.take.in_(own)))
    await connection.execute(sa.update(trying).where(trying.c.take.in_(own)).values(take=None))
    await connection.execute(sa.delete(note_versions).where(note_versions.c.note.in_(said)))
    await connection.execute(sa.update(notes).where(notes.c.parent.in_(said)).values(parent=None))
    await connection.execute(sa.delete(notes).where((notes.c.session == session) | notes.c.take.in_(own)))
    for table in (consultations, weak_lines, decks, chat, entries, devices, takes, seats, events, sessions):
        await connection.execute(sa.delete(table).where(table.c.session == session))


async def erase_note(connection: AsyncConnection, note: str, version: int, now_ms: int) -> bool:
    """Its words up to this version; a later one was written after the deletion. Whether there was anything to take away."""
    there = (notes.c.note == note, notes.c.version <= version, notes.c.deleted_ms.is_(None))
    wordless = {"text": "", "deleted_ms": now_ms, "changed_ms": now_ms, "version": version + 1}
    changed = await connection.execute(sa.update(notes).where(*there).values(wordless))
    await connection.execute(sa.delete(note_versions).where(note_versions.c.note == note, note_versions.c.version <= version))
    return changed.rowcount > 0


async def erase_person(connection: AsyncConnection, person: str, now_ms: int) -> None:
    """All that somebody wrote and is known by. The id stays, in seats and in logs, and leads to nobody."""
    name = await connection.scalar(sa.select(people.c.name).where(people.c.person == person))
    addresses = list((await connection.execute(sa.select(emails.c.address).where(emails.c.person == person))).scalars())
    taught = list((await connection.execute(_taught_by(person))).scalars())
    await forget_waiting(connection, [*taught, *([name] if name and name != NOBODY else [])])
    to_them = (outbox.c.person == person) | outbox.c.address.in_(addresses)
    await connection.execute(sa.delete(outbox).where(to_them))
    await connection.execute(sa.delete(jobs).where(jobs.c.take.in_(taught)))
    await _erase_notes(connection, person, now_ms)
    await _erase_in_sessions(connection, person)
    await _erase_reviews(connection, person, taught, now_ms)
    for table in (reflections, trying, openings, identities, devices):
        await connection.execute(sa.delete(table).where(table.c.person == person))
    links = (sign_in_links.c.person == person) | sign_in_links.c.address.in_(addresses)
    await connection.execute(sa.delete(sign_in_links).where(links))
    await connection.execute(sa.delete(emails).where(emails.c.person == person))
    await connection.execute(sa.update(people).where(people.c.person == person).values(name=NOBODY))


async def forget_strangers(connection: AsyncConnection, before_ms: int) -> int:
    """People of whom nothing is left but a name and a cookie from before then. How many."""
    left = (seats.c.person, emails.c.person, identities.c.person, grants.c.person, openings.c.person)
    none = [~sa.exists().where(column == people.c.person) for column in (*left, notes.c.author, notes.c.addressee, reviews.c.teacher)]
    late = sa.exists().where(devices.c.person == people.c.person, devices.c.created_ms >= before_ms)
    strangers = sa.select(people.c.person).where(people.c.created_ms < before_ms, ~late, *none)
    gone = list((await connection.execute(strangers)).scalars())
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        for table in (devices, sign_in_links, trying, reflections, people):
            await connection.execute(sa.delete(table).where(table.c.person.in_(some)))
    return len(gone)


async def forget_waiting(connection: AsyncConnection, words: list[str]) -> None:
    """Messages that nobody has sent yet and in which one of these stands; what was sent keeps no words."""
    waiting = sa.select(outbox.c.message, outbox.c.body).where(outbox.c.sent_ms.is_(None), outbox.c.failed_ms.is_(None))
    gone = [row.message for row in await connection.execute(waiting) if any(word in readable(row.body) for word in words)]
    for start in range(0, len(gone), 500):
        await connection.execute(sa.delete(outbox).where(outbox.c.message.in_(gone[start : start + 500])))


def readable(body: bytes) -> str:
    """Headers and parts of a mail as they are read, or JSON as it stands."""
    if body.startswith(b"{"):
        return body.decode(errors="replace")
    mail = message_from_bytes(body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    texts = [part.decode(errors="replace").replace("\r\n ", "") for part in parts if isinstance(part, bytes)]
    return "\n".join([*(str(value) for value in mail.values()), *texts])


async def _belongings(store: Store, of_takes: sa.ColumnElement[bool], of_decks: sa.ColumnElement[bool]) -> Belongings:
    recorded = sa.select(takes.c.take, takes.c.session, takes.c.teacher).where(of_takes, takes.c.deleted_ms.is_(None))
    brought = sa.select(decks.c.deck, decks.c.session).where(of_decks)
    async with store.read() as connection:
        return Belongings(
            takes=tuple((row.take, row.session, row.teacher) for row in await connection.execute(recorded)),
            decks=tuple((row.deck, row.session) for row in await connection.execute(brought)),
        )


def _taught_by(person: str) -> sa.Select[tuple[Any]]:
    seat = (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher)
    return sa.select(takes.c.take).join(seats, seat).where(seats.c.person == person)


async def _erase_notes(connection: AsyncConnection, person: str, now_ms: int) -> None:
    """One that somebody else has answered stays, without its words, so that the answer stands somewhere."""
    own = sa.select(notes.c.note).where(notes.c.author == person)
    answer = notes.alias("answer")
    answered = sa.exists().where(answer.c.parent == notes.c.note)
    await connection.execute(sa.delete(note_versions).where(note_versions.c.note.in_(own)))
    wordless = {"text": "", "deleted_ms": sa.func.coalesce(notes.c.deleted_ms, now_ms), "shared_ms": None}
    await connection.execute(sa.update(notes).where(notes.c.author == person).values(wordless))
    for _ in range(2):  # answers, then what they answer
        await connection.execute(sa.delete(notes).where(notes.c.author == person, ~answered))
    await connection.execute(sa.update(notes).where(notes.c.addressee == person).values(addressee=None))


async def _erase_in_sessions(connection: AsyncConnection, person: str) -> None:
    """Beside the logs, which name seats only. A deck's id stays, since the log shows it; its pages are gone."""
    for table, seat in ((entries, entries.c.author), (chat, chat.c.seat), (weak_lines, weak_lines.c.seat)):
        theirs = sa.exists().where(seats.c.session == table.c.session, seats.c.seat == seat, seats.c.person == person)
        await connection.execute(sa.delete(table).where(theirs))
    brought = sa.exists().where(seats.c.session == decks.c.session, seats.c.seat == decks.c.seat, seats.c.person == person)
    await connection.execute(sa.update(decks).where(brought).values(title=NOBODY, made_ms=ERASED_MS))


async def _erase_reviews(connection: AsyncConnection, person: str, taught: list[str], now_ms: int) -> None:
    """Those that they asked for, and those that they gave: words go, and the permissions with them."""
    held = sa.select(grants.c.grant).where((grants.c.person == person) | grants.c.take.in_(taught))
    wordless = {"questions": "[]", "about": "{}", "address": "", "message": "", "summary": ""}
    over = {"ended_ms": sa.func.coalesce(reviews.c.ended_ms, now_ms)}
    concerned = (reviews.c.teacher == person) | reviews.c.grant.in_(held)
    await connection.execute(sa.update(reviews).where(concerned).values(wordless | over))
    nameless = {"name": NOBODY, "link_hash": None, "ended_ms": sa.func.coalesce(grants.c.ended_ms, now_ms)}
    await connection.execute(sa.update(grants).where((grants.c.person == person) | grants.c.take.in_(taught)).values(nameless))
