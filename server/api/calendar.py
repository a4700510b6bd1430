"""Calendar files (RFC 5545): one event each, in UTC, so that no time zone has to be described."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.rooms.room import Room
from server.session.plan import Plan

LINE_OCTETS = 75
MINUTE_MS = 60_000


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`uid` is the same for ever; `sequence` grows whenever something else changes."""

    uid: str
    sequence: int
    made_ms: int
    starts_ms: int
    minutes: int
    title: str
    url: str


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


def calendar_file(event: Event) -> str:
    ends_ms = event.starts_ms + event.minutes * MINUTE_MS
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Microteach//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{utc(event.made_ms)}",
        f"DTSTART:{utc(event.starts_ms)}",
        f"DTEND:{utc(ends_ms)}",
        f"SUMMARY:{escaped(event.title)}",
        f"DESCRIPTION:{escaped(event.url)}",
        f"URL:{event.url}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def utc(ms: int) -> str:
    """Raises OverflowError, ValueError for a year that calendars do not have."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """RFC 5545, 3.3.11; other control characters than the line break have no place in it."""
    for character, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\n", "\\n")):
        text = text.replace(character, written)
    return "".join(character for character in text if character >= " " and character != "\x7f")


def folded(line: str) -> str:
    """RFC 5545, 3.1: at most 75 octets, never inside a character."""
    pieces, octets = [""], 0
    for character in line:
        size = len(character.encode())
        if octets + size > LINE_OCTETS:
            pieces.append(" ")
            octets = 1
        pieces[-1] += character
        octets += size
    return "\r\n".join(pieces)
