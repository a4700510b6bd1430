"""Who is surely dead, and whether others may think so of this node. Pure: answers and times go in.

A node is thought dead only after answers for longer than LEASE_S without a gap in which it never beat anew. When that is said its
lease has run out, so its next beat (if it was only paused) tells it. A gap is an outage, a pause of this node, and that Redis forgot
what it knew (it may have forgotten a beat that nobody else saw). Must not know how answers are got. Times are this node's steady clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from server.cluster.coordination import BEAT_S, LEASE_S, Beat, Member

MOST_GAP_S: Final = 3 * BEAT_S  # of answers; a longer one is an outage, or this node was paused
State = Literal["alive", "dead", "unknown"]


@dataclass(slots=True)
class Liveness:
    """What one node knows of the others. Not asked for a while, or never answered: everybody is unknown."""

    members: tuple[Member, ...] = ()  # in the last answer
    answered_s: float | None = None
    _answering_since_s: float | None = None
    _asked_s: float = 0.0
    _seen: dict[str, tuple[str, int, float]] = field(default_factory=dict)  # node -> run, beat, and when that was first seen

    def answered(self, members: Iterable[Member], *, asked_s: float, now_s: float) -> list[str]:
        """An answer to a question of `asked_s`, before which this node's own beat was taken. Returns nodes that were started anew.

        Without one's own beat an answer does not count: a Redis that is full or a replica still answers, and lets nobody beat.
        """
        if self._answering_since_s is None or self.answered_s is None or now_s - self.answered_s > MOST_GAP_S:
            self._answering_since_s = now_s
        self.members = tuple(members)
        self.answered_s = now_s
        self._asked_s = asked_s
        restarted = []
        for member in self.members:
            run, beat, _ = self._seen.get(member.node, (member.run, -1, 0.0))
            if run != member.run:
                restarted.append(member.node)
            if (run, beat) != (member.run, member.beat):
                self._seen[member.node] = (member.run, member.beat, now_s)
        present = {member.node for member in self.members}  # those keep their number, however old: else it would be new again
        self._seen = {node: seen for node, seen in self._seen.items() if node in present or now_s - seen[2] <= 2 * LEASE_S}
        return restarted

    def unreachable(self) -> None:
        """A question, or one's own beat, was not answered."""
        self._answering_since_s = None

    def forgotten(self) -> None:
        """This node's lease was not there any more: beats of others may be gone as well."""
        self._answering_since_s = None

    def seen(self) -> Collection[str]:
        """Who has beaten not long ago."""
        return self._seen.keys()

    def state(self, node: str, now_s: float) -> State:
        """Of any name, also one that was never seen."""
        since_s, answered_s = self._answering_since_s, self.answered_s
        if since_s is None or answered_s is None or now_s - answered_s > MOST_GAP_S:
            return "unknown"
        seen = self._seen.get(node)
        if seen is not None and self._asked_s - seen[2] <= LEASE_S:
            return "alive" if any(member.node == node for member in self.members) else "unknown"
        return "dead" if self._asked_s - since_s > LEASE_S else "unknown"


@dataclass(slots=True)
class Lease:
    """This node's own. Lost: others may have thought it dead, so what it owns must be looked up in the database."""

    _kept_s: float | None = None  # when the last beat that was taken was sent

    def beaten(self, beat: Beat, *, sent_s: float) -> bool:
        """Whether it was lost before this beat. Its own clock is asked too: that of a Redis may have been set back."""
        before_s, self._kept_s = self._kept_s, sent_s
        return before_s is not None and (beat != "kept" or sent_s - before_s > LEASE_S)
