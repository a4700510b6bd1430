"""Other programs that the settings name: the webhook (connected to, nothing is sent) and the provider of sign-ins (its description)."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from server.doctor.findings import WAIT_S, About, Finding, fail, ok
from server.notify.guard import is_public

MOST_BYTES = 1_000_000
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def check_webhook(about: About, trust: ssl.SSLContext | None = None) -> Iterator[Finding]:
    settings = about.settings
    if not settings.webhook_url:
        return
    parts = urlsplit(settings.webhook_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        allowed = [address for address in found if settings.webhook_private or is_public(address)]
        if not allowed:
            yield fail("webhook_inside", f"{host} leads into this network, where nothing is sent.", "Set webhook_private if that is meant.")
            return
        with socket.create_connection((allowed[0], port), WAIT_S) as line:
            if parts.scheme == "https":
                (trust or ssl.create_default_context()).wrap_socket(line, server_hostname=host).close()
    except ssl.SSLError as error:
        says = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        yield fail("webhook_certificate", f"The webhook's certificate is refused: {says}.", "It needs one for its name, with the chain.")
    except (OSError, UnicodeError) as error:
        words = (error.strerror if isinstance(error, OSError) else "") or "no answer"
        yield fail("webhook_unreachable", f"The webhook at {host} cannot be reached: {words}.", "Look at webhook_url, and the firewall.")
    else:
        yield ok("webhook_reachable", f"The webhook at {host} can be reached (nothing was sent)")


def check_provider(about: About, trust: ssl.SSLContext | None = None) -> Iterator[Finding]:
    issuer = about.settings.oidc_issuer
    if not issuer:
        return
    do = 'oidc_issuer is the address as the provider itself writes it ("issuer" in its /.well-known/openid-configuration).'
    try:
        described = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration", trust)
        if described.get("issuer") != issuer:
            yield fail("provider_other", "The provider calls itself otherwise than oidc_issuer.", do)
            return
        missing = [name for name in ENDPOINTS if not isinstance(described.get(name), str)]
        if missing:
            yield fail("provider_incomplete", f"The provider's description lacks {', '.join(missing)}.", do)
            return
        if not _fetch(described["jwks_uri"], trust).get("keys"):
            yield fail("provider_keys", "The provider shows no keys to check sign-ins with.", "Ask who runs it.")
            return
    except ssl.SSLError as error:
        says = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        yield fail("provider_certificate", f"The provider's certificate is refused: {says}.", "It needs one for its name, with the chain.")
    except (OSError, http.client.HTTPException, ValueError) as error:
        yield fail("provider_unreachable", f"The provider of sign-ins does not describe itself ({_words(error)}).", do)
    else:
        back = f"{about.settings.url}/sign-in/oidc/back"
        yield ok("provider", f"The provider of sign-ins answers; it has to know the address {back}")


def _fetch(url: str, trust: ssl.SSLContext | None) -> dict[str, Any]:
    """A JSON object; no redirect is followed. Raises OSError, HTTPException, ValueError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = trust or ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, parts.port, timeout=WAIT_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=WAIT_S)
    try:
        connection.request("GET", f"{parts.path}{'?' + parts.query if parts.query else ''}", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        found = json.loads(answer.read(MOST_BYTES))
    finally:
        connection.close()
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _words(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return "no JSON"
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
