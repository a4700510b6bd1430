"""The addresses at which browsers reach the media worker: names among them are looked up once, when the supervisor starts."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from server.settings import SettingsError


def resolved(advertised: Iterable[str]) -> tuple[str, ...]:
    """IPv4 and IPv6 addresses in the order of the names, each once. Raises SettingsError."""
    found = (address for name in advertised for address in _addresses_of(name))
    return tuple(dict.fromkeys(found))


def _addresses_of(name: str) -> list[str]:
    try:
        found = [str(ipaddress.ip_address(name))]
    except ValueError:
        found = _looked_up(name)
    for address in found:
        _check(name, ipaddress.ip_address(address))
    return found


def _looked_up(name: str) -> list[str]:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"advertise: {name} is neither an address nor a name that can be looked up here") from error
    return [str(answer[4][0]) for answer in answers]


def _check(name: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_unspecified or address.is_multicast or "%" in str(address):
        raise SettingsError(f"advertise: {name} is no address that browsers can send to")
