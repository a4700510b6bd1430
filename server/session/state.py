"""What a session is at one moment: the sum of its events. Plain values; nothing here decides or changes anything.

Seats are ids; names, texts and permissions of people are kept elsewhere and can be erased.
"""

from __future__ import annotations

import msgspec

from server.session.plan import PhasePlan, Plan
from server.wire.messages import Part, RecordingChoice, Status


class Value(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Position(Value, frozen=True, kw_only=True, order=False):
    """Where the session is. `index` counts the phases of a round; both numbers are 0 outside of rounds."""

    part: Part
    round: int = 0
    index: int = 0


class Seat(Value, frozen=True, kw_only=True):
    seat: str
    teaches: bool
    leads: bool
    recording: RecordingChoice | None = None


class Turn(Value, frozen=True, kw_only=True):
    """One colleague's turn to speak. `waiting` are those who come after, in order."""

    seat: str
    started_ms: int
    waiting: tuple[str, ...]


class Lesson(Value, frozen=True, kw_only=True):
    """A lesson that was started. `take` None: it was not recorded."""

    round: int
    teacher: str
    started_ms: int
    ended_ms: int | None = None
    take: str | None = None
    take_ended_ms: int | None = None


class Moment(Value, frozen=True, kw_only=True):
    moment: str
    seat: str
    round: int
    mark: str
    at_ms: int


class State(Value, frozen=True, kw_only=True):
    """`decision` grows with every move of the session, so that a command can say which one its sender saw.

    `spoken` holds (round, seat) of everybody whose turn has started. `order` are the seats that teach, by round.
    """

    session: str
    plan: Plan
    created_ms: int
    seats: dict[str, Seat] = {}
    order: tuple[str, ...] = ()
    position: Position = Position(part="before")
    status: Status = "waiting"
    decision: int = 0
    started_ms: int | None = None
    ends_ms: int | None = None
    turn: Turn | None = None
    lessons: dict[int, Lesson] = {}
    moments: dict[str, Moment] = {}
    ready: frozenset[str] = frozenset()
    spoken: frozenset[tuple[int, str]] = frozenset()

    @property
    def phase(self) -> PhasePlan | None:
        return phase_at(self.plan, self.position)

    @property
    def teacher(self) -> str | None:
        """Who teaches in this round."""
        if self.position.part != "round":
            return None
        return self.order[self.position.round]

    @property
    def lesson(self) -> Lesson | None:
        """The lesson of this round, once it has started."""
        return self.lessons.get(self.position.round) if self.position.part == "round" else None

    @property
    def recorded(self) -> Lesson | None:
        """The lesson whose recording runs now."""
        lesson = self.lesson
        return lesson if lesson and lesson.take and lesson.take_ended_ms is None else None

    @property
    def colleagues(self) -> tuple[str, ...]:
        """Everybody in this round who does not teach in it, in the order of coming."""
        return tuple(seat for seat in self.seats if seat != self.teacher)


def phase_at(plan: Plan, position: Position) -> PhasePlan | None:
    """None once the session has ended."""
    if position.part == "before":
        return plan.before
    if position.part == "round":
        return plan.round[position.index]
    return plan.closing if position.part == "closing" else None
