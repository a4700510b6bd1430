"""P21: whatever happens to Redis, no call waits longer than 0.5 s for it, and within 5 s of its return all is as before."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest

from server.cluster.coordination import ANSWER_S, LEASE_S, News, Unreachable
from server.cluster.members import RATE_ANSWER_S, Members
from server.cluster.redis import RedisCoordination
from tests.fakes.coordinations import member
from tests.fakes.redis import RedisServer, TcpLine, redis_server, tcp_line

SECRET = "s" * 32
BUSY_S: Final = 0.5  # what a machine that runs other tests adds
RECOVERED_S: Final = 5.0


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with redis_server() as server:
        yield server


@pytest.fixture
async def line(redis: RedisServer) -> AsyncIterator[TcpLine]:
    async with tcp_line(redis.port) as line:
        yield line


class Node:
    """Members that run, over a line of their own to the one Redis."""

    def __init__(self, port: int, name: str, user: str = "") -> None:
        self.name = name
        self.coordination = RedisCoordination(f"redis://{user}127.0.0.1:{port}", name, SECRET)
        self.lost = 0
        self.heard: list[News] = []
        self.members = Members(self.coordination, lambda: member(name), lost_lease=self._lose, on_news=self.heard.append)

    def _lose(self) -> None:
        self.lost += 1


@contextlib.asynccontextmanager
async def running(*nodes: Node) -> AsyncIterator[None]:
    tasks = []
    for node in nodes:
        await node.members.start()
        tasks.append(asyncio.create_task(node.members.run()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for node in nodes:
            await node.members.leave()


async def every_call_fails_soon(coordination: RedisCoordination, words: str = ".") -> None:
    """All at once, and then one after another over the same connections."""
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: coordination.beat(member("x")),
        coordination.members,
        lambda: coordination.tell("y", News(kind="sessions")),
        lambda: coordination.take("some", burst=1, per_s=1),
        lambda: coordination.leave(member("x")),
    ]

    async def fails(call: Callable[[], Awaitable[object]]) -> None:
        started_s = time.monotonic()
        with pytest.raises(Unreachable, match=words):
            await call()
        assert time.monotonic() - started_s <= ANSWER_S + BUSY_S

    await asyncio.gather(*map(fails, calls))
    await fails(calls[0])


async def soon(what: Callable[[], bool], within_s: float = RECOVERED_S) -> None:
    async with asyncio.timeout(within_s):
        while not what():
            await asyncio.sleep(0.02)


async def refused(coordination: RedisCoordination, words: str) -> None:
    async with asyncio.timeout(RECOVERED_S):
        while True:
            try:
                await coordination.beat(member("x"))
            except Unreachable as said:
                if str(said) == words:
                    return
            await asyncio.sleep(0.02)


async def hears_again(a: Node, b: Node) -> None:
    """Within RECOVERED_S news reach each from the other; what was told meanwhile is lost."""
    a.heard.clear()
    b.heard.clear()
    async with asyncio.timeout(RECOVERED_S):
        while not (a.heard and b.heard):
            await a.members.tell("b", News(kind="sessions"))
            await b.members.tell("a", News(kind="sessions"))
            await asyncio.sleep(0.05)


FAULTS: Final = ["stopped", "paused", "partitioned", "killed", "flushed"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_calls_end_in_time_and_all_is_as_before_soon(redis: RedisServer, line: TcpLine, fault: str) -> None:
    a, b = Node(line.port, "a"), Node(line.port, "b")
    async with running(a, b):
        await soon(lambda: a.members.alive("b") and b.members.alive("a"))
        await hears_again(a, b)
        match fault:
            case "stopped":
                redis.stop()
                asked_s = time.monotonic()
                assert await a.members.take("x", burst=1, per_s=1) is None
                assert time.monotonic() - asked_s <= RATE_ANSWER_S + BUSY_S
                await every_call_fails_soon(a.coordination, f"no answer in {ANSWER_S} s")
                await soon(lambda: not a.members.reachable)
                redis.cont()
            case "paused":
                await redis.ask("CLIENT", "PAUSE", "1500", "ALL")
                await every_call_fails_soon(a.coordination, f"no answer in {ANSWER_S} s")
            case "partitioned":
                line.cut()
                await every_call_fails_soon(a.coordination, f"no answer in {ANSWER_S} s")
                await soon(lambda: not a.members.reachable)
                line.mend()
            case "killed":
                await redis.kill()
                line.reset()
                await every_call_fails_soon(a.coordination)
                await soon(lambda: not a.members.reachable)
                await redis.start()
            case "flushed":
                await redis.flush()
        back = time.monotonic()
        await soon(lambda: a.members.alive("b") and b.members.alive("a") and a.members.reachable and b.members.reachable)
        await hears_again(a, b)
        assert time.monotonic() - back <= RECOVERED_S
        assert not a.members.dead("b") and not b.members.dead("a")


@pytest.mark.full
async def test_one_node_is_cut_off_and_only_that_one_is_thought_dead(redis: RedisServer) -> None:
    async with tcp_line(redis.port) as lonely:
        a, b, c = Node(lonely.port, "a"), Node(redis.port, "b"), Node(redis.port, "c")
        async with running(a, b, c):
            await soon(lambda: all(one.members.alive(other) for one in (a, b, c) for other in "abc"))
            lonely.cut()
            cut_s = time.monotonic()
            await soon(lambda: b.members.dead("a") and c.members.dead("a"), 10)
            assert time.monotonic() - cut_s > LEASE_S - 1.5, "a had beaten shortly before"
            assert not a.members.reachable
            assert not a.members.dead("b")
            assert b.members.alive("c")
            assert a.lost == 0
            lonely.mend()
            await soon(lambda: a.lost == 1 and b.members.alive("a") and a.members.alive("b"))


@pytest.mark.full
async def test_a_redis_that_lets_nobody_write_is_no_redis_and_makes_nobody_dead(redis: RedisServer) -> None:
    a, b = Node(redis.port, "a"), Node(redis.port, "b")
    async with running(a, b):
        await soon(lambda: a.members.alive("b") and b.members.alive("a"))
        await redis.ask("CONFIG", "SET", "maxmemory", "1")
        await refused(a.coordination, "it is full")
        await soon(lambda: not a.members.reachable and not b.members.reachable)
        started_s = time.monotonic()
        while time.monotonic() - started_s < LEASE_S + 1.5:
            assert not a.members.dead("b") and not b.members.dead("a")
            await asyncio.sleep(0.1)
        assert await a.coordination.members() == [], "it does answer"
        await redis.ask("CONFIG", "SET", "maxmemory", "0")
        await soon(lambda: a.members.reachable and b.members.reachable)
        await redis.ask("REPLICAOF", "127.0.0.1", "1")
        await refused(a.coordination, "it is a replica, which takes no writes")
        await redis.ask("REPLICAOF", "NO", "ONE")


async def test_a_node_starts_without_redis_and_finds_it_later(redis: RedisServer) -> None:
    await redis.kill()
    a = Node(redis.port, "a")
    async with running(a):
        assert not a.members.reachable
        placed = a.members.place()
        assert placed and placed.node == "a"
        assert await a.members.take("x", burst=1, per_s=1) is None
        await redis.start()
        await soon(lambda: a.members.reachable and a.members.alive("a"))
        assert [one.node for one in a.members.known()] == ["a"]


async def test_a_wrong_password_is_said_and_never_shown() -> None:
    async with redis_server("--requirepass", "very secret") as redis:
        right = RedisCoordination(f"redis://:very%20secret@127.0.0.1:{redis.port}", "a", SECRET)
        assert await right.beat(member("a")) == "anew"
        await right.close()
        for password in ("wrong", ""):
            wrong = RedisCoordination(f"redis://:{password}@127.0.0.1:{redis.port}", "a", SECRET)
            with pytest.raises(Unreachable) as said:
                await wrong.beat(member("a"))
            assert str(said.value) == "it does not accept the password"
            await wrong.close()


async def test_a_user_of_redis_with_few_rights_is_enough(redis: RedisServer) -> None:
    """The line of docs/operations.md."""
    may = "+eval +time +hget +hset +hdel +hmget +hgetall +hvals +pexpire +publish +subscribe +ping"
    assert await redis.ask("ACL", "SETUSER", "microteach", "on", ">secret", "~mt:*", "&mt:*", "-@all", *may.split()) == "+OK"
    a = Node(redis.port, "a", "microteach:secret@")
    b = Node(redis.port, "b", "microteach:secret@")
    async with running(a, b):
        await soon(lambda: a.members.alive("b") and b.members.alive("a"))
        await hears_again(a, b)
        assert await a.members.take("x", burst=1, per_s=1) is True


async def test_nothing_stays_in_redis(redis: RedisServer) -> None:
    coordination = RedisCoordination(redis.url, "a", SECRET)
    await coordination.beat(member("a"))
    await coordination.take("coming 192.0.2.77", burst=5, per_s=1)
    await coordination.tell(None, News(kind="renamed", about=("p",)))
    keys = [word for word in (await redis.ask("KEYS", "*")).split() if word[0] not in "*$"]
    assert len(keys) == 2
    for key in keys:
        assert key.startswith("mt:")
        assert "192.0.2.77" not in key
        assert 0 < int((await redis.ask("PTTL", key)).removeprefix(":")) <= LEASE_S * 1000
    await coordination.leave(member("a"))
    assert "mt:nodes" not in await redis.ask("KEYS", "*")
    await coordination.close()
