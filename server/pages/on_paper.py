"""A recording's page for paper or a PDF: the lesson, what was noted with a small picture of each place, and nothing to press."""

from __future__ import annotations

import msgspec
from aiohttp import web
from markupsafe import Markup

from server.clock import Clock
from server.doors.recordings import ANYBODY, RecordingDoor
from server.pages.rendering import Templates
from server.people.seats import person_name
from server.people.watching import Watcher
from server.review.consulting.reviews import Asked, reviews_of
from server.review.export.formats import Exported
from server.review.export.gathering import gather
from server.review.export.thumbnails import Sheet, Thumbnail, sheet_of
from server.review.lesson import lesson_of
from server.review.notes.markdown import to_html
from server.review.own.reflections import answers_of
from server.review.own.trying import trying_of
from server.review.own.view import questions, readable
from server.review.recorder_client import RecorderClient
from server.rooms.registry import Rooms
from server.store.engine import Store


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """One note or moment. `kind` empty: a moment, whose `label` says which."""

    at_ms: int | None
    end_ms: int | None
    kind: str
    label: str
    name: str
    html: str
    picture: Thumbnail | None
    answers: tuple[Printed, ...] = ()


class PaperPages:
    def __init__(
        self, templates: Templates, store: Store, rooms: Rooms, recorder: RecorderClient, door: RecordingDoor, clock: Clock
    ) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}/print", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, *ANYBODY, opens="export")
        recording, translate = watcher.recording, self._templates.translator(request)
        room = await self._rooms.find(recording.session)
        take = self._recorder.takes.get(recording.take)
        if room is None or take is None:
            raise web.HTTPNotFound
        page, now_ms = f"/recordings/{recording.take}", self._clock.now_ms()
        exported = await gather(self._store, self._recorder, room, watcher, translate, page=page, now_ms=now_ms)
        if exported is None:
            raise web.HTTPNotFound
        card = lesson_of(room, recording, translate).card
        answers = readable(watcher, await answers_of(self._store, recording.take, watcher.owner))
        thing = await trying_of(self._store, watcher.owner) if watcher.use == "own" else None
        return self._templates.page(
            request,
            "on_paper.html",
            title=exported.title,
            teacher=await person_name(self._store, watcher.owner),
            recording=recording,
            back=page,
            card=card,
            own=[each for each in questions(card, answers, translate) if each.text],
            thing=thing.text if thing else "",
            phases=exported.phases,
            sent=await self._sent(watcher),
            lines=printed(exported, await sheet_of(self._recorder, take)),
        )

    async def _sent(self, watcher: Watcher) -> list[Asked]:
        """What consultants have sent to the teacher, for her; for one of them their own."""
        sent = [each for each in await reviews_of(self._store, watcher.recording.take) if each.review.sent_ms is not None]
        return [each for each in sent if watcher.use == "own" or each.review.review == watcher.review]


def printed(exported: Exported, sheet: Sheet | None) -> list[Printed]:
    """In the order of time; what is about the whole comes last."""

    def picture(at_ms: int | None) -> Thumbnail | None:
        return sheet.at(at_ms) if sheet is not None and at_ms is not None else None

    def line(note: str) -> Printed:
        each = notes[note]
        answers = tuple(line(other.note) for other in exported.notes if other.parent == note and other.deleted_ms is None)
        return Printed(
            at_ms=each.at_ms,
            end_ms=each.end_ms,
            kind=each.kind,
            label="",
            name=exported.names.get(each.author, "…"),
            html=Markup(to_html(each.text)),
            picture=picture(each.at_ms) if each.parent is None else None,
            answers=answers,
        )

    notes = {each.note: each for each in exported.notes}
    lines = [line(each.note) for each in exported.notes if each.parent is None and each.deleted_ms is None]
    for moment in exported.moments:
        html = Markup("<p>{}</p>").format(moment.line) if moment.line else Markup("")
        lines.append(
            Printed(
                at_ms=moment.at_ms, end_ms=None, kind="", label=moment.label, name=moment.name, html=html, picture=picture(moment.at_ms)
            )
        )
    return sorted(lines, key=lambda each: each.at_ms if each.at_ms is not None else exported.duration_ms)
