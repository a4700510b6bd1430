"""Becoming somebody on this device: the one way in which every kind of sign-in ends.

Invariant: the device's token is fresh, never one that came with the request, and those that this browser had before are worth nothing.
"""

from __future__ import annotations

import logging
from typing import NoReturn

from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity, fresh_token
from server.people.accounts import Account, account_of, new_own_device, sign_out, together
from server.people.seats import Person
from server.store.engine import Store, Work

log = logging.getLogger(__name__)

HOME = "/me"


class Arriving:
    def __init__(self, store: Store, identity: Identity, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock

    async def person_here(self, request: web.Request) -> Person | None:
        """Whose device this is, for all sessions."""
        return await self._identity.person(request)

    async def account_here(self, request: web.Request) -> Account | None:
        here = await self.person_here(request)
        return await account_of(self._store, here) if here else None

    async def known_in_sessions(self, request: web.Request) -> bool:
        """Whether this browser is somebody in single sessions only."""
        devices = await self._identity.devices(request)
        return bool(devices) and all(device.session for device in devices)

    async def leaving(self, request: web.Request, person: str) -> Account | None:
        """Who is signed out here when this device becomes that person's; None if nobody is."""
        here = await self.account_here(request)
        return here if here and here.person != person else None

    async def enter(self, request: web.Request, person: Person, path: str, *works: Work) -> NoReturn:
        """Sign in and go to `path`; what is written is written together or not at all. Raises the redirect, and what a work raises."""
        here = await self.person_here(request)
        response = web.HTTPSeeOther(path)
        if here is None or here.person != person.person:
            token = fresh_token()
            before = self._identity.take_away(request, response)
            works = (*works, sign_out(before), new_own_device(person.person, token, self._clock.now_ms()))
            self._identity.give(response, token)
            log.info("device signs in, person=%s", person.person)
        await self._store.write(together(*works))
        raise response
