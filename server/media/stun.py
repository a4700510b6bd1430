"""STUN messages (RFC 8489) as far as an ICE-lite agent needs them: read a binding request, write its answer.

Invariant: no input makes a function raise; what is malformed or unauthenticated is None or False.
It must not know addresses beyond what XOR-MAPPED-ADDRESS carries, nor sessions.
"""

from __future__ import annotations

import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass

MAGIC_COOKIE = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101

_USERNAME = 0x0006
_MESSAGE_INTEGRITY = 0x0008
_XOR_MAPPED_ADDRESS = 0x0020
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028

_HEADER = struct.Struct(">HHI12s")
_ATTRIBUTE = struct.Struct(">HH")
_MAX_ATTRIBUTES = 32
_FINGERPRINT_XOR = 0x5354554E


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """`integrity_at` is the offset of MESSAGE-INTEGRITY in `raw`; attributes behind it are ignored (RFC 8489 14.5)."""

    raw: bytes
    transaction: bytes
    username: str
    use_candidate: bool
    integrity_at: int

    @property
    def local_ufrag(self) -> str:
        return self.username.partition(":")[0]


def parse_binding_request(data: bytes) -> BindingRequest | None:
    """None unless it is a well-formed binding request with USERNAME, MESSAGE-INTEGRITY and, if present, a right FINGERPRINT."""
    if len(data) < 20 or len(data) % 4:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != MAGIC_COOKIE or length != len(data) - 20:
        return None
    username = ""
    use_candidate = False
    integrity_at = 0
    offset = 20
    for _ in range(_MAX_ATTRIBUTES):
        if offset + 4 > len(data):
            break
        attribute, size = _ATTRIBUTE.unpack_from(data, offset)
        end = offset + 4 + size
        if end > len(data):
            return None
        if attribute == _FINGERPRINT:
            if size != 4 or end != len(data) or not _fingerprint_matches(data, offset):
                return None
        elif integrity_at:
            pass
        elif attribute == _USERNAME:
            username = data[offset + 4 : end].decode("utf-8", "replace")
        elif attribute == _USE_CANDIDATE:
            use_candidate = True
        elif attribute == _MESSAGE_INTEGRITY:
            if size != 20:
                return None
            integrity_at = offset
        offset = end + (-size % 4)
    if not username or not integrity_at:
        return None
    return BindingRequest(data, transaction, username, use_candidate, integrity_at)


def is_authentic(request: BindingRequest, password: str) -> bool:
    at = request.integrity_at
    given = request.raw[at + 4 : at + 24]
    return hmac.compare_digest(given, _integrity(request.raw[:at], at, password))


def binding_success(transaction: bytes, host: str, port: int, password: str) -> bytes:
    """The answer with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY and FINGERPRINT."""
    body = _attribute(_XOR_MAPPED_ADDRESS, _xor_address(host, port, transaction))
    message = _header(BINDING_SUCCESS, len(body), transaction) + body
    return _sealed(message, transaction, BINDING_SUCCESS, password)


def binding_request(transaction: bytes, username: str, password: str, *, use_candidate: bool = False) -> bytes:
    """What a controlling client sends. The worker never does; tests and probes do."""
    body = _attribute(_USERNAME, username.encode())
    if use_candidate:
        body += _attribute(_USE_CANDIDATE, b"")
    message = _header(BINDING_REQUEST, len(body), transaction) + body
    return _sealed(message, transaction, BINDING_REQUEST, password)


def _sealed(message: bytes, transaction: bytes, kind: int, password: str) -> bytes:
    message += _attribute(_MESSAGE_INTEGRITY, _integrity(message, len(message), password))
    message = _header(kind, len(message) - 20 + 8, transaction) + message[20:]
    return message + _attribute(_FINGERPRINT, struct.pack(">I", zlib.crc32(message) ^ _FINGERPRINT_XOR))


def _integrity(message: bytes, at: int, password: str) -> bytes:
    # the length field counts up to and including MESSAGE-INTEGRITY (RFC 8489 14.5)
    covered = message[:2] + struct.pack(">H", at - 20 + 24) + message[4:]
    return hmac.digest(password.encode(), covered, "sha1")


def _fingerprint_matches(data: bytes, offset: int) -> bool:
    given: int = struct.unpack_from(">I", data, offset + 4)[0]
    return given == zlib.crc32(data[:offset]) ^ _FINGERPRINT_XOR


def _header(kind: int, length: int, transaction: bytes) -> bytes:
    return _HEADER.pack(kind, length, MAGIC_COOKIE, transaction)


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _xor_address(host: str, port: int, transaction: bytes) -> bytes:
    address = ipaddress.ip_address(host.partition("%")[0])
    mask = struct.pack(">I", MAGIC_COOKIE) + transaction
    packed = bytes(a ^ b for a, b in zip(address.packed, mask, strict=False))
    return struct.pack(">BBH", 0, 1 if address.version == 4 else 2, port ^ (MAGIC_COOKIE >> 16)) + packed
