"""The view: all that one person may see of a session."""

from __future__ import annotations

from typing import Literal

from server.wire.course import Floor, Heard, Lane, Missing, Pace, RuleKept, Spent, Undo
from server.wire.pieces import (
    Card,
    ChatLine,
    Choice,
    Claim,
    Deck,
    Entry,
    Form,
    Line,
    NextTime,
    Offer,
    OwnTake,
    Person,
    Phase,
    Piece,
    Pinned,
    Recording,
    RecordingChoice,
    Slide,
    Step,
    Still,
)


class You(Piece, frozen=True, kw_only=True):
    """`may` names the commands that would not be refused for lack of right in this phase.

    `came_late`: came after half of the lesson, so listens in this round. `recording_asked`: somebody who shares this person's
    microphone has not agreed to be recorded, so it is left out. `consults`: is here as the consultant. `sends_large`: everybody sees this
    face large, or will in a moment, so it is to be sent in full.
    """

    seat: str
    role: Literal["teacher", "colleague"]
    leads: bool
    recording: RecordingChoice | None
    may: tuple[str, ...]
    ready: bool
    came_late: bool = False
    recording_asked: bool = False
    consults: bool = False
    sends_large: bool = False


class View(Piece, frozen=True, kw_only=True):
    """All that one person may see of the session, whole. Draw it; do not compute with it.

    `ready` names seats to the one who leads only; `ready_count` of `expected` is for everybody.

    `mine` is what the person wrote in `form`, or, where the phase asks nothing, wrote last in this round. After the end `form` is what
    the person has not written to a teacher, for a day; `mine.round` says in which round.

    `lesson_started_ms`: when the lesson of this round began, which is where moments and stills count from.
    `places_taken`: nobody else can say that they will teach.

    `lesson_card` is what this round's teacher wants the learners to know. `turn_entry` is shown large while its author, who has no
    microphone, has the turn. `screen` is the seat that shares a screen. `spent` and `undo` are for the one who leads; a claim in
    `claims` is for the person in that seat, and for the one who leads while that person is away. `same_room` is somebody whose
    microphone hears the same room. `sharing_asks` are those who would use the reader's microphone, `sharing_asked` is whose the
    reader would use; both wait for `answer_sharing`. `alone`: one person practises. `runs_by_itself`: the one who leads teaches
    now.

    `lane`: the group is divided now. `collected` is the list that the reader's part makes now, or that colleagues made earlier in
    this round; `note_taker` keeps it, and says it to all where the floor is a `spokesperson`'s. `offers` are the opinions that
    colleagues have offered in this phase. `pinned` is for the teacher who tries again and for those who suggested it. `others_wrote` is
    what colleagues wrote, where the format lets everybody read it. `heard` and `rules` are for the one who leads, after the end.
    """

    session: str
    title: str
    plan_title: str
    now_ms: int
    you: You
    people: tuple[Person, ...]
    phase: Phase
    teacher: str | None
    steps: tuple[Step, ...]
    stage: tuple[str, ...]
    floor: Floor
    recording: Recording
    marks: tuple[Choice, ...]
    form: Form | None
    mine: Entry | None
    received: tuple[Entry, ...]
    ready: tuple[str, ...]
    ready_count: int
    expected: int
    takes: tuple[OwnTake, ...]
    lesson_card: Entry | None = None
    turn_entry: Entry | None = None
    chat: tuple[ChatLine, ...] = ()
    card: Card | None = None
    slide: Slide | None = None
    decks: tuple[Deck, ...] = ()
    stills: tuple[Still, ...] = ()
    lesson_started_ms: int | None = None
    screen: str | None = None
    pace: Pace | None = None
    undo: Undo | None = None
    missing: Missing | None = None
    spent: tuple[Spent, ...] = ()
    next_time: NextTime | None = None
    claims: tuple[Claim, ...] = ()
    same_room: str | None = None
    sharing_asks: tuple[str, ...] = ()
    sharing_asked: str | None = None
    alone: bool = False
    runs_by_itself: bool = False
    places_taken: bool = False
    lane: Lane | None = None
    collected: tuple[Line, ...] = ()
    note_taker: str | None = None
    offers: tuple[Offer, ...] = ()
    pinned: Pinned | None = None
    others_wrote: tuple[Entry, ...] = ()
    heard: tuple[Heard, ...] = ()
    rules: tuple[RuleKept, ...] = ()
