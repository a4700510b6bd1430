"""The signaling protocol: one frozen struct per message, tagged by `type`, unknown fields refused.

`docs/protocol.md` is generated from here. Times ending in `_ms` are UTC milliseconds of the server's clock unless they
say otherwise. It must not know how a message is carried or what it causes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.wire.pieces import (
    CardKind,
    Count,
    Id,
    MicrophoneUse,
    RecordingChoice,
    Source,
    Stream,
    Text,
    View,
)

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 128 * 1024

Sdp = Annotated[str, Meta(max_length=65536)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True, omit_defaults=False):
    pass


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


class RaiseHand(Command, frozen=True, tag="raise_hand", kw_only=True):
    raised: bool


class LowerHand(Command, frozen=True, tag="lower_hand", kw_only=True):
    """The teacher or the one who leads has seen the hand."""

    seat: Id


class Chat(Command, frozen=True, tag="chat", kw_only=True):
    """A line for the class; with `to`, for that person alone. `message` is made by the page, so that a repeated one counts once."""

    message: Id
    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    to: Id | None = None


class ShowCard(Command, frozen=True, tag="show_card", kw_only=True):
    """For the teacher, from the one who leads."""

    card: CardKind


class AddTime(Command, frozen=True, tag="add_time", kw_only=True):
    """Moves the end of the clock that runs now, within what the format allows."""

    decision: Count
    seconds: Annotated[int, Meta(ge=-600, le=600)]


class Hold(Command, frozen=True, tag="hold", kw_only=True):
    decision: Count


class Resume(Command, frozen=True, tag="resume", kw_only=True):
    """The held clock runs again after 3-2-1."""

    decision: Count


class TakeBack(Command, frozen=True, tag="take_back", kw_only=True):
    """Takes back what the one who leads did last."""

    decision: Count


class Back(Command, frozen=True, tag="back", kw_only=True):
    """To the phase before this one."""

    decision: Count


class PassTurn(Command, frozen=True, tag="pass_turn", kw_only=True):
    """The turn moves to the end of the row: by its owner once, or because its owner is not here."""

    decision: Count


class AddTurn(Command, frozen=True, tag="add_turn", kw_only=True):
    """Somebody who is not in the row comes last in it."""

    decision: Count
    seat: Id


class SetOrder(Command, frozen=True, tag="set_order", kw_only=True):
    """Who teaches in which round; rounds that have begun stay as they are."""

    order: Annotated[tuple[Id, ...], Meta(max_length=30)]


class TeachLater(Command, frozen=True, tag="teach_later", kw_only=True):
    """The next teacher comes first, this one after."""

    decision: Count


class GoWithout(Command, frozen=True, tag="go_without", kw_only=True):
    """This round does not happen."""

    decision: Count


class RestartLesson(Command, frozen=True, tag="restart_lesson", kw_only=True):
    """The lesson is taught again from its beginning; what was recorded stays the teacher's."""

    decision: Count


class HandOver(Command, frozen=True, tag="hand_over", kw_only=True):
    """Somebody else leads from now on."""

    seat: Id


class TakeLead(Command, frozen=True, tag="take_lead", kw_only=True):
    """Offered when nobody who leads is here."""


class Keep(Command, frozen=True, tag="keep", kw_only=True):
    """The teacher wants to keep this person's suggestion."""

    round: Count
    author: Id
    kept: bool


class SetDevices(Command, frozen=True, tag="set_devices", kw_only=True):
    """What this page has: a microphone of its own, none, or that of a person in the same room (`shares`).

    To name somebody whose microphone one does not use yet is to ask for it; meanwhile all stays as it is. Leave `shares` out to
    take that back. With `own` or `none` it says what the device has while it waits.
    """

    microphone: MicrophoneUse
    camera: bool
    shares: Id | None = None


class AnswerSharing(Command, frozen=True, tag="answer_sharing", kw_only=True):
    """Whether `seat` may use the microphone of the one who answers. A no also ends it later."""

    seat: Id
    yes: bool


class ShareScreen(Command, frozen=True, tag="share_screen", kw_only=True):
    on: bool


class ShowSlide(Command, frozen=True, tag="show_slide", kw_only=True):
    """Everybody sees this page of one's own slides; `deck` None: no slide any more."""

    deck: Id | None
    page: Count = 0


class PlanNext(Command, frozen=True, tag="plan_next", kw_only=True):
    """When the group meets next, and who teaches then."""

    starts_ms: Count
    minutes: Annotated[int, Meta(ge=5, le=600)]
    teachers: Annotated[tuple[Id, ...], Meta(max_length=30)]


class DecideTake(Command, frozen=True, tag="decide_take", kw_only=True):
    """What becomes of a recording that its teacher stopped: kept, or deleted for good."""

    take: Id
    keep: bool


class AnswerClaim(Command, frozen=True, tag="answer_claim", kw_only=True):
    claim: Id
    yes: bool


class StartMedia(Message, frozen=True, tag="start_media", kw_only=True):
    """The page starts its peer connections anew; `session` is its own random word for them."""

    session: Id


class Publish(Message, frozen=True, tag="publish", kw_only=True):
    """SDP offer of the publishing peer connection. `sources` says what is on which m-line (mid); audio and video that are not in it
    are microphone and camera."""

    session: Id
    offer: Count
    sdp: Sdp
    sources: dict[Id, Source] = {}


class Subscribed(Message, frozen=True, tag="subscribed", kw_only=True):
    """SDP answer to a `subscribe`."""

    session: Id
    offer: Count
    sdp: Sdp


# ---- from the server


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
    Hello
    | Ping
    | Advance
    | StartLesson
    | EndTurn
    | Tap
    | Untap
    | Write
    | Ready
    | ChooseRecording
    | RaiseHand
    | LowerHand
    | Chat
    | ShowCard
    | AddTime
    | Hold
    | Resume
    | TakeBack
    | Back
    | PassTurn
    | AddTurn
    | SetOrder
    | TeachLater
    | GoWithout
    | RestartLesson
    | HandOver
    | TakeLead
    | Keep
    | SetDevices
    | AnswerSharing
    | ShareScreen
    | ShowSlide
    | PlanNext
    | DecideTake
    | AnswerClaim
    | StartMedia
    | Publish
    | Subscribed
)
ToPage = Welcome | Changed | Pong | Accepted | Error | Published | Subscribe | MediaLost | Leaving
