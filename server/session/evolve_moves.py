"""The state after a move of the session: phases, lessons, turns, and what was taken back."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from server.session.events import (
    AnyEvent,
    LessonCountedIn,
    LessonDropped,
    LessonStarted,
    MoveOffered,
    MoveTakenBack,
    PhaseEntered,
    RecordingEnded,
    SessionMade,
    TurnAdded,
    TurnBegan,
    TurnPassed,
)
from server.session.evolve_acts import put_down, with_still, without_stills
from server.session.folding import Folder
from server.session.pacing import session_s, slot_s
from server.session.state import Lesson, Place, Spent, State, Turn, Undo


def _session_made(state: State, event: SessionMade) -> State:
    return state


def _phase_entered(state: State, event: PhaseEntered) -> State:
    """Leaving what comes before the rounds fixes when the session is meant to end; each round fixes how long it can last."""
    promised_ms = state.planned_ends_ms
    if state.position.part == "before":
        promised_ms = event.at_ms + session_s(state.plan, len(state.order)) * 1000
    entered = replace(
        put_down(_phase_left(state, event.at_ms), event.position),
        position=event.position,
        status="waiting" if event.ends_ms is None else "running",
        decision=state.decision + 1,
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        runs_ms=event.at_ms,
        planned_s=None if event.ends_ms is None else (event.ends_ms - event.at_ms) // 1000,
        added_ms=0,
        starts_ms=None,
        counted_in=None,
        held=None,
        turn=None,
        ready=frozenset(),
        planned_ends_ms=promised_ms,
    )
    begins = event.position.part == "round" and event.position.index == 0
    return replace(entered, slot_s=slot_s(entered, event.position.round, event.at_ms)) if begins else entered


def _phase_left(state: State, at_ms: int) -> State:
    lesson = state.lesson
    lessons = state.lessons
    if lesson and lesson.ended_ms is None:
        lessons = {**lessons, lesson.round: replace(lesson, ended_ms=at_ms)}
    ran = state.status != "waiting" or (state.phase is not None and state.phase.minutes is None)
    if state.started_ms is None or not ran:
        return replace(state, lessons=lessons)
    spent = Spent(position=state.position, started_ms=state.started_ms, ended_ms=at_ms, planned_s=state.planned_s)
    return replace(state, lessons=lessons, spent=(*state.spent, spent))


def _lesson_counted_in(state: State, event: LessonCountedIn) -> State:
    return replace(state, decision=state.decision + 1, starts_ms=event.starts_ms, counted_in=event.take)


def _lesson_started(state: State, event: LessonStarted) -> State:
    round_ = state.position.round
    lesson = Lesson(round=round_, teacher=state.order[round_], started_ms=event.at_ms, take=event.take)
    anew = _broken_off(state, round_, event.at_ms)
    started = replace(
        put_down(anew, state.position),
        status="running",
        decision=state.decision + 1,
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        runs_ms=event.at_ms,
        planned_s=(event.ends_ms - event.at_ms) // 1000,
        added_ms=0,
        starts_ms=None,
        counted_in=None,
        lessons={**anew.lessons, round_: lesson},
    )
    return with_still(started, event.at_ms)


def _lesson_dropped(state: State, event: LessonDropped) -> State:
    return _broken_off(state, event.round, event.at_ms)


def _broken_off(state: State, round_: int, at_ms: int) -> State:
    """The lesson that this round had until now goes, with its moments; what was recorded stays its teacher's."""
    lesson = state.lessons.get(round_)
    if lesson is None:
        return state
    earlier = replace(lesson, ended_ms=at_ms if lesson.ended_ms is None else lesson.ended_ms)
    return replace(
        without_stills(state, round_),
        lessons={key: other for key, other in state.lessons.items() if key != round_},
        earlier=(*state.earlier, earlier),
        moments={key: moment for key, moment in state.moments.items() if moment.round != round_},
    )


def _turn_began(state: State, event: TurnBegan) -> State:
    phase_s = state.planned_s or (event.ends_ms - event.at_ms) // 1000 * (1 + len(event.waiting))
    share_s = state.turn.share_s if state.turn else phase_s // (1 + len(event.waiting))
    return replace(
        state,
        status="running",
        decision=state.decision + 1,
        ends_ms=event.ends_ms,
        runs_ms=event.at_ms,
        held=None,
        turn=Turn(seat=event.seat, started_ms=event.at_ms, waiting=event.waiting, share_s=share_s),
        spoken=state.spoken | {(state.position.round, event.seat)},
    )


def _turn_passed(state: State, event: TurnPassed) -> State:
    key = (state.position.round, event.seat)
    return replace(state, spoken=state.spoken - {key}, passed=state.passed | {key} if event.counts else state.passed)


def _turn_added(state: State, event: TurnAdded) -> State:
    if state.turn is None:
        return state
    turn = replace(state.turn, waiting=(*state.turn.waiting, event.seat))
    return replace(state, decision=state.decision + 1, turn=turn)


def _recording_ended(state: State, event: RecordingEnded) -> State:
    def ended(lesson: Lesson) -> Lesson:
        return replace(lesson, take_ended_ms=event.at_ms) if lesson.take == event.take else lesson

    lessons = {round_: ended(lesson) for round_, lesson in state.lessons.items()}
    return replace(state, lessons=lessons, earlier=tuple(map(ended, state.earlier)))


def _move_offered(state: State, event: MoveOffered) -> State:
    place = Place(**{name: getattr(state, name) for name in Place.__struct_fields__})
    return replace(state, undo=Undo(what=event.what, until_ms=event.until_ms, decision=event.decision, place=place))


def _move_taken_back(state: State, event: MoveTakenBack) -> State:
    """Seats that came or changed their mind since then keep what they said."""
    if state.undo is None:
        return state
    place = state.undo.place
    kept = tuple(seat for seat in place.order if state.seats[seat].teaches)
    order = kept + tuple(seat for seat in state.order if seat not in kept and seat not in state.undo.added)
    given_back = {name: getattr(place, name) for name in Place.__struct_fields__}
    given_back |= {"order": order, "ends_ms": event.ends_ms, "runs_ms": event.at_ms, "decision": state.decision + 1, "undo": None}
    return replace(state, **given_back)


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    SessionMade: _session_made,
    PhaseEntered: _phase_entered,
    LessonCountedIn: _lesson_counted_in,
    LessonStarted: _lesson_started,
    LessonDropped: _lesson_dropped,
    TurnBegan: _turn_began,
    TurnPassed: _turn_passed,
    TurnAdded: _turn_added,
    RecordingEnded: _recording_ended,
    MoveOffered: _move_offered,
    MoveTakenBack: _move_taken_back,
}
