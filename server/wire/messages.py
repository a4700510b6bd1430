"""The signaling protocol: one frozen struct per message, tagged by `type`, unknown fields refused.

`docs/protocol.md` is generated from here. Times ending in `_ms` are UTC milliseconds of the server's clock unless they
say otherwise. It must not know how a message is carried or what it causes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 128 * 1024

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
Sdp = Annotated[str, Meta(max_length=65536)]
Text = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=0, le=2**53)]

Part = Literal["before", "round", "closing", "ended"]
Status = Literal["waiting", "running", "grace"]
FloorMode = Literal["open", "silent", "teacher", "round_robin"]
RecordingChoice = Literal["record", "leave_out"]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True, omit_defaults=False):
    pass


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part of a message."""


# ---- from the page


class Hello(Message, frozen=True, tag="hello", kw_only=True):
    """First message on a connection; the cookie has already said whose seat it is."""

    protocol: int


class Ping(Message, frozen=True, tag="ping", kw_only=True):
    """Clock probe: `sent_ms` is the page's own clock and comes back untouched."""

    sent_ms: float


class Command(Message, frozen=True, kw_only=True):
    """A message that is answered by `accepted` or `error` with the same `ref`, once its effect is on disk."""

    ref: Count


class Advance(Command, frozen=True, tag="advance", kw_only=True):
    """Go on to the next phase. `decision` is the one in the view that the person saw; a later one makes this stale."""

    decision: Count


class StartLesson(Command, frozen=True, tag="start_lesson", kw_only=True):
    """The teacher's clock starts now."""

    decision: Count


class EndTurn(Command, frozen=True, tag="end_turn", kw_only=True):
    """The speaker is done, or the one who leads goes on to the next speaker."""

    decision: Count


class Tap(Command, frozen=True, tag="tap", kw_only=True):
    """A moment noticed at `at_ms`. `moment` is made by the page, so that a repeated message counts once."""

    moment: Id
    mark: Id
    at_ms: Count


class Untap(Command, frozen=True, tag="untap", kw_only=True):
    moment: Id


class Write(Command, frozen=True, tag="write", kw_only=True):
    """The whole text of one field of one's own entry in this round."""

    form: Id
    round: Count
    field: Id
    text: Text


class Ready(Command, frozen=True, tag="ready", kw_only=True):
    """One says "I am ready", or takes it back. Hands in nothing that zero would not hand in too."""

    decision: Count
    ready: bool


class ChooseRecording(Command, frozen=True, tag="choose_recording", kw_only=True):
    choice: RecordingChoice


class StartMedia(Message, frozen=True, tag="start_media", kw_only=True):
    """The page starts its peer connections anew; `session` is its own random word for them."""

    session: Id


class Publish(Message, frozen=True, tag="publish", kw_only=True):
    """SDP offer of the publishing peer connection."""

    session: Id
    offer: Count
    sdp: Sdp


class Subscribed(Message, frozen=True, tag="subscribed", kw_only=True):
    """SDP answer to a `subscribe`."""

    session: Id
    offer: Count
    sdp: Sdp


# ---- from the server


class Choice(Piece, frozen=True, kw_only=True):
    key: str
    label: str


class Field(Piece, frozen=True, kw_only=True):
    key: str
    label: str
    hint: str = ""
    large: bool = False


class Form(Piece, frozen=True, kw_only=True):
    form: str
    title: str
    fields: tuple[Field, ...]


class Person(Piece, frozen=True, kw_only=True):
    """`here`: has the page open now. `teaches`: number of the round, from 0."""

    seat: str
    name: str
    here: bool
    leads: bool
    teaches: int | None


class Phase(Piece, frozen=True, kw_only=True):
    """`seconds` is its planned length. `ends_ms` is None while nothing runs down. In `grace` it is when the grace ends."""

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


class Step(Piece, frozen=True, kw_only=True):
    """A phase to come, with the time at which it is expected to begin."""

    part: Part
    round: int
    title: str
    teacher: str | None
    begins_ms: int | None
    seconds: int


class Floor(Piece, frozen=True, kw_only=True):
    """Who may be heard. `speakers` are the seats whose microphones are forwarded."""

    mode: FloorMode
    speakers: tuple[str, ...]
    turn: str | None
    turn_ends_ms: int | None
    next: tuple[str, ...]


class Recording(Piece, frozen=True, kw_only=True):
    """`left_out` counts voices that are not in it, for the teacher and the one who leads; else it is 0."""

    on: bool
    teacher: str | None
    started_ms: int | None
    left_out: int


class Moment(Piece, frozen=True, kw_only=True):
    """`at_ms` counts from the start of the lesson. `take` is the recording in which it can be found."""

    moment: str
    mark: str
    label: str
    at_ms: int
    take: str | None


class Entry(Piece, frozen=True, kw_only=True):
    """What one person wrote in one form of one round, with the moments that the person tapped in it.

    `labels` are the questions that `fields` answer.
    """

    form: str
    round: int
    author: str
    fields: dict[str, str]
    labels: dict[str, str]
    moments: tuple[Moment, ...]


class OwnTake(Piece, frozen=True, kw_only=True):
    """A recording of the reader's own lesson."""

    take: str
    round: int
    state: Literal["recording", "ready", "failed"]


class You(Piece, frozen=True, kw_only=True):
    """`may` names the commands that would not be refused for lack of right in this phase."""

    seat: str
    role: Literal["teacher", "colleague"]
    leads: bool
    recording: RecordingChoice | None
    may: tuple[str, ...]
    ready: bool


class View(Piece, frozen=True, kw_only=True):
    """All that one person may see of the session, whole. Draw it; do not compute with it.

    `ready` names seats to the one who leads only; `ready_count` of `expected` is for everybody.

    `mine` is what the person wrote in `form`, or, where the phase asks nothing, wrote last in this round.
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


class Stream(Piece, frozen=True, kw_only=True):
    mid: str
    seat: str
    source: Literal["microphone", "camera"]


class Welcome(Message, frozen=True, tag="welcome", kw_only=True):
    """Answer to `hello`."""

    protocol: int
    now_ms: int
    view: View


class Changed(Message, frozen=True, tag="changed", kw_only=True):
    """The view is now this one."""

    view: View


class Pong(Message, frozen=True, tag="pong", kw_only=True):
    sent_ms: float
    now_ms: float


class Accepted(Message, frozen=True, tag="accepted", kw_only=True):
    """What `ref` asked for has happened and is on disk."""

    ref: int


class Error(Message, frozen=True, tag="error", kw_only=True):
    """Nothing has changed. `code` is for programs, `message` for people. `ref` is None if the message had none to give."""

    ref: int | None
    code: str
    message: str


class Published(Message, frozen=True, tag="published", kw_only=True):
    """SDP answer to a `publish`."""

    session: str
    offer: int
    sdp: str


class Subscribe(Message, frozen=True, tag="subscribe", kw_only=True):
    """SDP offer of the receiving peer connection, and what arrives on which m-line."""

    session: str
    offer: int
    sdp: str
    streams: tuple[Stream, ...]


class MediaLost(Message, frozen=True, tag="media_lost", kw_only=True):
    """The media worker no longer knows this page's peer connections: begin again with `start_media`."""

    session: str
    reason: str


class Leaving(Message, frozen=True, tag="leaving", kw_only=True):
    """The server closes the connection on purpose. `replaced`: this seat is open in another window."""

    reason: Literal["replaced", "restarting"]


FromPage = (
    Hello | Ping | Advance | StartLesson | EndTurn | Tap | Untap | Write | Ready | ChooseRecording | StartMedia | Publish | Subscribed
)
ToPage = Welcome | Changed | Pong | Accepted | Error | Published | Subscribe | MediaLost | Leaving
