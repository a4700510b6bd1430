"""As much of a TURN client (RFC 8656) as it takes to see whether a relay gives this server's people what they will ask it for.

One allocation over UDP, TCP or TLS, a permission for each address, and the end of it. Blocking, with limits of time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import socket
import ssl
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

from server.media.stun import MAGIC_COOKIE

ALLOCATE, REFRESH, CREATE_PERMISSION = 0x003, 0x004, 0x008
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
XOR_PEER_ADDRESS, REALM, NONCE, REQUESTED_TRANSPORT = 0x0012, 0x0014, 0x0015, 0x0019
ERROR = 0x110
UNAUTHORISED, STALE = 401, 438
UDP = 17
WAIT_S, TRIES = 1.5, 3
_HEADER = struct.Struct(">HHI12s")
_URL = re.compile(r"(turns?):(\[[^]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")


class TurnError(Exception):
    """`code` 0: no answer, or none that is TURN; else what the relay said."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass
class Line:
    """What carries the messages. `stream`: they come one after the other and have to be cut."""

    socket: socket.socket
    stream: bool
    _read: bytes = b""

    def send(self, message: bytes) -> None:
        self.socket.sendall(message)

    def receive(self) -> bytes:
        """Raises OSError."""
        if not self.stream:
            return self.socket.recv(2048)
        while len(self._read) < 20 or len(self._read) < 20 + int.from_bytes(self._read[2:4], "big"):
            more = self.socket.recv(2048)
            if not more:
                raise ConnectionResetError("the relay hung up")
            self._read += more
        size = 20 + int.from_bytes(self._read[2:4], "big")
        message, self._read = self._read[:size], self._read[size:]
        return message


@dataclass
class Client:
    line: Line
    username: str
    password: str
    _realm: bytes = b""
    _nonce: bytes = b""
    _key: bytes = field(default=b"", repr=False)

    def allocate(self) -> int:
        """The lifetime in seconds. Raises TurnError, with the relay's own code when it refuses."""
        wanted = _attribute(REQUESTED_TRANSPORT, bytes((UDP, 0, 0, 0)))
        try:
            self._ask(ALLOCATE, wanted)
        except TurnError as error:
            if error.code != UNAUTHORISED or not self._nonce:
                raise
        else:
            raise TurnError(0, "it gives everybody an allocation, without a password")
        found = self._ask(ALLOCATE, wanted)
        return int.from_bytes(found.get(LIFETIME, b"\0"), "big")

    def permits(self, address: str) -> bool:
        """Whether it would relay to this address. Raises TurnError when it does not answer."""
        try:
            self._ask(CREATE_PERMISSION, _attribute(XOR_PEER_ADDRESS, _xor_address(address, 9)))
        except TurnError as error:
            if error.code == 0:
                raise
            return False
        return True

    def end(self) -> None:
        self._ask(REFRESH, _attribute(LIFETIME, bytes(4)))

    def _ask(self, method: int, body: bytes, *, again: bool = True) -> Mapping[int, bytes]:
        transaction = secrets.token_bytes(12)
        kind, found = self._exchange(self._message(method, body, transaction), transaction)
        if kind & ERROR != ERROR:
            return found
        code = found.get(ERROR_CODE, bytes(4))
        number = code[2] % 8 * 100 + code[3] if len(code) >= 4 else 0
        if number in (UNAUTHORISED, STALE) and NONCE in found:
            had_nonce, self._nonce = bool(self._nonce), found[NONCE]
            self._realm = found.get(REALM, self._realm)
            self._key = hashlib.md5(
                b":".join((self.username.encode(), self._realm, self.password.encode())), usedforsecurity=False
            ).digest()
            if number == STALE and had_nonce and again:
                return self._ask(method, body, again=False)
        raise TurnError(number, code[4:].decode(errors="replace")[:100] or f"error {number}")

    def _message(self, method: int, body: bytes, transaction: bytes) -> bytes:
        if not self._key:
            return _HEADER.pack(method, len(body), MAGIC_COOKIE, transaction) + body
        body += _attribute(USERNAME, self.username.encode()) + _attribute(REALM, self._realm) + _attribute(NONCE, self._nonce)
        message = _HEADER.pack(method, len(body) + 24, MAGIC_COOKIE, transaction) + body  # the length counts the integrity that follows
        return message + _attribute(MESSAGE_INTEGRITY, hmac.digest(self._key, message, "sha1"))

    def _exchange(self, message: bytes, transaction: bytes) -> tuple[int, Mapping[int, bytes]]:
        for _ in range(1 if self.line.stream else TRIES):
            try:
                self.line.send(message)
                while True:
                    answer = self.line.receive()
                    if len(answer) >= 20 and answer[8:20] == transaction:
                        return int.from_bytes(answer[:2], "big"), dict(_attributes(answer))
            except TimeoutError:
                continue
            except OSError as error:
                raise TurnError(0, error.strerror or str(error) or "no connection") from error
        raise TurnError(0, "no answer")


@contextmanager
def connected(url: str, username: str, password: str, trust: ssl.SSLContext | None = None) -> Iterator[Client]:
    """Raises OSError (also of TLS) when there is no connection, ValueError for another kind of URL."""
    scheme, host, port, stream = read_url(url)
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)[0]
    if not stream:
        line = socket.socket(family, socket.SOCK_DGRAM)
    else:
        line = socket.create_connection((str(address[0]), int(address[1])), WAIT_S * 2)
    with line:
        line.settimeout(WAIT_S if not stream else WAIT_S * 2)
        if not stream:
            line.connect(address)
        if scheme == "turns":
            context = trust or ssl.create_default_context()
            with context.wrap_socket(line, server_hostname=host) as covered:
                yield Client(Line(covered, stream), username, password)
        else:
            yield Client(Line(line, stream), username, password)


def read_url(url: str) -> tuple[str, str, int, bool]:
    """Scheme, host, port, and whether it is TCP (RFC 7065). DTLS is not spoken here."""
    found = _URL.fullmatch(url)
    if not found:
        raise ValueError("not a relay's URL")
    scheme, host, port, transport = found.groups()
    stream = transport == "tcp" or scheme == "turns"
    return scheme, host.strip("[]"), int(port or (5349 if scheme == "turns" else 3478)), stream


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _attributes(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = 20
    while at + 4 <= len(message):
        kind, size = struct.unpack_from(">HH", message, at)
        yield kind, message[at + 4 : at + 4 + size]
        at += 4 + size + (-size % 4)


def _xor_address(host: str, port: int) -> bytes:
    """Of an IPv4 address; one of IPv6 would need the transaction, and an allocation of that family."""
    packed = ip_address(host).packed
    mask = struct.pack(">I", MAGIC_COOKIE)
    return struct.pack(">BBH", 0, 1, port ^ (MAGIC_COOKIE >> 16)) + bytes(a ^ b for a, b in zip(packed, mask, strict=True))
