"""A call for two about one recording: made by its teacher or by whoever may watch it, now or for a time that is set.

The link seats somebody in the room and never lets anybody watch: in the room each one sees the film as far as the teacher lets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from aiohttp import web
from msgspec.structs import replace

from server.api.calendar import minutes_of
from server.clock import Clock
from server.doors.recordings import ANYBODY, RecordingDoor
from server.errors import UserError
from server.notify.calendar import Event
from server.notify.notices import Notice, Notices
from server.people.seats import Person, new_seat, person_name, seat_id
from server.people.watching import Watcher
from server.review import consultations
from server.review.news import News, about_person, about_recording
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.answers import Refused
from server.session.beside import Translate
from server.session.commands import TakeSeat
from server.session.plan import Plan
from server.store.engine import Store

PLAN = "consultation"
MOST_OPEN = 10
MOST_TITLE = 120
LATEST_MS = 2**45
NOT_UNDERSTOOD = "This could not be understood. Please load the page again."
TOO_MANY = "There are calls about this recording already. Use one of them, or end it first."
NOT_TO_COME = "Please choose a time that is still to come."
WELCOME = "You both see the film at the same place. Recorded only if you both want it."
NOBODY = "This person may not watch this recording. Let them watch first, or send them the link."


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """What only pages know: the path of a session's invitation, scheme and host of links, the reader's language and words in it."""

    invitation: Callable[[str], str]
    origin: Callable[[web.Request], str]
    language: Callable[[web.Request], str]
    translator: Callable[[web.Request], Translate]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Of the teacher: with the consultant of this `review`, with a `person` who may watch, or with whoever gets the link. Others ask the
    teacher. `starts_ms` None: now.
    """

    review: str = ""
    person: str = ""
    starts_ms: int | None = None


class ConsultationsApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        door: RecordingDoor,
        clock: Clock,
        news: News,
        notices: Notices,
        plans: Mapping[str, Plan],
        pages: Addresses,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._door = door
        self._clock = clock
        self._news = news
        self._notices = notices
        plan = plans[PLAN]
        say = replace(plan.before.say, facilitator=WELCOME)
        self._plan = replace(plan, teachers=1, before=replace(plan.before, say=say))
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/consultations", self.look),
            web.post("/recordings/{take}/consultations", self.make),
        ]

    async def look(self, request: web.Request) -> web.Response:
        """Those that are not over, for those who sit in them; and with whom its teacher can talk about it."""
        watcher = await self._door.open(request, *ANYBODY)
        mine = {each.session for each in await consultations.open_with(self._store, watcher.person.person)}
        found = [each for each in await consultations.open_about(self._store, watcher.recording.take) if each.session in mine]
        now_ms = self._clock.now_ms()
        people = await consultations.watchers_of(self._store, watcher.recording.take, now_ms) if watcher.use == "own" else []
        return web.json_response(
            {
                "consultations": [self._said(request, each.session, each.title, each.starts_ms) for each in found],
                "people": [msgspec.to_builtins(person) for person in people],
            }
        )

    async def make(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, *ANYBODY)
        wanted = await self._read(request)
        now_ms, take = self._clock.now_ms(), watcher.recording.take
        if len(await consultations.open_about(self._store, take)) >= MOST_OPEN:
            raise UserError("too_many", TOO_MANY, 409)
        review = wanted.review if watcher.use == "own" else watcher.review
        other = await self._other(watcher, wanted)
        teacher = Person(person=watcher.owner, name=await person_name(self._store, watcher.owner))
        room = await self._rooms.make(
            self._plan,
            await self._title(request, watcher),
            wanted.starts_ms,
            lambda session: consultations.new_consultation(session, take, review, now_ms),
        )
        await self._seat(room, teacher, teaches=True, leads=watcher.use == "own")
        if watcher.use != "own":
            await self._seat(room, watcher.person, teaches=False, leads=True)
        if other is not None:
            await self._invite(request, watcher, room, other)
        self._news.tell(about_person(watcher.person.person), "home")
        self._news.tell(about_recording(take), "together")
        return web.json_response(self._said(request, room.id, room.memory.title, wanted.starts_ms), status=201)

    async def _read(self, request: web.Request) -> Wanted:
        try:
            wanted = msgspec.json.decode(await request.read() or b"{}", type=Wanted)
        except msgspec.MsgspecError as error:
            raise UserError("not_understood", NOT_UNDERSTOOD) from error
        if wanted.starts_ms is not None and not self._clock.now_ms() < wanted.starts_ms < LATEST_MS:
            raise UserError("not_to_come", NOT_TO_COME)
        return wanted

    async def _other(self, watcher: Watcher, wanted: Wanted) -> Person | None:
        """With whom, if that is somebody known; a consultant who has not opened the link yet is sent to the room by the teacher."""
        if watcher.use != "own":
            return Person(person=watcher.owner, name="")
        if wanted.review:
            if not await consultations.is_review_of(self._store, wanted.review, watcher.recording.take):
                raise web.HTTPNotFound
            return await consultations.reviewer_of(self._store, wanted.review)
        if wanted.person:
            watchers = await consultations.watchers_of(self._store, watcher.recording.take, self._clock.now_ms())
            found = next((person for person in watchers if person.person == wanted.person), None)
            if found is None:
                raise UserError("not_here", NOBODY, 409)
            return found
        return None

    async def _title(self, request: web.Request, watcher: Watcher) -> str:
        lesson = await self._rooms.find(watcher.recording.session)
        words = self._pages.translator(request)(self._plan.title)
        return f"{words}: {lesson.memory.title}"[:MOST_TITLE] if lesson else words

    async def _seat(self, room: Room, person: Person, *, teaches: bool, leads: bool) -> None:
        seat = seat_id(room.id, person.person)

        def keep() -> None:
            room.memory.names[seat] = person.name

        outcome = await room.ask(TakeSeat(seat=seat, teaches=teaches, leads=leads), new_seat(room.id, seat, person.person), keep)
        if isinstance(outcome, Refused):
            raise UserError(outcome.code, outcome.message, 409)

    async def _invite(self, request: web.Request, watcher: Watcher, room: Room, other: Person) -> None:
        """The teacher has a seat already; anybody else comes through the door, where they choose about the recording."""
        path = f"/sessions/{room.id}" if other.person == watcher.owner else self._pages.invitation(room.id)
        starts_ms = room.memory.starts_ms
        event = Event(
            uid=f"{room.id}@microteach",
            sequence=0,
            made_ms=room.state.created_ms,
            starts_ms=starts_ms or room.state.created_ms,
            minutes=minutes_of(room.state.plan, 1),
            title=room.memory.title,
            url=self._pages.origin(request) + path,
        )
        notice = Notice(
            key=f"consultation_set:{room.id}",
            kind="consultation_set",
            person=other.person,
            path=path,
            origin=self._pages.origin(request),
            fields={"who": watcher.person.name, "title": room.memory.title},
            language=self._pages.language(request),
            event=event if starts_ms is not None else None,
        )
        await self._notices.tell(notice)
        self._news.tell(about_person(other.person), "home")

    def _said(self, request: web.Request, session: str, title: str, starts_ms: int | None) -> dict[str, object]:
        invitation = self._pages.invitation(session)
        return {
            "session": session,
            "title": title,
            "url": f"/sessions/{session}",
            "invitation": self._pages.origin(request) + invitation,
            "starts_ms": starts_ms,
            "calendar": f"{invitation}/session.ics" if starts_ms is not None else "",
        }
