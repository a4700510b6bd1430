"""Signing in at the school's own provider: the way there, the way back, and the question that stands between it and this device.

Invariant: nobody becomes somebody else, and no identity becomes somebody's, without a button that says so; an address is never a reason.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal, NoReturn
from urllib.parse import quote, unquote

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.identity import fresh_token
from server.errors import UserError
from server.pages.arriving import HOME, Arriving
from server.pages.language import own_path
from server.pages.rendering import Templates
from server.pages.throttle import address as client_of
from server.people.accounts import Account, IdentityTaken, new_identity, new_named_person, person_with_identity
from server.people.arrivals import LASTS_MS, Arrival, Arrivals
from server.people.oidc import AtProvider, Attempt, Provider, ProviderDown, Refused
from server.people.seats import Person, fresh_id
from server.rate import Buckets
from server.store.engine import Store

log = logging.getLogger(__name__)

GO = "/sign-in/oidc"
BACK = "/sign-in/oidc/back"
CONFIRM = "/sign-in/oidc/confirm"
AT_ONCE, ONE_MORE_PER_S = 40, 0.2
DOWN = UserError(
    "provider_down", "Signing in there does not work at the moment. Please try again later, or use another way to sign in.", 503
)
NOT_SIGNED_IN = UserError("not_signed_in", "You were not signed in. Please try once more, or use another way to sign in.", 400)
NO_NAME = "Without a name"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """`switch`: become the person who is known; `connect`: this person is that one; `begin`: somebody new begins here."""

    kind: Literal["none", "switch", "connect", "begin"]
    known: Person | None
    here: Account | None


class AtProviderPages:
    def __init__(
        self,
        templates: Templates,
        store: Store,
        clock: Clock,
        arriving: Arriving,
        provider: Provider,
        *,
        name: str,
        secure: bool,
        behind_proxy: bool,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._templates = templates
        self._store = store
        self._clock = clock
        self._arriving = arriving
        self._provider = provider
        self._name = name
        self._secure = secure
        self._behind_proxy = behind_proxy
        self._clock_s = clock_s
        self._cookie = "__Host-mt_sign_in" if secure else "mt_sign_in"
        self._arrivals = Arrivals()
        self._asking = Buckets(AT_ONCE, ONE_MORE_PER_S)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(GO, self.go, allow_head=False),
            web.get(BACK, self.come_back, allow_head=False),
            web.get(CONFIRM, self.ask),
            web.post(CONFIRM, self.answer),
        ]

    async def go(self, request: web.Request) -> web.Response:
        self._throttle(request)
        secret = fresh_token()
        try:
            there = await self._provider.way_there(Attempt(secret))
        except ProviderDown as error:
            raise self._down(error) from error
        response = web.HTTPSeeOther(there)
        self._keep(response, f"{secret}.{quote(own_path(request.query.get('next', HOME)), safe='')}")
        raise response

    async def come_back(self, request: web.Request) -> web.Response:
        """Whoever needs no question is in; for everybody else the browser keeps the key to the question."""
        self._throttle(request)
        secret, _, path = request.cookies.get(self._cookie, "").partition(".")
        if not secret:
            raise _again(NOT_SIGNED_IN)
        try:
            who = await self._provider.come_back(Attempt(secret), request.query)
        except ProviderDown as error:
            raise self._down(error) from error
        except Refused as error:
            log.warning("sign-in at the provider refused: %s", error)
            raise _again(NOT_SIGNED_IN) from error
        key = fresh_token()
        self._arrivals.add(key, who, own_path(unquote(path)), self._clock.now_ms())
        question = await self._question(request, who)
        if question.kind == "none":
            await self._enter(request, key, question)
        response = web.HTTPSeeOther(CONFIRM)
        self._keep(response, key)
        raise response

    async def ask(self, request: web.Request) -> web.Response:
        arrival = self._arrival(request)
        question = await self._question(request, arrival.who)
        return self._templates.page(
            request,
            "provider.html",
            kind=question.kind,
            provider=self._name,
            name=question.known.name if question.known else arrival.who.name or self._templates.translator(request)(NO_NAME),
            here=question.here,
        )

    async def answer(self, request: web.Request) -> web.Response:
        """Form field `choice`: the kind of the question; or `begin`, by somebody who is not the person whose device this is."""
        arrival = self._arrival(request)
        question = await self._question(request, arrival.who)
        choice = (await request.post()).get("choice")
        if choice == "begin" and question.kind == "connect":
            question = msgspec.structs.replace(question, kind="begin")
        if choice != question.kind and question.kind != "none":
            raise web.HTTPSeeOther(CONFIRM)  # something has changed meanwhile: ask again
        await self._enter(request, request.cookies[self._cookie], question)

    async def _question(self, request: web.Request, who: AtProvider) -> Question:
        known = await person_with_identity(self._store, who.issuer, who.subject)
        here = await self._arriving.account_here(request)
        kind: Literal["none", "switch", "connect", "begin"] = "none"
        if known and here and here.person != known.person:
            kind = "switch"
        elif here and not known:
            kind = "begin" if here.has_identity else "connect"
        return Question(kind=kind, known=known, here=here)

    async def _enter(self, request: web.Request, key: str, question: Question) -> NoReturn:
        now_ms = self._clock.now_ms()
        arrival = self._arrivals.look(key, now_ms)
        if arrival is None:
            raise _again(NOT_SIGNED_IN)
        self._arrivals.end(key)
        who = arrival.who
        try:
            if question.known:
                await self._arriving.enter(request, question.known, arrival.path)
            if question.kind == "connect" and question.here:
                person = Person(person=question.here.person, name=question.here.name)
                await self._arriving.enter(request, person, arrival.path, new_identity(who.issuer, who.subject, person.person, now_ms))
            person = Person(person=fresh_id(), name=who.name or self._templates.translator(request)(NO_NAME))
            works = (new_named_person(person, now_ms), new_identity(who.issuer, who.subject, person.person, now_ms))
            await self._arriving.enter(request, person, arrival.path, *works)
        except IdentityTaken:
            raise web.HTTPSeeOther(GO) from None  # in another window, just now: there and back once more
        except web.HTTPSeeOther as response:
            response.del_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
            raise

    def _arrival(self, request: web.Request) -> Arrival:
        arrival = self._arrivals.look(request.cookies.get(self._cookie, ""), self._clock.now_ms())
        if arrival is None:
            raise _again(NOT_SIGNED_IN)
        return arrival

    def _keep(self, response: web.StreamResponse, value: str) -> None:
        """Lax, since the provider's page leads back here."""
        response.set_cookie(self._cookie, value, max_age=LASTS_MS // 1000, httponly=True, samesite="Lax", secure=self._secure, path="/")

    def _throttle(self, request: web.Request) -> None:
        if not self._asking.take(client_of(request, behind_proxy=self._behind_proxy), self._clock_s()):
            raise UserError("too_many_sign_ins", "Many people sign in from here just now. Please try again in a minute.", 429)

    def _down(self, error: ProviderDown) -> UserError:
        log.warning("provider: %s", error)
        return _again(DOWN)


def _again(error: UserError) -> UserError:
    """A fresh one each time: an exception that is raised carries its traceback along."""
    return UserError(error.code, error.message, error.status)
