"""Thirty people whose pages are loaded again in the same moment, without browsers: the page, the WebSocket, both connections, media.

Everybody sends a voice and a small picture. Until the first packet of somebody else has arrived is what is measured.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from typing import Final

from server.media.dtls import fingerprint_of, new_certificate
from server.wire.messages import Published, Subscribe, ToPage
from tests.fakes.page import Page
from tests.load._audience import VOICE, synthetic_film
from tests.load._connection import Connection
from tests.load._lesson import Loop, Sender
from tests.load._pacer import Checks, Pacer, publish
from tests.load._receiver import READ_NS, Receiver
from tests.load._sdp import PAYLOAD_TYPES, Layer, agreed_cc, answer, incoming, new_ssrcs, offer

SMALL: Final = synthetic_film(15, 1)
PATIENCE_S: Final = 60.0
_CERTIFICATE: Final = new_certificate()
_FINGERPRINT: Final = fingerprint_of(_CERTIFICATE)


class Visitor:
    """One person with a seat, whose page is closed. `loops`: what they send, once for each time they come."""

    def __init__(self, page: Page, pacer: Pacer, loops: dict[Layer, Loop] | None = None) -> None:
        self._page = page
        self._pacer = pacer
        self._loops: dict[Layer, Loop] = loops or {"microphone": VOICE, "camera_low": SMALL}
        self._publishing = Connection(_CERTIFICATE)
        self._subscribing = Connection(_CERTIFICATE, read=True)
        self._session = secrets.token_hex(8)
        self._receiver: Receiver | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def come(self) -> float:
        """Seconds until the first packet of somebody else."""
        began_ns = time.time_ns()
        await self._page.get(f"/sessions/{self._page.session}")
        await self._page.connect()
        await self._page.send({"type": "start_media", "session": self._session})
        ssrcs = new_ssrcs()
        sdp = offer(self._publishing, _FINGERPRINT, ssrcs, two_layers=True)
        sources = {"0": "microphone", "1": "camera"}
        await self._page.send({"type": "publish", "session": self._session, "offer": 1, "sdp": sdp, "sources": sources})
        self._tasks.append(asyncio.create_task(self._talk(ssrcs)))
        async with asyncio.timeout(PATIENCE_S):
            while self._receiver is None or not self._receiver.got.packets:
                await asyncio.sleep(0.05)
                for task in self._tasks:
                    if task.done():
                        task.result()
        return (self._receiver.got.first_ns - began_ns) / 1e9

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self._publishing.close(), self._subscribing.close())
        await self._page.disconnect()

    async def _talk(self, ssrcs: dict[Layer, int]) -> None:
        """With the server, for as long as it lasts."""
        while True:
            try:
                message = await self._page.receive()
            except TimeoutError:  # nothing was said for a while
                continue
            if isinstance(message, Published | Subscribe) and message.session != self._session:
                continue  # of the page before this one
            if isinstance(message, Published):
                self._tasks.append(asyncio.create_task(self._send(message.sdp, ssrcs)))
            elif isinstance(message, Subscribe):
                sdp = answer(message.sdp, self._subscribing, _FINGERPRINT)
                await self._page.send({"type": "subscribed", "session": self._session, "offer": message.offer, "sdp": sdp})
                if self._receiver is None:
                    self._receiver = Receiver(self._subscribing, incoming(message.sdp))
                    self._tasks.append(asyncio.create_task(self._receive(message.sdp, self._receiver)))
            else:
                self._hear(message)

    def _hear(self, message: ToPage) -> None:
        """What is not about media."""

    async def _send(self, sdp: str, ssrcs: dict[Layer, int]) -> None:
        await self._publishing.connect(sdp)
        now_ns = time.monotonic_ns()
        senders = {layer: Sender(loop, ssrcs[layer], PAYLOAD_TYPES[layer], now_ns) for layer, loop in self._loops.items()}
        publish(self._pacer, self._publishing, senders, now_ns, cc=agreed_cc(sdp))

    async def _receive(self, sdp: str, receiver: Receiver) -> None:
        await self._subscribing.connect(sdp)
        now_ns = time.monotonic_ns()
        self._pacer.add(Checks(self._subscribing), now_ns + random.randrange(1_000_000_000))
        self._pacer.add(receiver, now_ns + random.randrange(READ_NS))


async def storm(url: str, people: int) -> list[float]:
    """Seconds of each."""
    async with Page(url) as lead:
        link, invitation = await lead.make_session("twenty-minute-round")
        pages = [lead, *(Page(url) for _ in range(people - 1))]
        for number, page in enumerate(pages):
            await page.join(link if page is lead else invitation, f"Person {number + 1}", teaches=number < 2, recording="leave-out")
        pacer = Pacer()
        sending = asyncio.create_task(pacer.run())
        visitors = [Visitor(page, pacer) for page in pages]
        try:
            return list(await asyncio.gather(*(visitor.come() for visitor in visitors)))
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await asyncio.gather(*(visitor.leave() for visitor in visitors))
            for page in pages[1:]:
                await page.__aexit__(None, None, None)
