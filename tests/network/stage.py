"""A worker in a process of its own, two pages of one Chromium with real cameras and voices, and more voices from light peers.

For what only needs media: the pages send as the room's page does (its own `tracks.js`), without the rest of the product.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.dtls import fingerprint_of, new_certificate
from server.media.ring import create_ring
from server.media.rtp import write_rtp
from tests.browser.driver import Browser, Page
from tests.browser.material import film_y4m, speech_wav
from tests.fakes.aiortc_peer import ROOM, ControlClient
from tests.load._connection import Connection, candidate_of
from tests.load._processes import running_worker
from tests.load._sdp import new_ssrcs, offer
from tests.network.line import Conditions
from tests.network.proxy import UdpProxy, through, udp_proxy
from tests.network.watch import watch

SCRIPTS: Final = Path(__file__).parents[2] / "web" / "static" / "js"
WATCHES, TEACHES = "ana", "maria"
SESSION: Final = "s"
DELAY_MS: Final = 20.0
VOICE_BYTES: Final = 70  # 28 kbit/s, as the worker asks browsers to send
OPUS_TYPE: Final = 111
PAGE: Final = """<!doctype html><link rel="icon" href="data:,"><body><video id="face" aria-label="maria" autoplay muted></video>
<script type="module">
import { addSender, layersOf } from "/js/tracks.js";
const publisher = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
const subscriber = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
window.microteach = { media: { connections: { publisher, subscriber } } };
window.publish = async () => {
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
    const sources = { audio: "microphone", video: "camera" };
    for (const track of stream.getTracks()) addSender(publisher, track, layersOf(sources[track.kind], track, true));
    await publisher.setLocalDescription(await publisher.createOffer());
    const named = publisher.getTransceivers().map(({ mid, sender }) => [mid, sources[sender.track.kind]]);
    return { sdp: publisher.localDescription.sdp, sources: Object.fromEntries(named) };
};
window.answered = (sdp) => publisher.setRemoteDescription({ type: "answer", sdp });
const heard = new Set();
window.subscribe = async (sdp, face) => {
    await subscriber.setRemoteDescription({ type: "offer", sdp });
    await subscriber.setLocalDescription(await subscriber.createAnswer());
    for (const { mid, receiver: { track } } of subscriber.getTransceivers()) {
        if (mid === face) document.getElementById("face").srcObject ??= new MediaStream([track]);
        if (track.kind !== "audio" || heard.has(track)) continue;
        heard.add(track);
        void Object.assign(new Audio(), { srcObject: new MediaStream([track]) }).play();
    }
    return subscriber.localDescription.sdp;
};
window.isReady = true;
</script>"""


class Stage:
    """`ana` is the page that watches Maria, `maria` the one that sends; each has a line of her own."""

    def __init__(self, server: ControlClient, ana: Page, ana_line: UdpProxy, maria: Page, maria_line: UdpProxy) -> None:
        self.ana, self.ana_line = ana, ana_line
        self.maria, self.maria_line = maria, maria_line
        self._server = server

    async def publish(self) -> None:
        offered = await self.maria.eval("publish")
        offer = control.PublishOffer(room=ROOM, peer=TEACHES, session=SESSION, offer=1, sdp=offered["sdp"], sources=offered["sources"])
        self._server.send(offer)
        answer = await self._server.take(control.PublishAnswer, lambda message: message.peer == TEACHES)
        await self.maria.eval("answered", answer.sdp)

    async def answer(self) -> None:
        """Whatever Ana is offered, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                offer = await self._server.take(control.SubscribeOffer, lambda message: message.peer == WATCHES)
                face = next((stream.mid for stream in offer.streams if stream.peer == TEACHES and stream.source == "camera"), None)
                sdp = await self.ana.eval("subscribe", offer.sdp, face)
                self._server.send(control.SubscribeAnswer(room=ROOM, peer=WATCHES, session=SESSION, offer=offer.offer, sdp=sdp))

    def qualities(self) -> list[control.PeerQuality]:
        """What the worker has said of Ana's connections so far, every two seconds."""
        said = [message for message in self._server.heard if isinstance(message, control.RoomQuality)]
        return [peer for message in said for peer in message.peers if peer.peer == WATCHES]


@contextlib.asynccontextmanager
async def stage(folder: Path, *, seed: int, voices: int = 1) -> AsyncIterator[Stage]:
    """Until Ana gets Maria's picture and all voices."""
    create_ring(folder / "ring", 16 * 1024 * 1024)
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(running_worker(folder, folder / "ring"))
        server = await ControlClient.connect(folder / "worker.sock")
        stack.push_async_callback(server.close)
        _set_policy(server, [f"voice{number}" for number in range(voices)])
        port = await enter(_talking(server, voices))
        ana_line, maria_line = [await enter(udp_proxy(("127.0.0.1", port), seed=seed + number)) for number in (0, 2)]
        url = await enter(_pages())
        camera, microphone = await asyncio.to_thread(lambda: (film_y4m(10, 4), speech_wav(seconds=9.0)))
        browser = await enter(Browser(camera=camera, microphone=microphone))
        ana, maria = await browser.page(person=WATCHES), await browser.page(person=TEACHES)
        for page, line in ((ana, ana_line), (maria, maria_line)):
            line.degrade(Conditions(delay_ms=DELAY_MS))
            await page.preload(through(line))
            await page.goto(url)
            await page.wait_for("window.isReady")
        it = Stage(server, ana, ana_line, maria, maria_line)
        for peer in (WATCHES, TEACHES):
            server.send(control.StartPeer(room=ROOM, peer=peer, session=SESSION))
        answering = asyncio.create_task(it.answer())
        stack.push_async_callback(_ended, answering)
        await it.publish()
        await watch(ana, TEACHES)
        await ana.wait_for("watched.pictures.length > 10", what="Maria's picture", timeout_s=30)
        yield it


def _set_policy(server: ControlClient, names: Sequence[str]) -> None:
    everybody = (WATCHES, TEACHES, *names)
    people = {name: PersonPolicy(microphone=True) for name in names}
    people[WATCHES] = PersonPolicy(hears=everybody, sees=everybody)
    people[TEACHES] = PersonPolicy(microphone=True, camera=True, camera_max_bps=1_500_000, camera_shown="large")
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people=people)))


@contextlib.asynccontextmanager
async def _talking(server: ControlClient, count: int) -> AsyncIterator[int]:
    """Voices that never pause; gives the worker's port."""
    certificate = new_certificate()
    peers: list[tuple[Connection, int]] = []
    port = 0
    for number in range(count):
        connection, ssrcs, name = Connection(certificate), new_ssrcs(), f"voice{number}"
        server.send(control.StartPeer(room=ROOM, peer=name, session=SESSION))
        sdp = offer(connection, fingerprint_of(certificate), ssrcs)
        server.send(control.PublishOffer(room=ROOM, peer=name, session=SESSION, offer=1, sdp=sdp))
        answer = await server.take(control.PublishAnswer, lambda message, name=name: message.peer == name)  # type: ignore[misc]
        await connection.connect(answer.sdp)
        peers.append((connection, ssrcs["microphone"]))
        port = candidate_of(answer.sdp)[1]
    task = asyncio.create_task(_talk(peers))
    try:
        yield port
    finally:
        await _ended(task)
        for connection, _ in peers:
            await connection.close()


async def _talk(peers: Sequence[tuple[Connection, int]]) -> None:
    first, began_s = random.randrange(1_000, 20_000), time.monotonic()
    for beat in itertools.count():
        await asyncio.sleep(max(0.0, began_s + beat * 0.02 - time.monotonic()))
        for connection, ssrc in peers:
            packet = write_rtp(OPUS_TYPE, False, (first + beat) & 0xFFFF, beat * 960, ssrc, b"\x78" + os.urandom(VOICE_BYTES - 1))
            sealed = connection.out.protect_rtp(packet)
            if sealed is not None:
                connection.send(sealed)
            if beat % 100 == 0:
                connection.check()


@contextlib.asynccontextmanager
async def _pages() -> AsyncIterator[str]:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_static("/js", SCRIPTS)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    try:
        await web.SockSite(runner, listening).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        await runner.cleanup()


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
