"""DTLS 1.2 as server (RFC 5763, `setup:passive`) for one transport, on aiortc's RTCDtlsTransport.

Invariant: whatever comes in, the outcome is one call of `done`, with a pair of SRTP directions or with None.
The only module that touches aiortc's private names; each is pinned by a contract test.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)

from server.media.srtp import Srtp

HANDSHAKE_TIMEOUT_S = 15.0
QUEUE_LIMIT = 32
RESEND_AFTER_S = (0.15, 0.35, 0.7)  # OpenSSL's own timer starts at 1 s and doubles

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class SrtpPair:
    inbound: Srtp
    outbound: Srtp


def new_certificate() -> RTCCertificate:
    return RTCCertificate.generateCertificate()


def fingerprint_of(certificate: RTCCertificate) -> Fingerprint:
    found = next(f for f in certificate.getFingerprints() if f.algorithm == "sha-256")
    return Fingerprint(found.algorithm, found.value)


class DtlsServer:
    """`feed` takes datagrams at any time; the handshake starts when the peer's fingerprints and its first datagram are there."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None], done: Callable[[SrtpPair | None], None]) -> None:
        self._wire = _Wire(send)
        self._done = done
        self._transport = RTCDtlsTransport(self._wire, [certificate])  # type: ignore[arg-type]
        self._transport._set_role("server")
        self._transport._srtp_profiles = _preferred_profiles()
        self._transport.on("statechange", self._on_state)
        self._fingerprints: tuple[Fingerprint, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._finished = False

    def expect(self, fingerprints: Sequence[Fingerprint]) -> None:
        self._fingerprints = tuple(fingerprints)
        self._start_when_ready()

    def feed(self, datagram: bytes) -> None:
        self._wire.feed(datagram)
        self._start_when_ready()

    def close(self) -> asyncio.Task[None]:
        """Says goodbye to the peer; the returned task ends when that is out."""
        self._finished = True
        if self._task is not None:
            self._task.cancel()
        return asyncio.get_running_loop().create_task(self._stop(), name="dtls-stop")

    def _start_when_ready(self) -> None:
        if self._task is None and self._fingerprints and self._wire.waiting and not self._finished:
            self._task = asyncio.get_running_loop().create_task(self._handshake(), name="dtls-handshake")

    async def _handshake(self) -> None:
        expected = RTCDtlsParameters([RTCDtlsFingerprint(algorithm=f.algorithm, value=f.value) for f in self._fingerprints])
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await self._transport.start(expected)
        except TimeoutError:
            log.info("dtls handshake timed out")
        except Exception:  # task boundary: OpenSSL and cryptography raise many kinds on hostile input
            log.exception("dtls handshake broke")
        finally:
            self._wire.settle()
        if self._transport._state is State.CONNECTED:
            self._done(SrtpPair(Srtp(self._transport._rx_srtp), Srtp(self._transport._tx_srtp)))
        else:
            self._finish()

    def _on_state(self) -> None:
        if self._transport._state in (State.CLOSED, State.FAILED):
            self._finish()

    def _finish(self) -> None:
        if not self._finished:
            self._finished = True
            self._done(None)

    async def _stop(self) -> None:
        pump = self._transport._task
        await self._transport.stop()
        self._wire.close()
        waiting = [task for task in (self._task, pump) if task is not None]
        await asyncio.gather(*waiting, return_exceptions=True)
        self._forget()

    def _forget(self) -> None:
        """Nothing may point in a circle: OpenSSL's memory would stay until cycles are looked for, which a worker hardly ever does."""
        self._transport.remove_all_listeners()
        self._done = _nobody
        self._wire.forget()
        self._task = None
        ssl, self._transport._ssl = self._transport._ssl, None
        helper = ssl.get_context()._verify_helper if ssl is not None else None
        if helper is not None:  # it and its callback hold each other
            helper.callback = None


class _Wire:
    """What RTCDtlsTransport takes for its ICE transport: a bounded queue in, datagrams out, early repeats of a flight.

    A repeated datagram is harmless: a peer that had it drops it as a replay (RFC 6347 4.1.2.6).
    """

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_now = send
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LIMIT)
        self._flight: list[bytes] = []
        self._timers: list[asyncio.TimerHandle] = []
        self._settled = False

    @property
    def waiting(self) -> bool:
        return not self._queue.empty()

    def feed(self, datagram: bytes) -> None:
        self._forget_flight()
        if not self._queue.full():
            self._queue.put_nowait(datagram)

    def settle(self) -> None:
        self._settled = True
        self._forget_flight()

    def close(self) -> None:
        self.settle()

    def forget(self) -> None:
        """Nothing is sent any more."""
        self._send_now = _nobody

    async def _recv(self) -> bytes:
        return await self._queue.get()

    async def _send(self, datagram: bytes) -> None:
        self._send_now(datagram)
        if self._settled:
            return
        if not self._flight:
            loop = asyncio.get_running_loop()
            self._timers = [loop.call_later(delay, self._repeat) for delay in RESEND_AFTER_S]
        self._flight.append(datagram)

    def _repeat(self) -> None:
        for datagram in self._flight:
            self._send_now(datagram)

    def _forget_flight(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        self._flight = []


def _nobody(_: object) -> None:
    pass


def _preferred_profiles() -> list[Any]:
    return [profile for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if profile in SRTP_PROFILES]
