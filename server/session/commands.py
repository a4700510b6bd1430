"""What people and the clock ask of a session. A command is a wish; `decide` says what comes of it.

Commands that move the session carry the `decision` that their sender saw. `agreed`: although somebody who still teaches loses minutes.
"""

from __future__ import annotations

import msgspec

from server.wire.pieces import CardKind, MicrophoneUse, RecordingChoice


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
    """Asks only whether this field may be written now, and whether there are words in it; the text itself never enters the session."""

    form: str
    round: int
    field: str
    empty: bool = False


class SetReady(Command, frozen=True, kw_only=True):
    decision: int
    ready: bool


class ChooseRecording(Command, frozen=True, kw_only=True):
    choice: RecordingChoice


class RaiseHand(Command, frozen=True, kw_only=True):
    raised: bool


class LowerHand(Command, frozen=True, kw_only=True):
    whose: str


class Chat(Command, frozen=True, kw_only=True):
    """`to` None: for the class. The words stand beside the log."""

    message: str
    to: str | None


class ShowCard(Command, frozen=True, kw_only=True):
    card: CardKind


class AddTime(Command, frozen=True, kw_only=True):
    decision: int
    seconds: int
    agreed: bool = False


class Hold(Command, frozen=True, kw_only=True):
    decision: int


class Resume(Command, frozen=True, kw_only=True):
    decision: int


class TakeBack(Command, frozen=True, kw_only=True):
    decision: int


class Back(Command, frozen=True, kw_only=True):
    decision: int
    agreed: bool = False


class PassTurn(Command, frozen=True, kw_only=True):
    decision: int


class AddTurn(Command, frozen=True, kw_only=True):
    decision: int
    whose: str
    agreed: bool = False


class SetOrder(Command, frozen=True, kw_only=True):
    order: tuple[str, ...]
    agreed: bool = False


class TeachLater(Command, frozen=True, kw_only=True):
    decision: int


class GoWithout(Command, frozen=True, kw_only=True):
    decision: int


class RestartLesson(Command, frozen=True, kw_only=True):
    decision: int
    agreed: bool = False


class HandOver(Command, frozen=True, kw_only=True):
    to: str


class TakeLead(Command, frozen=True, kw_only=True):
    pass


class Keep(Command, frozen=True, kw_only=True):
    round: int
    author: str
    kept: bool


class ChooseTry(Command, frozen=True, kw_only=True):
    """From whose suggestions the teacher chooses what to try; the words are the teacher's own entry."""

    round: int
    authors: tuple[str, ...]


class AddLine(Command, frozen=True, kw_only=True):
    """A line for the list of one's lane. The words stand beside the log."""

    line: str


class MeToo(Command, frozen=True, kw_only=True):
    line: str
    on: bool


class TakeNotes(Command, frozen=True, kw_only=True):
    on: bool


class OfferOpinion(Command, frozen=True, kw_only=True):
    """What the opinion is about stands beside the log."""

    offer: str


class AnswerOffer(Command, frozen=True, kw_only=True):
    offer: str
    yes: bool


class SetConsultant(Command, frozen=True, kw_only=True):
    whose: str
    on: bool


class SetDevices(Command, frozen=True, kw_only=True):
    """`shares` is whose microphone this person uses, or asks to use."""

    microphone: MicrophoneUse
    camera: bool
    shares: str | None


class AnswerSharing(Command, frozen=True, kw_only=True):
    """Whether somebody else may use the microphone of the one who answers."""

    whose: str
    yes: bool


class AddDeck(Command, frozen=True, kw_only=True):
    """Slides have been uploaded and drawn."""

    deck: str
    pages: int


class ShowSlide(Command, frozen=True, kw_only=True):
    deck: str | None
    page: int


class ShareScreen(Command, frozen=True, kw_only=True):
    on: bool


class PlanNext(Command, frozen=True, kw_only=True):
    starts_ms: int
    minutes: int
    teachers: tuple[str, ...]


class DecideTake(Command, frozen=True, kw_only=True):
    take: str
    keep: bool


class TakeSeat(Command, frozen=True, kw_only=True):
    teaches: bool
    leads: bool
    simulated: bool = False


class SetHere(Command, frozen=True, kw_only=True):
    """Said by the room, not by the page: whether this seat has a page open and a line that works. `since_ms` is since when."""

    here: bool
    since_ms: int


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline may have passed."""


SeatCommand = (
    Advance
    | StartLesson
    | EndTurn
    | Tap
    | Untap
    | Write
    | SetReady
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
    | AddDeck
    | ShowSlide
    | ShareScreen
    | PlanNext
    | DecideTake
)
AnyCommand = SeatCommand | TakeSeat | SetHere | Tick
