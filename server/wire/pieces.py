"""What messages are made of: the words of the protocol, and the parts of a view.

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
FloorMode = Literal["open", "silent", "teacher", "colleagues", "spokesperson", "round_robin", "queue", "permission"]
ReadBy = Literal["author", "teacher", "everybody"]
ReadFrom = Literal["turn", "phase_end", "round_end", "at_once"]
RecordingChoice = Literal["record", "leave_out"]
Disk = Literal["fine", "low", "full"]
Source = Literal["microphone", "camera", "screen", "screen_sound"]
MicrophoneUse = Literal["own", "none", "shared"]
CardKind = Literal["two_minutes", "cannot_hear", "cannot_see_slides"]
HoldReason = Literal["asked", "teacher_away"]
MissingWhy = Literal["teacher_late", "teacher_away"]
UndoKind = Literal["time", "turn", "order", "step", "hold"]
OfferState = Literal["asked", "yes", "no", "speaking", "said"]
Rule = Literal["everybody_heard", "teacher_first", "alike", "on_time"]


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part of a message."""


class Choice(Piece, frozen=True, kw_only=True):
    key: str
    label: str


class Field(Piece, frozen=True, kw_only=True):
    """One question of a form. `private`: whoever else may read the entry does not get this answer. `starters`: words to begin with.

    `choices`: the answer is the key of one of these, and others read its label. `pinned`: the answer is what its author means to try,
    and stays in sight until the next try. `optional`: nobody is reminded that it is empty.
    """

    key: str
    label: str
    hint: str = ""
    large: bool = False
    private: bool = False
    starters: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    pinned: bool = False
    optional: bool = False


class Form(Piece, frozen=True, kw_only=True):
    """`read_by` and `read_from`: who but the author reads what is written here, and from when on. The teacher reads everything when the
    round is over. `later_h`: how many hours after the session it can still be written by somebody who had no word in it.
    """

    form: str
    title: str
    fields: tuple[Field, ...]
    read_by: ReadBy = "author"
    read_from: ReadFrom = "turn"
    later_h: int = 24


class Person(Piece, frozen=True, kw_only=True):
    """`here`: has the page open now and a line that works. `teaches`: number of the round, from 0. `hand_ms`: since when the hand is up.

    `shares`: whose microphone this person uses, when `microphone` is `shared`. `heard`: has had a turn in this round; None where
    this person is not asked for one. `card_written` and `media_works` are for the one who leads; None for everybody else.
    `consults`: is here as the consultant. `lane`: with whom this person talks now, while the group is divided; see [Lane](#lane).
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
    consults: bool = False
    lane: str | None = None


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
    one who leads; both may be empty. `lesson`: the teacher starts its clock. `again`: it repeats an earlier phase of this round: the
    second try. `replay`: the teacher can watch the recording now. While the group is divided this is the reader's own part of it.
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
    lesson: bool = False
    again: bool = False
    replay: bool = False


class Step(Piece, frozen=True, kw_only=True):
    """A phase to come, with the time at which it is expected to begin, and who is heard in it."""

    part: Part
    round: int
    title: str
    teacher: str | None
    begins_ms: int | None
    seconds: int
    floor: FloorMode = "open"


class Line(Piece, frozen=True, kw_only=True):
    """A line of the list that a part of the group made. `me_too` are those who say the same."""

    line: str
    seat: str
    text: str
    me_too: tuple[str, ...]


class Offer(Piece, frozen=True, kw_only=True):
    """Somebody has an opinion about `text` and asks whether the teacher wants to hear it."""

    offer: str
    seat: str
    text: str
    state: OfferState


class Pinned(Piece, frozen=True, kw_only=True):
    """The one thing that the teacher tries now. To the teacher it is the teacher's own words; to somebody who suggested it, theirs.

    `suggested_by` are those whose suggestion it was. Nobody else is told.
    """

    text: str
    suggested_by: tuple[str, ...]


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
    `disk`: what the server's disk still holds. While it is `full` nothing is recorded, also where it is `on`, which goes on by itself;
    `low`, a lesson may not fit any more, is told to the one who leads. `if_all`: in this format a talk is recorded, and only while
    everybody who is here wants it; `paused`: it is, but somebody is missing.
    """

    on: bool
    teacher: str | None
    started_ms: int | None
    left_out: int
    will: bool = False
    stopped: bool = False
    disk: Disk = "fine"
    if_all: bool = False
    paused: bool = False


class Moment(Piece, frozen=True, kw_only=True):
    """`at_ms` counts from the start of its lesson. `take` is the recording in which it can be found. `attempt` 1: the second try."""

    moment: str
    mark: str
    label: str
    at_ms: int
    take: str | None
    attempt: int = 0


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
    """A recording of the reader's own lesson. `asks`: it was stopped in mid-lesson; keep or delete? `attempt` 1: the second try.

    `over`: its lesson is over; the last of a round with `over` is what `phase.replay` lets the teacher watch.
    """

    take: str
    round: int
    state: Literal["recording", "ready", "failed", "deleted"]
    asks: bool = False
    attempt: int = 0
    over: bool = False


class Stream(Piece, frozen=True, kw_only=True):
    mid: str
    seat: str
    source: Source
