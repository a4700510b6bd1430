"""What has happened in a session. The log of these is the truth; everything else is computed from it.

Events hold ids, numbers and times only. A type never changes its meaning: a new one gets a new number in its tag, and
`evolve` goes on folding the old one. Recorded logs of every release stay in tests/corpus/logs.
"""

from __future__ import annotations

import msgspec

from server.session.plan import Plan
from server.session.state import Position
from server.wire.pieces import CardKind, HoldReason, MicrophoneUse, RecordingChoice, UndoKind


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    at_ms: int


class SessionMade(Event, frozen=True, tag="session_made/1", kw_only=True):
    session: str
    plan: Plan


class SeatTaken(Event, frozen=True, tag="seat_taken/1", kw_only=True):
    seat: str
    teaches: bool
    leads: bool


class SeatChanged(Event, frozen=True, tag="seat_changed/1", kw_only=True):
    """Somebody who had a seat already came through a link again and said something else."""

    seat: str
    teaches: bool
    leads: bool


class RecordingChosen(Event, frozen=True, tag="recording_chosen/1", kw_only=True):
    seat: str
    choice: RecordingChoice


class PhaseEntered(Event, frozen=True, tag="phase_entered/1", kw_only=True):
    """`ends_ms` None: no clock runs yet."""

    position: Position
    ends_ms: int | None


class LessonStarted(Event, frozen=True, tag="lesson_started/1", kw_only=True):
    """`take` None: this lesson is not recorded."""

    ends_ms: int
    take: str | None


class GraceBegan(Event, frozen=True, tag="grace_began/1", kw_only=True):
    """Zero was reached: finish the sentence. `ends_ms` None: until the one who leads goes on."""

    ends_ms: int | None


class TurnBegan(Event, frozen=True, tag="turn_began/1", kw_only=True):
    seat: str
    waiting: tuple[str, ...]
    ends_ms: int


class RecordingEnded(Event, frozen=True, tag="recording_ended/1", kw_only=True):
    take: str


class MomentTapped(Event, frozen=True, tag="moment_tapped/1", kw_only=True):
    """`at_ms` is when the moment was; the event may have arrived later."""

    moment: str
    seat: str
    round: int
    mark: str


class MomentRemoved(Event, frozen=True, tag="moment_removed/1", kw_only=True):
    moment: str


class ReadyChanged(Event, frozen=True, tag="ready_changed/1", kw_only=True):
    seat: str
    ready: bool


class SeatSimulated(Event, frozen=True, tag="seat_simulated/1", kw_only=True):
    """Nobody is behind this seat."""

    seat: str


class HereChanged(Event, frozen=True, tag="here_changed/1", kw_only=True):
    """`since_ms` is when the line came or went; the event may be a little later."""

    seat: str
    here: bool
    since_ms: int


class DevicesSet(Event, frozen=True, tag="devices_set/1", kw_only=True):
    seat: str
    microphone: MicrophoneUse
    camera: bool
    shares: str | None


class SharingAsked(Event, frozen=True, tag="sharing_asked/1", kw_only=True):
    """`seat` would use the microphone of `of`, who has not said yes. None: asks nobody any more."""

    seat: str
    of: str | None


class LeadChanged(Event, frozen=True, tag="lead_changed/1", kw_only=True):
    """`seat` leads now, and nobody else."""

    seat: str


class OrderChanged(Event, frozen=True, tag="order_changed/1", kw_only=True):
    order: tuple[str, ...]


class LessonCountedIn(Event, frozen=True, tag="lesson_counted_in/1", kw_only=True):
    """3-2-1: the lesson starts at `starts_ms`. `take` None: it will not be recorded."""

    starts_ms: int
    take: str | None


class LessonDropped(Event, frozen=True, tag="lesson_dropped/1", kw_only=True):
    """The lesson of this round was broken off and will be taught again, or not at all."""

    round: int


class ClockMoved(Event, frozen=True, tag="clock_moved/1", kw_only=True):
    ends_ms: int


class ClockHeld(Event, frozen=True, tag="clock_held/1", kw_only=True):
    """`by` None: held by itself, because the teacher's line dropped."""

    left_ms: int
    reason: HoldReason
    by: str | None


class ClockResuming(Event, frozen=True, tag="clock_resuming/1", kw_only=True):
    """3-2-1 until the clock runs again."""

    resumes_ms: int


class ClockResumed(Event, frozen=True, tag="clock_resumed/1", kw_only=True):
    ends_ms: int


class MoveOffered(Event, frozen=True, tag="move_offered/1", kw_only=True):
    """The move that follows can be taken back until `until_ms`, as long as `decision`, the one after it, stands."""

    what: UndoKind
    until_ms: int
    decision: int


class MoveTakenBack(Event, frozen=True, tag="move_taken_back/1", kw_only=True):
    """The session is where it was before the last offered move. `ends_ms` is the clock that runs now, if one does."""

    ends_ms: int | None


class TurnPassed(Event, frozen=True, tag="turn_passed/1", kw_only=True):
    """This seat has not had its turn yet after all; who comes next says the TurnBegan that follows."""

    seat: str
    counts: bool


class TurnAdded(Event, frozen=True, tag="turn_added/1", kw_only=True):
    seat: str


class FloorGiven(Event, frozen=True, tag="floor_given/1", kw_only=True):
    """In a queue, or with the teacher's permission."""

    seat: str


class FloorFreed(Event, frozen=True, tag="floor_freed/1", kw_only=True):
    seat: str


LaneEvent = TurnBegan | TurnPassed | TurnAdded | FloorGiven | FloorFreed | GraceBegan


class InLane(Event, frozen=True, tag="in_lane/1", kw_only=True):
    """It happened in one lane and concerns no other."""

    lane: str
    event: LaneEvent


class LaneEnded(Event, frozen=True, tag="lane_ended/1", kw_only=True):
    """It has finished and waits for the others."""

    lane: str


class LineAdded(Event, frozen=True, tag="line_added/1", kw_only=True):
    line: str
    seat: str


class MeTooChanged(Event, frozen=True, tag="me_too_changed/1", kw_only=True):
    line: str
    seat: str
    on: bool


class NoteTakerChanged(Event, frozen=True, tag="note_taker_changed/1", kw_only=True):
    seat: str | None


class OpinionOffered(Event, frozen=True, tag="opinion_offered/1", kw_only=True):
    offer: str
    seat: str


class OfferAnswered(Event, frozen=True, tag="offer_answered/1", kw_only=True):
    offer: str
    yes: bool


class TryChosen(Event, frozen=True, tag="try_chosen/1", kw_only=True):
    round: int
    authors: tuple[str, ...]


class ConsultantChanged(Event, frozen=True, tag="consultant_changed/1", kw_only=True):
    seat: str
    on: bool


class HandChanged(Event, frozen=True, tag="hand_changed/1", kw_only=True):
    seat: str
    raised: bool


class ChatSaid(Event, frozen=True, tag="chat_said/1", kw_only=True):
    message: str
    seat: str
    to: str | None


class CardShown(Event, frozen=True, tag="card_shown/1", kw_only=True):
    card: CardKind


class EntryBegun(Event, frozen=True, tag="entry_begun/1", kw_only=True):
    """The first words of an entry have been written."""

    round: int
    form: str
    seat: str


class KeptChanged(Event, frozen=True, tag="kept_changed/1", kw_only=True):
    round: int
    author: str
    kept: bool


class DeckAdded(Event, frozen=True, tag="deck_added/1", kw_only=True):
    deck: str
    seat: str
    pages: int


class SlideShown(Event, frozen=True, tag="slide_shown/1", kw_only=True):
    """`deck` None: no slide is shown any more."""

    deck: str | None
    page: int


class ScreenShared(Event, frozen=True, tag="screen_shared/1", kw_only=True):
    """`seat` None: nobody shares a screen any more."""

    seat: str | None


class NextPlanned(Event, frozen=True, tag="next_planned/1", kw_only=True):
    starts_ms: int
    minutes: int
    teachers: tuple[str, ...]


class TakeStopped(Event, frozen=True, tag="take_stopped/1", kw_only=True):
    """Its teacher ended it in mid-lesson, and will be asked whether to keep it."""

    take: str


class TakeDecided(Event, frozen=True, tag="take_decided/1", kw_only=True):
    take: str
    kept: bool


class TalkRecorded(Event, frozen=True, tag="talk_recorded/1", kw_only=True):
    """Everybody in this talk wants it: its recording, which is the teacher's, begins."""

    take: str


AnyEvent = (
    SessionMade
    | SeatTaken
    | SeatChanged
    | RecordingChosen
    | PhaseEntered
    | LessonStarted
    | GraceBegan
    | TurnBegan
    | RecordingEnded
    | MomentTapped
    | MomentRemoved
    | ReadyChanged
    | SeatSimulated
    | HereChanged
    | DevicesSet
    | SharingAsked
    | LeadChanged
    | OrderChanged
    | LessonCountedIn
    | LessonDropped
    | ClockMoved
    | ClockHeld
    | ClockResuming
    | ClockResumed
    | MoveOffered
    | MoveTakenBack
    | TurnPassed
    | TurnAdded
    | FloorGiven
    | FloorFreed
    | InLane
    | LaneEnded
    | LineAdded
    | MeTooChanged
    | NoteTakerChanged
    | OpinionOffered
    | OfferAnswered
    | TryChosen
    | ConsultantChanged
    | HandChanged
    | ChatSaid
    | CardShown
    | EntryBegun
    | KeptChanged
    | DeckAdded
    | SlideShown
    | ScreenShared
    | NextPlanned
    | TakeStopped
    | TakeDecided
    | TalkRecorded
)

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_event(event: AnyEvent) -> bytes:
    return msgspec.json.encode(event)


def decode_event(body: bytes | str) -> AnyEvent:
    """Raises msgspec.MsgspecError on a body that is no event of any release."""
    return _decoder.decode(body)
