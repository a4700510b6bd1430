"""The relay (TURN): whether it accepts the passwords that this server gives, reaches the media worker, and reaches nothing else."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address

from server.addresses import resolved
from server.doctor.findings import About, Finding, fail, ok, warn
from server.doctor.ports import own_addresses
from server.doctor.turn import UNAUTHORISED, TurnError, connected
from server.relay import Relays
from server.settings import SettingsError

NEVER = ("127.0.0.1", "169.254.169.254")  # itself, and where clouds give away the keys of a machine


def check_relay(about: About, trust: ssl.SSLContext | None = None) -> Iterator[Finding]:
    """`trust` is for a relay whose certificate not everybody trusts."""
    given = Relays.of(about.settings).give("doctor", "doctor")
    if given is None:
        if not about.alone_here:
            tip = "People behind strict firewalls need one: docs/reach.md."
            yield ok("no_relay", "There is no relay in the settings", tip)
        return
    for url in given.urls:
        try:
            with connected(url, given.username, given.credential, trust) as client:
                lifetime_s = client.allocate()
                yield ok("relay_works", f"{url} gives a place for {lifetime_s} s")
                allows = {address: client.permits(address) for address in (*_worker_addresses(about), *NEVER)}
                client.end()
            yield from _reach(about, url, allows)
        except ssl.SSLError as error:
            says = getattr(error, "verify_message", "") or error.reason or "TLS failed"
            yield fail(
                "relay_certificate",
                f"{url}: its certificate is refused ({says}).",
                "Browsers refuse it too: it needs one for its name, with the chain.",
            )
        except TurnError as error:
            yield _refused(url, error)
        except (OSError, ValueError) as error:
            words = (error.strerror if isinstance(error, OSError) else "") or "no connection"
            yield fail(
                "relay_unreachable", f"{url} cannot be reached: {words}.", "Look whether coturn runs, at its ports and its firewall."
            )


def _refused(url: str, error: TurnError) -> Finding:
    if error.code == UNAUTHORISED:
        return fail(
            "relay_password",
            f"{url} does not accept this server's passwords.",
            "turn_secret and coturn's static-auth-secret have to be the same, use-auth-secret has to be set, and both clocks right.",
        )
    if error.code == 0:
        return fail("relay_silent", f"{url}: {error}.", "Look whether coturn runs, at its ports and its firewall.")
    return fail("relay_refuses", f"{url} refuses: {error} ({error.code}).", "Look into coturn's log.")


def _reach(about: About, url: str, allows: dict[str, bool]) -> Iterator[Finding]:
    wanted = _worker_addresses(about)
    refused = [address for address in wanted if not allows[address]]
    if wanted and len(refused) == len(wanted):
        yield fail("relay_not_to_us", f"{url} does not relay to {', '.join(refused)}.", "Name it in coturn's allowed-peer-ip.")
    elif wanted:
        yield ok("relay_reaches_us", f"{url} relays to the media worker")
    open_to = [address for address in NEVER if allows[address] and address not in wanted]
    if open_to:
        yield warn(
            "relay_open_inside",
            f"{url} would also relay to {', '.join(open_to)}: whoever has a seat could reach what is beside it.",
            "Forbid everything but the media worker with denied-peer-ip (docs/reach.md).",
        )


def _worker_addresses(about: About) -> list[str]:
    try:
        found = resolved(about.settings.advertise) or own_addresses()
    except SettingsError:
        return []
    return [address for address in found if _is_four(address)]


def _is_four(address: str) -> bool:
    try:
        IPv4Address(address)
    except ValueError:
        return False
    return True
