"""What people do without moving the session: moments, texts, hands, lines of chat, choices about recordings and devices.

None of this is ever stale: a moment or a text is taken also when it arrives after its phase, and all of it may arrive twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.session import floors, microphones, showing, together
from server.session.answers import NOT_YOURS, Answer, Handler, Refused
from server.session.commands import (
    AnyCommand,
    Chat,
    ChooseRecording,
    DecideTake,
    Keep,
    LowerHand,
    PlanNext,
    SetReady,
    ShowCard,
    Tap,
    Untap,
    Write,
)
from server.session.events import (
    CardShown,
    ChatSaid,
    EntryBegun,
    HandChanged,
    KeptChanged,
    MomentRemoved,
    MomentTapped,
    NextPlanned,
    ReadyChanged,
    RecordingChosen,
    RecordingEnded,
    TakeDecided,
    TakeStopped,
)
from server.session.rights_acts import class_chat_open
from server.session.state import Lesson, NextTime, State
from server.session.writing import ON_THE_WAY_MS, forms_so_far, handed_in, is_closed, is_line_on_moment, is_over, takes_moments

MOST_MOMENTS_OF_ONE = 200
MOST_LINES_OF_ONE = 500
MOST_KEPT = 3
HANDED_IN = Refused("handed_in", "This has been handed in and can no longer be changed.")
CHAT_RESTS = Refused("chat_rests", "The chat rests until everybody talks together again.")
NOT_TO_COME = Refused("not_to_come", "Please choose a time that is still to come.")


def _choose_recording(state: State, command: ChooseRecording, now_ms: int) -> Answer:
    if state.seats[command.seat].recording == command.choice:
        return ()
    chosen = RecordingChosen(at_ms=now_ms, seat=command.seat, choice=command.choice)
    recorded = state.recorded
    if command.choice == "leave_out" and recorded and recorded.take and recorded.teacher == command.seat and not state.talk:
        return (chosen, RecordingEnded(at_ms=now_ms, take=recorded.take), TakeStopped(at_ms=now_ms, take=recorded.take))
    return (chosen,)


def _decide_take(state: State, command: DecideTake, now_ms: int) -> Answer:
    """The question after a lesson whose recording was stopped has two answers; to delete is possible at any time after a lesson."""
    own = {lesson.take for lesson in state.all_lessons if lesson.teacher == command.seat and lesson.ended_ms is not None}
    if command.take not in (state.asked if command.keep else own - state.deleted) & own:
        return NOT_YOURS
    return (TakeDecided(at_ms=now_ms, take=command.take, kept=command.keep),)


def _tap(state: State, command: Tap, now_ms: int) -> Answer:
    known = state.moments.get(command.moment)
    if known:
        return () if known.seat == command.seat else Refused("not_allowed", "This moment is somebody else's.")
    if command.mark not in {mark.key for phase in state.plan.round for mark in phase.marks}:
        return Refused("unknown_mark", "This format has no such moment.")
    if sum(moment.seat == command.seat for moment in state.moments.values()) >= MOST_MOMENTS_OF_ONE:
        return Refused("too_many", "These are more moments than anybody can look at.")
    lesson = _lesson_at(state, command.seat, command.at_ms)
    latest_ms = now_ms if lesson.ended_ms is None else lesson.ended_ms
    at_ms = min(max(command.at_ms, lesson.started_ms), latest_ms)
    return (MomentTapped(at_ms=at_ms, moment=command.moment, seat=command.seat, round=lesson.round, mark=command.mark),)


def _lesson_at(state: State, learner: str, at_ms: int) -> Lesson:
    """The lesson that this learner was in then: the last one that had begun, else the first."""
    lessons = [lesson for lesson in state.lessons.values() if lesson.teacher != learner]
    begun = [lesson for lesson in lessons if lesson.started_ms <= at_ms + ON_THE_WAY_MS]
    return begun[-1] if begun else lessons[0]


def _untap(state: State, command: Untap, now_ms: int) -> Answer:
    known = state.moments.get(command.moment)
    if known is None:
        return ()
    if known.seat != command.seat:
        return NOT_YOURS
    about = [form for form in state.plan.for_the_teacher if takes_moments(state.plan, form, known.index)]
    if any(is_closed(state, command.seat, known.round, form, now_ms) for form in about):
        return HANDED_IN
    return (MomentRemoved(at_ms=now_ms, moment=command.moment),)


def _write(state: State, command: Write, now_ms: int) -> Answer:
    form = state.plan.forms.get(command.form)
    if form is None or not (is_line_on_moment(state, command) or command.field in {field.key for field in form.fields}):
        return Refused("unknown_field", "This format has no such field.")
    if command.form not in forms_so_far(state, command.seat, command.round):
        return NOT_YOURS
    if handed_in(state, command.seat, command.form, command.round, now_ms):
        return HANDED_IN
    if command.empty or (command.round, command.form, command.seat) in state.begun:
        return ()
    return (EntryBegun(at_ms=now_ms, round=command.round, form=command.form, seat=command.seat),)


def _set_ready(state: State, command: SetReady, now_ms: int) -> Answer:
    if command.ready == (command.seat in state.ready):
        return ()
    return (ReadyChanged(at_ms=now_ms, seat=command.seat, ready=command.ready),)


def _keep(state: State, command: Keep, now_ms: int) -> Answer:
    own = command.round < len(state.order) and state.order[command.round] == command.seat
    if not own or command.author == command.seat or command.author not in state.seats:
        return NOT_YOURS
    if command.kept == ((command.round, command.author) in state.kept):
        return ()
    kept = sum(round_ == command.round for round_, _ in state.kept)
    if command.kept and kept >= MOST_KEPT and "three_suggestions" not in state.plan.waives and not is_over(state, command.round):
        return Refused("three_kept", "Three suggestions are enough to talk about. Let one go first.")
    return (KeptChanged(at_ms=now_ms, round=command.round, author=command.author, kept=command.kept),)


def _lower_hand(state: State, command: LowerHand, now_ms: int) -> Answer:
    seat = state.seats.get(command.whose)
    return () if seat is None or seat.hand_ms is None else (HandChanged(at_ms=now_ms, seat=command.whose, raised=False),)


def _chat(state: State, command: Chat, now_ms: int) -> Answer:
    known = next((line for line in state.chat if line.message == command.message), None)
    if known:
        return () if known.seat == command.seat else NOT_YOURS
    if command.to is None and not class_chat_open(state, command.seat, now_ms):
        return CHAT_RESTS
    if command.to is not None and not _may_talk_alone(state, command.seat, command.to):
        return NOT_YOURS
    if sum(line.seat == command.seat for line in state.chat) >= MOST_LINES_OF_ONE:
        return Refused("too_many", "These are more lines than anybody can read.")
    return (ChatSaid(at_ms=now_ms, message=command.message, seat=command.seat, to=command.to),)


def _may_talk_alone(state: State, seat: str, to: str) -> bool:
    return to in state.seats and to != seat and (state.seats[seat].leads or state.seats[to].leads)


def _show_card(state: State, command: ShowCard, now_ms: int) -> Answer:
    return (CardShown(at_ms=now_ms, card=command.card),)


def _plan_next(state: State, command: PlanNext, now_ms: int) -> Answer:
    if command.starts_ms <= now_ms:
        return NOT_TO_COME
    if not set(command.teachers) <= state.seats.keys():
        return Refused("no_seat", "Only somebody of this group can teach next time.")
    planned = NextTime(starts_ms=command.starts_ms, minutes=command.minutes, teachers=tuple(dict.fromkeys(command.teachers)))
    if planned == state.next_time:
        return ()
    return (NextPlanned(at_ms=now_ms, starts_ms=planned.starts_ms, minutes=planned.minutes, teachers=planned.teachers),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {
    ChooseRecording: _choose_recording,
    DecideTake: _decide_take,
    Tap: _tap,
    Untap: _untap,
    Write: _write,
    SetReady: _set_ready,
    Keep: _keep,
    LowerHand: _lower_hand,
    Chat: _chat,
    ShowCard: _show_card,
    PlanNext: _plan_next,
    **microphones.HANDLERS,
    **showing.HANDLERS,
    **floors.HANDLERS,
    **together.HANDLERS,
}
