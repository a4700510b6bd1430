"""Parts of a view that say how the session goes: who has the floor, how the group is divided, how the time goes and went."""

from __future__ import annotations

from server.wire.pieces import FloorMode, MissingWhy, Part, Piece, Rule, UndoKind


class Share(Piece, frozen=True, kw_only=True):
    """What one person has left of the time that is shared out, while nobody's time runs; for whoever speaks see `turn_ends_ms`."""

    seat: str
    left_s: int


class Floor(Piece, frozen=True, kw_only=True):
    """Who may be heard. `speakers` are the seats that may speak, and those whose microphones they use.

    `turn` is who has the floor, `next` who comes then: in a `queue` those with a hand up, whoever has spoken least first; with
    `permission` those whom the teacher has said yes to. `shares`: where the time is shared out among all.
    """

    mode: FloorMode
    speakers: tuple[str, ...]
    turn: str | None
    turn_ends_ms: int | None
    next: tuple[str, ...]
    shares: tuple[Share, ...] = ()


class OtherLane(Piece, frozen=True, kw_only=True):
    """Another part of a divided group: who is in it, and whether it has finished."""

    key: str
    title: str
    seats: tuple[str, ...]
    over: bool


class Lane(Piece, frozen=True, kw_only=True):
    """The group is divided, and the reader is in this part of it; `phase`, `floor`, `stage` and `form` are those of this part.

    `together_ms`: when all meet again; None while the clock stands. `over`: this part has finished and waits for the others.
    `collects`: it has a list to which everybody in it can add a line. `early`: all meet again as soon as everybody is ready.
    """

    key: str
    together_ms: int | None
    over: bool
    collects: bool
    early: bool
    others: tuple[OtherLane, ...]


class Pace(Piece, frozen=True, kw_only=True):
    """How the time goes. `slot_s` is what each round to come lasts, alike for all. `behind_s` below 0: ahead of time.

    `planned_ends_ms` is None before the session has started.
    """

    slot_s: int
    ends_ms: int
    planned_ends_ms: int | None
    behind_s: int


class Costs(Piece, frozen=True, kw_only=True):
    """What a round to come lasts now and would last then, in seconds, and when the session would end."""

    before_s: int
    after_s: int
    ends_ms: int


class Undo(Piece, frozen=True, kw_only=True):
    """What the one who leads did last and can still take back until `until_ms`."""

    what: UndoKind
    until_ms: int


class Missing(Piece, frozen=True, kw_only=True):
    """The teacher of this round is not here. What can be done about it stands in `you.may`."""

    seat: str
    since_ms: int
    why: MissingWhy


class Heard(Piece, frozen=True, kw_only=True):
    """How long somebody had the floor in the turns of a round."""

    round: int
    seat: str
    seconds: int


class RuleKept(Piece, frozen=True, kw_only=True):
    """Whether a rule was kept. `round` None: in the whole session. `seats` are those for whom it was not.

    `everybody_heard`: every colleague who was there had a turn. `teacher_first`: the teacher spoke first after the lesson.
    `alike`: rounds had the same time, within a minute; `seconds` is the largest difference. `on_time`: the session ended within
    two minutes of the time that was promised when it began; `seconds` is how much later. A rule that the format does without is left out.
    """

    rule: Rule
    kept: bool
    round: int | None = None
    seats: tuple[str, ...] = ()
    seconds: int = 0


class Spent(Piece, frozen=True, kw_only=True):
    """A phase that is over: how long it was meant to be and how long it was."""

    part: Part
    round: int
    title: str
    planned_s: int
    spent_s: int
