"""One end of a WebRTC transport without codecs: checks as a controlling ICE agent, DTLS as the client, SRTP one way.

For peers by the hundred: one connected socket each. It must not know what the packets mean, nor who is at the other end.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from typing import Final

from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, RTCCertificate

from server.media import stun
from server.media.dtls import DtlsServer, Fingerprint, SrtpPair
from server.media.sdp import Transport, check_bundled, read_sdp
from server.media.srtp import Srtp

SMALL_BUFFER_BYTES: Final = 32 * 1024  # enough for a handshake; of what comes after it, the kernel drops nearly all at once
LARGE_BUFFER_BYTES: Final = 4 * 1024 * 1024
CHECK_EVERY_S: Final = 2.5
HANDSHAKE_S: Final = 20.0
SO_TIMESTAMPNS: Final = 35


class DtlsClient(DtlsServer):
    """The worker's own DTLS with the other role. It offers one cipher, so that all servers use the same."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None], done: Callable[[SrtpPair | None], None]) -> None:
        super().__init__(certificate, send, done)
        self._transport._set_role("client")
        self._transport._srtp_profiles = [SRTP_AEAD_AES_128_GCM]

    def _start_when_ready(self) -> None:
        if self._task is None and self._fingerprints and not self._finished:
            self._task = asyncio.get_running_loop().create_task(self._handshake(), name="dtls-client")


class Connection:
    """`ufrag` and `password` are ours. After `connect`, `out` protects what is sent; what comes is left to the kernel or to `Receiver`."""

    def __init__(self, certificate: RTCCertificate, *, host: str = "127.0.0.1", read: bool = False) -> None:
        """`host` is our address; `read`: what comes will be read, so there must be room for it."""
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(12)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((host, 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BUFFER_BYTES if read else SMALL_BUFFER_BYTES)
        if read:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.out: Srtp
        self.unsent = 0
        self.is_closed = False
        self._checked = asyncio.Event()
        self._ready: asyncio.Future[Srtp] = asyncio.get_running_loop().create_future()
        self._dtls = DtlsClient(certificate, self.send, self._on_dtls)
        self._remote = Transport()

    async def connect(self, sdp: str) -> None:
        """To the address, and with the words, that the other side's SDP says. Raises TimeoutError."""
        self._remote = check_bundled(read_sdp(sdp))
        self.socket.connect(candidate_of(sdp))
        loop = asyncio.get_running_loop()
        loop.add_reader(self.socket.fileno(), self._receive)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                while not self._checked.is_set():
                    self.check()
                    await _seconds_or(self._checked, 0.2)
                self._dtls.expect(self._remote.fingerprints)
                self.out = await self._ready
        finally:
            loop.remove_reader(self.socket.fileno())

    def check(self) -> None:
        """A connectivity check that nominates; the answers to later ones are not waited for."""
        name = f"{self._remote.ufrag}:{self.ufrag}"
        self.send(stun.binding_request(os.urandom(12), name, self._remote.password, use_candidate=True))

    def send(self, datagram: bytes) -> None:
        """What the kernel refuses is counted and lost."""
        try:
            self.socket.send(datagram)
        except OSError:
            self.unsent += 1

    def send_rtcp(self, packet: bytes) -> None:
        sealed = self.out.protect_rtcp(packet)
        if sealed is not None:
            self.send(sealed)

    async def close(self) -> None:
        """Flows on it end by themselves."""
        self.is_closed = True
        await self._dtls.close()
        self.socket.close()

    def _receive(self) -> None:
        try:
            data = self.socket.recv(2048)
        except OSError:
            return
        if data and 20 <= data[0] <= 63:
            self._dtls.feed(data)
        elif data[:2] == stun.BINDING_SUCCESS.to_bytes(2, "big"):
            self._checked.set()
        elif request := stun.parse_binding_request(data):  # the worker sends none, Janus does
            host, port = self.socket.getpeername()
            self.send(stun.binding_success(request.transaction, host, port, self.password))

    def _on_dtls(self, pair: SrtpPair | None) -> None:
        if not self._ready.done():
            if pair is None:
                self._ready.set_exception(ConnectionError("the DTLS handshake failed"))
            else:
                self._ready.set_result(pair.outbound)


def candidate_of(sdp: str) -> tuple[str, int]:
    """Address and port of the first IPv4 candidate over UDP."""
    for line in sdp.splitlines():
        words = line.split()
        if line.startswith("a=candidate:") and words[2].lower() == "udp" and ":" not in words[4]:
            return words[4], int(words[5])
    raise ValueError("no candidate")


def transport_lines(connection: Connection, fingerprint: Fingerprint, setup: str) -> str:
    """What stands in every m-section of our SDP."""
    lines = ["c=IN IP4 0.0.0.0", "a=rtcp-mux", f"a=ice-ufrag:{connection.ufrag}", f"a=ice-pwd:{connection.password}"]
    lines += [f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}", f"a=setup:{setup}"]
    host, port = connection.socket.getsockname()
    return "\r\n".join([*lines, f"a=candidate:1 1 udp 2113937151 {host} {port} typ host", "a=end-of-candidates", ""])


async def _seconds_or(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
