"""A teacher's own view of a recording, and the one thing to try: what is written is on disk when it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity
from server.doors.recordings import ANYBODY, RecordingDoor
from server.errors import UserError
from server.people.watching import Watcher
from server.review.lesson import lesson_of
from server.review.news import News, about_person, about_recording
from server.review.own import trying
from server.review.own import view as own_view
from server.review.own.reflections import ChangedElsewhere, answers_of, share_answers, write_answer
from server.rooms.registry import Rooms
from server.session.beside import Translate
from server.store.engine import Store

ANSWERS: dict[str, trying.Answered] = {"yes": "yes", "not_yet": "not_yet", "changed": "changed"}
NOTHING_WRITTEN = UserError("nothing_written", "Write in a few words what you want to try.", 400)


class OwnViewApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        door: RecordingDoor,
        identity: Identity,
        clock: Clock,
        news: News,
        *,
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._door = door
        self._identity = identity
        self._clock = clock
        self._news = news
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/own-view", self.look),
            web.put("/recordings/{take}/own-view/{question}", self.write),
            web.post("/recordings/{take}/own-view/share", self.share),
            web.post("/recordings/{take}/trying", self.choose),
            web.post("/me/trying/{trying}", self.tried),
        ]

    async def look(self, request: web.Request) -> web.Response:
        """Others than the teacher get what they may read of it, and nothing of the one thing."""
        watcher = await self._door.open(request, *ANYBODY)
        return web.json_response(await self._answer(request, watcher))

    async def write(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        question = request.match_info["question"]
        sent = await _json(request)
        text, base = own_view.checked(question, sent.get("text")), sent.get("base")
        take, now_ms = watcher.recording.take, self._clock.now_ms()
        known = base.strip() if isinstance(base, str) else None
        try:
            await self._store.write(write_answer(take, watcher.owner, question, text, now_ms, base=known))
        except ChangedElsewhere as other:
            return web.json_response({"text": other.text}, status=409)
        self._tell(watcher)
        return web.json_response({"text": text})

    async def share(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        shared_ms = self._clock.now_ms() if (await _json(request)).get("shared") is True else None
        await self._store.write(share_answers(watcher.recording.take, watcher.owner, shared_ms))
        self._tell(watcher)
        return web.json_response(await self._answer(request, watcher))

    async def choose(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        text = (await _json(request)).get("text")
        if not isinstance(text, str) or not text.strip():
            raise UserError(NOTHING_WRITTEN.code, NOTHING_WRITTEN.message, NOTHING_WRITTEN.status)
        words = text.strip()[: trying.MOST_CHARACTERS]
        await self._store.write(trying.choose(watcher.owner, watcher.recording.take, words, self._clock.now_ms()))
        self._tell(watcher)
        return web.json_response(await self._answer(request, watcher))

    async def tried(self, request: web.Request) -> web.Response:
        """Form fields `answer` and `text`, from the start page."""
        person = await self._identity.person(request)
        form = await request.post()
        answer = ANSWERS.get(str(form.get("answer", "")))
        if person is None or answer is None:
            raise web.HTTPNotFound
        words = str(form.get("text", "")).strip()[: trying.MOST_CHARACTERS]
        which = request.match_info["trying"]
        await self._store.write(trying.answer(person.person, which, answer, words, self._clock.now_ms()))
        self._news.tell(about_person(person.person), "home")
        raise web.HTTPSeeOther("/")

    async def _answer(self, request: web.Request, watcher: Watcher) -> dict[str, object]:
        recording, translate = watcher.recording, self._translator(request)
        room = await self._rooms.find(recording.session)
        if room is None:
            raise web.HTTPNotFound
        card = lesson_of(room, recording, translate).card
        answers = own_view.readable(watcher, await answers_of(self._store, recording.take, watcher.owner))
        asked = own_view.questions(card, answers, translate)
        shown = asked if watcher.use == "own" else [each for each in asked if each.text]
        found: dict[str, object] = {"questions": cast(object, msgspec.to_builtins(shown))}
        if watcher.use == "own":
            await trying.take_over(self._store, self._clock.now_ms(), watcher.owner)
            now = await trying.trying_of(self._store, watcher.owner)
            found["trying"] = {"text": now.text, "here": now.take == recording.take, "chosen_ms": now.chosen_ms} if now else None
        return found

    def _tell(self, watcher: Watcher) -> None:
        self._news.tell(about_recording(watcher.recording.take), "reflection")
        self._news.tell(about_person(watcher.owner), "home")


async def _json(request: web.Request) -> dict[str, object]:
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, object])
    except msgspec.MsgspecError as error:
        raise web.HTTPBadRequest from error
