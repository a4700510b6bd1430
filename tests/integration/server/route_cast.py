"""Who asks in the route matrix, and the words that not everybody may read: one canary for each author and kind of text.

Invariant: a canary stands in one row only, and `readers` says all who may ever get it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass, field

from tests.fakes.studio import COOKIE, Copy, now_ms
from tests.fakes.studio_lesson import DIFFERENT, EFFECT, HELPED, LINE, LISTENING, OF_ANA, OF_BEN, OWN_VIEW, TAKE_AWAY

NOBODY = "nobody"
PHONE = "phone"
CAST = {
    "Maria": "teaches, so the recordings are hers",
    PHONE: "Maria's second device, which holds for the session only and came after the lesson",
    "Ben": "a colleague of the same session, without a permission",
    "Ana": "a colleague of the same session who may watch",
    "Zoe": "has a session of her own",
    "Ito": "a consultant who reads everything beside the film; has not sent yet",
    "Uma": "a consultant who reads nothing beside the film; has not sent yet",
    "Kim": "a consultant whose permission has ended",
    "Lee": "a consultant whose permission has expired",
    NOBODY: "is not known here",
}
CONSULTANTS = ("Ito", "Uma", "Kim", "Lee")
DAY_MS = 24 * 3_600_000
KEPT = ("people", "devices", "emails", "sign_in_links", "grants", "reviews", "notes", "note_versions", "reflections", "trying", "takes")
# Whose a row is stands in this column, and nobody else may change it.
OWNED = {"people": "person", "devices": "person", "emails": "person", "notes": "author", "reflections": "person", "trying": "person"}


@dataclass
class Stage:
    """What addresses are made from: ids of rows that are there, by the name that they have in a route."""

    copy: Copy
    ids: dict[str, str] = field(default_factory=dict)
    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def cookie(self, name: str) -> dict[str, str]:
        """The header of somebody's requests."""
        if name == NOBODY:
            return {}
        device = f"{COOKIE}.{self.copy.session}={PHONE}" if name == PHONE else f"{COOKIE}={self.copy.people[name].token}"
        return {"Cookie": device}

    def canary(self, word: str, *readers: str) -> str:
        self.readers[word] = frozenset(readers)
        return word

    def remember(self) -> None:
        with self.copy.database() as database:
            self.rows = {table: database.execute(f'select * from "{table}"').fetchall() for table in KEPT}

    def restore(self) -> None:
        """What was written since goes back to what it was, so that each asks of the same."""
        with self.copy.database() as database:
            database.execute("pragma synchronous = off")
            for table, rows in self.rows.items():
                now = set(database.execute(f'select * from "{table}"').fetchall())
                if changed := [row for row in rows if row not in now]:
                    _put_back(database, table, changed)
            for table in ("reviews", "grants"):
                known = [row[0] for row in self.rows[table]]
                database.execute(f'delete from "{table}" where "{table[:-1]}" not in ({", ".join("?" * len(known))})', known)

    def changed_by(self, name: str) -> list[str]:
        """What is another person's and is no longer as it was."""
        own = self.copy.people[name].person if name in self.copy.people else ""
        found = []
        with self.copy.database() as database:
            for table, column in OWNED.items():
                names = [row[1] for row in database.execute(f'pragma table_info("{table}")')]
                place, now = names.index(column), set(database.execute(f'select * from "{table}"').fetchall())
                gone = [row for row in self.rows[table] if row not in now and row[place] != own]
                found += [f"{table}: {row[0]!r}" for row in gone if name != PHONE or row[0] != _hash(PHONE)]
        return found


def prepare(copy: Copy) -> Stage:
    stage = Stage(copy)
    for name in CAST:
        if name not in copy.people and name not in (NOBODY, PHONE):
            copy.new_person(name)
    phone = {"token_hash": _hash(PHONE), "person": copy.people["Maria"].person}
    copy.insert("devices", **phone, created_ms=now_ms(), session=copy.session)
    for take in copy.takes:
        stage.ids[f"permission of {take}"] = copy.allow("Ana", take)
    stage.ids["permission"] = stage.ids[f"permission of {copy.first}"]
    for name in CONSULTANTS:
        for take in copy.takes:
            _asked(stage, name, take)
    copy.insert("consultations", session=copy.session, take=copy.first, made_ms=now_ms())
    with copy.database() as database:
        database.execute("update sessions set starts_ms = created_ms")
    _links(stage)
    _notes(stage)
    _own_words(stage)
    _of_the_session(stage)
    return stage


def _links(stage: Stage) -> None:
    """That nobody has opened yet: to watch, to consult, to be Maria on another device."""
    for door, use in (("w", "watch"), ("c", "consult")):
        grant = {"grant": f"link-{door}", "take": stage.copy.first, "name": "Cleo", "use": use, "granted_ms": now_ms()}
        stage.copy.insert("grants", **grant, link_hash=_hash(f"link-{door}"))
    review = {"review": "review-by-link", "take": stage.copy.first, "grant": "link-c", "teacher": stage.copy.people["Maria"].person}
    parts = {"include_notes": False, "include_own": False, "include_talk": False}
    times = {"due_ms": now_ms() + DAY_MS, "asked_ms": now_ms(), "changed_ms": now_ms()}
    stage.copy.insert("reviews", **review, **parts, **times, questions="[]", about="{}", address="")
    link = {"token_hash": _hash("link-s"), "kind": "device", "person": stage.copy.people["Maria"].person, "address": ""}
    stage.copy.insert("sign_in_links", **link, made_ms=now_ms(), expires_ms=now_ms() + DAY_MS)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _asked(stage: Stage, name: str, take: str) -> None:
    """A consultant was asked for a review of a recording, and has begun to write it."""
    ended_ms = now_ms() - DAY_MS if name == "Kim" else None
    expires_ms = now_ms() - DAY_MS if name == "Lee" else now_ms() + 30 * DAY_MS
    grant = stage.copy.allow(name, take, "consult", expires_ms=expires_ms, ended_ms=ended_ms)
    review = f"review-{name}-{take}"
    if take == stage.copy.first:
        stage.ids[f"review of {name}"] = review
    stage.copy.insert(
        "reviews",
        review=review,
        take=take,
        grant=grant,
        teacher=stage.copy.people["Maria"].person,
        questions=f'["{stage.canary(f"canary-question-to-{name}", "Maria", name)}"]',
        about="{}",
        include_notes=name != "Uma",
        include_own=name != "Uma",
        include_talk=name != "Uma",
        address=stage.canary(f"canary-address-of-{name}@example.org".lower(), "Maria", name),
        due_ms=now_ms() - 31 * DAY_MS if name == "Lee" else now_ms() + DAY_MS,
        asked_ms=now_ms() - 40 * DAY_MS,
        opened_ms=now_ms() - 40 * DAY_MS,
        summary=f'{{"worked": "{stage.canary(f"canary-summary-of-{name}", name)}", "suggestions": []}}',
        changed_ms=now_ms(),
        ended_ms=ended_ms,
    )


def _notes(stage: Stage) -> None:
    _note(stage, "Maria", "private", "Maria", "Ito")  # he reads her own notes
    _note(stage, "Maria", "shared", "Maria", "Ana", "Ito", "Uma", shared=True)
    _note(stage, "Maria", "deleted", "Maria", deleted=True, shared=True)
    _note(stage, "Ana", "shared", "Ana", "Maria", "Ito", shared=True)
    _note(stage, "Ben", "shared", "Ben", "Maria", "Ito", shared=True)  # may still watch no more
    for name in CONSULTANTS:
        _note(stage, name, "unsent", name)  # also after the permission has ended, among their own data
    _note(stage, "Ana", "before-lesson", "Maria", PHONE, "Ana", "Ben", shared=True, film=False)
    stage.ids |= {"note": "note-Maria-private", "question note": "note-Ana-before-lesson"}
    word = stage.canary("canary-earlier-version", "Maria", "Ito")
    stage.copy.insert("note_versions", note="note-Maria-private", version=0, kind="note", at_ms=1000, text=word, changed_ms=now_ms())


def _note(stage: Stage, author: str, what: str, *readers: str, shared: bool = False, deleted: bool = False, film: bool = True) -> None:
    stage.copy.insert(
        "notes",
        note=f"note-{author}-{what}",
        session=stage.copy.session,
        take=stage.copy.first if film else None,
        author=stage.copy.people[author].person,
        kind="note",
        at_ms=2000 if film else None,
        text=stage.canary(f"canary-note-of-{author}-{what}", *readers),
        version=1,
        created_ms=now_ms(),
        changed_ms=now_ms(),
        shared_ms=now_ms() if shared else None,
        deleted_ms=now_ms() if deleted else None,
    )


def _own_words(stage: Stage) -> None:
    maria = stage.copy.people["Maria"].person
    word = stage.canary("canary-reflection", "Maria", "Ito")
    stage.copy.insert("reflections", take=stage.copy.first, person=maria, question="worked", text=word, changed_ms=now_ms())
    stage.ids["trying"], text = "trying-Maria", stage.canary("canary-trying", "Maria")
    times = {"chosen_ms": now_ms() - 8 * DAY_MS, "ask_ms": now_ms() - DAY_MS}
    stage.copy.insert("trying", trying="trying-Maria", person=maria, take=stage.copy.first, text=text, **times)
    address = stage.canary("canary-maria@example.org", "Maria")
    stage.copy.insert("emails", address=address, person=maria, proven_ms=now_ms())


def _of_the_session(stage: Stage) -> None:
    """What was written while it was held."""
    for text in (LINE, HELPED, OF_BEN, DIFFERENT):
        stage.canary(text, "Ben", "Maria", "Ito")
    for text in (OF_ANA, EFFECT):
        stage.canary(text, "Ana", "Maria", "Ito")
    stage.canary(OWN_VIEW, "Maria", "Ito")
    stage.canary(LISTENING, "Maria")
    stage.canary(TAKE_AWAY, "Ana")


def _put_back(database: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    places = ", ".join("?" * len(rows[0]))
    names = [row[1] for row in database.execute(f'pragma table_info("{table}")')]
    keys = [row[1] for row in database.execute(f'pragma table_info("{table}")') if row[5]]
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys) or f'"{keys[0]}" = excluded."{keys[0]}"'
    conflict = ", ".join(f'"{key}"' for key in keys)
    database.executemany(f'insert into "{table}" values ({places}) on conflict ({conflict}) do update set {changes}', rows)
