"""The running thing: beats for this node, and knows the last that was heard of the others.

Goes on without Redis with what it knew, says so once, and is back within two beats of Redis being back. It must not know sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from server.cluster.coordination import ANSWER_S, BEAT_S, Beat, Coordination, Member, News, Unreachable
from server.cluster.liveness import Lease, Liveness
from server.cluster.placement import place

log = logging.getLogger(__name__)

OF_INTEREST_S: Final = 10.0
RATE_ANSWER_S: Final = 0.2  # nobody waits longer for a page because of a rate


_STEADY: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps


class Vouches(Protocol):
    """Another way than Redis to know who lives (vouching.py). Nothing here takes longer than ANSWER_S."""

    async def live(self) -> None:
        """Redis did not take a beat."""

    async def end(self) -> None:
        """It did."""

    async def living(self, nodes: Collection[str]) -> frozenset[str]:
        """Which of those that Redis does not know live all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """For the operator. `answered_s_ago` is None before the first answer. `name_taken`: another process uses this node's name.
    `ignored`: what was read in Redis and made no sense."""

    reachable: bool
    members: int
    answered_s_ago: float | None
    name_taken: bool
    outages: int
    leases_lost: int
    ignored: int


class Members:
    """`me` gives this node's numbers at every beat (its `beat` is set here). `await start()` once, then `run` in a task; `leave` after it.

    `lost_lease` is called when others may have thought this node dead: look in the database which sessions are still its own.
    It is also called after Redis was away or forgot all, when nobody may have thought so. While Redis is away, or only away from
    this node, nothing is called: whoever owns sessions looks at the database from time to time in any case.
    `on_news` is what others tell; it must not wait. `back` is called when Redis answers again. With `vouches` a node that only lost
    its own line to Redis is not thought dead.
    """

    def __init__(
        self,
        coordination: Coordination,
        me: Callable[[], Member],
        *,
        lost_lease: Callable[[], None] = lambda: None,
        on_news: Callable[[News], None] = lambda news: None,
        back: Callable[[], None] = lambda: None,
        vouches: Vouches | None = None,
        clock_s: Callable[[], float] = lambda: time.clock_gettime(_STEADY),
    ) -> None:
        self._coordination = coordination
        self._me = me
        self._lost_lease = lost_lease
        self._on_news = on_news
        self._back = back
        self._vouches = vouches
        self._clock_s = clock_s
        self._liveness = Liveness()
        self._lease = Lease()
        self._draw = random.Random()
        self._missed: dict[str, float] = {}  # whom Redis thinks dead, and when that was last of interest
        self._silent: frozenset[str] = frozenset()  # of those, who do not say otherwise
        self._beats = 0
        self._reachable = True
        self._name_taken = False
        self._outages = 0
        self._leases_lost = 0

    async def start(self) -> None:
        """The first beat. Takes at most two answers' time, and succeeds without Redis."""
        await self.beat()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat_on(), name="beats")
            tasks.create_task(self._hear(), name="news of other nodes")

    async def leave(self) -> None:
        """Others see at once that this node has gone; it must own nothing any more. Call it after `run` has ended."""
        with contextlib.suppress(Unreachable):
            await self._coordination.leave(self._now())
        if self._vouches is not None:
            await self._vouches.end()
        await self._coordination.close()

    @property
    def reachable(self) -> bool:
        """Whether the last question was answered."""
        return self._reachable

    def alive(self, node: str) -> bool:
        """Surely: it has beaten within LEASE_S. A node that is neither alive nor dead is asked as if it were alive."""
        return node == self._me().node or self._liveness.state(node, self._clock_s()) == "alive"

    def dead(self, node: str) -> bool:
        """Surely: Redis has answered for longer than LEASE_S without a gap, and that node has not beaten in all that time.

        Of a node that this one has never seen it is said with the next beat, when it was looked up whether somebody vouches for it.
        """
        now_s = self._clock_s()
        if node == self._me().node or self._liveness.state(node, now_s) != "dead":
            return False
        self._missed[node] = now_s
        return self._vouches is None or node in self._silent

    def known(self) -> tuple[Member, ...]:
        """All in the last answer, this node too. After an outage: as before it."""
        return self._liveness.members

    def place(self) -> Member | None:
        """Where a new session goes, or one whose owner is dead; None: all are full or draining. Without Redis: here, if possible."""
        now_s = self._clock_s()
        living = [one for one in self.known() if self._liveness.state(one.node, now_s) == "alive"]
        return place(living, self._now(), self._draw)

    async def tell(self, node: str | None, news: News) -> None:
        """To one node or to all others. Lost without a word when Redis is away: it is only ever a hint to look."""
        if node == self._me().node:
            self._on_news(news)
            return
        if self._reachable:
            with contextlib.suppress(Unreachable):
                await self._coordination.tell(node, news)

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool | None:
        """A token of a bucket that all nodes share; None: not answered within 0.2 s, count yourself."""
        if not self._reachable:
            return None
        try:
            async with asyncio.timeout(RATE_ANSWER_S):
                return await self._coordination.take(bucket, burst=burst, per_s=per_s)
        except (Unreachable, TimeoutError):
            return None

    def numbers(self) -> Numbers:
        answered_s = self._liveness.answered_s
        return Numbers(
            reachable=self._reachable,
            members=len(self.known()),
            answered_s_ago=None if answered_s is None else self._clock_s() - answered_s,
            name_taken=self._name_taken,
            outages=self._outages,
            leases_lost=self._leases_lost,
            ignored=self._coordination.ignored,
        )

    async def beat(self) -> None:
        """One beat, and who else lives. Called by `run`; by tests that make time themselves."""
        self._beats += 1
        sent_s = self._clock_s()
        try:
            beat = await self._coordination.beat(self._now())
            self._beaten(beat, sent_s)
            asked_s = self._clock_s()
            members = await self._coordination.members()
        except Unreachable as error:
            self._liveness.unreachable()
            self._went(error)
            if self._vouches is not None:
                await self._vouches.live()
            return
        for node in self._liveness.answered(members, asked_s=asked_s, now_s=self._clock_s()):
            log.info("node %s was started anew", node)
        self._came()
        if self._vouches is not None:
            await self._vouches.end()
            await self._ask_who_lives(self._vouches)

    async def _ask_who_lives(self, vouches: Vouches) -> None:
        now_s = self._clock_s()
        self._missed = {node: at_s for node, at_s in self._missed.items() if now_s - at_s < OF_INTEREST_S}
        dead = {node for node in {*self._missed, *self._liveness.seen()} if self._liveness.state(node, now_s) == "dead"}
        self._silent = frozenset(dead - await vouches.living(dead)) if dead else frozenset()

    async def _beat_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + BEAT_S
            try:
                await self.beat()
            except Exception:
                log.exception("a beat failed")
                self._liveness.unreachable()
            await asyncio.sleep(max(BEAT_S - ANSWER_S, due_s - loop.time()))

    async def _hear(self) -> None:
        async for news in self._coordination.heard():
            try:
                self._on_news(news)
            except Exception:
                log.exception("news of the kind %s were of no use", news.kind)

    def _now(self) -> Member:
        me = self._me()
        return msgspec.structs.replace(me, beat=self._beats, load=min(1.0, max(0.0, me.load)))

    def _beaten(self, beat: Beat, sent_s: float) -> None:
        taken = beat == "taken" and self._beats > 1
        if taken and not self._name_taken:
            log.error("another process calls itself %s too: give each node a name of its own (setting `node`)", self._me().node)
        self._name_taken = taken
        if beat != "kept":
            self._liveness.forgotten()
        if self._lease.beaten(beat, sent_s=sent_s):
            self._leases_lost += 1
            if not taken:
                log.warning("the lease of this node had run out; it looks which sessions are still its own")
            self._lost_lease()

    def _went(self, error: Unreachable) -> None:
        if self._reachable:
            self._outages += 1
            log.warning("Redis cannot be reached (%s): rooms go on, nobody takes over from anybody", error)
        self._reachable = False

    def _came(self) -> None:
        if not self._reachable:
            self._reachable = True
            log.info("Redis answers again")
            self._back()
