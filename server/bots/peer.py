"""The publishing peer connection of a simulated colleague; it receives nothing.

Media goes to the worker of this very computer, whatever addresses it tells others: on 127.0.0.1, which aioice leaves out by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import aioice.ice
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

LOOPBACK = "127.0.0.1"
_CANDIDATES = re.compile(r"(?:a=candidate:[^\r\n]*\r\n)+")
_CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ udp \d+ )\S+ (\d+) typ host")


def use_loopback() -> None:
    """For the whole process: gather 127.0.0.1 and nothing else."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [LOOPBACK]


class Peer:
    """`lost` is called once when the connection has failed. `media_port`: where the worker is on this machine; 0: as it says."""

    def __init__(self, lost: Callable[[], None], media_port: int = 0) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._connection.on("connectionstatechange", self._changed)
        self._lost = lost
        self._media_port = media_port
        self._closing = False
        self.answered = False

    async def offer(self, *tracks: MediaStreamTrack) -> str:
        for track in tracks:
            self._connection.addTransceiver(track, direction="sendonly")
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def take(self, answer: str) -> None:
        await self._connection.setRemoteDescription(RTCSessionDescription(on_loopback(answer, self._media_port), "answer"))
        self.answered = True

    async def close(self) -> None:
        self._closing = True
        await self._connection.close()

    def _changed(self) -> None:
        if self._connection.connectionState == "failed" and not self._closing:
            self._closing = True
            self._lost()


def on_loopback(sdp: str, port: int = 0) -> str:
    """The same description with one candidate for each list of them: 127.0.0.1, at this port; 0: at that of the first."""

    def only(found: re.Match[str]) -> str:
        first = _CANDIDATE.match(found[0])
        return f"{first[1]}{LOOPBACK} {port or first[2]} typ host\r\n" if first else found[0]

    return _CANDIDATES.sub(only, sdp)
