"""Reading, writing and deleting notes where they stand, be it a recording or a session before its lesson. Who comes here was asked before.

A note that is answered for is on disk. Whoever can see a change is told that there is one, and nobody else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from server.clock import Clock
from server.errors import UserError
from server.notify.notices import Notice, NoticeKind, Notices
from server.people.seats import Person
from server.review.news import News, about_person
from server.review.notes import rows
from server.review.notes.markdown import to_tree
from server.review.notes.rows import Outcome, Place
from server.review.notes.rules import ChangedElsewhere, Note, Reader, Written, check, visible
from server.session.beside import Translate
from server.store.engine import Store

NOTE_ID = re.compile(r"[\w-]{16,64}", re.ASCII)
DAY_MS = 24 * 3600 * 1000
AT_ONCE = 20


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody reads and writes. `topics`: news of whoever looks at this place. `page`: where the place is shown."""

    place: Place
    reader: Reader
    person: Person
    owner: str
    topics: tuple[str, ...]
    page: str
    title: str
    film_ms: int | None = None


class NoteBoard:
    """`origin` and `language` are those of a request: what a mail about it needs. `about_to_delete` is told a note and its version,
    and has put them where a restore finds them when it returns."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        news: News,
        notices: Notices,
        *,
        about_to_delete: Callable[[str, int], Awaitable[None]],
        translator: Callable[[web.Request], Translate],
        language: Callable[[web.Request], str],
        origin: Callable[[web.Request], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._news = news
        self._notices = notices
        self._about_to_delete = about_to_delete
        self._translator = translator
        self._language = language
        self._origin = origin

    async def read(self, here: Here) -> web.Response:
        seen = visible(here.reader, await rows.notes_at(self._store, here.place), here.place.roles)
        people = [msgspec.to_builtins(each) for each in here.place.may_be_asked]
        shown = []
        for number, note in enumerate(seen, 1):
            shown.append(_shown(note, here))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)  # marking up text takes a third of a millisecond each time, and lessons run meanwhile
        return web.json_response({"notes": shown, "people": people, "waits": here.reader.holds_back})

    async def put(self, request: web.Request, here: Here) -> web.Response:
        note, written = request.match_info["note"], await _written(request)
        if NOTE_ID.fullmatch(note) is None:
            raise UserError("not_a_note", "This note could not be read. Please load the page again.")
        written = _addressed(written, here)
        check(written, here.film_ms)
        try:
            outcome = await rows.put(self._store, note, here.reader, here.place, written, self._clock.now_ms())
        except ChangedElsewhere as changed:
            return self._changed_elsewhere(request, here, written, changed.now)
        if outcome.change != "same":
            self.tell(here, outcome.note)
            await self._notify(request, here, outcome)
        return web.json_response({"note": _shown(outcome.note, here)}, status=201 if outcome.change == "new" else 200)

    async def delete(self, request: web.Request, here: Here) -> web.Response:
        """Again is harmless."""
        note = await self._own(request, here)
        if note is not None:
            await self._about_to_delete(note.note, note.version)
            await self._store.write(rows.delete(note, self._clock.now_ms()))
            self.tell(here, note)
        return web.json_response({"version": note.version + 1 if note else None})

    async def history(self, request: web.Request, here: Here) -> web.Response:
        note = await self._own(request, here)
        if note is None:
            raise web.HTTPNotFound
        versions = await rows.versions_of(self._store, note)
        return web.json_response({"versions": [msgspec.to_builtins(each) for each in versions]})

    def tell(self, here: Here, note: Note) -> None:
        """What nobody else can see is news for its author's other pages only."""
        waits = note.shared_ms is None and here.reader.role != "teacher"
        for topic in (about_person(note.author),) if waits else here.topics:
            self._news.tell(topic, "notes")

    async def _own(self, request: web.Request, here: Here) -> Note | None:
        return await rows.note_of(self._store, request.match_info["note"], here.reader.person, here.place)

    def _changed_elsewhere(self, request: web.Request, here: Here, written: Written, now: Note) -> web.Response:
        translate = self._translator(request)
        told = {
            "code": "note_changed",
            "message": translate("This note was changed elsewhere meanwhile. Nothing is lost: choose which words stay."),
            "yours": msgspec.to_builtins(written),
            "note": _shown(now, here),
        }
        return web.json_response(told, status=409)

    async def _notify(self, request: web.Request, here: Here, outcome: Outcome) -> None:
        note, parent = outcome.note, outcome.parent
        told = [_asked(note, here)] if note.addressee and note.addressee != note.author else []
        if parent and parent.kind == "question" and parent.author != note.author and note.shared_ms is not None:
            told.append(("question_answered", parent.author, f"question_answered:{note.note}"))
        elif outcome.change == "new" and not told and here.reader.role == "colleague" and here.place.take:
            day = note.created_ms // DAY_MS
            told.append(("note_added", here.owner, f"note_added:{here.place.take}:{note.author}:{day}"))
        for kind, person, key in (each for each in told if each is not None):
            self._news.tell(about_person(person), "home")
            notice = Notice(
                key=key,
                kind=kind,
                person=person,
                path=f"{here.page}#note-{note.note}",
                origin=self._origin(request),
                fields={"who": here.person.name, "title": here.title},
                language=self._language(request),
            )
            await self._notices.tell(notice)


def _asked(note: Note, here: Here) -> tuple[NoticeKind, str, str] | None:
    """Once for each person who is asked; a consultant's question goes out with the review."""
    if note.addressee is None or (note.shared_ms is None and here.reader.role != "teacher"):
        return None
    return ("question_asked", note.addressee, f"question_asked:{note.note}:{note.addressee}")


async def _written(request: web.Request) -> Written:
    try:
        return msgspec.json.decode(await request.read(), type=Written)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError("not_a_note", "This note could not be read. Please load the page again.") from error


def _addressed(written: Written, here: Here) -> Written:
    """A question is addressed to somebody who may be asked; whoever does not teach asks the teacher. Nothing else is addressed."""
    if written.kind != "question" or written.parent:
        return msgspec.structs.replace(written, addressee=None)
    asked = written.addressee
    if asked is None and here.place.take and here.reader.role != "teacher":
        asked = here.owner
    if asked is not None and asked not in {each.person for each in here.place.may_be_asked}:
        raise UserError("not_to_be_asked", "This person cannot be asked here. Choose somebody else, or nobody in particular.", 409)
    return msgspec.structs.replace(written, addressee=asked)


def _shown(note: Note, here: Here) -> dict[str, object]:
    names, roles = here.place.names, here.place.roles
    fields = ("note", "parent", "kind", "at_ms", "end_ms", "text", "version", "created_ms", "changed_ms")
    return {
        **{name: getattr(note, name) for name in fields},
        "rich": msgspec.to_builtins(to_tree(note.text)),
        "shared": note.shared_ms is not None,
        "mine": note.author == here.reader.person,
        "edited": note.version > 1,
        "deleted": note.deleted_ms is not None,
        "author": {"person": note.author, "name": names.get(note.author, "…"), "role": roles.get(note.author, "colleague")},
        "addressee": {"person": note.addressee, "name": names.get(note.addressee, "…")} if note.addressee else None,
    }
