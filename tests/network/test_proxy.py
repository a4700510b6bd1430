"""The bad network itself: what it says it does to datagrams, it does, and the same again with the same seed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.network.line import MS, Conditions, Line
from tests.network.proxy import UdpProxy, udp_proxy

CROWD = 10_000


def fates(line: Line, *, count: int = CROWD, every_ms: float = 1.0, size_bytes: int = 1_000) -> list[tuple[int, ...]]:
    return [line.arrivals(size_bytes, int(number * every_ms * MS)) for number in range(count)]


@pytest.mark.parametrize("run_length", [1.0, 4.0])
@pytest.mark.parametrize("loss", [0.05, 0.1, 0.3])
def test_as_much_is_lost_as_said_in_runs_as_long_as_said(loss: float, run_length: float) -> None:
    line = Line(7, Conditions(loss=loss, run_length=run_length))
    gone = [not fate for fate in fates(line)]
    runs = sum(now and not before for before, now in zip([False, *gone], gone, strict=False))
    assert abs(sum(gone) / CROWD - loss) < 0.1 * loss + 0.01
    expected = 1 / (1 - loss) if run_length == 1.0 else run_length  # without memory, neighbours are lost together by chance
    assert abs(sum(gone) / runs - expected) < 0.2 * expected or run_length == 1.0


def test_the_same_seed_gives_the_same_network() -> None:
    conditions = Conditions(loss=0.1, delay_ms=20, jitter_ms=30, reorders=True, duplicates=0.05)
    assert fates(Line(3, conditions)) == fates(Line(3, conditions))
    assert fates(Line(3, conditions)) != fates(Line(4, conditions))


def test_nothing_overtakes_unless_told_to() -> None:
    conditions = Conditions(delay_ms=20, jitter_ms=30)
    in_order = [fate[0] for fate in fates(Line(3, conditions))]
    mixed = [fate[0] for fate in fates(Line(3, replace(conditions, reorders=True)))]
    assert in_order == sorted(in_order)
    assert mixed != sorted(mixed)
    assert all(20 * MS <= at_ns - number * MS <= 51 * MS for number, at_ns in enumerate(mixed))


def test_a_narrow_line_queues_and_then_drops() -> None:
    line = Line(3, Conditions(rate_bps=300_000, queue_ms=200))
    arrived = [(number, fate[0]) for number, fate in enumerate(fates(line, count=2_000, every_ms=5.0, size_bytes=972)) if fate]
    rate_bps = len(arrived) * 1_000 * 8 / (arrived[-1][1] / 1e9)
    assert 290_000 < rate_bps < 310_000
    assert max(at_ns - number * 5 * MS for number, at_ns in arrived) < 240 * MS
    assert line.counters.overflowed == 2_000 - len(arrived)


def test_what_is_blocked_is_counted_and_nothing_else_happens() -> None:
    line = Line(3, Conditions(is_blocked=True))
    assert not any(fates(line, count=10))
    line.conditions = Conditions()
    assert line.arrivals(10, 5) == (5,)
    assert (line.counters.blocked, line.counters.passed, line.counters.passed_bytes) == (10, 1, 10)


class Echo:
    """Stands for the worker: says back what it hears, and remembers where it came from."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.heard_from: list[tuple[str, int]] = []
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._answer)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        self.socket.close()

    def _answer(self) -> None:
        data, where = self.socket.recvfrom(2048)
        self.heard_from.append(where)
        self.socket.sendto(data, where)


class Client:
    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", port))

    async def asks(self, data: bytes, timeout_s: float = 2.0) -> bytes:
        self.socket.send(data)
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 2048), timeout_s)


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[UdpProxy]:
    async with udp_proxy(echo.address, seed=1) as proxy:
        yield proxy


async def test_each_client_has_an_address_of_its_own_until_it_is_bound_anew(echo: Echo, proxy: UdpProxy) -> None:
    one, two = Client(proxy.port), Client(proxy.port)
    assert [await one.asks(b"1"), await two.asks(b"2"), await one.asks(b"3")] == [b"1", b"2", b"3"]
    first, other, same = echo.heard_from
    assert first == same != other
    proxy.rebind("127.0.0.9")
    assert await one.asks(b"4") == b"4"
    assert echo.heard_from[-1][0] == "127.0.0.9"
    one.socket.close()
    two.socket.close()


async def test_delay_and_block_hold_both_ways(proxy: UdpProxy) -> None:
    client = Client(proxy.port)
    proxy.degrade(Conditions(delay_ms=30))
    began_s = time.monotonic()
    assert await client.asks(b"late") == b"late"
    assert time.monotonic() - began_s >= 0.06
    proxy.block()
    with pytest.raises(TimeoutError):
        await client.asks(b"gone", timeout_s=0.05)
    proxy.degrade()
    assert await client.asks(b"back") == b"back"
    client.socket.close()
