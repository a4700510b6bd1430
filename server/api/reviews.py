"""Asking a consultant, for the pages of a recording: the teacher's side, and the consultant's with what is written there.

Until a review is sent nothing of what is written in it goes to anybody but its author.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from server.api.watchers import Pages
from server.clock import Clock
from server.doors.recordings import RecordingDoor
from server.errors import UserError
from server.people.seats import person_name
from server.people.watching import Watcher
from server.review.consulting.acts import Consulting, Told, Wanted
from server.review.consulting.asking import MOST_QUESTIONS, About, Review, Summary, SummaryChanged, acts, state_of
from server.review.consulting.reviews import Asked, known_to, review_with, reviews_of
from server.review.lesson import Lesson, lesson_of
from server.rooms.registry import Rooms
from server.session.beside import Translate
from server.store.engine import Store

NOT_UNDERSTOOD = "This could not be understood. Please load the page again."
_ADDRESS = re.compile(r"[^@\s<>,;\x00-\x1f\x7f]+@[^@\s<>,;\x00-\x1f\x7f]+")
LONGEST_ADDRESS = 254
_TIMES = ("asked_ms", "due_ms", "opened_ms", "accepted_ms", "declined_ms", "offered_ms", "reminded_ms", "sent_ms", "ended_ms")
_TEACHERS = ("remind", "agree", "ask_another", "end")
T = TypeVar("T")


class OtherDate(msgspec.Struct, frozen=True, kw_only=True):
    date_ms: int
    message: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    message: str = ""


class ReviewsApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        door: RecordingDoor,
        clock: Clock,
        consulting: Consulting,
        pages: Pages,
        *,
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._door = door
        self._clock = clock
        self._consulting = consulting
        self._pages = pages
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/reviews", self.look),
            web.post("/recordings/{take}/reviews", self.ask),
            web.get("/recordings/{take}/reviews/{review}/qr.svg", self.picture),
            web.post("/recordings/{take}/reviews/{review}/{act:remind|agree|end}", self.act),
            web.get("/recordings/{take}/review", self.mine),
            web.put("/recordings/{take}/review/summary", self.write),
            web.post("/recordings/{take}/review/{act:accept|send}", self.answer),
            web.post("/recordings/{take}/review/later", self.later),
            web.post("/recordings/{take}/review/decline", self.decline),
        ]

    async def look(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        return web.json_response(await self._answer(request, watcher))

    async def ask(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        wanted = await _read(request, Wanted)
        if wanted.address and (len(wanted.address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(wanted.address)):
            raise UserError("no_address", "This is no e-mail address. Correct it, or leave the field empty and send the link yourself.")
        about = _about(await self._lesson(request, watcher))
        known = await known_to(self._store, watcher.owner)
        review = await self._consulting.ask(watcher.recording.take, watcher.owner, wanted, about, known, self._told(request))
        return web.json_response(await self._answer(request, watcher) | {"review": review.review}, status=201)

    async def picture(self, request: web.Request) -> web.Response:
        """The link as a picture for a phone's camera."""
        asked = await self._find(request, await self._door.open(request, "own"))
        link = self._pages.origin(request) + self._consulting.path(asked.review.grant)
        return web.Response(text=self._pages.qr(link, asked.name), content_type="image/svg+xml")

    async def act(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        review = (await self._find(request, watcher)).review.review
        acts_of_teacher = {"remind": self._consulting.remind, "agree": self._consulting.agree, "end": self._consulting.end}
        await acts_of_teacher[request.match_info["act"]](review, self._told(request))
        return web.json_response(await self._answer(request, watcher))

    async def mine(self, request: web.Request) -> web.Response:
        watcher = await self._consultant(request)
        review = await self._consulting.look_in(watcher.review, self._told(request))
        if review is None:
            raise web.HTTPNotFound
        return web.json_response(await self._brief(review))

    async def write(self, request: web.Request) -> web.Response:
        """409 with what stands there when another page has written meanwhile."""
        watcher = await self._consultant(request)
        summary = await _read(request, Summary)
        try:
            await self._consulting.write(watcher.review, watcher.person.person, summary)
        except SummaryChanged:
            return web.json_response({"code": "changed_elsewhere", **await self._now(watcher)}, status=409)
        return web.json_response(await self._now(watcher))

    async def answer(self, request: web.Request) -> web.Response:
        watcher = await self._consultant(request)
        if request.match_info["act"] == "accept":
            await self._consulting.accept(watcher.review, self._told(request))
        else:
            await self._consulting.send(watcher.review, watcher.person.person, self._told(request))
        return web.json_response(await self._now(watcher))

    async def later(self, request: web.Request) -> web.Response:
        watcher = await self._consultant(request)
        other = await _read(request, OtherDate)
        await self._consulting.offer(watcher.review, other.date_ms, other.message, self._told(request))
        return web.json_response(await self._now(watcher))

    async def decline(self, request: web.Request) -> web.Response:
        """The recording is closed to this person from now on; `next` leads to what is said about that."""
        watcher = await self._consultant(request)
        await self._consulting.decline(watcher.review, (await _read(request, Message)).message, self._told(request))
        return web.json_response({"next": self._consulting.path(watcher.grant)})

    async def _consultant(self, request: web.Request) -> Watcher:
        watcher = await self._door.open(request, "consult")
        if not watcher.review:
            raise web.HTTPNotFound
        return watcher

    async def _find(self, request: web.Request, watcher: Watcher) -> Asked:
        found = await reviews_of(self._store, watcher.recording.take)
        asked = next((each for each in found if each.review.review == request.match_info["review"]), None)
        if asked is None:
            raise web.HTTPNotFound
        return asked

    async def _now(self, watcher: Watcher) -> dict[str, object]:
        review = await review_with(self._store, watcher.review)
        if review is None:
            raise web.HTTPNotFound
        return await self._brief(review)

    async def _brief(self, review: Review) -> dict[str, object]:
        """For the consultant."""
        now_ms = self._clock.now_ms()
        return {
            "review": review.review,
            "teacher": await person_name(self._store, review.teacher),
            "about": msgspec.to_builtins(review.about),
            "questions": review.questions,
            "state": state_of(review, now_ms),
            "acts": sorted(acts(review, now_ms) - set(_TEACHERS)),
            "message": review.message,
            "summary": msgspec.to_builtins(review.summary),
            **{name: getattr(review, name) for name in _TIMES},
        }

    async def _answer(self, request: web.Request, watcher: Watcher) -> dict[str, object]:
        """For the teacher."""
        asked = await reviews_of(self._store, watcher.recording.take)
        known = await known_to(self._store, watcher.owner)
        lesson = await self._lesson(request, watcher)
        return {
            "reviews": [self._shown(request, each) for each in asked],
            "known": [msgspec.to_builtins(each) for each in known],
            "questions": _watch_for(lesson),
            "card": [{"label": line.label, "text": line.text} for line in lesson.card if line.field in ("learners", "goal")],
            "can_mail": self._consulting.can_mail,
        }

    def _shown(self, request: web.Request, asked: Asked) -> dict[str, object]:
        """Of a summary that was not sent, not even that something was written."""
        review, now_ms = asked.review, self._clock.now_ms()
        may = acts(review, now_ms)
        link = self._pages.origin(request) + self._consulting.path(review.grant) if "open" in may and review.sent_ms is None else ""
        return {
            "review": review.review,
            "name": asked.name,
            "person": asked.person,
            "state": state_of(review, now_ms),
            "acts": [act for act in _TEACHERS if act in may],
            "questions": review.questions,
            "includes": {"notes": review.include_notes, "own": review.include_own, "talk": review.include_talk},
            "message": review.message,
            "mailed": bool(review.address) and self._consulting.can_mail,
            "link": link,
            "summary": msgspec.to_builtins(review.summary) if review.sent_ms is not None else None,
            **{name: getattr(review, name) for name in _TIMES},
        }

    async def _lesson(self, request: web.Request, watcher: Watcher) -> Lesson:
        room = await self._rooms.find(watcher.recording.session)
        if room is None:
            raise web.HTTPNotFound
        return lesson_of(room, watcher.recording, self._translator(request))

    def _told(self, request: web.Request) -> Told:
        return Told(origin=self._pages.origin(request), language=self._pages.language(request))


async def _read(request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.MsgspecError as error:
        raise UserError("not_understood", NOT_UNDERSTOOD) from error


def _about(lesson: Lesson) -> About:
    said = {line.field: line.text for line in lesson.card}
    return About(lesson=said.get("learners", ""), goal=said.get("goal", ""))


def _watch_for(lesson: Lesson) -> list[str]:
    """What the teacher wanted to be watched, one question for each line."""
    lines = (line.strip(" \t-–•*") for each in lesson.card if each.field == "watch-for" for line in each.text.splitlines())
    return [line for line in lines if line][:MOST_QUESTIONS]
