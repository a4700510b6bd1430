"""What people do without moving the session: moments, texts, being ready, choices about the recording.

None of this is ever stale: a moment or a text is taken also when it arrives after its phase.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import NOT_YOURS, Answer, Handler, Refused
from server.session.commands import AnyCommand, ChooseRecording, SetReady, Tap, Untap, Write
from server.session.events import MomentRemoved, MomentTapped, ReadyChanged, RecordingChosen, RecordingEnded
from server.session.state import Lesson, State
from server.session.writing import ON_THE_WAY_MS, colleague_forms, forms_so_far, handed_in

MOST_MOMENTS_OF_ONE = 200
HANDED_IN = Refused("handed_in", "This has been handed in and can no longer be changed.")


def _choose_recording(state: State, command: ChooseRecording, now_ms: int) -> Answer:
    if state.seats[command.seat].recording == command.choice:
        return ()
    chosen = RecordingChosen(at_ms=now_ms, seat=command.seat, choice=command.choice)
    recorded = state.recorded
    if command.choice == "leave_out" and recorded and recorded.take and recorded.teacher == command.seat:
        return (chosen, RecordingEnded(at_ms=now_ms, take=recorded.take))
    return (chosen,)


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
    if any(handed_in(state, command.seat, form, known.round, now_ms) for form in colleague_forms(state.plan)):
        return HANDED_IN
    return (MomentRemoved(at_ms=now_ms, moment=command.moment),)


def _write(state: State, command: Write, now_ms: int) -> Answer:
    form = state.plan.forms.get(command.form)
    if form is None or command.field not in {field.key for field in form.fields}:
        return Refused("unknown_field", "This format has no such field.")
    if command.form not in forms_so_far(state, command.seat, command.round):
        return NOT_YOURS
    return HANDED_IN if handed_in(state, command.seat, command.form, command.round, now_ms) else ()


def _set_ready(state: State, command: SetReady, now_ms: int) -> Answer:
    if command.ready == (command.seat in state.ready):
        return ()
    return (ReadyChanged(at_ms=now_ms, seat=command.seat, ready=command.ready),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {
    ChooseRecording: _choose_recording,
    Tap: _tap,
    Untap: _untap,
    Write: _write,
    SetReady: _set_ready,
}
