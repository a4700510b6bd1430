"""ICE-lite (RFC 8445 2.5) for all transports of the worker: who may talk to us, and where we send to.

Invariant: an address counts only after an authenticated check from it, or after a new packet with the keys of somebody who fell quiet
at the same host; everything else is dropped without an answer. Time is an argument. It must not know DTLS, SDP or rooms; a transport
is whatever `Endpoint.receiver` is.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from server.media import stun
from server.media.limits import Bucket
from server.media.udp import Path

# Where nothing but checks comes: Chromium sends one in 2.5 to 2.7 s, one may get lost; Firefox sends one in 5 s.
SILENT_AFTER_NS = 6_000_000_000
FOLLOW_AFTER_NS = 2_000_000_000
MAX_PATHS = 8

# Address translation may forget a port: until the next check, which Firefox sends each 5 s, what its owner sends comes from a stranger.
# Whoever can pass on somebody's newest packet before its owner does is on the way anyhow, and could as well keep it.
QUIET_AFTER_NS = 400_000_000
GONE_AFTER_NS = 20_000_000_000
GUESSES_PER_S = 100
GUESSES_AT_ONCE = 30
MAX_TRIES = 64  # a whole school behind one address
_MEDIA = range(128, 192)

Receiver = Callable[[bytes, Path, int], None]


def _nobody(data: bytes, path: Path, now_ns: int) -> None:
    """The receiver of a closed endpoint, which must not keep its transport."""


@dataclass(frozen=True, slots=True)
class Credentials:
    ufrag: str
    password: str


def new_credentials() -> Credentials:
    return Credentials(secrets.token_hex(6), secrets.token_hex(16))


@dataclass(eq=False, slots=True)
class Endpoint:
    """Our side of one peer connection. `path` is where we send to, None until a check came."""

    receiver: Receiver
    credentials: list[Credentials] = field(default_factory=list)
    path: Path | None = None
    paths: dict[Path, int] = field(default_factory=dict)
    heard_ns: int = 0  # last authentic sign of life on `path`
    silent: bool = False
    heard_elsewhere: int = 0  # authentic packets that came from another address than `path`
    _told_silent: bool = False

    def heard(self, path: Path, now_ns: int) -> None:
        """An authentic packet came. It keeps the peer alive, but only a check moves the path.

        Checks alone would do by RFC 7675, but Firefox sends one in 5 s and one lost check must not stop its picture.
        """
        if path == self.path:
            self.heard_ns = now_ns
            self.silent = False
        else:
            self.heard_elsewhere += 1

    def may_have_moved_to(self, path: Path, now_ns: int) -> bool:
        was, quiet_ns = self.path, now_ns - self.heard_ns
        return was is not None and was.host == path.host and QUIET_AFTER_NS <= quiet_ns <= GONE_AFTER_NS

    def fall_silent(self, now_ns: int, after_ns: int = SILENT_AFTER_NS) -> bool:
        """True once for every silence, whether the peer fell silent just now or lost its address since it was asked."""
        if self.path is not None and now_ns - self.heard_ns >= after_ns:
            self.silent = True
        news = self.silent and not self._told_silent
        self._told_silent = self.silent
        return news


class IceTable:
    def __init__(self, send: Callable[[bytes, Path], None]) -> None:
        self._send = send
        self._by_ufrag: dict[str, tuple[Endpoint, Credentials]] = {}
        self._by_path: dict[Path, Endpoint] = {}
        self._guesses = Bucket()
        self.dropped = 0

    def open(self, receiver: Receiver) -> Endpoint:
        endpoint = Endpoint(receiver)
        self.restart(endpoint)
        return endpoint

    def restart(self, endpoint: Endpoint) -> Credentials:
        """New credentials. The old ones hold until the first check with the new ones, so media goes on meanwhile."""
        fresh = new_credentials()
        for old in endpoint.credentials[:-1]:
            self._by_ufrag.pop(old.ufrag, None)
        endpoint.credentials = [*endpoint.credentials[-1:], fresh]
        self._by_ufrag[fresh.ufrag] = (endpoint, fresh)
        return fresh

    def close(self, endpoint: Endpoint) -> None:
        for credentials in endpoint.credentials:
            self._by_ufrag.pop(credentials.ufrag, None)
        for path in endpoint.paths:
            if self._by_path.get(path) is endpoint:
                del self._by_path[path]
        endpoint.paths.clear()
        endpoint.path = None
        endpoint.receiver = _nobody

    def receive(self, data: bytes, path: Path, now_ns: int) -> None:
        """Every datagram of the port comes here first. The first byte tells the protocol (RFC 7983)."""
        if not data:
            self.dropped += 1
        elif data[0] < 4:
            self._receive_check(data, path, now_ns)
        elif (endpoint := self._by_path.get(path)) is not None:
            endpoint.receiver(data, path, now_ns)
        elif data[0] not in _MEDIA or not self._is_from_one_who_moved(data, path, now_ns):
            self.dropped += 1

    def _is_from_one_who_moved(self, data: bytes, path: Path, now_ns: int) -> bool:
        """Bounded, and without a trace when it is from nobody: decryption decides, and refuses what has been there before."""
        if not self._guesses.take(1, now_ns, per_s=GUESSES_PER_S, burst=GUESSES_AT_ONCE):
            return False
        quiet = {endpoint for endpoint, _ in self._by_ufrag.values() if endpoint.may_have_moved_to(path, now_ns)}
        for endpoint in sorted(quiet, key=lambda one: one.heard_ns, reverse=True)[:MAX_TRIES]:
            before = endpoint.heard_elsewhere
            endpoint.receiver(data, path, now_ns)
            if endpoint.heard_elsewhere > before:
                self._remember(endpoint, path, now_ns)
                endpoint.path, endpoint.heard_ns, endpoint.silent = path, now_ns, False
                return True
        return False

    def _receive_check(self, data: bytes, path: Path, now_ns: int) -> None:
        request = stun.parse_binding_request(data)
        known = self._by_ufrag.get(request.local_ufrag) if request else None
        if request is None or known is None or not stun.is_authentic(request, known[1].password):
            self.dropped += 1
            return
        endpoint, credentials = known
        if self._is_used_by_another(path, endpoint, now_ns):
            self.dropped += 1
            return
        restarted = len(endpoint.credentials) > 1 and credentials is endpoint.credentials[-1]
        if restarted:
            for old in endpoint.credentials[:-1]:
                self._by_ufrag.pop(old.ufrag, None)
            endpoint.credentials = [credentials]
        self._remember(endpoint, path, now_ns)
        self._send(stun.binding_success(request.transaction, path.host, path.port, credentials.password), path)
        self._choose(endpoint, path, now_ns, nominated=request.use_candidate or restarted)

    def _is_used_by_another(self, path: Path, endpoint: Endpoint, now_ns: int) -> bool:
        """Source addresses can be forged: nobody, not even a participant, takes over an address that somebody talks from."""
        owner = self._by_path.get(path)
        return owner is not None and owner is not endpoint and owner.path == path and now_ns - owner.heard_ns < SILENT_AFTER_NS

    def _remember(self, endpoint: Endpoint, path: Path, now_ns: int) -> None:
        owner = self._by_path.get(path)
        if owner is not None and owner is not endpoint:
            owner.paths.pop(path, None)
            if owner.path == path:
                owner.path, owner.silent = None, True
        self._by_path[path] = endpoint
        endpoint.paths[path] = now_ns
        while len(endpoint.paths) > MAX_PATHS:
            oldest = min((p for p in endpoint.paths if p != endpoint.path), key=endpoint.paths.__getitem__)
            del endpoint.paths[oldest]
            self._by_path.pop(oldest, None)

    def _choose(self, endpoint: Endpoint, path: Path, now_ns: int, *, nominated: bool) -> None:
        # Firefox re-checks without USE-CANDIDATE after its address has changed, so silence of the old path must do
        if nominated or endpoint.path is None or now_ns - endpoint.heard_ns >= FOLLOW_AFTER_NS:
            endpoint.path = path
        if path == endpoint.path:
            endpoint.heard_ns = now_ns
            endpoint.silent = False
