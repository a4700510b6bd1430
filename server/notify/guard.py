"""Where this server may connect to on somebody's word: addresses of the public internet, and exactly those that were looked at.

A name is looked up once; who connects gets the addresses that passed, so that a name which changes between the two opens nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

# What Python's tables leave out or added late; https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-
_NEVER_4 = tuple(
    ipaddress.IPv4Network(each) for each in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/3")
)
_NEVER_6 = tuple(ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class Refused(Exception):
    """The name leads to this machine, this network, or nowhere."""


def is_public(address: str) -> bool:
    """Whether an address, written as the system writes it, is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _TRANSLATED else None)
        if inner is None:
            return ip in _PUBLIC_6 and not any(ip in each for each in _NEVER_6) and ip.is_global
        ip = inner
    return ip.is_global and not ip.is_multicast and not any(ip in each for each in _NEVER_4)


async def look_up(host: str, port: int, *, private: bool) -> list[ResolveResult]:
    """The addresses that may be connected to. Raises Refused when there are none, OSError when the name is not known."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    checked = [
        ResolveResult(hostname=host, host=str(address[0]), port=port, family=family, proto=proto, flags=int(socket.AI_NUMERICHOST))
        for family, _, proto, _, address in found
        if private or is_public(str(address[0]))
    ]
    if not checked:
        raise Refused
    return checked


class Pinned(AbstractResolver):
    """Answers every question with the addresses that were checked."""

    def __init__(self, addresses: Sequence[ResolveResult]) -> None:
        self._addresses = list(addresses)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        return self._addresses

    async def close(self) -> None:
        pass
