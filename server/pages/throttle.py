"""What an address may do only so often: making sessions, trying out the connection, and coming in."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Protocol

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


class Shared(Protocol):
    """What counts over all nodes (server/cluster/members.py)."""

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool | None:
        """None: it cannot say now, count yourself."""


def throttle(
    at_once: int, *, behind_proxy: bool, shared: Shared | None = None, clock_s: Callable[[], float] = time.monotonic
) -> Middleware:
    """Inside of the guard, which tells the refusal as a page. Raises UserError `too_many_sessions`, `too_many_people`, `no_check`."""
    making = _Limit("making", at_once, ONE_MORE_PER_S, shared)
    coming = _Limit("coming", max(at_once, COMING_AT_ONCE), COMING_PER_S, shared)
    checking = _Limit("checking", 2 * max(at_once, COMING_AT_ONCE), COMING_PER_S, shared)  # one for each who comes, another by the relay

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        asked = resource.canonical if request.method == "POST" and resource is not None else ""
        whose = address(request, behind_proxy=behind_proxy)
        if asked in MAKING and not await making.take(whose, clock_s()):
            raise UserError("too_many_sessions", "Many sessions were started from here just now. Please wait a minute.", 429)
        if asked in COMING and not await coming.take(whose, clock_s()):
            raise UserError("too_many_people", "Many people came in from here just now. Please try again in a minute.", 429)
        if asked in CHECKING and not await checking.take(whose, clock_s()):
            raise UserError("no_check", "Many connections were tried out from here just now.", 429)
        return await handler(request)

    return middleware


class _Limit:
    """Of each address, over all nodes; this node alone counts while they cannot."""

    def __init__(self, name: str, burst: float, per_s: float, shared: Shared | None) -> None:
        self._name = name
        self._burst = burst
        self._per_s = per_s
        self._shared = shared
        self._own = Buckets(burst, per_s)

    async def take(self, whose: str, now_s: float) -> bool:
        allowed = await self._shared.take(f"{self._name} {whose}", burst=self._burst, per_s=self._per_s) if self._shared else None
        return self._own.take(whose, now_s) if allowed is None else allowed


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
