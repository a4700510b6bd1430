"""A database with two people and two sessions in which every personal column holds a word that is nowhere else: whose it is stands in it.

Ana teaches in session s, where Ben has a seat; Ben teaches in session o, where Ana has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.keeping.data_map import PERSONAL, TABLES
from server.plans import load_plans
from server.session.events import SessionMade, encode_event
from server.store import schema_keeping, schema_review  # noqa: F401 -- their tables belong to the same metadata
from server.store.engine import Store
from server.store.schema import metadata

DAY_MS = 24 * 3_600_000
ANA, BEN = "ana-id", "ben-id"

Row = dict[str, Any]


def canary(table: str, column: str, whose: str) -> str:
    return f"canary-{table}-{column}-of-{whose}"


async def fill(store: Store, now_ms: int = 1_000 * DAY_MS) -> None:
    async def work(connection: AsyncConnection) -> None:
        for table, whose, values in _rows(now_ms):
            await connection.execute(sa.insert(metadata.tables[table]).values(_whole(table, whose, values, now_ms)))

    await store.write(work)


async def words_in(store: Store) -> set[str]:
    """Every canary that a query finds, in whatever column."""
    found: set[str] = set()
    async with store.read() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(sa.select(table)):
                for value in row:
                    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                    found |= {word.strip("\"'<>,.") for word in text.split() if "canary-" in word}
    return found


async def rows_with(store: Store, value: str) -> set[str]:
    """The tables in which something is equal to it."""
    found = set()
    async with store.read() as connection:
        for table in metadata.sorted_tables:
            if any(value in list(row) for row in await connection.execute(sa.select(table))):
                found.add(table.name)
    return found


def _rows(now_ms: int) -> Iterator[tuple[str, str, Row]]:
    """In the order of their foreign keys."""
    made = encode_event(SessionMade(at_ms=now_ms, session="s", plan=load_plans(None)["twenty-minute-round"]))
    for session in ("s", "o"):
        yield "sessions", f"session-{session}", {"session": session, "ended_ms": now_ms, "starts_ms": None}
        yield "events", session, {"session": session, "seq": 1, "body": made}
    for person in (ANA, BEN):
        yield "people", person, {"person": person}
        yield "devices", person, {"token_hash": person.encode(), "person": person, "session": None}
        yield "emails", person, {"person": person}
        yield "identities", person, {"person": person, "issuer": "https://school.example"}
        yield "sign_in_links", person, {"token_hash": b"link of " + person.encode(), "person": person, "kind": "mail"}
    yield "devices", BEN, {"token_hash": b"second", "person": BEN, "session": "s"}
    for session, take, teacher, other in (("s", "t", ANA, BEN), ("o", "u", BEN, ANA)):
        yield from _session(session, take, teacher, other)
    yield "consultations", ANA, {"session": "o", "take": "t", "review": "review-t"}
    yield (
        "outbox",
        ANA,
        {"message": "to-ana", "person": ANA, "channel": "mail", "body": _mail(ANA, "u"), "failed_ms": None, "sent_ms": None},
    )
    yield (
        "outbox",
        BEN,
        {"message": "to-ben", "person": BEN, "channel": "mail", "body": _mail(BEN, "t"), "failed_ms": None, "sent_ms": None},
    )
    yield "audit", ANA, {"entry": "e", "act": "page", "actor": BEN, "session": "s", "take": "t", "about": "", "n": None, "seal": None}


def _session(session: str, take: str, teacher: str, other: str) -> Iterator[tuple[str, str, Row]]:
    of = {"session": session}
    for person in (teacher, other):
        seat = f"{person}-in-{session}"
        yield "seats", person, of | {"seat": seat, "person": person}
        yield "entries", person, of | {"author": seat, "form": "f", "field": "x"}
        yield "chat", person, of | {"message": f"line-of-{person}", "seat": seat}
        yield "decks", person, of | {"deck": f"deck-{session}-{person}", "seat": seat}
        yield "weak_lines", person, of | {"seat": seat}
    gone = {"deleted_ms": None, "erased_ms": None, "warned_ms": None}
    yield "takes", teacher, of | {"take": take, "teacher": f"{teacher}-in-{session}"} | gone
    yield "jobs", teacher, {"job": f"job-{take}", "take": take, "kind": "film", "version": "v"}
    yield "withdrawals", other, {"take": take, "peer": f"{other}-in-{session}", "source": "microphone"}
    yield "grants", other, {"grant": f"grant-{take}", "take": take, "person": other, "link_hash": take.encode(), "ended_ms": None}
    yield "openings", other, {"take": take, "person": other, "opening": None}
    note = of | {"take": take, "parent": None, "addressee": None, "deleted_ms": None}
    yield "notes", teacher, note | {"note": f"asked-{take}", "author": teacher, "addressee": other}
    yield "notes", other, note | {"note": f"answer-{take}", "author": other, "parent": f"asked-{take}"}
    yield "note_versions", teacher, {"note": f"asked-{take}"}
    yield "note_versions", other, {"note": f"answer-{take}"}
    yield "reflections", teacher, {"take": take, "person": teacher, "question": "q"}
    yield "trying", teacher, {"trying": f"trying-{take}", "person": teacher, "take": take, "answer": None}
    yield "reviews", other, {"review": f"review-{take}", "take": take, "grant": f"grant-{take}", "teacher": teacher, "ended_ms": None}


def _whole(table: str, whose: str, values: Row, now_ms: int) -> Row:
    """With a canary in each personal column, and something in every other one."""
    row = dict(values)
    for column, holds in TABLES[table].columns.items():
        if column in row:
            continue
        if holds in PERSONAL:
            row[column] = canary(table, column, whose)
        else:
            kind = metadata.tables[table].c[column].type
            row[column] = now_ms if holds == "time" else b"" if isinstance(kind, sa.LargeBinary) else _plain(kind)
    if row.get("opening", 0) is None:
        del row["opening"]
    return row


def _plain(kind: sa.types.TypeEngine[Any]) -> Any:
    if isinstance(kind, sa.Boolean):
        return False
    return "x" if isinstance(kind, sa.String) else 1


def _mail(person: str, take: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "News"
    mail.set_content(f"{canary('outbox', 'body', person)}\nhttps://example.org/recordings/{take}-take\n", cte="quoted-printable")
    return mail.as_bytes()
