"""Who may watch a recording: its teacher lets people watch and stops it again; whoever may watch can give that up.

What has ended has ended for open pages and running answers too: they are told by news, and look for themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.recordings import RecordingDoor
from server.errors import UserError
from server.notify.notices import Notice, Notices
from server.people import permissions as rules
from server.people.grants import Grant, end_grant, fresh_grant, fresh_link, grants_by_link, grants_of, write_grant, write_instead
from server.people.openings import openings_of
from server.people.seats import Person
from server.people.watching import Watcher
from server.review.news import News, about_person, about_recording
from server.rooms.registry import Rooms
from server.store.engine import Store

NOT_UNDERSTOOD = "This could not be understood. Please load the page again."


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """What only pages know: the scheme and host of links, a QR picture (SVG) of a link with this title, the reader's language."""

    origin: Callable[[web.Request], str]
    qr: Callable[[str, str], str]
    language: Callable[[web.Request], str]


class WatchersApi:
    def __init__(self, store: Store, rooms: Rooms, door: RecordingDoor, clock: Clock, news: News, notices: Notices, pages: Pages) -> None:
        self._store = store
        self._rooms = rooms
        self._door = door
        self._clock = clock
        self._news = news
        self._notices = notices
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/permissions", self.look),
            web.post("/recordings/{take}/permissions", self.give),
            web.delete("/recordings/{take}/permissions/{permission}", self.end),
            web.post("/recordings/{take}/leave", self.leave),
        ]

    async def look(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        return web.json_response(await self._answer(watcher))

    async def give(self, request: web.Request) -> web.Response:
        """To somebody of the session, or by a link, which is shown in this answer and never again."""
        watcher = await self._door.open(request, "own")
        wanted = await _read(request)
        rules.check_room(await grants_of(self._store, watcher.recording.take), self._clock.now_ms())
        if wanted.person:
            link: dict[str, str] | None = None
            await self._let(request, watcher, wanted)
        else:
            link = await self._make_link(request, watcher, wanted)
        self._tell(watcher)
        return web.json_response(await self._answer(watcher) | {"link": link}, status=201)

    async def end(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own")
        found = next((each for each in await self._grants(watcher) if each.grant == request.match_info["permission"]), None)
        if found is None:
            raise web.HTTPNotFound
        await self._end(watcher, found.grant, found.person)
        return web.json_response(await self._answer(watcher))

    async def leave(self, request: web.Request) -> web.Response:
        """Whoever may watch needs it no longer: also if they were allowed to twice."""
        watcher = await self._door.open(request, "watch", "consult")
        now_ms, person = self._clock.now_ms(), watcher.person.person
        for each in await self._grants(watcher):
            if (each.person, each.use) == (person, watcher.use) and each.holds(now_ms):
                await self._end(watcher, each.grant, person)
        raise web.HTTPSeeOther("/")

    async def _let(self, request: web.Request, watcher: Watcher, wanted: rules.Wanted) -> None:
        now_ms, take = self._clock.now_ms(), watcher.recording.take
        person = (await self._colleagues(watcher)).get(wanted.person)
        if person is None:
            raise UserError(rules.NOT_HERE.code, rules.NOT_HERE.message, rules.NOT_HERE.status)
        expires_ms = rules.expires_ms(wanted.until, now_ms)
        grant = fresh_grant(take, person.name, "watch", now_ms, person=person.person, expires_ms=expires_ms)
        await self._store.write(write_instead(grant))
        self._news.tell(about_person(person.person), "home")
        room = await self._rooms.find(watcher.recording.session)
        notice = Notice(
            key=f"may_watch:{grant.grant}",
            kind="may_watch",
            person=person.person,
            path=f"/recordings/{take}",
            origin=self._pages.origin(request),
            fields={"who": watcher.person.name, "title": room.memory.title if room else ""},
            language=self._pages.language(request),
        )
        await self._notices.tell(notice)
        await self._report("consent.granted", grant)

    async def _make_link(self, request: web.Request, watcher: Watcher, wanted: rules.Wanted) -> dict[str, str]:
        now_ms = self._clock.now_ms()
        name, secret = rules.clean_name(wanted.name), fresh_link()
        grant = fresh_grant(watcher.recording.take, name, "watch", now_ms, expires_ms=rules.expires_ms(wanted.until, now_ms))
        await self._store.write(write_grant(grant, secret))
        await self._report("consent.granted", grant)
        address = f"{self._pages.origin(request)}/w/{secret}"
        return {"name": name, "address": address, "qr": self._pages.qr(address, name)}

    async def _end(self, watcher: Watcher, grant: str, person: str | None) -> None:
        await self._store.write(end_grant(grant, self._clock.now_ms(), watcher.person.person))
        self._tell(watcher)
        if person is not None:
            self._news.tell(about_person(person), "home")
        await self._notices.report("consent.revoked", {"permission": grant, "recording": watcher.recording.take}, key=f"revoked:{grant}")

    def _tell(self, watcher: Watcher) -> None:
        self._news.tell(about_recording(watcher.recording.take), "permissions")

    async def _report(self, type_: str, grant: Grant) -> None:
        await self._notices.report(type_, {"permission": grant.grant, "recording": grant.take}, key=f"granted:{grant.grant}")

    async def _grants(self, watcher: Watcher) -> list[Grant]:
        return await grants_of(self._store, watcher.recording.take)

    async def _answer(self, watcher: Watcher) -> dict[str, object]:
        take, now_ms = watcher.recording.take, self._clock.now_ms()
        grants, openings = await self._grants(watcher), await openings_of(self._store, take)
        shown = rules.permissions(grants, openings, await grants_by_link(self._store, take), now_ms)
        may = {grant.person for grant in grants if grant.use == "watch" and grant.holds(now_ms)}
        colleagues = [person for person in (await self._colleagues(watcher)).values() if person.person not in may]
        visits = [{"name": each.name, "what": each.what, "first_ms": each.first_ms, "last_ms": each.last_ms} for each in openings]
        return {
            "permissions": [msgspec.to_builtins(each) for each in shown],
            "openings": visits,
            "colleagues": [msgspec.to_builtins(each) for each in colleagues],
        }

    async def _colleagues(self, watcher: Watcher) -> dict[str, Person]:
        """Everybody else who has a seat in the session, by person. Nobody is behind a simulated one."""
        room = await self._rooms.find(watcher.recording.session)
        if room is None:
            return {}
        seated = await rules.people_in(self._store, watcher.recording.session)
        real = {seat for seat, own in room.state.seats.items() if not own.simulated}
        return {person.person: person for seat, person in seated.items() if seat in real and person.person != watcher.owner}


async def _read(request: web.Request) -> rules.Wanted:
    try:
        return msgspec.json.decode(await request.read(), type=rules.Wanted)
    except msgspec.MsgspecError as error:
        raise UserError("not_understood", NOT_UNDERSTOOD) from error
