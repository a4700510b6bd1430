"""The page of the live room, for those who have a seat in it."""

from __future__ import annotations

from aiohttp import web

from server.errors import UserError
from server.pages.identity import Identity
from server.pages.links import Links
from server.pages.rendering import Templates
from server.people.seats import seat_of
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.store.engine import Store

NO_SEAT = UserError("no_seat", "You have no seat in this session on this device. Please open your invitation here.", 404)


class Doorkeeper:
    """From a request to the room and the seat that the asking person has in it."""

    def __init__(self, store: Store, rooms: Rooms, identity: Identity) -> None:
        self._store = store
        self._rooms = rooms
        self._identity = identity

    async def admit(self, request: web.Request) -> tuple[Room, str]:
        """Raises UserError `no_seat`, alike for a session that does not exist and one in which the person has no seat."""
        session = request.match_info["session"]
        person = await self._identity.person(request, session)
        seat = await seat_of(self._store, session, person.person) if person else None
        room = await self._rooms.find(session) if seat else None
        if room is None or seat is None or seat not in room.state.seats:
            raise UserError(NO_SEAT.code, NO_SEAT.message, NO_SEAT.status)
        return room, seat


class RoomPages:
    def __init__(self, templates: Templates, doorkeeper: Doorkeeper, links: Links) -> None:
        self._templates = templates
        self._doorkeeper = doorkeeper
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sessions/{session}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        room, seat = await self._doorkeeper.admit(request)
        invites = room.state.seats[seat].leads and not room.state.plan.alone
        return self._templates.page(
            request,
            "room.html",
            session_id=room.id,
            title=room.memory.title,
            invitation=self._links.address(request, room.id, "invitation") if invites else "",
        )
