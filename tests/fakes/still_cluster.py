"""Nodes whose time is made by the test, over one hub: they are killed, paused, cut off and started again, and the hub forgets.

Time goes in steps; in each of them every node that runs does what is due. Nothing sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

from server.cluster.coordination import BEAT_S, Beat, Member, News, Unreachable
from server.cluster.members import Members, Vouches
from server.cluster.memory import Hub, Memory

STEP_S = 0.25
APART_S = 0.001  # within a step one node comes after the other
Kind = Literal["kill", "start", "pause", "cut", "lose answers", "outage", "flush", "set back", "set on", "nothing"]


@dataclass(frozen=True)
class Fault:
    """`for_s` is how long a pause, a cut or an outage lasts; after any fault `then_s` pass."""

    kind: Kind
    node: int
    for_s: float
    then_s: float


def faults(most: int = 12) -> st.SearchStrategy[list[Fault]]:
    kinds = st.sampled_from(["kill", "start", "pause", "pause", "cut", "lose answers", "outage", "flush", "set back", "set on", "nothing"])
    spans = st.sampled_from([0.5, 1.0, 2.5, 4.0, 5.0, 5.5, 7.0, 12.0])
    return st.lists(st.builds(Fault, kinds, st.integers(0, 2), spans, spans), max_size=most)


class Still:
    """The nodes a, b and c. `made` is called for each node at every start of it; so is `vouches`, with what it vouches by."""

    def __init__(
        self, made: Callable[[StillNode], None] = lambda node: None, vouches: Callable[[StillNode], Vouches | None] = lambda node: None
    ) -> None:
        self.vouches = vouches
        self.now_s = 1000.0
        self.redis_ahead_s = 0.0
        self.hub = Hub(lambda: self.now_s + self.redis_ahead_s)
        self.outage_until_s = 0.0
        self.forgot_s = 0.0
        self.was_set_back = False
        self.nodes = [StillNode(self, name, made) for name in "abc"]

    async def play(self, schedule: Sequence[Fault], each_step: Callable[[], None] = lambda: None) -> None:
        for fault in schedule:
            self.suffer(fault)
            await self.go_on(fault.then_s, each_step)

    def suffer(self, fault: Fault) -> None:
        node, until_s = self.nodes[fault.node], self.now_s + fault.for_s
        match fault.kind:
            case "kill":
                node.kill()
            case "start" if node.is_killed:
                node.start()
            case "pause":
                node.paused_until_s = until_s
            case "cut":
                node.cut_until_s = until_s
            case "lose answers":
                node.deaf_until_s = until_s
            case "outage":
                self.outage_until_s = until_s
            case "flush":
                self.hub.forget()
                self.forgot_s = self.now_s
            case "set back":
                self.redis_ahead_s -= fault.for_s
                self.was_set_back = True
            case "set on":
                self.redis_ahead_s += fault.for_s
                self.forgot_s = self.now_s

    def heal(self) -> None:
        self.outage_until_s = 0.0
        for node in self.nodes:
            node.cut_until_s = node.deaf_until_s = node.paused_until_s = 0.0

    async def go_on(self, for_s: float, each_step: Callable[[], None] = lambda: None) -> None:
        for _ in range(round(for_s / STEP_S)):
            self.now_s += STEP_S - APART_S * len(self.nodes)
            for node in self.nodes:
                self.now_s += APART_S
                if self.now_s < max(node.paused_until_s, node.cut_until_s, node.deaf_until_s, self.outage_until_s) or node.is_killed:
                    node.undisturbed_since_s = self.now_s
                await node.step()
            each_step()


@dataclass(eq=False)
class StillNode:
    world: Still
    name: str
    made: Callable[[StillNode], None]
    runs: int = 0
    is_killed: bool = False
    paused_until_s: float = 0.0
    cut_until_s: float = 0.0
    deaf_until_s: float = 0.0
    killed_s: float | None = None
    undisturbed_since_s: float = 0.0
    due_s: float = 0.0
    reached_s: list[float] = field(default_factory=list)  # when its beats reached the hub
    answered_s: list[float] = field(default_factory=list)  # and it heard so, in its present run
    lost_s: list[float] = field(default_factory=list)  # when it was told that its lease was lost
    news: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.undisturbed_since_s = self.world.now_s
        self.start()

    def start(self) -> None:
        self.runs += 1
        self.answered_s.clear()
        self.is_killed, self.killed_s = False, None
        self.paused_until_s = self.cut_until_s = self.deaf_until_s = 0.0
        self.due_s = self.world.now_s
        run = f"run{self.runs}"

        def me() -> Member:
            return Member(node=self.name, run=run, url=f"http://{self.name}:9000")

        self.members = Members(
            _Line(self),
            me,
            lost_lease=self._lost,
            on_news=self.news.append,
            vouches=self.world.vouches(self),
            clock_s=lambda: self.world.now_s,
        )
        self.made(self)

    def kill(self) -> None:
        if not self.is_killed:
            self.is_killed, self.killed_s = True, self.world.now_s

    @property
    def runs_now(self) -> bool:
        return not self.is_killed and self.world.now_s >= self.paused_until_s

    async def step(self) -> None:
        if self.runs_now and self.world.now_s >= self.due_s:
            self.due_s = self.world.now_s + BEAT_S
            await self.members.beat()

    def _lost(self) -> None:
        self.lost_s.append(self.world.now_s)


class _Line(Memory):
    """To the hub: cut, or with answers that get lost."""

    def __init__(self, node: StillNode) -> None:
        super().__init__(node.world.hub, node.name)
        self._of = node

    async def beat(self, me: Member) -> Beat:
        self._reach()
        self._of.reached_s.append(self._of.world.now_s)
        beat = await super().beat(me)
        if self._of.world.now_s < self._of.deaf_until_s:
            raise Unreachable("the answer was lost")
        self._of.answered_s.append(self._of.world.now_s)
        return beat

    def _is_cut_off(self) -> bool:
        return self._of.world.now_s < max(self._of.cut_until_s, self._of.world.outage_until_s)
