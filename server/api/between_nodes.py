"""How one node shows another that it passes a request on, and for whom: a signature by the cluster's secret over what is asked.

Only what carries it is answered on the listener between nodes, and only there is it believed.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

HEADER = "X-Microteach-Passed-On"
FRESH_S = 120  # two nodes' clocks may differ


class PassedOn(msgspec.Struct, frozen=True, kw_only=True):
    """`address` is whose request it is, `scheme` how it came to the first node."""

    address: str
    scheme: str


class Signing:
    def __init__(self, secret: str, clock_s: Callable[[], float] = time.time) -> None:
        self._key = hmac.digest(secret.encode(), b"between nodes", "sha256")
        self._clock_s = clock_s

    def write(self, method: str, path: str, passed: PassedOn) -> str:
        """The header's value."""
        said = f"{int(self._clock_s())} {passed.scheme} {passed.address}"
        return f"{said} {self._sign(method, path, said)}"

    def read(self, method: str, path: str, value: str) -> PassedOn | None:
        """None for what no node of this cluster has written just now."""
        said, _, signature = value.rpartition(" ")
        if not hmac.compare_digest(signature.encode(errors="replace"), self._sign(method, path, said).encode()):
            return None
        at_s, scheme, address = said.split(" ", 2)
        return PassedOn(address=address, scheme=scheme) if abs(self._clock_s() - int(at_s)) <= FRESH_S else None

    def _sign(self, method: str, path: str, said: str) -> str:
        return hmac.new(self._key, f"{method} {path} {said}".encode(errors="replace"), hashlib.sha256).hexdigest()
