"""The WebSocket of a room: same origin only, and only for a person with a seat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from server.media.client import MediaClient
from server.people.seats import Device
from server.rooms.room import Room
from server.session.beside import Translate
from server.signaling.connection import Connection, new_socket
from server.signaling.dispatch import Dispatch
from server.signaling.media_events import MediaEvents
from server.wire.messages import Relay

Admit = Callable[[web.Request], Awaitable[tuple[Room, str, Device]]]
GiveRelay = Callable[[str, str], Relay | None]


class Socket:
    def __init__(
        self,
        media: MediaClient,
        events: MediaEvents,
        dispatch: Dispatch,
        *,
        admit: Admit,
        relay: GiveRelay,
        same_origin: Callable[[web.Request], bool],
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._media = media
        self._events = events
        self._dispatch = dispatch
        self._admit = admit
        self._relay = relay
        self._same_origin = same_origin
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sessions/{session}/socket", self.open)]

    async def open(self, request: web.Request) -> web.StreamResponse:
        if not self._same_origin(request):
            raise web.HTTPForbidden
        room, seat, device = await self._admit(request)
        socket = new_socket()
        if not socket.can_prepare(request).ok:
            raise web.HTTPBadRequest
        await socket.prepare(request)
        connection = Connection(room, seat, device, socket, self._translator(request))
        await connection.run(self._dispatch, joined=lambda: self._resume_media(room, seat), first=self._relay(room.id, seat))
        return socket

    def _resume_media(self, room: Room, seat: str) -> None:
        resume = self._events.resume(room, seat)
        if resume is not None:
            self._media.send(resume)
