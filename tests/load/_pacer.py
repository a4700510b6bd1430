"""Sends what is due: packets of encoded media, sender and receiver reports, connectivity checks. One thread for thousands a second."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Callable
from typing import Final, Protocol

from server.media.control import Source
from server.media.rtcp import ReportBlock, write_receiver_report
from tests.load._connection import CHECK_EVERY_S, Connection
from tests.load._lesson import Sender

TICK_S: Final = 0.002
LEVEL_ID: Final = 2
PAYLOAD_TYPES: Final[dict[Source, int]] = {"microphone": 111, "camera": 96}
SECOND_NS: Final = 1_000_000_000
REPORTS_NS: Final[dict[Source, int]] = {"microphone": 5 * SECOND_NS, "camera": SECOND_NS}
_LEVELS: Final = [bytes((0xBE, 0xDE, 0, 1, LEVEL_ID << 4, level, 0, 0)) for level in range(256)]


class Flow(Protocol):
    def act(self, now_ns: int) -> int:
        """Does what is due and says when something is due again."""


class Pacer:
    """`run` it as a task. `late_ns`: the most that something was sent later than it was due, since somebody set it to 0."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, Flow]] = []
        self._numbers = itertools.count()
        self.late_ns = 0

    def add(self, flow: Flow, at_ns: int) -> None:
        heapq.heappush(self._due, (at_ns, next(self._numbers), flow))

    async def run(self, each_tick: Callable[[], None] = lambda: None) -> None:
        while True:
            now_ns = time.monotonic_ns()
            due = self._due
            if due and due[0][0] <= now_ns:
                self.late_ns = max(self.late_ns, now_ns - due[0][0])
            while due and due[0][0] <= now_ns:
                _, number, flow = due[0]
                heapq.heapreplace(due, (flow.act(now_ns), number, flow))
            each_tick()
            await asyncio.sleep(TICK_S)


class Media:
    """One source on a connection. `left_ns` has the UTC time when each packet left, by RTP timestamp, while somebody wants to know."""

    def __init__(self, connection: Connection, sender: Sender, *, levels: bool) -> None:
        self._connection = connection
        self._levels = levels
        self.sender = sender
        self.is_timed = False
        self.left_ns: dict[int, int] = {}

    def act(self, now_ns: int) -> int:
        packet, level = self.sender.next()
        if self._levels:
            packet = b"\x90" + packet[1:12] + _LEVELS[level] + packet[12:]
        sealed = self._connection.out.protect_rtp(packet)
        if self.is_timed:
            self.left_ns[int.from_bytes(packet[4:8], "big")] = time.time_ns()
        if sealed is not None:
            self._connection.send(sealed)
        return self.sender.due_ns


class SenderReports:
    def __init__(self, connection: Connection, sender: Sender, every_ns: int) -> None:
        self._connection = connection
        self._sender = sender
        self._every_ns = every_ns

    def act(self, now_ns: int) -> int:
        self._connection.send_rtcp(self._sender.report(now_ns, time.time_ns()))
        return now_ns + self._every_ns


class ReceiverReports:
    """Of somebody to whom nothing was lost: one block for each line, once a second."""

    def __init__(self, connection: Connection, ssrcs: Callable[[], list[int]]) -> None:
        self._connection = connection
        self._ssrcs = ssrcs
        self._own_ssrc = random.randrange(1, 1 << 32)

    def act(self, now_ns: int) -> int:
        self._connection.send_rtcp(write_receiver_report(self._own_ssrc, [ReportBlock(ssrc) for ssrc in self._ssrcs()]))
        return now_ns + SECOND_NS


class Checks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def act(self, now_ns: int) -> int:
        self._connection.check()
        return now_ns + int(CHECK_EVERY_S * SECOND_NS)


def publish(pacer: Pacer, connection: Connection, senders: dict[Source, Sender], now_ns: int) -> list[Media]:
    """All that somebody sends from now on, on a connection that stands."""
    found = []
    for source, sender in senders.items():
        media = Media(connection, sender, levels=source == "microphone")
        pacer.add(media, sender.due_ns)
        # browsers send the first report of a picture after 0.4 s, of a voice after 2 s
        pacer.add(SenderReports(connection, sender, REPORTS_NS[source]), now_ns + REPORTS_NS[source] * 2 // 5)
        found.append(media)
    pacer.add(Checks(connection), now_ns + random.randrange(SECOND_NS))
    return found
