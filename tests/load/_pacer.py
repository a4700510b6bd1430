"""Sends what is due: packets of encoded media, sender and receiver reports, connectivity checks. One thread for thousands a second."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Iterator
from typing import Final, Protocol

from tests.load._connection import CHECK_EVERY_S, Connection
from tests.load._lesson import Sender
from tests.load._sdp import CC_ID, LEVEL_ID, MID_ID, MIDS, RID_ID, RIDS, Layer

TICK_S: Final = 0.002
SECOND_NS: Final = 1_000_000_000
REPORTS_NS: Final[dict[Layer, int]] = {"microphone": 5 * SECOND_NS, "camera": SECOND_NS, "camera_low": SECOND_NS}
INTRODUCED_PACKETS: Final = 200
"""So many packets of a layer say which it is. Browsers do so until the first receiver report."""


class Flow(Protocol):
    connection: Connection

    def act(self, now_ns: int) -> int:
        """Does what is due and says when something is due again."""


class Pacer:
    """`run` it as a task. Flows whose connection is closed are forgotten.

    `late_ns`: the most that something was sent later than it was due, since somebody set it to 0.
    """

    def __init__(self, tick_s: float = TICK_S) -> None:
        self._tick_s = tick_s
        self._due: list[tuple[int, int, Flow]] = []
        self._numbers = itertools.count()
        self.late_ns = 0

    def add(self, flow: Flow, at_ns: int) -> None:
        heapq.heappush(self._due, (at_ns, next(self._numbers), flow))

    async def run(self) -> None:
        while True:
            now_ns = time.monotonic_ns()
            due = self._due
            if due and due[0][0] <= now_ns:
                self.late_ns = max(self.late_ns, now_ns - due[0][0])
            while due and due[0][0] <= now_ns:
                _, number, flow = due[0]
                if flow.connection.is_closed:
                    heapq.heappop(due)
                else:
                    heapq.heapreplace(due, (flow.act(now_ns), number, flow))
            await asyncio.sleep(self._tick_s)


class Media:
    """One source, or a layer of it, on a connection; `numbers` counts all packets of the connection, where that was agreed.

    `left_ns` has the UTC time when each packet left, by its own number, while somebody wants to know.
    """

    def __init__(self, connection: Connection, sender: Sender, layer: Layer, numbers: Iterator[int] | None) -> None:
        self.connection = connection
        self._layer = layer
        self._numbers = numbers
        self.sender = sender
        self.is_timed = False
        self.left_ns: dict[int, int] = {}

    def act(self, now_ns: int) -> int:
        packet, level = self.sender.next()
        if block := self._extensions(level):
            packet = b"\x90" + packet[1:12] + block + packet[12:]
        sealed = self.connection.out.protect_rtp(packet)
        if self.is_timed:
            self.left_ns[int.from_bytes(packet[2:4], "big")] = time.time_ns()
        if sealed is not None:
            self.connection.send(sealed)
        return self.sender.due_ns

    def _extensions(self, level: int) -> bytes:
        block = bytes((LEVEL_ID << 4, level)) if self._layer == "microphone" else b""
        if self._numbers is not None:
            number = next(self._numbers)
            block += bytes((CC_ID << 4 | 1, number >> 8 & 0xFF, number & 0xFF))
        if self._layer in RIDS and self.sender.packets < INTRODUCED_PACKETS:
            block += bytes((MID_ID << 4, ord(MIDS[self._layer]), RID_ID << 4, ord(RIDS[self._layer])))
        if not block:
            return b""
        words = -(-len(block) // 4)
        return bytes((0xBE, 0xDE, 0, words)) + block + bytes(4 * words - len(block))


class SenderReports:
    def __init__(self, connection: Connection, sender: Sender, every_ns: int) -> None:
        self.connection = connection
        self._sender = sender
        self._every_ns = every_ns

    def act(self, now_ns: int) -> int:
        self.connection.send_rtcp(self._sender.report(now_ns, time.time_ns()))
        return now_ns + self._every_ns


class Checks:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def act(self, now_ns: int) -> int:
        self.connection.check()
        return now_ns + int(CHECK_EVERY_S * SECOND_NS)


def publish(pacer: Pacer, connection: Connection, senders: dict[Layer, Sender], now_ns: int, *, cc: bool) -> dict[Layer, Media]:
    """All that somebody sends from now on, on a connection that stands. `cc`: transport-wide numbers were agreed."""
    numbers = itertools.count(1) if cc else None
    found: dict[Layer, Media] = {}
    for layer, sender in senders.items():
        found[layer] = Media(connection, sender, layer, numbers)
        pacer.add(found[layer], sender.due_ns)
        # browsers send the first report of a picture after 0.4 s, of a voice after 2 s
        pacer.add(SenderReports(connection, sender, REPORTS_NS[layer]), now_ns + REPORTS_NS[layer] * 2 // 5)
    pacer.add(Checks(connection), now_ns + random.randrange(SECOND_NS))
    return found
