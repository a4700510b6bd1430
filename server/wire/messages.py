"""The signaling protocol: one frozen struct per message, tagged by `type`, unknown fields refused.

`docs/protocol.md` is generated from here. Times ending in `_ms` are UTC milliseconds of the server's clock unless they
say otherwise. It must not know how a message is carried or what it causes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from server.wire.base import Command, Message
from server.wire.connections import CameraOffSuggested, Connections, Quality, SuggestCameraOff
from server.wire.course import Costs
from server.wire.moves import (
    AddTime,
    AddTurn,
    Advance,
    Back,
    EndTurn,
    GoWithout,
    HandOver,
    Hold,
    PassTurn,
    Ready,
    RestartLesson,
    Resume,
    SetOrder,
    StartLesson,
    TakeBack,
    TakeLead,
    TeachLater,
)
from server.wire.pieces import (
    CardKind,
    Count,
    Id,
    MicrophoneUse,
    RecordingChoice,
    Source,
    Stream,
    Text,
)
from server.wire.view import View

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 128 * 1024

Sdp = Annotated[str, Meta(max_length=65536)]


# ---- from the page


class Hello(Message, frozen=True, tag="hello", kw_only=True):
    """First message on a connection; the cookie has already said whose seat it is."""

    protocol: int


class Ping(Message, frozen=True, tag="ping", kw_only=True):
    """Clock probe: `sent_ms` is the page's own clock and comes back untouched."""

    sent_ms: float


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


class Keep(Command, frozen=True, tag="keep", kw_only=True):
    """The teacher wants to keep this person's suggestion."""

    round: Count
    author: Id
    kept: bool


class ChooseTry(Command, frozen=True, tag="choose_try", kw_only=True):
    """The teacher chooses the one thing to try from what these colleagues suggested; nobody: from one's own mind."""

    round: Count
    authors: Annotated[tuple[Id, ...], Meta(max_length=30)]


class AddLine(Command, frozen=True, tag="add_line", kw_only=True):
    """A line for the list of one's part of the group. `line` is made by the page, so that a repeated one counts once."""

    line: Id
    text: Annotated[str, Meta(min_length=1, max_length=300)]


class MeToo(Command, frozen=True, tag="me_too", kw_only=True):
    line: Id
    on: bool


class TakeNotes(Command, frozen=True, tag="take_notes", kw_only=True):
    """Whether one keeps the list, and says it to all afterwards."""

    on: bool


class OfferOpinion(Command, frozen=True, tag="offer_opinion", kw_only=True):
    """ "I have an opinion about `text`. May I?" `offer` is made by the page, so that a repeated one counts once."""

    offer: Id
    text: Annotated[str, Meta(min_length=1, max_length=200)]


class AnswerOffer(Command, frozen=True, tag="answer_offer", kw_only=True):
    """The teacher wants to hear it, or does not. Until it is said a yes can become a no."""

    offer: Id
    yes: bool


class SetConsultant(Command, frozen=True, tag="set_consultant", kw_only=True):
    """Who is here as the consultant, said by the one who leads."""

    seat: Id
    on: bool


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
    """What becomes of a recording that its teacher stopped: kept, or deleted for good. Any other can be deleted after its lesson."""

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
    sources: dict[Id, Source] = field(default_factory=dict)


class Subscribed(Message, frozen=True, tag="subscribed", kw_only=True):
    """SDP answer to a `subscribe`."""

    session: Id
    offer: Count
    sdp: Sdp


class AskRelay(Message, frozen=True, tag="ask_relay", kw_only=True):
    """The credentials for the relay will end: `relay` answers with new ones."""


# ---- from the server


class Relay(Message, frozen=True, tag="relay", kw_only=True):
    """A relay (TURN) for connections that do not get through by themselves, if the operator has one: before `welcome`, and after
    `ask_relay`. The credentials last `lasts_s` seconds from now."""

    urls: tuple[str, ...]
    username: str
    credential: str
    lasts_s: int


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
    """Nothing has changed. `code` is for programs, `message` for people. `ref` is None if the message had none to give.

    `costs` comes with the code `costs_minutes`: what those who still teach would lose. The same command with `agreed` does it.
    """

    ref: int | None
    code: str
    message: str
    costs: Costs | None = None


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
    | ChooseTry
    | AddLine
    | MeToo
    | TakeNotes
    | OfferOpinion
    | AnswerOffer
    | SetConsultant
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
    | AskRelay
    | Quality
    | SuggestCameraOff
)
ToPage = (
    Relay | Welcome | Changed | Pong | Accepted | Error | Published | Subscribe | MediaLost | Connections | CameraOffSuggested | Leaving
)
