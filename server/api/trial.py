"""A connection for trial, on the operator's own listener: `microteach doctor` sees by it whether datagrams reach the media worker.

The same throw-away connection as the page before a room gets, with the same limits; it carries nothing and is in no session.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.api.connection import Offer
from server.media.checks import BadOffer, CheckError, Checks


class Trials:
    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/connection", self.check)]

    async def check(self, request: web.Request) -> web.Response:
        """From `sdp`, an offer, to the worker's answer. 400 for one that nobody could answer, 503 without a worker."""
        try:
            offer = msgspec.json.decode(await request.read(), type=Offer)
            return web.json_response({"sdp": await self._checks.answer(offer.sdp)})
        except (ValueError, BadOffer):
            return web.json_response({"sdp": ""}, status=400)
        except CheckError:
            return web.json_response({"sdp": ""}, status=503)
