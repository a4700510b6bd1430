"""The product's own door, as a simulated colleague comes through it: the form, the cookie, the WebSocket. Nothing beyond this server."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import aiohttp
import msgspec

from server.wire.base import Message
from server.wire.codec import decode_to_page
from server.wire.messages import MAX_MESSAGE_BYTES, PROTOCOL_VERSION, Hello, ToPage

_HEARTBEAT_S = 20.0
_encode = msgspec.json.Encoder().encode


class DoorError(Exception):
    """The server did not let somebody in; the message holds the status only."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where this server listens. `certificate` is the SHA-256 of its own certificate, hexadecimal: with TLS, no other one is
    accepted and no name is checked; empty without TLS. `media_port` is the worker's on this machine, which may be another one than
    others are told; 0: that one."""

    url: str
    certificate: str = ""
    media_port: int = 0

    @property
    def ssl(self) -> aiohttp.Fingerprint | bool:
        return aiohttp.Fingerprint(bytes.fromhex(self.certificate)) if self.certificate else True


def local_address(host: str, port: int, certificate: str, media_port: int = 0) -> Address:
    """Of a server that listens there with the certificate in this PEM file; empty: without TLS. Raises OSError, ValueError."""
    reached = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{reached}]" if ":" in reached else reached
    if not certificate:
        return Address(f"http://{name}:{port}", media_port=media_port)
    return Address(f"https://{name}:{port}", fingerprint(Path(certificate)), media_port)


def fingerprint(path: Path) -> str:
    """Of the first certificate in a PEM file."""
    text = path.read_text()
    end = "-----END CERTIFICATE-----"
    first = text[text.index("-----BEGIN CERTIFICATE-----") : text.index(end) + len(end)]
    return sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


class Socket:
    """One signaling connection, already welcomed by the time that the first view comes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, message: Message) -> None:
        await self._socket.send_str(_encode(message).decode())

    async def __aiter__(self) -> AsyncIterator[ToPage]:
        """Until the server closes."""
        async for frame in self._socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return
            yield decode_to_page(frame.data)


class Door:
    """One person's way in. The cookie is carried by hand: it may be meant for https only, and this is the server's own computer."""

    def __init__(self, client: aiohttp.ClientSession, address: Address, invitation: str) -> None:
        self.media_port = address.media_port
        self._client = client
        self._address = address
        self._invitation = invitation
        self._cookie = ""
        self._session = ""

    async def enter(self, name: str, *, teaches: bool, recording: str) -> None:
        """Takes a seat, or says anew whether its owner teaches. Raises DoorError, aiohttp.ClientError."""
        form = {"name": name, "teaches": "yes" if teaches else "no", "recording": recording}
        url = f"{self._address.url}/b/{self._invitation}"
        async with self._client.post(url, data=form, headers=self._headers(), ssl=self._address.ssl, allow_redirects=False) as answer:
            if answer.status != 303:
                raise DoorError(f"status {answer.status}")
            self._session = answer.headers["Location"].rpartition("/")[2]
            for name_, morsel in answer.cookies.items():
                self._cookie = f"{name_}={morsel.value}"

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Socket]:
        url = f"{self._address.url}/sessions/{self._session}/socket"
        async with self._client.ws_connect(
            url, headers=self._headers(), ssl=self._address.ssl, max_msg_size=8 * MAX_MESSAGE_BYTES, heartbeat=_HEARTBEAT_S
        ) as socket:
            opened = Socket(socket)
            await opened.send(Hello(protocol=PROTOCOL_VERSION))
            yield opened

    def _headers(self) -> dict[str, str]:
        return {"Origin": self._address.url, "Accept": "application/json", **({"Cookie": self._cookie} if self._cookie else {})}
