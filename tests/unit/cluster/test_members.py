"""What nodes believe of each other. Promised, whatever is killed, paused, cut off, forgotten, or set wrong in Redis:

- who is thought dead has not beaten for LEASE_S; so nobody who beats is, whatever happens to Redis or to others;
- who was thought dead, and lives, is told with the next beat that gets through;
- who was killed is thought dead, soon enough for P21, by every node that reaches Redis all that time.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings

from server.cluster.coordination import BEAT_S, LEASE_S, Member, News, Unreachable
from server.cluster.members import Members
from server.cluster.memory import Hub
from tests.fakes.still_cluster import STEP_S, Fault, Still, StillNode, faults

THOUGHT_DEAD_S = LEASE_S + 2 * BEAT_S + 2 * STEP_S


class Watched:
    """Compares at every step what each node believes with what was."""

    def __init__(self, world: Still) -> None:
        self._world = world
        self._condemned: dict[StillNode, float] = {}  # lives, and is thought dead since then

    def __call__(self) -> None:
        for node in self._world.nodes:
            for other in self._world.nodes:
                if other is not node and other.runs_now:
                    self._compare(node, other)
        for node, asked_s in list(self._condemned.items()):
            if node.is_killed:
                del self._condemned[node]
            elif node.answered_s and node.answered_s[-1] > asked_s:
                assert node.lost_s and node.lost_s[-1] > asked_s, f"{node.name} was not told"
                del self._condemned[node]

    def _compare(self, node: StillNode, other: StillNode) -> None:
        now_s, asked_s = self._world.now_s, other.members._liveness._asked_s
        beats_s = [at_s for at_s in node.reached_s if at_s <= asked_s]
        if other.members.dead(node.name):
            assert not beats_s or asked_s - beats_s[-1] > LEASE_S, f"{other.name} thinks {node.name} dead, which has beaten"
            assert not other.members.alive(node.name)
            placed = other.members.place()
            assert placed and placed.node != node.name
            if node.answered_s and node.answered_s[0] <= asked_s and not node.is_killed:
                self._condemned.setdefault(node, asked_s)
        elif node.killed_s is not None:
            waited_s = now_s - max(node.killed_s, other.undisturbed_since_s, self._world.forgot_s)
            assert waited_s <= THOUGHT_DEAD_S, f"{other.name} still waits for {node.name}"
        if other.members.alive(node.name) and not self._world.was_set_back:  # else its old lease may look new, once
            assert asked_s - beats_s[-1] <= LEASE_S + BEAT_S + STEP_S


@settings(max_examples=int(os.environ.get("MT_CLUSTER_EXAMPLES", "50")), deadline=None)
@given(faults())
@example([Fault("pause", 0, 12.0, 12.0)])
@example([Fault("pause", 0, 5.0, 0.5), Fault("nothing", 1, 0.5, 5.0), Fault("flush", 0, 0.5, 0.5)])  # its only beat is forgotten
@example([Fault("flush", 0, 0.5, 0.5)] * 6)
@example([Fault("outage", 0, 12.0, 12.0), Fault("kill", 1, 0.5, 12.0)])
@example([Fault("set back", 0, 12.0, 0.5), Fault("pause", 1, 7.0, 12.0)])
@example([Fault("kill", 0, 0.5, 0.5), Fault("set back", 0, 12.0, 12.0)])
@example([Fault("lose answers", 0, 12.0, 12.0), Fault("kill", 0, 0.5, 0.5), Fault("start", 0, 0.5, 5.0)])
def test_no_schedule_of_faults_makes_a_node_believe_what_is_not(schedule: list[Fault]) -> None:
    async def play() -> None:
        world = Still()
        watched = Watched(world)
        await world.go_on(2.0, watched)
        await world.play(schedule, watched)
        world.heal()
        await world.go_on(THOUGHT_DEAD_S, watched)
        for node in world.nodes:
            if not node.is_killed:
                assert node.members.reachable
                assert {other.name for other in world.nodes if node.members.dead(other.name)} == {
                    other.name for other in world.nodes if other.is_killed
                }

    logging.disable(logging.WARNING)
    try:
        asyncio.run(play())
    finally:
        logging.disable(logging.NOTSET)


async def test_nobody_is_thought_dead_after_an_outage_or_when_redis_forgot_all() -> None:
    world = Still()

    def nobody_is_dead() -> None:
        assert not any(one.members.dead(other.name) for one in world.nodes for other in world.nodes)

    await world.play([Fault("outage", 0, 12.0, 12.0), Fault("nothing", 0, 0.5, 12.0), Fault("flush", 0, 0.5, 12.0)], nobody_is_dead)
    assert all(one.members.alive(other.name) for one in world.nodes for other in world.nodes)


async def test_a_node_that_was_never_seen_is_dead_only_after_looking_for_long() -> None:
    world = Still()
    await world.go_on(LEASE_S - BEAT_S)
    assert not world.nodes[0].members.dead("z")
    await world.go_on(3 * BEAT_S)
    assert world.nodes[0].members.dead("z")


async def test_this_node_itself_is_always_alive() -> None:
    world = Still()
    world.suffer(Fault("outage", 0, 100.0, 0.0))
    await world.go_on(20.0)
    members = world.nodes[0].members
    assert members.alive("a")
    assert not members.dead("a")
    assert not members.alive("b")
    assert not members.dead("b")
    assert members.place() == Member(node="a", run="run1", url="http://a:9000", beat=members._beats)


async def test_a_paused_node_hears_of_it_with_its_first_beat() -> None:
    world = Still()
    await world.play([Fault("nothing", 0, 0.5, 2.0), Fault("pause", 0, 7.0, 7.0 - STEP_S)])
    assert world.nodes[1].members.dead("a")
    assert world.nodes[0].lost_s == []
    await world.go_on(2 * STEP_S)
    assert len(world.nodes[0].lost_s) == 1
    assert world.nodes[0].members.numbers().leases_lost == 1


def a_node(hub: Hub, name: str = "a", run: str = "r1", **told: Callable[..., None]) -> Members:
    return Members(hub.node(name), lambda: Member(node=name, run=run, url=""), **told)  # type: ignore[arg-type]


async def test_an_outage_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    hub = Hub()
    back: list[str] = []
    node = a_node(hub, back=lambda: back.append("back"))
    await node.start()
    with caplog.at_level(logging.INFO):
        hub.cut_off.add(None)
        for _ in range(5):
            await node.beat()
        assert not node.reachable
        assert back == []
        hub.cut_off.clear()
        for _ in range(3):
            await node.beat()
    assert [record.message for record in caplog.records] == [
        "Redis cannot be reached (cut off): rooms go on, nobody takes over from anybody",
        "Redis answers again",
    ]
    assert back == ["back"]
    numbers = node.numbers()
    assert (numbers.reachable, numbers.members, numbers.outages, numbers.leases_lost) == (True, 1, 1, 0)
    assert numbers.answered_s_ago is not None and numbers.answered_s_ago < 60


async def test_a_redis_that_answers_and_lets_nobody_beat_makes_nobody_dead() -> None:
    world = Still()
    await world.go_on(2.0)
    full = next(iter(world.nodes)).members

    async def refuse(_: Member) -> str:
        raise Unreachable("it is full")

    for node in world.nodes:
        node.members._coordination.beat = refuse  # type: ignore[assignment, method-assign]
    await world.go_on(20.0)
    assert not any(node.members.dead(other.name) for node in world.nodes for other in world.nodes)
    assert not full.reachable


async def test_two_processes_of_one_name_are_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    hub = Hub()
    first, second = a_node(hub, run="r1"), a_node(hub, run="r2")
    for _ in range(3):
        await first.beat()
        await second.beat()
    assert first.numbers().name_taken
    assert len([r for r in caplog.records if "calls itself a too" in r.message]) == 2


async def test_a_quick_restart_is_no_second_process() -> None:
    hub = Hub()
    await a_node(hub, run="r1").beat()
    again = a_node(hub, run="r2")
    for _ in range(3):
        await again.beat()
    assert not again.numbers().name_taken
    assert again.numbers().leases_lost == 0


async def test_news_come_until_the_end_and_leaving_is_seen() -> None:
    hub = Hub()
    heard: list[News] = []
    a, b = a_node(hub, on_news=heard.append), a_node(hub, "b")
    await a.start()
    running = asyncio.create_task(a.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await b.start()
    await b.tell("a", News(kind="sessions"))
    await b.tell(None, News(kind="renamed", about=("p",)))
    await a.tell("a", News(kind="sessions"))
    async with asyncio.timeout(5):
        while len(heard) < 3:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await a.leave()
    assert [member.node for member in await hub.node("b").members()] == ["b"]


async def test_a_failing_listener_ends_neither_beats_nor_news(caplog: pytest.LogCaptureFixture) -> None:
    hub = Hub()
    heard: list[News] = []

    def on_news(news: News) -> None:
        if not heard:
            heard.append(news)
            raise KeyError("nobody")
        heard.append(news)

    a, b = a_node(hub, on_news=on_news), a_node(hub, "b")
    await b.start()
    running = asyncio.create_task(a.run())
    async with asyncio.timeout(5):
        while len(heard) < 2:
            await b.tell("a", News(kind="sessions"))
            await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [record.message for record in caplog.records] == ["news of the kind sessions were of no use"]


async def test_a_shared_rate_is_nobodys_while_redis_is_away() -> None:
    hub = Hub()
    a, b = a_node(hub), a_node(hub, "b")
    assert [await one.take("x", burst=2, per_s=0.01) for one in (a, b, a)] == [True, True, False]
    hub.cut_off.add("a")
    assert await a.take("x", burst=2, per_s=0.01) is None
    await a.beat()
    hub.cut_off.clear()
    assert await a.take("x", burst=2, per_s=0.01) is None, "until a beat has been answered nobody waits for it"
    await a.beat()
    assert await a.take("x", burst=2, per_s=0.01) is False
