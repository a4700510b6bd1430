"""The page behind an invitation, and behind the link of the person who leads: name, teaching, recording choice, come in."""

from __future__ import annotations

import io
from typing import Literal
from urllib.parse import quote, urlsplit

import msgspec
import segno
from aiohttp import web
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.errors import UserError
from server.pages.guard import is_local
from server.pages.identity import Identity, fresh_token
from server.pages.pictures import phases_of, recorded_minutes
from server.pages.rendering import Templates
from server.people.invitations import Invitations, Kind
from server.people.seats import Person, fresh_id, new_person, new_seat, rename, seat_id
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.commands import ChooseRecording, TakeSeat
from server.session.decide import Refused
from server.store.engine import Store
from server.wire.pieces import RecordingChoice

MOST_NAME = 60
_WHO: dict[str, Literal["same", "other"]] = {"same": "same", "other": "other"}
_DOORS: dict[str, Kind] = {"f": "lead", "i": "invitation", "b": "simulated"}
_CHOICES: dict[str, RecordingChoice] = {"record": "record", "leave_out": "leave_out"}


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in, cleaned; `errors` says in words what is missing, by field.

    `who` says whether a new name on a known device is the same person's.
    """

    name: str
    teaches: bool
    recording: RecordingChoice | None
    who: Literal["same", "other"] | None
    errors: dict[str, str]


class JoinPages:
    def __init__(
        self,
        templates: Templates,
        store: Store,
        rooms: Rooms,
        invitations: Invitations,
        identity: Identity,
        clock: Clock,
        *,
        public_url: str,
    ) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._invitations = invitations
        self._identity = identity
        self._clock = clock
        self._public_url = public_url

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{door:[fi]}/{token}", self.show), web.post("/{door:[fib]}/{token}", self.join)]

    async def show(self, request: web.Request) -> web.Response:
        room = await self._room(request)
        person = await self._identity.person(request)
        return self._page(request, room, person, None)

    async def join(self, request: web.Request) -> web.Response:
        room = await self._room(request)
        person = await self._identity.person(request)
        answers = read_answers({key: str(value) for key, value in (await request.post()).items()})
        if answers.errors:
            return self._page(request, room, person, answers)
        if person and person.name != answers.name and answers.who is None:
            return self._page(request, room, person, answers, ask_who=True)
        token = ""
        if person is None or answers.who == "other":
            token = fresh_token()
            person = Person(person=fresh_id(), name=answers.name)
            await self._store.write(new_person(person, token, self._clock.now_ms()))
        await self._seat(room, person, answers, _kind(request))
        response = web.HTTPSeeOther(f"/sessions/{room.id}")
        if token:
            self._identity.give(response, token)
        raise response

    async def _seat(self, room: Room, person: Person, answers: Answers, kind: Kind) -> None:
        seat = seat_id(room.id, person.person)

        async def rows(connection: AsyncConnection) -> None:
            await new_seat(room.id, seat, person.person)(connection)
            await rename(person.person, answers.name)(connection)

        def keep() -> None:
            room.memory.names[seat] = answers.name

        command = TakeSeat(seat=seat, teaches=answers.teaches, leads=kind == "lead", simulated=kind == "simulated")
        outcome = await room.ask(command, rows, keep)
        room.publish()
        if outcome is None and answers.recording:
            outcome = await room.ask(ChooseRecording(seat=seat, choice=answers.recording))
        if isinstance(outcome, Refused):
            raise UserError(outcome.code, outcome.message, 409)

    async def _room(self, request: web.Request) -> Room:
        session = self._invitations.read(request.match_info["token"], _kind(request))
        room = await self._rooms.find(session) if session else None
        if room is None:
            raise web.HTTPNotFound
        return room

    def _page(
        self, request: web.Request, room: Room, person: Person | None, answers: Answers | None, *, ask_who: bool = False
    ) -> web.Response:
        leads = _kind(request) == "lead"
        plan = room.state.plan
        link = f"{self._origin(request)}/i/{quote(self._invitations.make(room.id, 'invitation'))}" if leads else ""
        lesson = room.state.lesson
        return self._templates.page(
            request,
            "join.html",
            400 if answers else 200,
            action=request.path,
            facilitator=leads,
            title=room.memory.title,
            plan_title=plan.title,
            phases=phases_of(plan),
            invitation_url=link,
            invitation_qr=_qr(link) if link else "",
            local_only=is_local(urlsplit(link).netloc),
            ask_who=ask_who,
            lesson_running=bool(lesson and lesson.ended_ms is None),
            name=person.name if person else "",
            recording_minutes=recorded_minutes(plan),
            errors=answers.errors if answers else {},
            values={"name": answers.name, "teaches": "yes" if answers.teaches else "no", "recording": answers.recording or ""}
            if answers
            else {},
        )

    def _origin(self, request: web.Request) -> str:
        return self._public_url or f"{request.scheme}://{request.host}"


def read_answers(form: dict[str, str]) -> Answers:
    name = " ".join(form.get("name", "").split())
    errors: dict[str, str] = {}
    if not name or not any(character.isalnum() for character in name):
        errors["name"] = "Please write your name, so that the others know who is here."
    elif len(name) > MOST_NAME:
        errors["name"] = f"A name may have {MOST_NAME} letters."
    return Answers(
        name=name[:200],
        teaches=form.get("teaches") == "yes",
        recording=_CHOICES.get(form.get("recording", "")),
        who=_WHO.get(form.get("who", "")),
        errors=errors,
    )


def _kind(request: web.Request) -> Kind:
    return _DOORS[request.match_info["door"]]


def _qr(link: str) -> Markup:
    picture = io.BytesIO()
    segno.make(link, micro=False).save(
        picture, kind="svg", xmldecl=False, svgns=True, scale=4, omitsize=True, title="QR code of the invitation"
    )
    return Markup(picture.getvalue().decode())
