"""Signing in: the page that offers every way, and the page behind a link that was sent or shown on another device.

Invariant: opening a link changes nothing, since mail scanners and previews open links too; only the button on its page does.
"""

from __future__ import annotations

import logging

from aiohttp import web

from server.clock import Clock
from server.pages.arriving import HOME, Arriving
from server.pages.language import own_path
from server.pages.mail_links import MailLinks, read_address
from server.pages.rendering import Templates
from server.people.links import Link, LinkOver, find_link, use_link
from server.store.engine import Store

log = logging.getLogger(__name__)

NO_ADDRESS = "Please write an e-mail address, such as maria@school.example."
OVER = "This link does not work any more. Each link works once and for some minutes only."


class SignInPages:
    """`provider`: what the button for the school's own sign-in says; "": there is none."""

    def __init__(self, templates: Templates, store: Store, clock: Clock, arriving: Arriving, mail: MailLinks, provider: str) -> None:
        self._templates = templates
        self._store = store
        self._clock = clock
        self._arriving = arriving
        self._mail = mail
        self._provider = provider

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sign-in", self.ways),
            web.post("/sign-in", self.send),
            web.get("/s/{token}", self.look),
            web.post("/s/{token}", self.enter),
        ]

    async def ways(self, request: web.Request) -> web.Response:
        return await self._ways(request, sent="sent" in request.query)

    async def send(self, request: web.Request) -> web.Response:
        """The answer is the same whether or not the address is known."""
        form = await request.post()
        typed = str(form.get("address", ""))
        address = read_address(typed)
        if address is None:
            return await self._ways(request, typed=typed[:300], error=NO_ADDRESS)
        then = own_path(str(form.get("next", HOME)))
        await self._mail.send(request, address, self._templates.language(request), then="" if then == HOME else then)
        raise web.HTTPSeeOther("/sign-in?sent")

    async def look(self, request: web.Request) -> web.Response:
        link = await self._link(request)
        if link is None:
            return self._over(request)
        return self._templates.page(
            request,
            "link.html",
            action=request.path_qs,
            name=link.person.name,
            kind=link.kind,
            binds=link.binds,
            here=await self._arriving.account_here(request),
            leaving=await self._arriving.leaving(request, link.person.person),
        )

    async def enter(self, request: web.Request) -> web.Response:
        token, path = request.match_info["token"], _next(request)
        link = await find_link(self._store, token)
        here = await self._arriving.person_here(request)
        if link is None or not link.works(self._clock.now_ms()):
            if link and here and here.person == link.person.person:
                raise web.HTTPSeeOther(path)  # pressed twice
            return self._over(request)
        try:
            await self._arriving.enter(request, link.person, path, use_link(token, link, self._clock.now_ms()))
        except LinkOver:
            return self._over(request)
        finally:
            log.info("sign-in link pressed, link=%s kind=%s", link.id, link.kind)

    async def _link(self, request: web.Request) -> Link | None:
        link = await find_link(self._store, request.match_info["token"])
        return link if link and link.works(self._clock.now_ms()) else None

    async def _ways(self, request: web.Request, *, typed: str = "", error: str = "", sent: bool = False) -> web.Response:
        return self._templates.page(
            request,
            "sign_in.html",
            400 if error else 200,
            here=await self._arriving.account_here(request),
            known_in_sessions=await self._arriving.known_in_sessions(request),
            can_mail=self._mail.can_send,
            provider=self._provider,
            next=_next(request),
            typed=typed,
            error=self._templates.translator(request)(error) if error else "",
            sent=sent,
        )

    def _over(self, request: web.Request) -> web.Response:
        translate = self._templates.translator(request)
        return self._templates.page(
            request,
            "error.html",
            410,
            title=translate("This link is over"),
            message=translate(OVER),
            action_label=translate("Other ways to sign in"),
            action_url="/sign-in",
        )


def _next(request: web.Request) -> str:
    return own_path(request.query.get("next", HOME))
