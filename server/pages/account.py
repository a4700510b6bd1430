"""What a person changes about themselves: name and addresses, and signing out. Each form leads back to the page on which it stood."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from aiohttp import web

from server.doors.identity import Identity
from server.pages.join import read_answers
from server.pages.language import own_path
from server.pages.mail_links import MailLinks, read_address
from server.pages.rendering import Templates
from server.people.accounts import account_of, remove_address, sign_out
from server.people.seats import Person, rename
from server.rooms.registry import Rooms
from server.store.engine import Store

log = logging.getLogger(__name__)

MOST_ADDRESSES = 5


class AccountPages:
    """`part` is what the template _account.html wants, as `account`."""

    def __init__(self, templates: Templates, store: Store, identity: Identity, rooms: Rooms, mail: MailLinks, provider: str) -> None:
        self._templates = templates
        self._store = store
        self._identity = identity
        self._rooms = rooms
        self._mail = mail
        self._provider = provider

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/me/name", self.name),
            web.post("/me/addresses", self.add_address),
            web.post("/me/addresses/remove", self.remove_address),
            web.post("/me/sign-out", self.sign_out),
        ]

    async def part(self, request: web.Request, person: Person) -> dict[str, object]:
        account = await account_of(self._store, person)
        return {
            "name": account.name,
            "addresses": account.addresses,
            "connected": account.has_identity,
            "lost": account.lost_without_this_device,
            "can_mail": self._mail.can_send and len(account.addresses) < MOST_ADDRESSES,
            "provider": self._provider,
            "said": request.query.get("said", ""),
            "back": request.path,
        }

    async def name(self, request: web.Request) -> web.Response:
        person, form = await self._form(request)
        answers = read_answers(form)
        if "name" in answers.errors:
            raise _back(form, "name")
        if await self._rooms.name_taken(person.person, answers.name):
            raise _back(form, "taken")
        await self._store.write(rename(person.person, answers.name))
        await self._rooms.renamed(person.person, answers.name)
        raise _back(form, "renamed")

    async def add_address(self, request: web.Request) -> web.Response:
        """It becomes theirs when the link is opened that is sent to it."""
        person, form = await self._form(request)
        address = read_address(form.get("address", ""))
        if address is None:
            raise _back(form, "address")
        if len((await account_of(self._store, person)).addresses) >= MOST_ADDRESSES:
            raise _back(form, "many")
        await self._mail.send(request, address, self._templates.language(request), person=person)
        raise _back(form, "sent")

    async def remove_address(self, request: web.Request) -> web.Response:
        person, form = await self._form(request)
        await self._store.write(remove_address(person.person, form.get("address", "").lower()))
        raise _back(form, "removed")

    async def sign_out(self, request: web.Request) -> web.Response:
        """Also of sessions for which alone this browser holds."""
        response = web.HTTPSeeOther("/")
        await self._store.write(sign_out(self._identity.take_away(request, response)))
        log.info("device signed out")
        raise response

    async def _form(self, request: web.Request) -> tuple[Person, dict[str, str]]:
        person = await self._identity.person(request)
        if person is None:
            raise web.HTTPSeeOther("/sign-in")
        return person, {key: str(value) for key, value in (await request.post()).items()}


def _back(form: dict[str, str], said: str) -> web.HTTPSeeOther:
    path = own_path(form.get("back", "")).partition("?")[0]
    return web.HTTPSeeOther(f"{path}?{urlencode({'said': said})}#account")
