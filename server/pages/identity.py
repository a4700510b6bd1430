"""Who is asking: the cookie that a device was given when its person took a seat."""

from __future__ import annotations

import secrets

from aiohttp import web

from server.people.seats import Person, recognise
from server.store.engine import Store

LASTS_S = 400 * 24 * 3600


class Identity:
    def __init__(self, store: Store, *, secure: bool) -> None:
        self._store = store
        self._secure = secure
        self._name = "__Host-mt_device" if secure else "mt_device"

    async def person(self, request: web.Request) -> Person | None:
        return await recognise(self._store, request.cookies.get(self._name, ""))

    def give(self, response: web.StreamResponse, token: str) -> None:
        response.set_cookie(self._name, token, max_age=LASTS_S, httponly=True, samesite="Lax", secure=self._secure, path="/")


def fresh_token() -> str:
    return secrets.token_urlsafe(32)
