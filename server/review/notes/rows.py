"""Notes as rows: reading them, and the writes that keep to their rules. Who may come here at all is asked before.

Each note keeps the last versions that it had. Deleting one takes its words away, those of its versions too; its place stays for answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import UserError
from server.people.watching import Recording
from server.review.notes.rules import MOST_NOTES, Note, Reader, Role, Written, rewritten, sees, shared_from
from server.store.engine import Store, Work, statement
from server.store.schema import people, seats
from server.store.schema_review import grants, note_versions, notes, reviews

MOST_VERSIONS = 50  # of one note


class Someone(msgspec.Struct, frozen=True, kw_only=True):
    person: str
    name: str
    role: Role


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where notes stand: a recording, or what is asked before the lesson of a session. `roles` as of now, of those who write there."""

    session: str
    take: str | None
    roles: dict[str, Role]
    names: dict[str, str]
    may_be_asked: tuple[Someone, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`change`: what the write came to; `parent` what the note answers."""

    note: Note
    change: Literal["new", "changed", "same"]
    parent: Note | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    kind: str
    at_ms: int | None
    end_ms: int | None
    text: str
    changed_ms: int


async def place_of_recording(store: Store, recording: Recording, owner: str, reader: str, now_ms: int) -> Place:
    """The teacher may ask whoever may watch now, everybody else may ask the teacher."""
    columns = (grants.c.person, grants.c.use, grants.c.ended_ms, grants.c.expires_ms, people.c.name)
    query = sa.select(*columns).join(people, people.c.person == grants.c.person).where(grants.c.take == recording.take)
    async with store.read() as connection:
        rows = (await connection.execute(query.order_by(grants.c.granted_ms))).all()
        written = sa.select(people.c.person, people.c.name).where(
            (people.c.person == owner) | people.c.person.in_(sa.select(notes.c.author).where(notes.c.take == recording.take))
        )
        names = {row.person: row.name for row in await connection.execute(written)}
    names |= {row.person: row.name for row in rows}
    roles: dict[str, Role] = {row.person: "colleague" for row in rows}
    roles |= {row.person: "consultant" for row in rows if row.use == "consult"}
    roles[owner] = "teacher"
    now = {row.person for row in rows if row.ended_ms is None and (row.expires_ms is None or row.expires_ms > now_ms)}
    asked = now - {owner} if reader == owner else {owner}
    who = tuple(Someone(person=each, name=names[each], role=roles[each]) for each in sorted(asked, key=lambda each: names[each].casefold()))
    return Place(session=recording.session, take=recording.take, roles=roles, names=names, may_be_asked=who)


async def place_before_lesson(store: Store, session: str, reader: str) -> Place:
    query = sa.select(seats.c.person, people.c.name).join(people, people.c.person == seats.c.person).where(seats.c.session == session)
    async with store.read() as connection:
        names = {row.person: row.name for row in await connection.execute(query)}
    others = sorted((each for each in names if each != reader), key=lambda each: names[each].casefold())
    who = tuple(Someone(person=each, name=names[each], role="colleague") for each in others)
    return Place(session=session, take=None, roles={}, names=names, may_be_asked=who)


async def review_is_sent(store: Store, review: str) -> bool:
    async with store.read() as connection:
        return bool((await connection.execute(sa.select(reviews.c.sent_ms).where(reviews.c.review == review))).scalar_one_or_none())


async def notes_at(store: Store, place: Place) -> list[Note]:
    """All of them, deleted ones too, in the order in which they were made."""
    async with store.read() as connection:
        rows = await connection.execute(sa.select(notes).where(*_standing_at(place)).order_by(notes.c.created_ms, notes.c.note))
        return [_note(row) for row in rows.mappings()]


async def versions_of(store: Store, note: Note) -> list[Version]:
    """Those before the one of now, the oldest first."""
    columns = [note_versions.c[name] for name in Version.__struct_fields__]
    query = sa.select(*columns).where(note_versions.c.note == note.note).order_by(note_versions.c.version)
    async with store.read() as connection:
        return [Version(**row) for row in (await connection.execute(query)).mappings()]


async def note_of(store: Store, note: str, author: str, place: Place) -> Note | None:
    """One that this person has written here and not deleted."""
    async with store.read() as connection:
        found = await _find(connection, note)
    return found if found and found.author == author and found.deleted_ms is None and _stands_at(place, found) else None


async def put(store: Store, note: str, writer: Reader, place: Place, written: Written, now_ms: int) -> Outcome:
    """On disk when it returns; again is harmless. Raises ChangedElsewhere, and UserError where it may not be written."""
    outcome: list[Outcome] = []

    async def work(connection: AsyncConnection) -> None:
        before = await _find(connection, note)
        if before is None:
            outcome[:] = [await _add(connection, note, writer, place, written, now_ms)]
        elif before.author != writer.person or not _stands_at(place, before):
            raise UserError("note_unknown", "This note is not here any more. Copy your words and write a new one.", 404)
        else:
            outcome[:] = [await _change(connection, before, writer, written, now_ms)]

    await store.write(work)
    return outcome[0]


def delete(note: Note, now_ms: int) -> Work:
    """Words and versions are gone with it. The version goes up, so that nothing older brings it back by mistake."""
    gone = {"text": "", "deleted_ms": now_ms, "changed_ms": now_ms, "version": notes.c.version + 1}

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(notes).where(notes.c.note == note.note, notes.c.deleted_ms.is_(None)).values(gone))
        await connection.execute(sa.delete(note_versions).where(note_versions.c.note == note.note))

    return work


def share(author: str, take: str, which: Iterable[str], now_ms: int | None) -> Work:
    """With those who may watch; None: no longer. Of notes that answer nothing."""
    of_author = (notes.c.take == take, notes.c.author == author, notes.c.parent.is_(None), notes.c.note.in_(list(which)))
    return statement(sa.update(notes).where(*of_author).values(shared_ms=now_ms))


def share_all(author: str, take: str, now_ms: int) -> Work:
    """Whatever of this person waits to be seen there, answers too."""
    waiting = (notes.c.take == take, notes.c.author == author, notes.c.shared_ms.is_(None))
    return statement(sa.update(notes).where(*waiting).values(shared_ms=now_ms))


async def _add(connection: AsyncConnection, note: str, writer: Reader, place: Place, written: Written, now_ms: int) -> Outcome:
    parent = await _find(connection, written.parent) if written.parent else None
    if written.parent and not (parent and _may_be_answered(parent, writer, place)):
        raise UserError("note_unanswerable", "What you answer is not there any more. Copy your words and write a note of your own.", 409)
    count = sa.select(sa.func.count()).where(*_standing_at(place), notes.c.author == writer.person, notes.c.deleted_ms.is_(None))
    if (await connection.execute(count)).scalar_one() >= MOST_NOTES:
        raise UserError("too_many_notes", "You have written 2,000 notes here, and more are not possible. Please delete some first.", 409)
    if writer.holds_back and await _was_sent(connection, writer, place):
        writer = msgspec.structs.replace(writer, holds_back=False)
    shared_ms = shared_from(writer, parent, now_ms) if place.take else now_ms
    fresh = Note(
        note=note,
        session=place.session,
        take=place.take,
        author=writer.person,
        parent=written.parent,
        kind=written.kind,
        at_ms=written.at_ms,
        end_ms=written.end_ms,
        text=written.text,
        addressee=written.addressee,
        version=written.version + 1,
        created_ms=now_ms,
        changed_ms=now_ms,
        shared_ms=shared_ms,
        deleted_ms=None,
    )
    await connection.execute(sa.insert(notes).values(msgspec.structs.asdict(fresh)))
    return Outcome(note=fresh, change="new", parent=parent)


async def _was_sent(connection: AsyncConnection, writer: Reader, place: Place) -> bool:
    """The review may have been sent since it was looked who writes; what is written after that must not wait for ever."""
    query = sa.select(reviews.c.review).join(grants, grants.c.grant == reviews.c.grant)
    theirs = (grants.c.take == place.take, grants.c.person == writer.person, grants.c.ended_ms.is_(None))
    return (await connection.execute(query.where(*theirs, reviews.c.sent_ms.is_not(None)))).first() is not None


async def _change(connection: AsyncConnection, before: Note, writer: Reader, written: Written, now_ms: int) -> Outcome:
    if await _was_done(connection, before, written):
        return Outcome(note=before, change="same")
    after = rewritten(before, written, now_ms)
    if after is None:
        return Outcome(note=before, change="same")
    if after.shared_ms is None and writer.role != "teacher" and not writer.holds_back:
        after = msgspec.structs.replace(after, shared_ms=now_ms)  # it waited for a review that nobody sends any more
    if before.deleted_ms is None:
        kept = {name: getattr(before, name) for name in ("note", *Version.__struct_fields__)}
        await connection.execute(sa.insert(note_versions).values(kept))
        older = (note_versions.c.note == before.note, note_versions.c.version <= before.version - MOST_VERSIONS)
        await connection.execute(sa.delete(note_versions).where(*older))
    await connection.execute(sa.update(notes).where(notes.c.note == before.note).values(msgspec.structs.asdict(after)))
    return Outcome(note=after, change="changed")


async def _was_done(connection: AsyncConnection, before: Note, written: Written) -> bool:
    """Whether this arrives a second time, after something newer."""
    of_version = (note_versions.c.note == before.note, note_versions.c.version == written.version + 1)
    row = (await connection.execute(sa.select(note_versions).where(*of_version))).first()
    return row is not None and (row.kind, row.at_ms, row.end_ms, row.text) == _kept_of(written)


def _kept_of(written: Written) -> tuple[object, ...]:
    """What a version keeps."""
    return (written.kind, written.at_ms, written.end_ms, written.text)


def _may_be_answered(parent: Note, writer: Reader, place: Place) -> bool:
    if parent.parent is not None or parent.deleted_ms is not None or not _stands_at(place, parent):
        return False
    return place.take is None or sees(writer, parent, place.roles)


def _standing_at(place: Place) -> tuple[sa.ColumnElement[bool], ...]:
    return (notes.c.session == place.session, notes.c.take == place.take if place.take else notes.c.take.is_(None))


def _stands_at(place: Place, note: Note) -> bool:
    return (note.session, note.take) == (place.session, place.take)


async def _find(connection: AsyncConnection, note: str) -> Note | None:
    row = (await connection.execute(sa.select(notes).where(notes.c.note == note))).mappings().first()
    return _note(row) if row else None


def _note(row: sa.RowMapping) -> Note:
    return msgspec.convert({name: row[name] for name in Note.__struct_fields__}, Note)
