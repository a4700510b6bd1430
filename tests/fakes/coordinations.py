"""What every coordination keeps, in memory and in Redis: the tests that both pass. `pair` are those of nodes a and b, on one hub."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from server.cluster.coordination import Coordination, Member, News


@dataclass
class Pair:
    a: Coordination
    b: Coordination


def member(node: str, run: str = "r1", **given: object) -> Member:
    return Member(node=node, run=run, url=f"http://{node}:9000", **given)  # type: ignore[arg-type]


class CoordinationContract:
    """Inherit with a fixture `pair`."""

    async def test_a_beat_is_seen_by_all_and_leaving_too(self, pair: Pair) -> None:
        assert await pair.b.members() == []
        assert await pair.a.beat(member("a", load=0.5, rooms=3, beat=1)) == "anew"
        assert await pair.b.members() == [member("a", load=0.5, rooms=3, beat=1)]
        assert await pair.a.beat(member("a", draining=True, full=True, release="1.0", beat=2)) == "kept"
        assert await pair.b.beat(member("b")) == "anew"
        assert {one.node: one.draining for one in await pair.a.members()} == {"a": True, "b": False}
        await pair.a.leave(member("a"))
        assert [one.node for one in await pair.a.members()] == ["b"]
        assert await pair.a.beat(member("a", beat=3)) == "anew"

    async def test_another_process_of_the_same_name_is_noticed_and_does_not_end_this_one(self, pair: Pair) -> None:
        await pair.a.beat(member("a", "old"))
        assert await pair.b.beat(member("a", "new")) == "taken"
        await pair.a.leave(member("a", "old"))
        assert await pair.a.members() == [member("a", "new")]
        assert await pair.a.beat(member("a", "old")) == "taken"
        assert await pair.a.beat(member("a", "old")) == "kept"

    async def test_news_reach_one_node_or_all_others(self, pair: Pair) -> None:
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            heard: dict[str, list[News]] = {"a": [], "b": []}
            listening = [tasks.create_task(_hear(which, heard[name])) for name, which in (("a", pair.a), ("b", pair.b))]
            while not (heard["a"] and heard["b"]):  # until both listen
                await pair.a.tell("b", News(kind="sessions"))
                await pair.b.tell("a", News(kind="sessions"))
                await asyncio.sleep(0.01)
            await pair.a.tell(None, News(kind="renamed", about=("p1", "p2")))
            await pair.a.tell("a", News(kind="mine"))
            await pair.b.tell("a", News(kind="last"))
            await pair.b.tell("b", News(kind="last"))
            while not all(each[-1].kind == "last" for each in heard.values()):
                await asyncio.sleep(0.01)
            for each in listening:
                each.cancel()
        assert [news for news in heard["a"] if news.kind != "sessions"] == [News(kind="mine"), News(kind="last")]
        assert [news for news in heard["b"] if news.kind != "sessions"] == [News(kind="renamed", about=("p1", "p2")), News(kind="last")]

    async def test_a_bucket_is_shared_and_each_has_its_own(self, pair: Pair) -> None:
        taken = [await which.take("making 192.0.2.1", burst=3, per_s=0.01) for which in (pair.a, pair.b, pair.a, pair.b)]
        assert taken == [True, True, True, False]
        assert await pair.b.take("making 192.0.2.2", burst=3, per_s=0.01)

    async def test_a_bucket_fills_again(self, pair: Pair) -> None:
        assert await pair.a.take("fast", burst=1, per_s=50)
        async with asyncio.timeout(5):
            while not await pair.b.take("fast", burst=1, per_s=50):
                await asyncio.sleep(0.005)


async def _hear(which: Coordination, heard: list[News]) -> None:
    async for news in which.heard():
        heard.append(news)  # noqa: PERF401 -- what came so far is looked at
