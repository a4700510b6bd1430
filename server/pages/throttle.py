"""What an address may do only so often: making sessions, trying out the connection, and coming in."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.errors import UserError
from server.rate import Buckets

MAKING = frozenset({"/sessions", "/practise", "/try"})
CHECKING = frozenset({"/{door}/{token}/connection"})
COMING = frozenset({"/{door}/{token}", "/{door}/{token}/claims"})
ONE_MORE_PER_S = 0.1
COMING_AT_ONCE = 60  # a whole school may have one address
COMING_PER_S = 1


def throttle(at_once: int, *, behind_proxy: bool, clock_s: Callable[[], float] = time.monotonic) -> Middleware:
    """Inside of the guard, which tells the refusal as a page. Raises UserError `too_many_sessions`, `too_many_people`, `no_check`."""
    making = Buckets(at_once, ONE_MORE_PER_S)
    coming = Buckets(max(at_once, COMING_AT_ONCE), COMING_PER_S)
    checking = Buckets(2 * max(at_once, COMING_AT_ONCE), COMING_PER_S)  # one for each who comes, and another one by the relay

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        asked = resource.canonical if request.method == "POST" and resource is not None else ""
        whose = address(request, behind_proxy=behind_proxy)
        if asked in MAKING and not making.take(whose, clock_s()):
            raise UserError("too_many_sessions", "Many sessions were started from here just now. Please wait a minute.", 429)
        if asked in COMING and not coming.take(whose, clock_s()):
            raise UserError("too_many_people", "Many people came in from here just now. Please try again in a minute.", 429)
        if asked in CHECKING and not checking.take(whose, clock_s()):
            raise UserError("no_check", "Many connections were tried out from here just now.", 429)
        return await handler(request)

    return middleware


def address(request: web.Request, *, behind_proxy: bool) -> str:
    """Who asks; an IPv6 household counts as one. A proxy on this machine says for whom it asks in the last X-Forwarded-For."""
    remote = request.remote or ""
    if behind_proxy and _parsed(remote).is_loopback:
        remote = request.headers.get("X-Forwarded-For", remote).rpartition(",")[2].strip()
    parsed = _parsed(remote)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return ipaddress.IPv4Address(0)
