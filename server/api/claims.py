"""A second device asks to be somebody who is here already, and looks whether that was allowed."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.typedefs import LooseHeaders

from server.clock import Clock
from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity, fresh_token
from server.errors import UserError
from server.people.claims import LASTS_MS, ClaimState, seat_named
from server.people.seats import new_device, person_in
from server.store.engine import Store

log = logging.getLogger(__name__)

_JSON: LooseHeaders = {"Cache-Control": "no-store"}


class ClaimsApi:
    def __init__(self, store: Store, doorkeeper: Doorkeeper, identity: Identity, clock: Clock, *, secure: bool) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._identity = identity
        self._clock = clock
        self._secure = secure
        self._cookie = "__Host-mt_claim" if secure else "mt_claim"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/{door:[fi]}/{token}/claims", self.make),
            web.get("/{door:[fi]}/{token}/claims/{claim}", self.look),
        ]

    async def make(self, request: web.Request) -> web.Response:
        """Form field `name`: whose seat it is said to be."""
        room, _ = await self._doorkeeper.invited(request)
        form = await request.post()
        seat = seat_named(room.state, room.memory.names, str(form.get("name", "")))
        if seat is None:
            raise UserError("no_such_seat", "Nobody of this name is in this session.", 404)
        claim, secret = room.memory.claims.make(seat, self._clock.now_ms())
        room.news()
        log.info("seat claimed, session=%s seat=%s claim=%s", room.id, seat, claim)
        response = self._made(request, claim)
        response.set_cookie(self._cookie, secret, max_age=LASTS_MS // 1000, httponly=True, samesite="Lax", secure=self._secure, path="/")
        return response

    async def look(self, request: web.Request) -> web.Response:
        room, _ = await self._doorkeeper.invited(request)
        claim, secret = request.match_info["claim"], request.cookies.get(self._cookie, "")
        state = room.memory.claims.look(claim, secret, self._clock.now_ms())
        if state != "yes":
            return _state(state, None)
        person = await person_in(self._store, room.id, room.memory.claims.collect(claim))
        if person is None:
            return _state("gone", None)
        token = fresh_token()
        await self._store.write(new_device(room.id, person, token, self._clock.now_ms()))
        response = _state("yes", f"/sessions/{room.id}")
        self._identity.give(response, token, room.id)
        return response

    def _made(self, request: web.Request, claim: str) -> web.Response:
        if "text/html" in request.headers.get("Accept", "text/html"):
            door = request.path.removesuffix("/claims")
            return web.Response(status=303, headers={"Location": f"{door}?claim={claim}"})
        return web.json_response({"claim": claim, "state": "waiting"}, status=201, headers=_JSON)


def _state(state: ClaimState, url: str | None) -> web.Response:
    return web.json_response({"state": state, "url": url}, headers=_JSON)
