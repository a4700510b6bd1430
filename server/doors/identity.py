"""Who is asking: the cookies that a device was given, its person's own one and others that hold for one session each."""

from __future__ import annotations

import secrets

from aiohttp import web

from server.people.seats import Device, Person, recognise
from server.store.engine import Store

LASTS_S = 400 * 24 * 3600
MOST_SESSIONS = 20


class Identity:
    def __init__(self, store: Store, *, secure: bool) -> None:
        self._store = store
        self._secure = secure
        self._name = "__Host-mt_device" if secure else "mt_device"

    async def person(self, request: web.Request, session: str = "") -> Person | None:
        """The person whose device this is; on a page of a session, also one who may use it there only."""
        device = await self.device(request, session)
        return device.person if device else None

    async def device(self, request: web.Request, session: str = "") -> Device | None:
        """What this browser is on a page of the session: its device for that session only, else its person's own."""
        scoped = await self._device(request, session) if session else None
        return scoped or await self._device(request, "")

    async def devices(self, request: web.Request) -> list[Device]:
        """All that this browser is, for what belongs to no session's page."""
        scopes = [name.removeprefix(f"{self._name}.") for name in request.cookies if name.startswith(f"{self._name}.")]
        found = [await self._device(request, scope) for scope in ("", *scopes[:MOST_SESSIONS])]
        return [device for device in found if device is not None]

    def give(self, response: web.StreamResponse, token: str, session: str = "") -> None:
        response.set_cookie(self._cookie(session), token, max_age=LASTS_S, httponly=True, samesite="Lax", secure=self._secure, path="/")

    def token(self, request: web.Request) -> str:
        """Of the person's own device, whether or not it is anybody's; "" without one."""
        return request.cookies.get(self._cookie(""), "")

    def take_away(self, request: web.Request, response: web.StreamResponse) -> list[str]:
        """Forget all that this browser is. Returns the tokens that it had, for their devices to be deleted."""
        mine = [name for name in request.cookies if name == self._name or name.startswith(f"{self._name}.")]
        for name in mine:
            response.del_cookie(name, path="/", secure=self._secure, httponly=True, samesite="Lax")
        return [request.cookies[name] for name in mine]

    async def _device(self, request: web.Request, session: str) -> Device | None:
        device = await recognise(self._store, request.cookies.get(self._cookie(session), ""))
        return device if device is not None and (device.session or "") == session else None

    def _cookie(self, session: str) -> str:
        return f"{self._name}.{session}" if session else self._name


def fresh_token() -> str:
    return secrets.token_urlsafe(32)
