"""What has happened in a session. The log of these is the truth; everything else is computed from it.

Events hold ids, numbers and times only. A type never changes its meaning: a new one gets a new number in its tag, and
`evolve` goes on folding the old one. Recorded logs of every release stay in tests/corpus/logs.
"""

from __future__ import annotations

import msgspec

from server.session.plan import Plan
from server.session.state import Position
from server.wire.messages import RecordingChoice


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
)

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_event(event: AnyEvent) -> bytes:
    return msgspec.json.encode(event)


def decode_event(body: bytes | str) -> AnyEvent:
    """Raises msgspec.MsgspecError on a body that is no event of any release."""
    return _decoder.decode(body)
