"""My devices: which there are, signing one out, and a link with which another one becomes mine.

Invariant: a device that holds for one session only is nobody's own here; it sees no list and makes no link.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import LooseHeaders

from server.clock import Clock
from server.doors.identity import Identity, fresh_token
from server.errors import UserError
from server.pages.account import AccountPages
from server.pages.links import Links, qr_picture
from server.pages.rendering import Templates
from server.people.accounts import devices_of, sign_out_others
from server.people.links import LASTS_MS, hash_of, id_of, link_state, new_link
from server.people.seats import Person
from server.store.engine import Store

log = logging.getLogger(__name__)

PAGE = "/me/devices"
_JSON: LooseHeaders = {"Cache-Control": "no-store"}


class DevicePages:
    def __init__(self, templates: Templates, store: Store, identity: Identity, clock: Clock, links: Links, account: AccountPages) -> None:
        self._templates = templates
        self._store = store
        self._identity = identity
        self._clock = clock
        self._links = links
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PAGE, self.show),
            web.get(f"{PAGE}/data", self.data),
            web.post(f"{PAGE}/sign-out", self.sign_out),
            web.post(f"{PAGE}/link", self.make_link),
            web.get(f"{PAGE}/link", self.show),
            web.get(f"{PAGE}/link/{{link}}", self.look),
        ]

    async def show(self, request: web.Request) -> web.Response:
        person = await self._person(request)
        devices = await devices_of(self._store, person.person, self._identity.token(request))
        account = await self._account.part(request, person)
        return self._templates.page(request, "devices.html", devices=devices, account=account | {"back": PAGE})

    async def data(self, request: web.Request) -> web.Response:
        person = await self._person(request)
        devices = await devices_of(self._store, person.person, self._identity.token(request))
        shown = [{"id": each.id, "created_ms": each.created_ms, "session": each.session, "this": each.this} for each in devices]
        return web.json_response({"devices": shown}, headers=_JSON)

    async def sign_out(self, request: web.Request) -> web.Response:
        """Form field `device`: the id of one of the others; "others": all of them."""
        person = await self._person(request)
        device = str((await request.post()).get("device", ""))
        if device:
            only = "" if device == "others" else device
            await self._store.write(sign_out_others(person.person, self._identity.token(request), only))
            log.info("devices signed out, person=%s", person.person)
        raise web.HTTPSeeOther(PAGE)

    async def make_link(self, request: web.Request) -> web.Response:
        person = await self._person(request)
        token = fresh_token()
        await self._store.write(new_link("device", token, person.person, "", self._clock.now_ms()))
        address = f"{self._links.origin(request)}/s/{quote(token)}"
        link = id_of(hash_of(token))
        log.info("link for another device, person=%s link=%s", person.person, link)
        return self._templates.page(
            request,
            "device_link.html",
            address=address,
            qr=qr_picture(address, self._templates.translator(request)("Use another device")),
            look=f"{PAGE}/link/{link}",
            minutes=LASTS_MS["device"] // 60_000,
            reach=self._links.reach(request),
        )

    async def look(self, request: web.Request) -> web.Response:
        person = await self._person(request)
        state = await link_state(self._store, person.person, request.match_info["link"], self._clock.now_ms())
        return web.json_response({"state": state}, headers=_JSON)

    async def _person(self, request: web.Request) -> Person:
        person = await self._identity.person(request)
        if person is None and "text/html" not in request.headers.get("Accept", "text/html"):
            raise UserError("signed_out", "You are not signed in on this device any more.", 401)
        if person is None:
            raise web.HTTPSeeOther(f"/sign-in?next={quote(PAGE)}")
        return person
