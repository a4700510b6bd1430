"""Answers leave from the address that was asked, on both families, and nothing blocks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from server.media.udp import BATCH, SOCKET_BUFFER_BYTES, Path, UdpPort


class Echo:
    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.full = asyncio.Event()
        self.turns: list[int] = []  # how many datagrams each turn of the loop brought
        self.port = UdpPort(0, self._receive)
        self._in_turn = False

    def _receive(self, data: bytes, path: Path) -> None:
        self.received.append(data)
        if not self._in_turn:
            self._in_turn = True
            self.turns.append(0)
            asyncio.get_running_loop().call_soon(self._end_turn)
        self.turns[-1] += 1
        if len(self.received) == 3 * BATCH:
            self.full.set()
        self.port.send(data, path)

    def _end_turn(self) -> None:
        self._in_turn = False


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    running = Echo()
    yield running
    running.port.close()


@pytest.mark.parametrize(("family", "asked"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")])
async def test_answer_comes_from_the_asked_address(echo: Echo, family: socket.AddressFamily, asked: str) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        try:
            client.connect((asked, echo.port.port))  # a connected socket hears only this address
        except OSError:
            pytest.skip("this machine has no IPv6")
        client.send(b"hello")
        async with asyncio.timeout(5):
            assert await asyncio.get_running_loop().sock_recv(client, 100) == b"hello"


async def test_a_wake_is_bounded_and_empty_or_huge_datagrams_are_skipped(echo: Echo) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", echo.port.port))
        client.send(b"")
        client.send(bytes(60_000))
        for _ in range(3 * BATCH):
            client.send(b"x")
        async with asyncio.timeout(5):
            await echo.full.wait()
    assert set(echo.received) == {b"x"}
    assert max(echo.turns) <= BATCH


async def test_what_the_kernel_refuses_is_counted_not_raised(echo: Echo) -> None:
    echo.port.send(b"x", Path(4, ("127.0.0.1", 0), b""))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert echo.port.unsent == 1


async def test_what_the_kernel_had_no_room_for_is_counted(echo: Echo) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooding:
        for _ in range(3 * SOCKET_BUFFER_BYTES // 1_000):
            flooding.sendto(bytes(1_000), ("127.0.0.1", echo.port.port))
    assert echo.port.dropped > 0
    async with asyncio.timeout(10):
        await echo.full.wait()
    assert echo.port.received >= 3 * BATCH
    assert echo.port.sent >= 3 * BATCH
