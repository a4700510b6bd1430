"""Rows of the table of rights for what people do without moving the session."""

from __future__ import annotations

from server.session.commands import (
    AddDeck,
    AddLine,
    AnswerOffer,
    AnswerSharing,
    Chat,
    ChooseRecording,
    ChooseTry,
    DecideTake,
    Keep,
    LowerHand,
    MeToo,
    OfferOpinion,
    PlanNext,
    RaiseHand,
    SeatCommand,
    SetConsultant,
    SetDevices,
    SetReady,
    ShareScreen,
    ShowCard,
    ShowSlide,
    TakeNotes,
    Tap,
    Untap,
    Write,
)
from server.session.floor_queue import offers_now
from server.session.here import is_here
from server.session.lanes import lane_of, state_of
from server.session.roles import Condition, Role, Rows, always, going_on
from server.session.schedule import lesson_runs
from server.session.state import State
from server.session.together import list_open
from server.session.writing import asked_of, asked_to_write, is_over, is_released


def _moments_wanted(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    taught = state.lesson is not None and state.status != "waiting"
    return phase is not None and bool(phase.marks) and taught and seat != state.teacher


def _was_a_learner(state: State, seat: str, now_ms: int) -> bool:
    return any(lesson.teacher != seat for lesson in state.lessons.values())


def _asked_to_write(state: State, seat: str, now_ms: int) -> bool:
    return asked_to_write(state, seat) or may_be_ready_early(state, seat)


def may_be_ready_early(state: State, seat: str) -> bool:
    """Whether a divided group meets again as soon as this seat and all others are ready."""
    lane = lane_of(state, seat)
    early = state.phase is not None and state.phase.join == "when_ready"
    return lane is not None and early and not state.lanes[lane].over


def _has_form(state: State, seat: str, now_ms: int) -> bool:
    return asked_of(state, seat, now_ms) is not None


def _a_hand_helps(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    return phase is not None and phase.floor not in ("silent", "permission") and seat != state.teacher and not state.plan.alone


def _a_hand_is_up(state: State, seat: str, now_ms: int) -> bool:
    return any(other.hand_ms is not None for other in state.seats.values())


def _not_alone(state: State, seat: str, now_ms: int) -> bool:
    return going_on(state, seat, now_ms) and not state.plan.alone


def class_chat_open(state: State, seat: str, now_ms: int) -> bool:
    """Nobody reads a chat while somebody has the floor, or all are writing. A divided group has one for each lane."""
    phase = state_of(state, seat).phase
    return phase is not None and phase.floor == "open" and not state.plan.alone


def _somebody_else_teaches(state: State, seat: str, now_ms: int) -> bool:
    return lesson_runs(state) and seat != state.teacher


def _has_notes(state: State, seat: str, now_ms: int) -> bool:
    round_ = state.order.index(seat) if seat in state.order else None
    if round_ is None:
        return False
    read = any(written == round_ and is_released(state, author, round_, form) for written, form, author in state.begun)
    return read or is_over(state, round_) or any(spoken == round_ for spoken, _, _ in state.spoken)


def _can_choose_try(state: State, seat: str, now_ms: int) -> bool:
    """Until those whose suggestion it was are asked about it, where the format has a second try."""
    if not state.plan.tries_again or not _has_notes(state, seat, now_ms):
        return False
    round_ = state.order.index(seat)
    asked = (index for index, phase in enumerate(state.plan.round) for step in phase.steps if step.forms.suggester)
    first = min(asked, default=None)
    begun = state.position.index if (state.position.part, state.position.round) == ("round", round_) else len(state.plan.round)
    return first is None or begun < first


def _teaches(state: State, seat: str, now_ms: int) -> bool:
    return going_on(state, seat, now_ms) and seat in state.order


def _presents(state: State, seat: str, now_ms: int) -> bool:
    """Trying it out before the rounds, or in one's own round, or where the format lets everybody."""
    phase = state_of(state, seat).phase
    shows = phase.shows if phase else "nobody"
    if shows == "nobody" or state.position.part not in ("before", "round"):
        return False
    if shows == "everybody":
        return True
    return seat in state.order if state.position.part == "before" else seat == state.teacher


def _microphone_wanted(state: State, seat: str, now_ms: int) -> bool:
    return any(seat in (other.wishes, other.shares) for other in state.seats.values())


def _at_the_end(state: State, seat: str, now_ms: int) -> bool:
    return state.position.part in ("closing", "ended")


def _at_the_end_without_lead(state: State, seat: str, now_ms: int) -> bool:
    led = any(other.leads and is_here(state, other.seat) for other in state.seats.values())
    return _at_the_end(state, seat, now_ms) and not led and not state.seats[seat].simulated


def _is_asked_about_a_take(state: State, seat: str, now_ms: int) -> bool:
    return any(
        lesson.take in state.asked and lesson.teacher == seat and lesson.ended_ms is not None for lesson in state.all_lessons if lesson.take
    )


def _has_a_recording(state: State, seat: str, now_ms: int) -> bool:
    own = (lesson.take for lesson in state.all_lessons if lesson.teacher == seat and lesson.ended_ms is not None)
    return any(take is not None and take not in state.deleted for take in own)


def _list_open(state: State, seat: str, now_ms: int) -> bool:
    return list_open(state, seat)


def _opinions_wanted(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    return phase is not None and phase.floor == "permission" and seat != state.teacher


def _opinions_asked(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    return phase is not None and phase.floor == "permission" and bool(offers_now(state))


def _together(state: State, seat: str, now_ms: int) -> bool:
    return _not_alone(state, seat, now_ms) and not state.lanes


def _everybody(condition: Condition) -> tuple[tuple[Role, Condition], ...]:
    return (("teacher", condition), ("colleague", condition))


RIGHTS: Rows = {
    Tap: _everybody(_was_a_learner),
    Untap: _everybody(_was_a_learner),
    Write: _everybody(always),
    SetReady: _everybody(_asked_to_write),
    ChooseRecording: _everybody(going_on),
    SetDevices: _everybody(going_on),
    AnswerSharing: _everybody(going_on),
    RaiseHand: _everybody(_a_hand_helps),
    LowerHand: (("leader", _a_hand_is_up), ("teacher", _a_hand_is_up)),
    Chat: _everybody(_not_alone),
    ShowCard: (("leader", _somebody_else_teaches),),
    Keep: _everybody(_has_notes),
    ChooseTry: _everybody(_can_choose_try),
    AddLine: _everybody(_list_open),
    MeToo: _everybody(_list_open),
    TakeNotes: _everybody(_list_open),
    OfferOpinion: (("colleague", _opinions_wanted),),
    AnswerOffer: (("teacher", _opinions_asked),),
    SetConsultant: (("leader", _together),),
    AddDeck: _everybody(_teaches),
    ShowSlide: _everybody(_presents),
    ShareScreen: _everybody(_presents),
    PlanNext: (("leader", _at_the_end), *_everybody(_at_the_end_without_lead)),
    DecideTake: _everybody(_has_a_recording),
}

SHOWN_ONLY_WHEN: dict[type[SeatCommand], Condition] = {
    Tap: _moments_wanted,
    Untap: _moments_wanted,
    Write: _has_form,
    Chat: class_chat_open,
    AnswerSharing: _microphone_wanted,
    DecideTake: _is_asked_about_a_take,
}
"""Commands that are taken also when they arrive late, or at other times in another sense, but that a page should offer only under
this condition. A private line with the one who leads is taken whenever the session goes on."""
