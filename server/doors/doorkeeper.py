"""Into a room: with a seat in it, or with a link to it."""

from __future__ import annotations

from aiohttp import web

from server.doors.identity import Identity
from server.errors import UserError
from server.people.invitations import DOORS, Invitations, Kind
from server.people.seats import Device, seat_of
from server.rooms.registry import FULL, TOO_MANY, Rooms
from server.rooms.room import Room
from server.store.engine import Store

NO_SEAT = UserError("no_seat", "You have no seat in this session on this device. Please open your invitation here.", 404)


class Doorkeeper:
    """From a request to a room: by the seat that the asking person has in it, or by a link that seats people in it."""

    def __init__(self, store: Store, rooms: Rooms, identity: Identity, invitations: Invitations) -> None:
        self._store = store
        self._rooms = rooms
        self._identity = identity
        self._invitations = invitations

    async def admit(self, request: web.Request) -> tuple[Room, str]:
        """Raises UserError `no_seat`, alike for a session that does not exist and one in which the person has no seat."""
        room, seat, _ = await self.admit_device(request)
        return room, seat

    async def admit_device(self, request: web.Request) -> tuple[Room, str, Device]:
        """Raises the same."""
        session = request.match_info["session"]
        device = await self._identity.device(request, session)
        seat = await seat_of(self._store, session, device.person.person) if device else None
        room = await self._rooms.find(session) if seat else None
        if device is None or room is None or seat is None or seat not in room.state.seats:
            raise UserError(NO_SEAT.code, NO_SEAT.message, NO_SEAT.status)
        return room, seat, device

    def let_in(self, room: Room, seat: str | None) -> None:
        """Raises UserError `server_full` for somebody new, while the server can take no more. Who has a seat comes back."""
        if self._rooms.full and seat not in room.state.seats:
            raise UserError(FULL.code, FULL.message, FULL.status)
        if self._rooms.too_many and not room.goes_on and seat not in room.state.seats:
            raise UserError(TOO_MANY.code, TOO_MANY.message, TOO_MANY.status)

    async def invited(self, request: web.Request) -> tuple[Room, Kind]:
        """Raises HTTPNotFound for a link that was not made here."""
        kind = DOORS[request.match_info["door"]]
        session = self._invitations.read(request.match_info["token"], kind)
        room = await self._rooms.find(session) if session else None
        if room is None:
            raise web.HTTPNotFound
        return room, kind
