"""Real Chromium against the worker: what aiortc cannot show (RTX, REMB, keyframes, ICE restart, lines used again, lip sync)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from aiohttp import web

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.negotiation import OfferedLine, read_subscribe_answer, write_subscribe_offer
from server.media.sdp import MAX_SDP_BYTES
from server.media.worker import MediaWorker
from tests.browser.driver import Browser, Page
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker
from tests.unit.media.test_sdp import LOCAL

pytestmark = pytest.mark.browser

SOURCES: tuple[control.Source, ...] = ("microphone", "camera")
PEOPLE = {
    "anna": PersonPolicy(microphone=True, camera=True, camera_max_bps=800_000, hears=("ben",), sees=("ben",)),
    "ben": PersonPolicy(microphone=True, camera=True, camera_max_bps=800_000, hears=("anna",), sees=("anna",)),
}

PAGE = """<!doctype html><link rel="icon" href="data:,"><body><script>
let publishing = null, subscribing = null;
async function offer() {
  await publishing.setLocalDescription(await publishing.createOffer());
  return publishing.localDescription.sdp;
}
async function publish() {
  publishing = new RTCPeerConnection({iceServers: [], bundlePolicy: 'max-bundle'});
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360}});
  for (const track of stream.getTracks()) publishing.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
  return offer();
}
async function restart() { publishing.restartIce(); return offer(); }
async function answered(sdp) { await publishing.setRemoteDescription({type: 'answer', sdp}); }
async function subscribe(sdp) {
  if (!subscribing) {
    subscribing = new RTCPeerConnection({iceServers: []});
    subscribing.ontrack = ({track, streams}) => {
      const media = document.createElement(track.kind);
      media.autoplay = true;
      media.srcObject = new MediaStream([track]);
      media.dataset.stream = streams[0].id;
      document.body.append(media);
    };
  }
  await subscribing.setRemoteDescription({type: 'offer', sdp});
  await subscribing.setLocalDescription(await subscribing.createAnswer());
  return subscribing.localDescription.sdp;
}
async function stats() {
  const found = {};
  for (const [name, connection] of [['out', publishing], ['in', subscribing]])
    for (const report of (await connection?.getStats() ?? new Map()).values())
      if (report.type === 'inbound-rtp' || report.type === 'outbound-rtp') {
        const key = `${name}-${report.kind}`;
        if (!(found[key]?.packetsReceived > report.packetsReceived)) found[key] = report;
      } else if (report.type === 'transport') found[`${name}-cipher`] = report.srtpCipher;
  return found;
}
</script>"""


class Visitor:
    """A page of Chromium and its half of the signaling."""

    def __init__(self, server: ControlClient, page: Page, peer: str, session: str) -> None:
        self._server = server
        self._offers = 0
        self._task = asyncio.create_task(self._answer())
        self.page = page
        self.peer = peer
        self.session = session
        server.send(control.StartPeer(room=ROOM, peer=peer, session=session))

    async def send_offer(self, function: str) -> None:
        self._offers += 1
        sdp = await self.page.eval(function)
        self._server.send(control.PublishOffer(room=ROOM, peer=self.peer, session=self.session, offer=self._offers, sdp=sdp))
        answer = await self._server.take(control.PublishAnswer, lambda a: a.session == self.session and a.offer == self._offers)
        await self.page.eval("answered", answer.sdp)

    async def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.eval("stats")
        return found

    async def decoded(self, more: int, timeout_s: float = 15.0) -> dict[str, Any]:
        """Waits for `more` pictures, and for sound."""
        begin = await self.stats()
        async with asyncio.timeout(timeout_s):
            while True:
                now = await self.stats()
                if _gain(begin, now, "in-video", "framesDecoded") >= more and _gain(begin, now, "in-audio", "packetsReceived") > 0:
                    return now
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _answer(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                offer = await self._server.take(control.SubscribeOffer, lambda o: o.session == self.session)
                sdp = await self.page.eval("subscribe", offer.sdp)
                self._server.send(
                    control.SubscribeAnswer(room=ROOM, peer=self.peer, session=self.session, offer=offer.offer, sdp=sdp),
                )


def _gain(before: dict[str, Any], after: dict[str, Any], report: str, field: str) -> int:
    return int(after.get(report, {}).get(field, 0)) - int(before.get(report, {}).get(field, 0))


class Stage:
    def __init__(self, server: ControlClient, browser: Browser, url: str) -> None:
        self.server = server
        self._browser = browser
        self._url = url
        self._visitors: list[Visitor] = []

    async def visitor(self, peer: str, session: str = "") -> Visitor:
        page = await self._browser.page(self._url, person=session or peer)
        visitor = Visitor(self.server, page, peer, session or f"session-{peer}")
        self._visitors.append(visitor)
        return visitor

    async def pair(self) -> tuple[Visitor, Visitor]:
        """Anna and Ben publish, hear and see each other."""
        anna, ben = await self.visitor("anna"), await self.visitor("ben")
        await anna.send_offer("publish")
        await ben.send_offer("publish")
        await asyncio.gather(anna.decoded(20), ben.decoded(20))
        return anna, ben

    async def policy(self, version: int, people: dict[str, PersonPolicy]) -> None:
        self.server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=version, people=people)))
        await self.server.take(control.PolicyApplied, lambda m: m.version == version)

    async def close(self) -> None:
        for visitor in self._visitors:
            await visitor.close()


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[MediaWorker]:
    async with running_worker(tmp_path) as running:
        yield running


@pytest.fixture
async def stage(tmp_path: Path, worker: MediaWorker) -> AsyncIterator[Stage]:
    async def index(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", index)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    server = await ControlClient.connect(tmp_path / "control")
    async with Browser() as browser:
        stage = Stage(server, browser, f"http://127.0.0.1:{listening.getsockname()[1]}/")
        await stage.policy(1, PEOPLE)
        yield stage
        await stage.close()
    await server.close()
    await runner.cleanup()


async def test_two_people_hear_and_see_each_other(stage: Stage) -> None:
    anna, ben = await stage.pair()
    stats = await ben.stats()
    assert stats["in-cipher"] == stats["out-cipher"] == "SRTP_AEAD_AES_128_GCM"
    assert stats["in-video"]["frameWidth"] == 640
    assert stats["in-audio"]["totalAudioEnergy"] > 0
    assert stats["in-video"]["packetsLost"] == stats["in-audio"]["packetsLost"] == 0
    in_sync = "s => Math.abs(s['in-video'].estimatedPlayoutTimestamp - s['in-audio'].estimatedPlayoutTimestamp) < 200"
    await ben.page.wait_for(f"stats().then({in_sync})", timeout_s=15, what="sender reports for both")
    assert await ben.page.eval("[...document.querySelectorAll('audio,video')].map(m => m.dataset.stream)") == ["anna", "anna"]
    assert (await anna.stats())["out-video"]["targetBitrate"] > 600_000, "REMB lets it start at full quality"


async def test_gate_closes_and_opens_with_a_keyframe(stage: Stage) -> None:
    _, ben = await stage.pair()
    await stage.policy(2, {**PEOPLE, "anna": msgspec.structs.replace(PEOPLE["anna"], camera=False)})
    await asyncio.sleep(0.5)
    before = await ben.stats()
    await asyncio.sleep(1)
    closed = await ben.stats()
    assert _gain(before, closed, "in-video", "packetsReceived") == 0
    assert _gain(before, closed, "in-audio", "packetsReceived") > 20
    await stage.policy(3, PEOPLE)
    opened = await ben.decoded(20)
    assert _gain(closed, opened, "in-video", "nackCount") == 0, "there is no gap that it could complain about"
    assert _gain(closed, opened, "in-video", "keyFramesDecoded") >= 1


async def test_ice_restart_carries_both_connections(stage: Stage) -> None:
    anna, ben = await stage.pair()
    old = await anna.page.eval("subscribing.remoteDescription.sdp")
    await anna.send_offer("restart")
    await asyncio.gather(anna.decoded(20), ben.decoded(20))
    assert await anna.page.eval("subscribing.remoteDescription.sdp") != old
    assert await anna.page.eval("[publishing.connectionState, subscribing.connectionState]") == ["connected", "connected"]


@pytest.mark.full
async def test_reload_and_leaving_use_the_same_lines(stage: Stage) -> None:
    anna, ben = await stage.pair()
    await anna.close()
    again = await stage.visitor("anna", session="second")
    await again.send_offer("publish")
    await asyncio.gather(again.decoded(20), ben.decoded(20))
    stage.server.send(control.StopPeer(room=ROOM, peer="anna"))
    await ben.page.wait_for("subscribing.getTransceivers().every(t => t.currentDirection === 'inactive')")
    third = await stage.visitor("anna", session="third")
    await third.send_offer("publish")
    await asyncio.gather(third.decoded(20), ben.decoded(20))
    assert await ben.page.eval("subscribing.getTransceivers().length") == 2


async def test_a_line_for_everybody_in_a_full_room(stage: Stage) -> None:
    guest = await stage.visitor("anna")
    people = [f"{'seat':x<60}{number:04}" for number in range(29)]
    lines = [OfferedLine(f"{n}", source, peer, n + 1) for n, (peer, source) in enumerate(itertools.product(people, SOURCES))]
    answer = await guest.page.eval("subscribe", write_subscribe_offer(lines, LOCAL))
    assert len(answer) < MAX_SDP_BYTES
    _, wanted = read_subscribe_answer(answer, lines)
    assert len(wanted) == 58


class LossyProxy(asyncio.DatagramProtocol):
    """Stands between the browsers and the worker's port and loses some datagrams, seeded."""

    def __init__(self, port: int, loss: float) -> None:
        self._port = port
        self._loss = loss
        self._chance = random.Random(3)
        self._tasks: set[asyncio.Task[None]] = set()
        self._upstreams: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is no subclass of it in 3.11

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._forward(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr not in self._upstreams:
            proxy = self

            class Back(asyncio.DatagramProtocol):
                def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
                    if not proxy.loses(data):
                        proxy._transport.sendto(data, addr)

            loop = asyncio.get_running_loop()
            upstream, _ = await loop.create_datagram_endpoint(Back, remote_addr=("127.0.0.1", self._port))
            self._upstreams.setdefault(addr, upstream)
        if not self.loses(data):
            self._upstreams[addr].sendto(data)

    def loses(self, data: bytes) -> bool:
        return data[:1] > b"\x7f" and self._chance.random() < self._loss

    def close(self) -> None:
        for upstream in self._upstreams.values():
            upstream.close()
        self._transport.close()


@pytest.mark.full
async def test_three_percent_loss_both_ways_is_repaired(stage: Stage, worker: MediaWorker) -> None:
    loop = asyncio.get_running_loop()
    _, proxy = await loop.create_datagram_endpoint(lambda: LossyProxy(worker.port, 0.03), local_addr=("127.0.0.1", 0))
    worker._network.port = proxy._transport.get_extra_info("sockname")[1]
    anna, ben = await stage.pair()
    before, sent_before = await ben.stats(), await anna.stats()
    await asyncio.sleep(6)
    after, sent_after = await ben.stats(), await anna.stats()
    encoded = _gain(sent_before, sent_after, "out-video", "framesEncoded")
    assert _gain(before, after, "in-video", "framesDecoded") >= 0.9 * encoded
    assert _gain(sent_before, sent_after, "out-video", "retransmittedPacketsSent") > 0, "we asked the publisher"
    assert _gain(before, after, "in-video", "nackCount") > 0, "the subscriber asked us"
    assert _gain(before, after, "in-video", "freezeCount") <= 1
    proxy.close()
    await asyncio.sleep(0)
