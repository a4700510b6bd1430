"""Whether sound and picture will get through, asked by the page behind an invitation before anybody comes in."""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.errors import UserError
from server.media.checks import BadOffer, CheckError, Checks
from server.people.seats import fresh_id
from server.relay import Relays

NO_CHECK = UserError("no_check", "This cannot be tried out at the moment. You can come in all the same.", 503)


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    sdp: str


class ConnectionApi:
    def __init__(self, doorkeeper: Doorkeeper, checks: Checks, relays: Relays) -> None:
        self._doorkeeper = doorkeeper
        self._checks = checks
        self._relays = relays

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/{door:[fi]}/{token}/connection", self.check)]

    async def check(self, request: web.Request) -> web.Response:
        """From `sdp`, the offer of a connection that sends nothing, to its answer, and the relay for a second try."""
        room, _ = await self._doorkeeper.invited(request)
        try:
            offer = msgspec.json.decode(await request.read(), type=Offer)
        except ValueError as error:
            raise UserError("invalid", NO_CHECK.message) from error
        try:
            sdp = await self._checks.answer(offer.sdp)
        except BadOffer as error:
            raise UserError("invalid", NO_CHECK.message) from error
        except CheckError as error:
            raise UserError(NO_CHECK.code, NO_CHECK.message, NO_CHECK.status) from error
        relay = self._relays.give(room.id, fresh_id())
        return web.json_response({"sdp": sdp, "relay": msgspec.to_builtins(relay) if relay else None})
