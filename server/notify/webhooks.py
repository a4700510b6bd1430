"""Events for another program, as the Standard Webhooks specification says (standardwebhooks.com): thin, signed, tried again.

What an event is about it says in ids; whoever wants more asks with a right to. Follows no redirect, uses no proxy, reads no answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import msgspec

from server.clock import Clock
from server.notify.guard import Pinned, Refused, look_up
from server.notify.retry import Failed
from server.notify.rows import Message
from server.notify.signing import signatures

log = logging.getLogger(__name__)

TIMEOUT_S = 15.0
GONE = 410
WAIT_AND_SEE = (429, 503)


def event_body(type_: str, ids: Mapping[str, str], now_ms: int) -> bytes:
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode({"type": type_, "timestamp": moment, "data": dict(ids)})


class Webhook:
    """`private`: it may be inside this network, and without https."""

    def __init__(self, clock: Clock, url: str, secrets: Sequence[bytes], *, private: bool) -> None:
        self._clock = clock
        self._url = url
        self._secrets = secrets
        self._private = private
        self._gone = False

    async def __call__(self, message: Message) -> None:
        if self._gone:
            raise Failed("gone", for_good=True)
        try:
            status, after_ms = await self._post(message)
        except Refused:
            raise Failed("address_refused") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise Failed("unreachable") from None
        if status == GONE:
            self._gone = True
            log.error("the webhook says that it is gone; nothing more is sent to it until the next start")
            raise Failed("gone", for_good=True)
        if not 200 <= status < 300:
            raise Failed(f"answered_{status}", after_ms=after_ms)

    async def _post(self, message: Message) -> tuple[int, int]:
        """Status, and how long the other side wants to be left alone."""
        to = urlsplit(self._url)
        port = to.port or (443 if to.scheme == "https" else 80)
        timestamp_s = self._clock.now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Microteach",
            "webhook-id": message.message,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signatures(self._secrets, message.message, timestamp_s, message.body),
        }
        addresses = await look_up(to.hostname or "", port, private=self._private)
        connector = aiohttp.TCPConnector(resolver=Pinned(addresses), use_dns_cache=False, force_close=True)
        client = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            trust_env=False,
            auto_decompress=False,
        )
        async with client, client.post(self._url, data=message.body, headers=headers, allow_redirects=False) as answer:
            return answer.status, _wish_ms(answer) if answer.status in WAIT_AND_SEE else 0


def _wish_ms(answer: aiohttp.ClientResponse) -> int:
    """RFC 9110, 10.2.3, when it is in seconds."""
    text = answer.headers.get("Retry-After", "")
    return int(text) * 1000 if text.isascii() and text.isdigit() and len(text) < 10 else 0
