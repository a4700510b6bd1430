"""Links that seat a person: one invitation for everybody, one for the person who leads, one for simulated colleagues.

They never open a recording.

A link carries the session's id and a signature; nothing is stored, and a forged one reads as no link at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Literal

Kind = Literal["invitation", "lead", "simulated"]
DOORS: dict[str, Kind] = {"f": "lead", "i": "invitation", "b": "simulated"}
_SIGNATURE_BYTES = 18


class Invitations:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, session: str, kind: Kind) -> str:
        """The last part of a link: URL-safe text."""
        return f"{session}.{self._sign(session, kind)}"

    def read(self, token: str, kind: Kind) -> str | None:
        """The session that this link seats people in, or None for a link that was not made here."""
        session, dot, signature = token.partition(".")
        if not dot or len(token) > 200 or not token.isascii():
            return None
        return session if hmac.compare_digest(signature, self._sign(session, kind)) else None

    def _sign(self, session: str, kind: Kind) -> str:
        digest = hmac.new(self._secret, f"{kind}:{session}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


def secret_of(shared: str, path: Path) -> bytes:
    """What links are signed with: derived from the secret that all nodes of a cluster share, else the installation's own."""
    return hmac.digest(shared.encode(), b"links", "sha256") if shared else load_secret(path)


def load_secret(path: Path) -> bytes:
    """The installation's own secret, made at first use."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        secret = secrets.token_bytes(32)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(handle)
        return secret
