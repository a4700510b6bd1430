"""The address that people open: whether its name is known, leads here, is https where it has to be, and answers through itself."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from server.doctor.findings import WAIT_S, About, Finding, fail, ok, warn

SOON_DAYS = 14
MARK = b"Microteach"


def check_address(about: About) -> Iterator[Finding]:
    yield from _secure(about)
    if not about.settings.public_url:
        if not about.alone_here:
            yield warn(
                "no_public_url",
                "public_url is empty: links carry whatever address a page was opened with.",
                "Set it to the address that people open, such as https://microteach.school.example.",
            )
        return
    parts = urlsplit(about.settings.public_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = list(dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError):
        yield fail(
            "name_unknown",
            f"The name {host} is not known here.",
            "Enter it in the name service (DNS), with the address of this machine or proxy.",
        )
        return
    if all(is_own(address) for address in found):
        yield ok("name_leads_here", f"{host} leads to this machine ({', '.join(found)})")
    else:
        tip = "That is right with a proxy in front or behind address translation."
        yield ok("name_leads_elsewhere", f"{host} leads to {', '.join(found)}, which is not this machine", tip)
    if about.runs:
        yield from _asked(about.settings.public_url)
    else:
        yield ok("address_not_tried", "Microteach does not run: whether its address answers was not tried")


def _secure(about: About) -> Iterator[Finding]:
    if about.settings.secure:
        yield ok("https", "People open it by https")
    elif about.alone_here:
        yield ok("https_not_needed", "It can be opened at this machine only, where browsers need no https")
    else:
        yield fail(
            "https_missing",
            "Without https, browsers of other machines give no camera and no microphone.",
            "Set tls_cert and tls_key, or put a proxy with a certificate in front and set public_url to its https address.",
        )


def _asked(url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=WAIT_S)
    try:
        connection.request("GET", "/")
        if isinstance(connection.sock, ssl.SSLSocket):
            yield _seen_certificate(connection.sock)
        answer = connection.getresponse()
        is_ours = answer.status == 200 and MARK in answer.read(200_000)
    except ssl.SSLCertVerificationError as error:
        yield fail(
            "address_certificate",
            f"{url} shows a certificate that is not trusted here: {error.verify_message}.",
            "Look at its dates, names and chain; browsers refuse it in the same way unless they know its issuer.",
        )
        return
    except (OSError, http.client.HTTPException) as error:
        yield warn(
            "address_unreachable",
            f"{url} does not answer from here ({_reason(error)}).",
            "Some networks do not let a machine reach itself from outside: try a phone without Wi-Fi. Else look at proxy and firewall.",
        )
        return
    finally:
        connection.close()
    if is_ours:
        yield ok("address_answers", f"{url} answers")
    else:
        yield fail(
            "address_of_another", f"{url} answers with something else ({answer.status}).", "The proxy leads elsewhere, or not at all."
        )


def _seen_certificate(line: ssl.SSLSocket) -> Finding:
    until = str((line.getpeercert() or {}).get("notAfter", ""))
    days = (ssl.cert_time_to_seconds(until) - datetime.now(UTC).timestamp()) / 86_400 if until else SOON_DAYS
    if days < SOON_DAYS:
        return warn(
            "address_certificate_ends",
            f"The certificate that people see ends in {days:.0f} days.",
            "Renew it; look why that did not happen.",
        )
    return ok("address_certificate", f"The certificate that people see holds for {days:.0f} days, {line.version()}")


def is_own(address: str) -> bool:
    """Whether it is one of this machine's. Nothing is sent: the system says from where it would send there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        try:
            trial.connect((address, 9))
        except OSError:
            return False
        return str(trial.getsockname()[0]) == address.partition("%")[0]


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
