"""Calendar files of sessions, and of the next time that a group agreed on."""

from __future__ import annotations

from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.notify.calendar import Event, calendar_file
from server.rooms.room import Room
from server.session.plan import Plan


class CalendarApi:
    """For those who have a seat, and for those whom a link invites."""

    def __init__(self, doorkeeper: Doorkeeper, public_url: str) -> None:
        self._doorkeeper = doorkeeper
        self._public_url = public_url

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sessions/{session}/next.ics", self.next_time),
            web.get("/sessions/{session}/session.ics", self.session),
            web.get("/{door:[fi]}/{token}/session.ics", self.invited),
        ]

    async def next_time(self, request: web.Request) -> web.Response:
        room, _ = await self._doorkeeper.admit(request)
        planned = room.state.next_time
        if planned is None:
            raise web.HTTPNotFound
        event = Event(
            uid=f"{room.id}.next@microteach",
            sequence=room.seq,
            made_ms=room.state.created_ms,
            starts_ms=planned.starts_ms,
            minutes=planned.minutes,
            title=room.memory.title,
            url=self._link(request, room),
        )
        return answer(event)

    async def session(self, request: web.Request) -> web.Response:
        room, _ = await self._doorkeeper.admit(request)
        return session_file(room, self._link(request, room))

    async def invited(self, request: web.Request) -> web.Response:
        """It leads to the same door."""
        room, _ = await self._doorkeeper.invited(request)
        return session_file(room, self._origin(request) + request.path.removesuffix("/session.ics"))

    def _link(self, request: web.Request, room: Room) -> str:
        return f"{self._origin(request)}/sessions/{room.id}"

    def _origin(self, request: web.Request) -> str:
        return self._public_url or f"{request.scheme}://{request.host}"


def session_file(room: Room, url: str) -> web.Response:
    """Of the session itself; `url` is where this reader opens it. Raises HTTPNotFound when no time was set for it."""
    if room.memory.starts_ms is None:
        raise web.HTTPNotFound
    event = Event(
        uid=f"{room.id}@microteach",
        sequence=0,
        made_ms=room.state.created_ms,
        starts_ms=room.memory.starts_ms,
        minutes=minutes_of(room.state.plan, len(room.state.order)),
        title=room.memory.title,
        url=url,
    )
    return answer(event)


def minutes_of(plan: Plan, teachers: int) -> int:
    """Of a whole session, as planned, with at least one round."""
    outside = (phase.minutes.default_s for phase in (plan.before, plan.closing) if phase.minutes)
    return -(-(plan.round_s * max(1, teachers) + sum(outside)) // 60)


def answer(event: Event) -> web.Response:
    try:
        body = calendar_file(event).encode()
    except (ValueError, OverflowError, OSError) as error:
        raise web.HTTPNotFound from error
    return web.Response(
        body=body,
        headers={"Content-Type": "text/calendar; charset=utf-8", "Content-Disposition": 'attachment; filename="microteach.ics"'},
    )
