"""Deleting for good, on pages of its own: everything about whoever asks, or a whole session by the person who leads it.

Said first what goes and what stays; done only when the form says so.
"""

from __future__ import annotations

from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity
from server.errors import UserError
from server.keeping.erasing import Erasing
from server.pages.rendering import Templates
from server.people.seats import Device
from server.rooms.room import Room

NOT_KNOWN = "Nobody is known on this device. Open this page on the device that you used, or sign in."
NOT_SURE = "Please tick the box, so that nothing is deleted by mistake."


class ErasingPages:
    def __init__(self, templates: Templates, erasing: Erasing, doorkeeper: Doorkeeper, identity: Identity) -> None:
        self._templates = templates
        self._erasing = erasing
        self._doorkeeper = doorkeeper
        self._identity = identity

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/me/erase", self.ask_person),
            web.post("/me/erase", self.erase_person),
            web.get("/sessions/{session}/erase", self.ask_session),
            web.post("/sessions/{session}/erase", self.erase_session),
            web.get("/erased", self.erased),
        ]

    async def ask_person(self, request: web.Request) -> web.Response:
        person = await self._identity.person(request)
        if person is None:
            raise UserError("not_known", NOT_KNOWN, 404)
        return self._templates.page(request, "erase.html", name=person.name, session="", leads=True, action="/me/erase", back="/me/data")

    async def erase_person(self, request: web.Request) -> web.Response:
        person = await self._identity.person(request)
        if person is None:
            raise UserError("not_known", NOT_KNOWN, 404)
        await _be_sure(request)
        await self._erasing.person(person.person)
        raise web.HTTPSeeOther("/erased")

    async def ask_session(self, request: web.Request) -> web.Response:
        room, seat, _ = await self._admit(request)
        leads = room.state.seats[seat].leads
        address = f"/sessions/{room.id}"
        return self._templates.page(
            request, "erase.html", name="", session=room.memory.title, leads=leads, action=f"{address}/erase", back=address
        )

    async def erase_session(self, request: web.Request) -> web.Response:
        room, seat, device = await self._admit(request)
        await _be_sure(request)
        await self._erasing.session(room.id, seat=seat, actor=device.person.person)
        raise web.HTTPSeeOther("/erased")

    async def _admit(self, request: web.Request) -> tuple[Room, str, Device]:
        """A device that holds for one session only never decides about a recording."""
        room, seat, device = await self._doorkeeper.admit_device(request)
        if device.session is not None:
            raise web.HTTPNotFound
        return room, seat, device

    async def erased(self, request: web.Request) -> web.Response:
        return self._templates.page(request, "erased.html")


async def _be_sure(request: web.Request) -> None:
    if (await request.post()).get("sure") != "yes":
        raise UserError("not_sure", NOT_SURE)
