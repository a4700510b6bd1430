"""One peer connection of the worker: an ICE endpoint, a DTLS handshake, then SRTP both ways.

Invariant: nothing is handed up that is not authenticated, and nothing is sent to a peer that is silent.
It must not know what the packets mean.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiortc.rtcdtlstransport import RTCCertificate

from server.media.batch import Batch, Link
from server.media.control import TransportState
from server.media.dtls import DtlsServer, Fingerprint, SrtpPair, fingerprint_of
from server.media.ice import SILENT_AFTER_NS, Credentials, IceTable
from server.media.limits import Bucket
from server.media.native import NativeBatch
from server.media.rtp import is_rtcp
from server.media.sdp import MAX_SECTIONS
from server.media.udp import Path

MAX_RTCP_SENDERS = 2 * MAX_SECTIONS  # Firefox reports on every m-line with another SSRC of its own
# A page needs about 15 kB a second with heavy loss and a line for everybody in a full room; one of 1,200 bytes can cost us 5 ms.
RTCP_BYTES_PER_S = 60_000
RTCP_BYTES_AT_ONCE = 120_000
_RTCP_LEAST_BYTES = 200  # a short one may ask for as much

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Network:
    """What all transports of a worker share. `wall_ns` is UTC, tied once to the monotonic clock so that it never jumps.

    RTP leaves by `batch`, from the socket whose descriptor `socket_of` gives, once `flush_soon` was called or the wake is over.
    """

    send: Callable[[bytes, Path], None]
    ice: IceTable
    certificate: RTCCertificate
    addresses: tuple[str, ...]
    port: int
    batch: Batch | NativeBatch = field(default_factory=lambda: Batch({}))
    socket_of: Callable[[Path], int] = lambda path: -1
    flush_soon: Callable[[], None] = lambda: None
    wall_offset_ns: int = field(default_factory=lambda: time.time_ns() - time.monotonic_ns())
    ending: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.fingerprint = fingerprint_of(self.certificate)

    def wall_ns(self, now_ns: int) -> int:
        return now_ns + self.wall_offset_ns

    def end(self, task: asyncio.Task[None]) -> None:
        self.ending.add(task)
        task.add_done_callback(self.ending.discard)


class Handler(Protocol):
    def admits(self, data: bytes) -> bool: ...
    def on_rtp(self, data: bytes, now_ns: int) -> None: ...
    def on_rtcp(self, data: bytes, now_ns: int) -> None: ...
    def on_transport(self) -> None: ...


class _Nobody:
    """In a closed transport's handler's place, so that the two do not keep each other: the worker hardly ever looks for cycles."""

    def admits(self, data: bytes) -> bool:
        return False

    def on_rtp(self, data: bytes, now_ns: int) -> None: ...
    def on_rtcp(self, data: bytes, now_ns: int) -> None: ...
    def on_transport(self) -> None: ...


_NOBODY = _Nobody()


class Transport:
    def __init__(self, network: Network, handler: Handler) -> None:
        self._network = network
        self._handler: Handler = handler
        self._endpoint = network.ice.open(self._receive)
        self._dtls = DtlsServer(network.certificate, self._send, self._on_dtls)
        self._srtp: SrtpPair | None = None
        self._closed = False
        self._rtcp_senders: set[bytes] = set()
        self._rtcp_inflow = Bucket()
        self.dropped_rtcp = 0
        self.link = Link()
        self.fingerprints: tuple[Fingerprint, ...] = ()

    @property
    def state(self) -> TransportState:
        if self._closed:
            return "closed"
        if self._endpoint.silent:
            return "silent"
        if self._srtp is not None:
            return "connected"
        return "new" if self._endpoint.path is None else "connecting"

    @property
    def credentials(self) -> Credentials:
        return self._endpoint.credentials[-1]

    def expect(self, fingerprints: Sequence[Fingerprint]) -> None:
        """The certificate that the peer must show. The handshake may have waited for this."""
        self.fingerprints = tuple(fingerprints)
        self._dtls.expect(fingerprints)

    def restart_ice(self) -> None:
        self._network.ice.restart(self._endpoint)

    @property
    def heard_ns(self) -> int:
        """When something authentic came last."""
        return self._endpoint.heard_ns

    def falls_silent(self, now_ns: int, after_ns: int = SILENT_AFTER_NS) -> bool:
        """True once for every silence of a connected peer."""
        return self._endpoint.fall_silent(now_ns, after_ns) and self._srtp is not None

    def send_rtp(self, packet: bytes) -> int:
        """Bytes on the wire, 0 when it was not sent."""
        size_bytes = self._network.batch.send(self.link, packet)
        self._network.flush_soon()
        return size_bytes

    def tend(self) -> bool:
        """The link follows where the peer is now; often, since media flows along it without asking. True when it opens anew."""
        srtp, link = self._srtp, self.link
        path = self._endpoint.path if srtp is not None and not self._endpoint.silent else None
        if path is None or srtp is None:
            if link.path is not None:
                link.shut()
        elif link.path is not path and link.path != path:
            link.open(srtp.outbound, self._network.socket_of(path), path)
            return True
        return False

    def forget(self, ssrc: int) -> None:
        """Nothing is sent under this SSRC any more, now or later."""
        if self._srtp is not None:
            self._srtp.outbound.forget(ssrc)

    def forget_inbound(self, ssrc: int) -> None:
        """Nothing is expected under this SSRC; what comes all the same is told from a replay no more."""
        if self._srtp is not None:
            self._srtp.inbound.forget(ssrc)

    def send_rtcp(self, packet: bytes) -> None:
        if self._srtp is None or self._endpoint.path is None or self._endpoint.silent:
            return
        sealed = self._srtp.outbound.protect_rtcp(packet)
        if sealed is not None:
            self._network.send(sealed, self._endpoint.path)

    def close(self) -> None:
        self._handler = _NOBODY
        if self._closed:
            return
        self._network.end(self._dtls.close())
        self._shut()

    def _receive(self, data: bytes, path: Path, now_ns: int) -> None:
        first = data[0]
        if 20 <= first <= 63:
            self._dtls.feed(data)
        elif 128 <= first <= 191 and self._srtp is not None and not self._closed:
            if is_rtcp(data):
                self._receive_rtcp(self._srtp, data, path, now_ns)
            elif self._handler.admits(data):
                plain = self._srtp.inbound.unprotect_rtp(data)
                if plain is not None:
                    self._endpoint.heard(path, now_ns)
                    self._handler.on_rtp(plain, now_ns)

    def _receive_rtcp(self, srtp: SrtpPair, data: bytes, path: Path, now_ns: int) -> None:
        # libsrtp keeps a stream for every sender that it has decrypted anything of, and searches them one by one
        sender = data[4:8]
        if sender not in self._rtcp_senders and len(self._rtcp_senders) == MAX_RTCP_SENDERS:
            return
        plain = srtp.inbound.unprotect_rtcp(data)
        if plain is not None:
            self._rtcp_senders.add(sender)
            self._endpoint.heard(path, now_ns)
            cost_bytes = max(len(data), _RTCP_LEAST_BYTES)
            if self._rtcp_inflow.take(cost_bytes, now_ns, per_s=RTCP_BYTES_PER_S, burst=RTCP_BYTES_AT_ONCE):
                self._handler.on_rtcp(plain, now_ns)
            else:
                self.dropped_rtcp += 1

    def _send(self, datagram: bytes) -> None:
        if self._endpoint.path is not None:
            self._network.send(datagram, self._endpoint.path)

    def _on_dtls(self, pair: SrtpPair | None) -> None:
        if self._closed:
            return
        if pair is None:
            self._network.end(self._dtls.close())
            self._shut()
        else:
            self._srtp = pair
            self.tend()
        self._handler.on_transport()

    def _shut(self) -> None:
        """The path is kept until the goodbye is out; the ICE table forgets us with the next turn of the loop."""
        self._closed = True
        link, srtp, self._srtp = self.link, self._srtp, None
        link.shut()
        # what waits in the batch points to the link and its keys until this wake is over
        asyncio.get_running_loop().call_soon(lambda *kept: self._network.ice.close(self._endpoint), link, srtp)
