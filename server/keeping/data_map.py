"""Every column of the database, and every kind of file: whose it is, what it holds, how long it is kept and what takes it away.

A test fails when a column has no place here. docs/data_map.md is made of it: python -m server.keeping.document --write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Holds = Literal["id", "time", "number", "kind", "name", "words", "address", "hash"]
PERSONAL: Final[frozenset[Holds]] = frozenset(
    {"name", "words", "address"}
)  # in itself; an id leads to somebody only while their name is kept

HOLDS: Final[Mapping[Holds, str]] = {
    "id": "a random id, which leads to nobody by itself",
    "time": "a time",
    "number": "a number, or yes and no",
    "kind": "one of few fixed words",
    "name": "a name",
    "words": "words that somebody wrote",
    "address": "an e-mail address or an identity at a provider",
    "hash": "a hash or an encoded form that nothing can be read from",
}


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """`person`, `session`: what remains when that is erased, "" where nothing does, and "-" where it is not concerned."""

    whose: str
    kept: str
    columns: Mapping[str, Holds]
    person: str = ""
    session: str = ""


class Files(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    what: str
    whose: str
    kept: str
    gone: str


def _columns(**names: str) -> Mapping[str, Holds]:
    """By what they hold."""
    return {name: msgspec.convert(holds, Holds) for holds, those in names.items() for name in those.split()}


SESSION: Final = "as long as the session"
PERSON: Final = "until the person is erased"
TAKE: Final = "as long as the session; a deleted recording's row says that it is gone"

TABLES: Final[Mapping[str, Rows]] = {
    "sessions": Rows(
        whose="who made it",
        kept="`keep_sessions_days` after the last thing that happened in it, and no shorter than its recordings",
        columns=_columns(id="session owner", words="title", time="created_ms ended_ms starts_ms", number="epoch"),
        person="the session, which is everybody's",
    ),
    "nodes": Rows(
        whose="the operator",
        kept="until the operator forgets the node",
        columns=_columns(id="node", hash="url", time="started_ms"),
        person="-",
        session="-",
    ),
    "duties": Rows(
        whose="the operator", kept="seconds", columns=_columns(kind="duty", id="holder", time="until_ms"), person="-", session="-"
    ),
    "events": Rows(
        whose="everybody in the session",
        kept=SESSION,
        columns=_columns(id="session", number="seq", hash="body"),
        person="ids, numbers and times",
    ),
    "people": Rows(
        whose="the person",
        kept="until the person is erased, or, of whoever has no session, address or permission left, `keep_sessions_days`",
        columns=_columns(id="person", name="name", time="created_ms"),
        person="the id, called “…”",
        session="the person, who may be in other sessions",
    ),
    "devices": Rows(
        whose="the person",
        kept="until signed out",
        columns=_columns(hash="token_hash", id="person session", time="created_ms"),
        session="devices that are known everywhere",
    ),
    "seats": Rows(whose="the person", kept=SESSION, columns=_columns(id="session seat person"), person="ids"),
    "entries": Rows(
        whose="who wrote it",
        kept=SESSION,
        columns=_columns(id="session author", number="round", kind="form field", words="text", time="changed_ms"),
    ),
    "takes": Rows(
        whose="the teacher",
        kept=TAKE,
        columns=_columns(id="take session teacher", number="round attempt", time="started_ms deleted_ms erased_ms warned_ms"),
        person="that there was one, and when it was deleted",
    ),
    "chat": Rows(
        whose="who said it",
        kept=SESSION,
        columns=_columns(id="session message seat", words="text", time="said_ms"),
    ),
    "decks": Rows(
        whose="who brought it",
        kept=SESSION,
        columns=_columns(id="deck session seat", words="title", time="made_ms"),
        person="the id, without title and pages",
    ),
    "weak_lines": Rows(
        whose="the person",
        kept=SESSION,
        columns=_columns(id="session seat", number="fair_ms poor_ms lost_ms reconnects freezes"),
    ),
    "jobs": Rows(
        whose="the teacher, and those whose voices are in the film",
        kept="as long as the recording, and as long as a voice is in it",
        columns=_columns(
            id="job take lease_owner",
            kind="kind state error",
            hash="version",
            words="spec",
            number="priority progress attempts result",
            time="lease_until_ms not_before_ms created_ms ended_ms",
        ),
    ),
    "withdrawals": Rows(
        whose="whose voice or picture it was",
        kept=SESSION,
        columns=_columns(id="take peer", kind="source", time="asked_ms done_ms"),
        person="ids and times",
    ),
    "emails": Rows(whose="the person", kept=PERSON, columns=_columns(address="address", id="person", time="proven_ms"), session="-"),
    "sign_in_links": Rows(
        whose="the person",
        kept="24 hours after it has expired, at the next link that anybody asks for",
        columns=_columns(hash="token_hash", kind="kind", id="person", address="address", time="made_ms expires_ms used_ms"),
        session="-",
    ),
    "identities": Rows(
        whose="the person", kept=PERSON, columns=_columns(hash="issuer", address="subject", id="person", time="made_ms"), session="-"
    ),
    "grants": Rows(
        whose="the teacher who gave it, and who may watch",
        kept=SESSION,
        columns=_columns(
            id="grant take person", name="name", kind="use", hash="link_hash", time="granted_ms claimed_ms expires_ms ended_ms"
        ),
        person="ids and times; it has ended",
    ),
    "openings": Rows(
        whose="who opened it; its teacher reads it",
        kept=SESSION,
        columns=_columns(number="opening", id="take person", kind="use what", time="first_ms last_ms"),
    ),
    "notes": Rows(
        whose="who wrote it",
        kept=SESSION,
        columns=_columns(
            id="note session take author parent addressee",
            kind="kind",
            number="at_ms end_ms version",
            words="text",
            time="created_ms changed_ms shared_ms deleted_ms",
        ),
        person="of one that somebody else has answered: ids and times",
    ),
    "note_versions": Rows(
        whose="who wrote it",
        kept="as long as the note",
        columns=_columns(id="note", number="version at_ms end_ms", kind="kind", words="text", time="changed_ms"),
    ),
    "reflections": Rows(
        whose="who wrote it",
        kept=SESSION,
        columns=_columns(id="take person", kind="question", words="text", time="changed_ms shared_ms"),
    ),
    "trying": Rows(
        whose="who wrote it",
        kept=PERSON,
        columns=_columns(id="trying person take", words="text answer_text", time="chosen_ms ask_ms answered_ms ended_ms", kind="answer"),
        session="what somebody set out to try, which is theirs and leads to no recording any more",
    ),
    "reviews": Rows(
        whose="the teacher who asked, and who wrote it",
        kept=SESSION,
        columns=_columns(
            id="review take grant teacher",
            words="questions about message summary",
            number="include_notes include_own include_talk",
            address="address",
            time="due_ms asked_ms opened_ms accepted_ms declined_ms offered_ms changed_ms reminded_ms sent_ms ended_ms",
        ),
        person="ids and times; it has ended",
    ),
    "consultations": Rows(
        whose="the teacher",
        kept=SESSION,
        columns=_columns(id="session take review", time="made_ms"),
        person="ids and times",
    ),
    "outbox": Rows(
        whose="whom it is sent to",
        kept="address and text until it is sent, two weeks at most; the rest 90 days",
        columns=_columns(
            hash="message",
            kind="channel kind error",
            id="person",
            address="address",
            words="body",
            time="created_ms not_before_ms lease_until_ms sent_ms failed_ms",
            number="attempts",
        ),
        session="what was sent already, without address and text",
    ),
    "audit": Rows(
        whose="the operator",
        kept="400 days",
        columns=_columns(id="entry actor session take about", time="at_ms", kind="act", number="n", hash="seal"),
        person="ids and times",
        session="ids and times",
    ),
}

FILES: Final = (
    Files(
        path="`data`/microteach.db with -wal and -shm, or PostgreSQL",
        what="the tables above",
        whose="see there",
        kept="see there",
        gone="deleted rows are overwritten at once in SQLite; PostgreSQL's tables are written anew",
    ),
    Files(
        path="`data`/recordings/journals, takes, products",
        what="voices, faces, screens and what was made of them, encrypted with a key each; ids, sizes and times in clear",
        whose="the teacher; a voice is its own person's",
        kept="until its teacher deletes it, or `keep_recordings_days`",
        gone="its keys are destroyed first, then the files",
    ),
    Files(
        path="`keys`/RECORDING/*.key",
        what="a key for each voice and picture of a recording",
        whose="the teacher; that of a voice its own person's",
        kept="as long as what it opens",
        gone="removed; it is in no backup of the data",
    ),
    Files(
        path="`keys`/erased.jsonl",
        what="ids of what was deleted, single notes too, so that no backup brings it back",
        whose="the operator",
        kept="as long as the oldest backup",
        gone="by the operator, with the oldest backup",
    ),
    Files(
        path="`data`/slides",
        what="pictures of slides that people brought",
        whose="who brought them",
        kept=SESSION,
        gone="with the session or the person",
    ),
    Files(
        path="`data`/secret, clock.json, lock, reserve.bin",
        what="what links are signed with, the time, room set aside",
        whose="the operator",
        kept="as long as the installation",
        gone="-",
    ),
    Files(
        path="`data`/microteach.db.moved",
        what="everything that was in the database when it was moved to PostgreSQL",
        whose="everybody who was in it",
        kept="until the operator deletes it",
        gone="when the operator deletes it: nothing opens it any more",
    ),
    Files(path="memory (/dev/shm)", what="packets of the last seconds", whose="who speaks", kept="seconds", gone="overwritten"),
    Files(
        path="log of the processes",
        what="ids and times, never names, words or addresses",
        whose="the operator",
        kept="as the operator sets it",
        gone="by the operator",
    ),
)
