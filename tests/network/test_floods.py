"""Datagrams by the thousand from those who are nobody, and from a peer who asks for everything again: others notice nothing."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from server.media import control, stun
from server.media.rtcp import write_nack, write_pli, write_receiver_report
from tests.network.pair import Pair, at_rate, light_pair, waiting

FLOOD: Final = int(os.environ.get("MT_NETWORK_FLOOD") or 20_000)  # P16 says 1,000,000
FLOOD_PER_S: Final = 5_000.0
GARBAGE_PER_S: Final = 10_000.0
GARBAGE_S: Final = 5.0
STRANGERS: Final = 50
NAGGING_S: Final = 7.0
NACKS_PER_S: Final = 200.0
REPAIR_SHARE: Final = 0.3
CLIENT_HELLO: Final = bytes.fromhex("16feff0000000000000000002a0100001e000000000000001efefd") + bytes(32)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with light_pair(tmp_path) as pair:
        yield pair


class Strangers:
    """Many addresses that no authenticated check ever came from; each sends whatever may hurt."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._chance = random.Random(16)
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(STRANGERS)]
        for number, opened in enumerate(self._sockets):
            opened.setblocking(False)
            opened.bind((f"127.0.1.{number + 1}", 0))
            opened.connect(("127.0.0.1", pair.port))
        self._kinds = [self._nothing, self._junk, self._check, self._hello, self._replay, self._voice, self._report]
        self.unsent = 0

    def send(self, number: int) -> None:
        try:
            self._sockets[self._chance.randrange(STRANGERS)].send(self._kinds[number % len(self._kinds)]())
        except OSError:
            self.unsent += 1

    def replies(self) -> int:
        return sum(1 for opened in self._sockets for _ in waiting(opened))

    def close(self) -> None:
        for opened in self._sockets:
            opened.close()

    def _nothing(self) -> bytes:
        return b""

    def _junk(self) -> bytes:
        return self._chance.randbytes(self._chance.randrange(1, 1_400))

    def _check(self) -> bytes:
        """With the right name, as it stands in plain text in every check, and a wrong password."""
        return stun.binding_request(os.urandom(12), f"{self._pair.ufrag}:abcd", "wrong", use_candidate=True)

    def _hello(self) -> bytes:
        return CLIENT_HELLO

    def _replay(self) -> bytes:
        return self._pair.last_sealed

    def _voice(self) -> bytes:
        """The right SSRC, and what would be the next number."""
        seen = self._pair.last_sealed
        return seen[:2] + (int.from_bytes(seen[2:4], "big") + 1 & 0xFFFF).to_bytes(2, "big") + seen[4:12] + self._chance.randbytes(100)

    def _report(self) -> bytes:
        ssrc = self._pair.ssrcs["camera"]
        return self._chance.choice([write_pli(1, ssrc), write_nack(1, ssrc, range(100)), write_receiver_report(ssrc, [])]) + bytes(14)


async def strangers_at(pair: Pair, per_s: float, count: int) -> tuple[float, int, float]:
    """The share of Anna's packets that reached Ben meanwhile, how many datagrams were answered, and how many a second were sent."""
    strangers = Strangers(pair)
    try:
        (sent, came), rate = await asyncio.gather(pair.talk(count / per_s), at_rate(per_s, count, strangers.send))
        replies = strangers.replies()
        assert strangers.unsent < count / 100
        return came / sent, replies, rate
    finally:
        strangers.close()


@pytest.mark.timeout(60 + FLOOD / FLOOD_PER_S * 2)
async def test_strangers_disturb_nothing_and_are_not_answered(pair: Pair) -> None:
    """P16: not one of a million; in the small run of `FLOOD`."""
    pair.server.heard.clear()
    reached, replies, rate = await strangers_at(pair, FLOOD_PER_S, FLOOD)
    print(f"\nstrangers: {FLOOD} datagrams at {rate:.0f}/s, {reached:.3%} of the packets arrived, {replies} replies")
    assert replies == 0
    assert reached == 1.0
    states = [heard for heard in pair.server.heard if isinstance(heard, control.PeerState)]
    assert states == [], "nobody's connection changed"


async def test_a_flood_of_garbage_costs_few_pictures(pair: Pair) -> None:
    """P16: 95 % of the pictures at 10,000 datagrams a second."""
    reached, replies, rate = await strangers_at(pair, GARBAGE_PER_S, int(GARBAGE_PER_S * GARBAGE_S))
    print(f"\ngarbage: {rate:.0f}/s, {reached:.2%} of the packets arrived, {replies} replies")
    assert reached >= 0.95
    assert replies == 0


@pytest.mark.parametrize("nags", ["everything", "the newest", "what never was"])
async def test_who_asks_for_everything_again_gets_a_share(pair: Pair, nags: str) -> None:
    """P17: repair bytes for each byte forwarded."""
    numbers = {line.ssrc: 0 for line in pair.lines}

    def nag(round_number: int) -> None:
        for ssrc, highest in numbers.items():
            first = {"everything": highest - 17 * (round_number % 30), "the newest": highest - 16, "what never was": highest + 1_000}[nags]
            pair.receiving.send_rtcp(write_nack(77, ssrc, [(first + number) & 0xFFFF for number in range(17)]))

    async def follow() -> None:
        while True:
            for ssrc in numbers:
                numbers[ssrc] = max((number for other, number in pair.arrived.first if other == ssrc), default=0)
            await asyncio.sleep(0.05)

    following = asyncio.create_task(follow())
    before = pair.arrived.first_bytes, pair.arrived.again_bytes, pair.arrived.padding_bytes
    try:
        (sent, came), _ = await asyncio.gather(pair.talk(NAGGING_S), at_rate(NACKS_PER_S, int(NACKS_PER_S * NAGGING_S), nag))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    after = pair.arrived.first_bytes, pair.arrived.again_bytes, pair.arrived.padding_bytes
    forwarded, again, padding = (late - early for late, early in zip(after, before, strict=True))
    print(f"\nnags for {nags}: {again / forwarded:.3f} repair bytes for each forwarded, {padding / forwarded:.3f} of padding")
    assert came == sent, "and nothing new is held back for it"
    assert again / forwarded <= REPAIR_SHARE
