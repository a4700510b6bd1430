"""Coordination within one process keeps what Redis keeps."""

from __future__ import annotations

import pytest

from server.cluster.coordination import LEASE_S, Unreachable
from server.cluster.memory import Hub
from tests.fakes.coordinations import CoordinationContract, Pair, member


class TestMemory(CoordinationContract):
    @pytest.fixture
    def pair(self) -> Pair:
        hub = Hub()
        return Pair(hub.node("a"), hub.node("b"))


class Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_lease_runs_out() -> None:
    time = Time()
    node = Hub(time).node("a")
    await node.beat(member("a"))
    time.now_s += LEASE_S - 0.1
    assert [one.node for one in await node.members()] == ["a"]
    time.now_s += 0.1
    assert await node.members() == []
    assert await node.beat(member("a")) == "anew"


async def test_a_hub_can_forget_all_and_cut_off_a_node() -> None:
    hub = Hub()
    a, b = hub.node("a"), hub.node("b")
    await a.beat(member("a"))
    hub.forget()
    assert await b.members() == []
    hub.cut_off.add("a")
    with pytest.raises(Unreachable):
        await a.beat(member("a"))
    assert await b.beat(member("b")) == "anew"
    hub.cut_off.add(None)
    with pytest.raises(Unreachable):
        await b.members()
