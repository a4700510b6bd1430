"""What messages are made of: the view of a session as one person sees it, and its parts.

Times ending in `_ms` are UTC milliseconds of the server's clock unless they say otherwise. Unknown fields are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
Text = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=0, le=2**53)]

Part = Literal["before", "round", "closing", "ended"]
Status = Literal["waiting", "running", "grace"]
FloorMode = Literal["open", "silent", "teacher", "round_robin"]
RecordingChoice = Literal["record", "leave_out"]
Source = Literal["microphone", "camera", "screen", "screen_sound"]
MicrophoneUse = Literal["own", "none", "shared"]
CardKind = Literal["two_minutes", "cannot_hear", "cannot_see_slides"]
HoldReason = Literal["asked", "teacher_away"]
MissingWhy = Literal["teacher_late", "teacher_away"]
UndoKind = Literal["time", "turn", "order", "step", "hold"]


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part of a message."""


class Choice(Piece, frozen=True, kw_only=True):
    key: str
    label: str


class Field(Piece, frozen=True, kw_only=True):
    """One question of a form. `private`: whoever else may read the entry does not get this answer. `starters`: words to begin with."""

    key: str
    label: str
    hint: str = ""
    large: bool = False
    private: bool = False
    starters: tuple[str, ...] = ()


class Form(Piece, frozen=True, kw_only=True):
    form: str
    title: str
    fields: tuple[Field, ...]


class Person(Piece, frozen=True, kw_only=True):
    """`here`: has the page open now and a line that works. `teaches`: number of the round, from 0. `hand_ms`: since when the hand is up.

    `shares`: whose microphone this person uses, when `microphone` is `shared`. `heard`: has had a turn in this round; None where
    this person is not asked for one. `card_written` and `media_works` are for the one who leads; None for everybody else.
    """

    seat: str
    name: str
    here: bool
    leads: bool
    teaches: int | None
    simulated: bool = False
    hand_ms: int | None = None
    microphone: MicrophoneUse = "own"
    shares: str | None = None
    heard: bool | None = None
    card_written: bool | None = None
    media_works: bool | None = None


class Held(Piece, frozen=True, kw_only=True):
    """The clock stands still. `left_ms` is what will be left of the time. `resumes_ms`: counting 3-2-1 until it runs again."""

    since_ms: int
    left_ms: int
    reason: HoldReason
    by: str | None
    resumes_ms: int | None = None


class Phase(Piece, frozen=True, kw_only=True):
    """`seconds` is its planned length. `ends_ms` is None while nothing runs down. In `grace` it is when the grace ends.

    `starts_ms`: the lesson has been asked for and begins then (3-2-1). `say` is for the reader's own part in it, `say_lead` for the
    one who leads; both may be empty.
    """

    part: Part
    round: int
    key: str
    title: str
    status: Status
    decision: int
    seconds: int | None
    started_ms: int | None
    ends_ms: int | None
    warn_s: tuple[int, ...]
    say: str
    say_lead: str = ""
    starts_ms: int | None = None
    held: Held | None = None


class Step(Piece, frozen=True, kw_only=True):
    """A phase to come, with the time at which it is expected to begin."""

    part: Part
    round: int
    title: str
    teacher: str | None
    begins_ms: int | None
    seconds: int


class Floor(Piece, frozen=True, kw_only=True):
    """Who may be heard. `speakers` are the seats that may speak, and those whose microphones they use."""

    mode: FloorMode
    speakers: tuple[str, ...]
    turn: str | None
    turn_ends_ms: int | None
    next: tuple[str, ...]


class Pace(Piece, frozen=True, kw_only=True):
    """How the time goes. `slot_s` is what each round to come lasts, alike for all. `behind_s` below 0: ahead of time.

    `planned_ends_ms` is None before the session has started.
    """

    slot_s: int
    ends_ms: int
    planned_ends_ms: int | None
    behind_s: int


class Undo(Piece, frozen=True, kw_only=True):
    """What the one who leads did last and can still take back until `until_ms`."""

    what: UndoKind
    until_ms: int


class Missing(Piece, frozen=True, kw_only=True):
    """The teacher of this round is not here. What can be done about it stands in `you.may`."""

    seat: str
    since_ms: int
    why: MissingWhy


class Spent(Piece, frozen=True, kw_only=True):
    """A phase that is over: how long it was meant to be and how long it was."""

    part: Part
    round: int
    title: str
    planned_s: int
    spent_s: int


class ChatLine(Piece, frozen=True, kw_only=True):
    """A line of the class chat. `to`: only this person and the author see it."""

    message: str
    seat: str
    to: str | None
    text: str
    at_ms: int


class Card(Piece, frozen=True, kw_only=True):
    """What the one who leads shows the teacher without a word."""

    card: CardKind
    at_ms: int


class Deck(Piece, frozen=True, kw_only=True):
    """Slides that somebody brought: GET /sessions/{session}/slides/{deck}/{page}, pages from 0."""

    deck: str
    title: str
    pages: int


class Slide(Piece, frozen=True, kw_only=True):
    """The slide that is on the screen of everybody now."""

    deck: str
    page: int
    pages: int
    seat: str


class Still(Piece, frozen=True, kw_only=True):
    """A slide that was shown in this round's lesson; `at_ms` counts from the start of the lesson."""

    deck: str
    page: int
    at_ms: int


class NextTime(Piece, frozen=True, kw_only=True):
    """The next session: calendar file at /sessions/{session}/next.ics."""

    starts_ms: int
    minutes: int
    teachers: tuple[str, ...]


class Claim(Piece, frozen=True, kw_only=True):
    """Somebody says on a new device to be the person in this seat."""

    claim: str
    seat: str


class Recording(Piece, frozen=True, kw_only=True):
    """`left_out` counts voices that are not in it, for the teacher and the one who leads; else it is 0.

    `will`: the lesson of this round is not recorded yet but will be. `stopped`: its teacher ended the recording in mid-lesson.
    """

    on: bool
    teacher: str | None
    started_ms: int | None
    left_out: int
    will: bool = False
    stopped: bool = False


class Moment(Piece, frozen=True, kw_only=True):
    """`at_ms` counts from the start of the lesson. `take` is the recording in which it can be found."""

    moment: str
    mark: str
    label: str
    at_ms: int
    take: str | None


class Entry(Piece, frozen=True, kw_only=True):
    """What one person wrote in one form of one round, with the moments that the person tapped in it.

    `labels` are the questions that `fields` answer. `kept`: the teacher wants to keep it.
    """

    form: str
    round: int
    author: str
    fields: dict[str, str]
    labels: dict[str, str]
    moments: tuple[Moment, ...]
    kept: bool = False


class OwnTake(Piece, frozen=True, kw_only=True):
    """A recording of the reader's own lesson. `asks`: it was stopped in mid-lesson; keep or delete?"""

    take: str
    round: int
    state: Literal["recording", "ready", "failed", "deleted"]
    asks: bool = False


class You(Piece, frozen=True, kw_only=True):
    """`may` names the commands that would not be refused for lack of right in this phase.

    `came_late`: came after half of the lesson, so listens in this round. `recording_asked`: somebody who shares this person's
    microphone has not agreed to be recorded, so it is left out.
    """

    seat: str
    role: Literal["teacher", "colleague"]
    leads: bool
    recording: RecordingChoice | None
    may: tuple[str, ...]
    ready: bool
    came_late: bool = False
    recording_asked: bool = False


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


class Stream(Piece, frozen=True, kw_only=True):
    mid: str
    seat: str
    source: Source
