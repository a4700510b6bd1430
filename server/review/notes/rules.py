"""Who sees a note and who may write what: rules without a database. A note is text at a moment of a recording, or about the whole of it.

What somebody writes is theirs alone to change. The teacher's own notes are private until she shares them; a colleague's reach her at
once; a consultant's when the review is sent. Answers are seen by those who see what they answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from server.errors import UserError
from server.people.watching import Part

Kind = Literal["note", "worked", "change", "question"]
Role = Literal["teacher", "colleague", "consultant"]

MOST_CHARACTERS = 10_000
MOST_NOTES = 2_000  # of one author about one recording
LONGEST_MS = 24 * 3600 * 1000
LAST_PICTURE_MS = 1_000  # players stand there at the end, a little after the length that a film says that it has
STAMPS: tuple[Kind, ...] = ("worked", "change")  # what a moment without words can be


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`take` None: a question before the lesson. `parent`: what it answers. Of a deleted one no words are kept."""

    note: str
    session: str
    take: str | None
    author: str
    parent: str | None
    kind: Kind
    at_ms: int | None
    end_ms: int | None
    text: str
    addressee: str | None
    version: int
    created_ms: int
    changed_ms: int
    shared_ms: int | None
    deleted_ms: int | None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a page sends. `version` is the one that it changes, 0 for a new note."""

    kind: Kind
    text: str
    version: int
    at_ms: int | None = None
    end_ms: int | None = None
    parent: str | None = None
    addressee: str | None = None


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """`parts`: what a consultant may read beside the film. `holds_back`: what they write waits until the review is sent."""

    person: str
    role: Role
    parts: frozenset[Part] = frozenset()
    holds_back: bool = False


class ChangedElsewhere(Exception):
    """The note is at another version than the one that was to be changed."""

    def __init__(self, now: Note) -> None:
        super().__init__(now.note)
        self.now = now


def visible(reader: Reader, notes: Iterable[Note], roles: Mapping[str, Role]) -> list[Note]:
    """In the order given. A deleted note remains, without words, as long as something answers it."""
    notes = list(notes)
    roots = {note.note: note for note in notes if note.parent is None}
    seen = [note for note in notes if _sees(reader, note, roots, roles)]
    answered = {note.parent for note in seen if note.deleted_ms is None}
    return [note for note in seen if note.deleted_ms is None or note.note in answered]


def sees(reader: Reader, note: Note, roles: Mapping[str, Role]) -> bool:
    """Of a note that answers none. `roles`: of the authors; nobody known is a colleague."""
    if note.author == reader.person:
        return True
    author = roles.get(note.author, "colleague")
    if author == "teacher":
        asked = note.kind == "question" and note.addressee == reader.person
        return asked or note.shared_ms is not None or (reader.role == "consultant" and "own" in reader.parts)
    if note.shared_ms is None:
        return False
    return reader.role == "teacher" or (author == "colleague" and reader.role == "consultant" and "notes" in reader.parts)


def shared_from(writer: Reader, parent: Note | None, now_ms: int) -> int | None:
    """From when on a new note is seen by others; None: not yet."""
    if writer.role == "teacher":
        return now_ms if parent else None
    answers = parent is not None and parent.kind == "question" and parent.addressee == writer.person
    return None if writer.holds_back and not answers else now_ms


def check(written: Written, film_ms: int | None) -> None:
    """Raises UserError. `film_ms`: how long the film is, where that is known."""
    if len(written.text) > MOST_CHARACTERS:
        raise UserError("note_too_long", "A note can have up to 10,000 characters. Please shorten it, or write two.", 413)
    stamp = written.kind in STAMPS and written.at_ms is not None and written.parent is None
    if not written.text.strip() and not stamp:
        raise UserError("note_empty", "There is nothing in this note yet. Please write something.")
    last_ms = LONGEST_MS if film_ms is None else film_ms + LAST_PICTURE_MS
    at_ms, end_ms = written.at_ms, written.end_ms
    if (at_ms is None and end_ms is not None) or any(ms is not None and not 0 <= ms <= last_ms for ms in (at_ms, end_ms)):
        raise UserError("outside_film", "This moment is not in the recording. Choose another one and send the note again.")
    if at_ms is not None and end_ms is not None and end_ms <= at_ms:
        raise UserError("outside_film", "This moment is not in the recording. Choose another one and send the note again.")


def rewritten(before: Note, written: Written, now_ms: int) -> Note | None:
    """What becomes of a note; None if it says so already. Raises ChangedElsewhere. A deleted one comes back."""
    same = _contents(before) == _contents_of(written) and before.deleted_ms is None
    if before.version == written.version + 1 and same:
        return None
    if before.version != written.version:
        raise ChangedElsewhere(before)
    if same:
        return None
    return msgspec.structs.replace(
        before,
        kind=written.kind,
        at_ms=written.at_ms,
        end_ms=written.end_ms,
        text=written.text,
        addressee=written.addressee,
        version=before.version + 1,
        changed_ms=now_ms,
        deleted_ms=None,
    )


def _contents(note: Note) -> tuple[object, ...]:
    return (note.kind, note.at_ms, note.end_ms, note.text, note.addressee)


def _contents_of(written: Written) -> tuple[object, ...]:
    return (written.kind, written.at_ms, written.end_ms, written.text, written.addressee)


def _sees(reader: Reader, note: Note, roots: Mapping[str, Note], roles: Mapping[str, Role]) -> bool:
    if note.parent is None or note.author == reader.person:
        return sees(reader, note, roles)
    root = roots.get(note.parent)
    return note.shared_ms is not None and root is not None and sees(reader, root, roles)
