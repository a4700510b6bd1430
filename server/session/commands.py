"""What people and the clock ask of a session. A command is a wish; `decide` says what comes of it.

Commands that move the session carry the `decision` that their sender saw.
"""

from __future__ import annotations

import msgspec

from server.wire.messages import RecordingChoice


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """`seat` is who asks; the clock and the invitation page have their own commands."""

    seat: str


class Advance(Command, frozen=True, kw_only=True):
    decision: int


class StartLesson(Command, frozen=True, kw_only=True):
    """`take` is the id that the recording will have if there is one."""

    decision: int
    take: str


class EndTurn(Command, frozen=True, kw_only=True):
    decision: int


class Tap(Command, frozen=True, kw_only=True):
    moment: str
    mark: str
    at_ms: int


class Untap(Command, frozen=True, kw_only=True):
    moment: str


class Write(Command, frozen=True, kw_only=True):
    """Asks only whether this field may be written now; the text itself never enters the session."""

    form: str
    round: int
    field: str


class SetReady(Command, frozen=True, kw_only=True):
    decision: int
    ready: bool


class ChooseRecording(Command, frozen=True, kw_only=True):
    choice: RecordingChoice


class TakeSeat(Command, frozen=True, kw_only=True):
    teaches: bool
    leads: bool


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline may have passed."""


SeatCommand = Advance | StartLesson | EndTurn | Tap | Untap | Write | SetReady | ChooseRecording
AnyCommand = SeatCommand | TakeSeat | Tick
