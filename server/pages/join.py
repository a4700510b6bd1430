"""The page behind an invitation, and behind the link of the person who leads: name, teaching, recording choice, come in."""

from __future__ import annotations

from typing import Literal

import msgspec
from aiohttp import web
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity, fresh_token
from server.errors import UserError
from server.pages.links import Links, qr_picture
from server.pages.pictures import phases_of, recorded_lessons, recorded_minutes
from server.pages.rendering import Templates
from server.people.claims import seat_named
from server.people.invitations import Kind
from server.people.seats import Person, fresh_id, new_person, new_seat, rename, seat_id
from server.rooms.room import Room
from server.session.commands import ChooseRecording, SetDevices, TakeSeat
from server.session.decide import Refused
from server.session.seating import places_taken
from server.wire.pieces import RecordingChoice

MOST_NAME = 60
Question = Literal["", "who", "claim"]
_WHO: dict[str, Literal["same", "other"]] = {"same": "same", "other": "other"}
_CHOICES: dict[str, RecordingChoice] = {"record": "record", "leave_out": "leave_out"}
NO_NAME = "Please write your name, so that the others know who is here."
NO_PLACE = "The places to teach have just been taken. You can come in as a colleague."
LONG_NAME = "This name is too long. Please write a shorter one."


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in, cleaned; `errors` says in words what is missing, by field.

    `who` says whether a new name on a known device is the same person's. `same_room`: the seat of a colleague beside them, or "".
    """

    name: str
    teaches: bool
    recording: RecordingChoice | None
    who: Literal["same", "other"] | None
    same_room: str
    errors: dict[str, str]


class JoinPages:
    def __init__(
        self,
        templates: Templates,
        doorkeeper: Doorkeeper,
        identity: Identity,
        links: Links,
        clock: Clock,
    ) -> None:
        self._templates = templates
        self._doorkeeper = doorkeeper
        self._identity = identity
        self._links = links
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/{door:[fi]}/{token}", self.show),
            web.post("/{door:[fib]}/{token}", self.join),
        ]

    async def show(self, request: web.Request) -> web.Response:
        room, kind = await self._doorkeeper.invited(request)
        if claim := request.query.get("claim", ""):
            return self._templates.page(request, "claim.html", door=request.path, look=f"{request.path}/claims/{claim}")
        return self._page(request, room, kind, await self._identity.person(request, room.id), None)

    async def join(self, request: web.Request) -> web.Response:
        room, kind = await self._doorkeeper.invited(request)
        device = await self._identity.device(request, room.id)
        person = device.person if device else None
        self._doorkeeper.let_in(room, seat_id(room.id, person.person) if person else None)
        answers = read_answers({key: str(value) for key, value in (await request.post()).items()})
        if answers.teaches and _places_taken(room, seat_id(room.id, person.person) if person else None):
            answers = replace(answers, teaches=False, recording=None, errors=answers.errors | {"teaches": NO_PLACE})
        if answers.errors:
            return self._page(request, room, kind, person, answers)
        if person and person.name != answers.name and answers.who is None:
            return self._page(request, room, kind, person, answers, "who")
        if kind != "simulated" and _taken_by(room, person if answers.who != "other" else None, answers.name):
            return self._page(request, room, kind, person, answers, "claim")
        token = ""
        if person is None or answers.who == "other":
            token = fresh_token()
            person = Person(person=fresh_id(), name=answers.name)
        elif device and device.session:  # a device for one session does not rename somebody everywhere
            answers = replace(answers, name=person.name)
        await self._seat(room, person, answers, kind, token)
        response = web.HTTPSeeOther(f"/sessions/{room.id}")
        if token:
            self._identity.give(response, token)
        raise response

    async def _seat(self, room: Room, person: Person, answers: Answers, kind: Kind, token: str) -> None:
        """`token`: of somebody who was not known here before. Who gets no seat leaves nothing behind."""
        seat = seat_id(room.id, person.person)

        async def rows(connection: AsyncConnection) -> None:
            if token:
                await new_person(person, token, self._clock.now_ms())(connection)
            await new_seat(room.id, seat, person.person)(connection)
            await rename(person.person, answers.name)(connection)

        def keep() -> None:
            room.memory.names[seat] = answers.name

        command = TakeSeat(seat=seat, teaches=answers.teaches, leads=kind == "lead", simulated=kind == "simulated")
        outcome = await room.ask(command, rows, keep)
        room.publish()
        taught_as_said = outcome is None and room.state.seats[seat].teaches >= answers.teaches
        if taught_as_said and answers.recording:
            outcome = await room.ask(ChooseRecording(seat=seat, choice=answers.recording))
        if outcome is None and (shares := _microphone_of(room, answers.same_room)) not in (None, seat):
            await room.ask(SetDevices(seat=seat, microphone="shared", camera=True, shares=shares))
        if isinstance(outcome, Refused):
            raise UserError(outcome.code, outcome.message, 409)

    def _page(
        self, request: web.Request, room: Room, kind: Kind, person: Person | None, answers: Answers | None, ask: Question = ""
    ) -> web.Response:
        plan = room.state.plan
        translate = self._templates.translator(request)
        lesson = room.state.lesson
        own_seat = seat_id(room.id, person.person) if person else None
        return self._templates.page(
            request,
            "join.html",
            400 if answers else 200,
            action=request.path,
            title=room.memory.title,
            plan_title=translate(plan.title),
            phases=phases_of(plan, translate),
            alone=plan.alone,
            invitation=self._invitation(request, room) if kind == "lead" and not plan.alone else None,
            ask=ask,
            taken=_taken_by(room, None, answers.name) if answers and ask == "claim" else "",
            lesson_running=bool(lesson and lesson.ended_ms is None),
            name=person.name if person else "",
            places_taken=_places_taken(room, own_seat),
            others=_others(room, own_seat),
            recording_minutes=recorded_minutes(plan),
            tries=recorded_lessons(plan),
            records_talks=plan.records_talks,
            errors={field: translate(error) for field, error in answers.errors.items()} if answers else {},
            values={"name": answers.name, "teaches": "yes" if answers.teaches else "no", "recording": answers.recording or ""}
            if answers
            else {},
        )

    def _invitation(self, request: web.Request, room: Room) -> dict[str, object]:
        """What the one who leads sends, and what they keep."""
        link = self._links.address(request, room.id, "invitation")
        return {
            "link": link,
            "own_link": self._links.address(request, room.id, "lead"),
            "qr": qr_picture(link, room.memory.title),
            "starts_ms": room.memory.starts_ms,
            "calendar": self._links.path(room.id, "invitation") + "/session.ics" if room.memory.starts_ms else "",
            "reach": self._links.reach(request),
        }


def read_answers(form: dict[str, str]) -> Answers:
    name = " ".join(form.get("name", "").split())
    errors: dict[str, str] = {}
    if not name or not any(character.isalnum() for character in name):
        errors["name"] = NO_NAME
    elif len(name) > MOST_NAME:
        errors["name"] = LONG_NAME
    return Answers(
        name=name[:200],
        teaches=form.get("teaches") == "yes",
        recording=_CHOICES.get(form.get("recording", "")),
        who=_WHO.get(form.get("who", "")),
        same_room=form.get("same_room", ""),
        errors=errors,
    )


def _taken_by(room: Room, person: Person | None, name: str) -> str:
    """The name of somebody else in this session who is called so already, as they write it."""
    seat = seat_named(room.state, room.memory.names, name)
    return room.memory.names[seat] if seat and (person is None or seat != seat_id(room.id, person.person)) else ""


def _places_taken(room: Room, own_seat: str | None) -> bool:
    return places_taken(room.state) and own_seat not in room.state.order


def _others(room: Room, own_seat: str | None) -> list[dict[str, str]]:
    """Who could be in the same room as the one who comes."""
    seats = (seat for seat, own in room.state.seats.items() if seat != own_seat and not own.simulated)
    return [{"seat": seat, "name": name} for seat in seats if (name := room.memory.names.get(seat))]


def _microphone_of(room: Room, seat: str) -> str | None:
    """Whose microphone this person uses; None if that is nobody's to share."""
    person = room.state.seats.get(seat)
    if person is None or person.simulated or person.microphone == "none":
        return None
    return person.shares if person.microphone == "shared" else seat
