"""Whose request it is when a proxy on another machine passes it on: the last address in its X-Forwarded-For.

Only proxies that the operator names are believed. One on this machine is known without that (server/pages/throttle.py).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def said_by(proxies: Sequence[str]) -> Middleware:
    """`proxies`: addresses and networks."""
    known = [ipaddress.ip_network(each, strict=False) for each in proxies]

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        whom = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if whom and _is_in(request.remote or "", known):
            request = request.clone(remote=whom)
        return await handler(request)

    return middleware


def _is_in(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
