"""Signatures of webhooks, as the Standard Webhooks specification says: symmetric, version 1. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)


def read_secrets(text: str) -> list[bytes]:
    """Of `whsec_…` texts with spaces between them, the newest first. Raises ValueError."""
    secrets = []
    for each in text.split():
        try:
            secret = base64.b64decode(each.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            secret = b""
        if not each.startswith(PREFIX) or len(secret) not in SECRET_BYTES:
            raise ValueError("a secret is whsec_ and the base64 of 24 to 64 bytes")
        secrets.append(secret)
    return secrets


def signatures(secrets: Sequence[bytes], message: str, timestamp_s: int, body: bytes) -> str:
    """One by each secret, so that the other side can change to a new one in its own time."""
    signed = f"{message}.{timestamp_s}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets)
