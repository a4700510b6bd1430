"""What people can reach and should not, and should reach and cannot: the operator's listeners, addresses for sound and picture."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from server.addresses import resolved
from server.doctor.findings import About, Finding, ok, warn
from server.doctor.ports import own_addresses
from server.notify.guard import is_public
from server.settings import SettingsError

EVERYWHERE = ("0.0.0.0", "::", "*")


def check_exposure(about: About) -> Iterator[Finding]:
    settings = about.settings
    for key, value in (("metrics_listen", settings.metrics_listen), ("node_listen", settings.node_listen)):
        host = value.rpartition(":")[0].strip("[]")
        if host in EVERYWHERE or is_public(host):
            yield warn(
                "listener_open",
                f"{key} listens at {'all addresses' if host in EVERYWHERE else 'a public address'}; people must not reach it.",
                "Bind it to 127.0.0.1 or to an address of a network of its own, or close its port in the firewall.",
            )
    if settings.public_url.startswith("https:") and not settings.tls_cert and settings.host in EVERYWHERE:
        tip = "With the proxy on this machine: listen = 127.0.0.1. Else let the firewall give the port to the proxy alone."
        yield ok("pages_open", f"Pages are also served without https, at port {settings.port} of all addresses", tip)
    yield from _told_to_browsers(about)


def _told_to_browsers(about: About) -> Iterator[Finding]:
    """Behind address translation, in a cloud or in a container the machine does not know how it is seen from outside."""
    settings = about.settings
    if about.alone_here:
        return
    try:
        told = resolved(settings.advertise) or own_addresses()
    except SettingsError:
        return  # said among the ports
    if _is_outside(settings.public_url) and not any(is_public(address) for address in told):
        yield warn(
            "advertise_inside",
            f"People come from outside, and browsers are told addresses of this network only ({', '.join(told)}).",
            "Set advertise to the address that is seen from outside, and the inner one beside it if people are inside too (docs/reach.md).",
        )
    elif settings.advertise:
        yield ok("advertised", f"Browsers send sound and picture to {', '.join(told)}")
    else:
        yield ok("advertised_all", f"Browsers are told all addresses of this machine ({', '.join(told)})")


def _is_outside(url: str) -> bool:
    """Whether the name leads to an address of the public internet."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname or "", None, type=socket.SOCK_STREAM) if url else []
    except (OSError, UnicodeError):
        return False  # said with the address
    return any(is_public(str(each[4][0])) for each in found)
