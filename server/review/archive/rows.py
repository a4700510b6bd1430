"""Everything that the database holds about one person, as tables of plain values, and what was said to that person.

Invariant: nobody else's words are in it, but those that this person has received and may read.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.engine import Store
from server.store.schema import chat, decks, devices, emails, entries, identities, people, seats, sessions, takes, weak_lines, withdrawals
from server.store.schema_keeping import audit
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

Row = dict[str, object]
Tables = dict[str, list[Row]]

_TEACHER = (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher)
_SUMMARY = sa.case((reviews.c.sent_ms.is_not(None), reviews.c.summary), else_="").label("summary")


async def rows_of(store: Store, person: str) -> Tables:
    """By the name of the table, each in the order of time."""
    queries: Mapping[str, sa.Select[tuple[object, ...]]] = _about(person) | _written(person) | _shared(person) | _received(person)
    async with store.read() as connection:
        return {name: await _rows(connection, query) for name, query in queries.items()}


def _about(person: str) -> dict[str, sa.Select[tuple[object, ...]]]:
    own = sa.select(seats.c.session, seats.c.seat).where(seats.c.person == person).subquery()
    return {
        "person": sa.select(people.c.person, people.c.name, people.c.created_ms).where(people.c.person == person),
        "addresses": sa.select(emails.c.address, emails.c.proven_ms).where(emails.c.person == person),
        "sign_ins": sa.select(identities.c.issuer, identities.c.subject, identities.c.made_ms).where(identities.c.person == person),
        "devices": sa.select(devices.c.created_ms, devices.c.session).where(devices.c.person == person).order_by(devices.c.created_ms),
        "sessions": sa.select(sessions, own.c.seat).join(own, own.c.session == sessions.c.session).order_by(sessions.c.created_ms),
        "recordings": sa.select(
            takes.c.take,
            takes.c.session,
            sessions.c.title,
            takes.c.round,
            takes.c.attempt,
            takes.c.started_ms,
            takes.c.deleted_ms,
            takes.c.erased_ms,
        )
        .join(seats, _TEACHER)
        .join(sessions, sessions.c.session == takes.c.session)
        .where(seats.c.person == person)
        .order_by(takes.c.started_ms),
        "taken_out": sa.select(withdrawals.c.take, withdrawals.c.source, withdrawals.c.asked_ms, withdrawals.c.done_ms)
        .join(takes, takes.c.take == withdrawals.c.take)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == withdrawals.c.peer))
        .where(seats.c.person == person),
        "connections": sa.select(*(column for column in weak_lines.c if column is not weak_lines.c.seat))
        .join(seats, (seats.c.session == weak_lines.c.session) & (seats.c.seat == weak_lines.c.seat))
        .where(seats.c.person == person),
        "messages_sent_to_you": sa.select(outbox.c.channel, outbox.c.kind, outbox.c.address, outbox.c.created_ms, outbox.c.sent_ms)
        .where(outbox.c.person == person, outbox.c.channel == "mail")
        .order_by(outbox.c.created_ms),
    }


def _written(person: str) -> dict[str, sa.Select[tuple[object, ...]]]:
    own_seat = (seats.c.person == person,)
    return {
        "forms": sa.select(entries.c.session, entries.c.round, entries.c.form, entries.c.field, entries.c.text, entries.c.changed_ms)
        .join(seats, (seats.c.session == entries.c.session) & (seats.c.seat == entries.c.author))
        .where(*own_seat, entries.c.text != "")
        .order_by(entries.c.changed_ms),
        "chat": sa.select(chat.c.session, chat.c.message, chat.c.text, chat.c.said_ms)
        .join(seats, (seats.c.session == chat.c.session) & (seats.c.seat == chat.c.seat))
        .where(*own_seat)
        .order_by(chat.c.said_ms),
        "notes": sa.select(*(column for column in notes.c if column is not notes.c.author))
        .where(notes.c.author == person)
        .order_by(notes.c.created_ms),
        "note_versions": sa.select(note_versions)
        .join(notes, notes.c.note == note_versions.c.note)
        .where(notes.c.author == person)
        .order_by(note_versions.c.note, note_versions.c.version),
        "own_view": sa.select(
            reflections.c.take, reflections.c.question, reflections.c.text, reflections.c.changed_ms, reflections.c.shared_ms
        )
        .where(reflections.c.person == person)
        .order_by(reflections.c.changed_ms),
        "trying": sa.select(*(column for column in trying.c if column is not trying.c.person))
        .where(trying.c.person == person)
        .order_by(trying.c.chosen_ms),
        "slides": sa.select(decks.c.deck, decks.c.session, decks.c.title, decks.c.made_ms)
        .join(seats, (seats.c.session == decks.c.session) & (seats.c.seat == decks.c.seat))
        .where(*own_seat)
        .order_by(decks.c.made_ms),
    }


def _shared(person: str) -> dict[str, sa.Select[tuple[object, ...]]]:
    teacher = people.alias("teacher")
    own_takes = sa.select(takes.c.take).join(seats, _TEACHER).where(seats.c.person == person)
    times = (grants.c.granted_ms, grants.c.claimed_ms, grants.c.expires_ms, grants.c.ended_ms)
    visit = (openings.c.use, openings.c.what, openings.c.first_ms, openings.c.last_ms)
    asked = (reviews.c.review, reviews.c.take, reviews.c.questions, reviews.c.due_ms, reviews.c.asked_ms, reviews.c.accepted_ms)
    answered = (reviews.c.declined_ms, reviews.c.offered_ms, reviews.c.message, reviews.c.sent_ms, reviews.c.ended_ms)
    return {
        "who_may_watch": sa.select(grants.c.take, grants.c.name, grants.c.use, *times)
        .where(grants.c.take.in_(own_takes))
        .order_by(grants.c.granted_ms),
        "what_you_may_watch": sa.select(grants.c.take, teacher.c.name.label("teacher"), grants.c.use, *times)
        .join(takes, takes.c.take == grants.c.take)
        .join(seats, _TEACHER)
        .join(teacher, teacher.c.person == seats.c.person)
        .where(grants.c.person == person)
        .order_by(grants.c.granted_ms),
        "who_opened_yours": sa.select(openings.c.take, people.c.name, *visit)
        .join(people, people.c.person == openings.c.person)
        .where(openings.c.take.in_(own_takes))
        .order_by(openings.c.first_ms),
        "what_you_opened": sa.select(openings.c.take, *visit).where(openings.c.person == person).order_by(openings.c.first_ms),
        "reviews_you_asked_for": sa.select(*asked, *answered, grants.c.name.label("consultant"), reviews.c.address, _SUMMARY)
        .join(grants, grants.c.grant == reviews.c.grant)
        .where(reviews.c.teacher == person)
        .order_by(reviews.c.asked_ms),
        "reviews_you_gave": sa.select(*asked, *answered, teacher.c.name.label("teacher"), reviews.c.summary)
        .join(grants, grants.c.grant == reviews.c.grant)
        .join(teacher, teacher.c.person == reviews.c.teacher)
        .where(grants.c.person == person)
        .order_by(reviews.c.asked_ms),
        "what_was_noted": sa.select(audit.c.at_ms, audit.c.act, audit.c.session, audit.c.take)
        .where((audit.c.actor == person) | (audit.c.about == person))
        .order_by(audit.c.at_ms),
        "consultations": sa.select(consultations.c.session, consultations.c.take, consultations.c.made_ms)
        .join(seats, seats.c.session == consultations.c.session)
        .where(seats.c.person == person)
        .order_by(consultations.c.made_ms),
    }


def _received(person: str) -> dict[str, sa.Select[tuple[object, ...]]]:
    """Notes that others have given to this person: about their lesson, in answer to them, or with a question to them."""
    parent = notes.alias("parent")
    to_me = (parent.c.author == person) | (notes.c.addressee == person) | (seats.c.person == person)
    return {
        "notes_you_received": sa.select(
            notes.c.note,
            notes.c.session,
            notes.c.take,
            people.c.name,
            notes.c.kind,
            notes.c.at_ms,
            notes.c.end_ms,
            notes.c.text,
            notes.c.created_ms,
        )
        .join(people, people.c.person == notes.c.author)
        .outerjoin(parent, parent.c.note == notes.c.parent)
        .outerjoin(takes, takes.c.take == notes.c.take)
        .outerjoin(seats, _TEACHER)
        .where(notes.c.author != person, notes.c.shared_ms.is_not(None), notes.c.deleted_ms.is_(None), to_me)
        .order_by(notes.c.created_ms),
    }


async def _rows(connection: AsyncConnection, query: sa.Select[tuple[object, ...]]) -> list[Row]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]
