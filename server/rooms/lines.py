"""The connections of everybody in one room: judged, told to the pages, and summed up for afterwards.

A page is told when what it may know has changed, and only then. Nothing of it is in the log; the time is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from server.media.control import PeerQuality
from server.rooms.quality import Judged
from server.session.state import State
from server.wire.connections import Badge, Connections, Level, OwnConnection, Quality, Way, WeakTime
from server.wire.messages import ToPage

SAVE_MS = 60_000
LONGEST_MS = 4_000
"""More than this between two reports is a gap in what is known, not time on a weak line."""
MOST_FREEZES = 50
"""In one message: a page counts them, and may count wrongly."""
WORTH_TELLING_S = 30
WORTH_TELLING = 2
"""A page that was loaded again once is no news."""

ALL_GOOD = Connections(badges={}, yours=OwnConnection(), ways={}, weak=())


class Weak(msgspec.Struct, kw_only=True):
    """What is kept of one seat's connection in this session."""

    fair_ms: int = 0
    poor_ms: int = 0
    lost_ms: int = 0
    reconnects: int = 0
    freezes: int = 0

    @classmethod
    def of(cls, level: Level, passed_ms: int) -> Weak:
        passed = {level: passed_ms}
        return cls(fair_ms=passed.get("fair", 0), poor_ms=passed.get("poor", 0), lost_ms=passed.get("lost", 0))

    def take_in(self, other: Weak) -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def told(self, seat: str) -> WeakTime:
        return WeakTime(
            seat=seat,
            fair_s=self.fair_ms // 1000,
            poor_s=self.poor_ms // 1000,
            lost_s=self.lost_ms // 1000,
            reconnects=self.reconnects,
            freezes=self.freezes,
        )


class Ear(Protocol):
    def send(self, message: ToPage) -> None: ...


class Lines:
    """`kept`: what earlier processes have summed up. `totals` of all rooms of this process grow with it."""

    def __init__(self, kept: Mapping[str, Weak], now_ms: int, totals: Weak | None = None) -> None:
        self.kept = dict(kept)
        self._totals = totals or Weak()
        self._judged: dict[str, Judged] = {}
        self._down: frozenset[str] = frozenset()
        self._sessions: dict[str, str] = {}
        self._told: dict[str, Connections] = {}
        self._pressure = 0
        self._heard_ms = now_ms
        self._saved_ms = now_ms
        self._changed: set[str] = set()

    def media_started(self, seat: str, session: str) -> None:
        if self._sessions.get(seat, session) != session:
            self._add(seat, Weak(reconnects=1))
        self._sessions[seat] = session

    def page_says(self, seat: str, quality: Quality, now_ms: int) -> None:
        if quality.freezes:
            self._add(seat, Weak(freezes=min(quality.freezes, MOST_FREEZES)))
        if seat in self._judged:
            self._judged[seat].page_says(quality, now_ms)

    def hear(self, peers: Iterable[PeerQuality], down: frozenset[str], pressure: int, now_ms: int) -> None:
        """`down`: whose line is dead while the page is open. Who is not in `peers` has no connection to judge."""
        heard = {peer.peer: peer for peer in peers}
        self._judged = {seat: self._judged.get(seat) or Judged() for seat in heard}
        weak_up = down.union(seat for seat, peer in heard.items() if self._judged[seat].sends_badly(peer))
        self._pressure, self._down = pressure, down
        for seat, peer in heard.items():
            self._judged[seat].hear(peer, weak_up, pressure, now_ms)
        passed_ms = min(now_ms - self._heard_ms, LONGEST_MS)
        self._heard_ms = now_ms
        for seat, level in self.levels().items():
            if level != "good" and passed_ms > 0:
                self._add(seat, Weak.of(level, passed_ms))

    def forget(self, seat: str) -> None:
        """Its connections are gone, and nothing is known of the next ones."""
        self._judged.pop(seat, None)

    def line_down(self, down: frozenset[str]) -> bool:
        """Whether that is news."""
        news = down != self._down
        self._down = down
        return news

    def levels(self) -> dict[str, Level]:
        judged: dict[str, Level] = {seat: judged.worst for seat, judged in self._judged.items()}
        return judged | dict.fromkeys(self._down, "lost")

    def tell(self, state: State, ears: Mapping[str, Ear]) -> None:
        """Each page what it may know, if that has changed. A page that was not told before thinks that all is well."""
        self._told = {seat: told for seat, told in self._told.items() if seat in ears}
        badges = self._badges(state)
        for seat, ear in ears.items():
            message = self._for(state, seat, badges)
            if message != self._told.get(seat, ALL_GOOD):
                self._told[seat] = message
                ear.send(message)

    def welcome(self, seat: str) -> None:
        """A new page has been told nothing."""
        self._told.pop(seat, None)

    def due(self, now_ms: int, *, over: bool = False) -> dict[str, Weak]:
        """What is to be written now: at most once a minute, and at the end."""
        if not self._changed or (not over and now_ms - self._saved_ms < SAVE_MS):
            return {}
        self._saved_ms = now_ms
        changed = {seat: self.kept[seat] for seat in self._changed}
        self._changed = set()
        return changed

    def _badges(self, state: State) -> dict[str, Badge]:
        if state.position.part == "ended":
            return {}
        return {seat: level for seat, level in self.levels().items() if seat in state.seats and level != "good"}

    def _for(self, state: State, seat: str, badges: dict[str, Badge]) -> Connections:
        leads = seat in state.seats and state.seats[seat].leads
        if state.position.part == "ended":
            return msgspec.structs.replace(ALL_GOOD, weak=self._worth_telling() if leads else ())
        judged = self._judged.get(seat)
        yours = judged.own(self._pressure) if judged else OwnConnection()
        ways = {other: way for other in badges if other != seat and (way := self._way(other))} if leads else {}
        return Connections(badges=badges, yours=yours, ways=ways, weak=())

    def _way(self, seat: str) -> Way | None:
        judged = self._judged.get(seat)
        if seat in self._down or judged is None:
            return None
        up, down = judged.up.level != "good", judged.down.level != "good"
        return "both" if up and down else "up" if up else "down" if down else None

    def _worth_telling(self) -> tuple[WeakTime, ...]:
        told = (weak.told(seat) for seat, weak in sorted(self.kept.items()))
        return tuple(
            weak for weak in told if weak.reconnects >= WORTH_TELLING or weak.fair_s + weak.poor_s + weak.lost_s >= WORTH_TELLING_S
        )

    def _add(self, seat: str, weak: Weak) -> None:
        self._changed.add(seat)
        for sum_of in (self.kept.setdefault(seat, Weak()), self._totals):
            sum_of.take_in(weak)


def counted(rooms: Iterable[Lines]) -> Counter[Level]:
    """How many people have which level now, over all rooms."""
    return Counter(level for lines in rooms for level in lines.levels().values())
