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
    TalkRecorded,
)
from server.session.evolve_acts import put_down, with_still, without_stills
from server.session.evolve_floor import went_on, without_floor
from server.session.folding import Folder
from server.session.lanes import lanes_at
from server.session.pacing import session_s, slot_s
from server.session.state import Lesson, Offer, Place, Position, Seat, Spent, State, Undo, phase_at

UNDO_MS = 10_000


def _session_made(state: State, event: SessionMade) -> State:
    return state


def _phase_entered(state: State, event: PhaseEntered) -> State:
    """Leaving what comes before the rounds fixes when the session is meant to end; each round fixes how long it can last."""
    promised_ms = state.planned_ends_ms
    if state.position.part == "before":
        promised_ms = event.at_ms + session_s(state.plan, len(state.order)) * 1000
    left = without_floor(_phase_left(state, event.at_ms), event.at_ms)
    planned_s = None if event.ends_ms is None else (event.ends_ms - event.at_ms) // 1000
    entered = replace(
        put_down(left, event.position),
        position=event.position,
        status="waiting" if event.ends_ms is None else "running",
        decision=state.decision + 1 + sum(lane.moves for lane in state.lanes.values()),
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        runs_ms=event.at_ms,
        planned_s=planned_s,
        added_ms=0,
        starts_ms=None,
        counted_in=None,
        held=None,
        ready=frozenset(),
        planned_ends_ms=promised_ms,
        note_taker=state.note_taker if _same_round(state.position, event.position) else None,
    )
    phase = phase_at(state.plan, event.position)
    if phase and phase.lanes:
        consult = frozenset(seat.seat for seat in state.seats.values() if seat.consults)
        advised = {**state.advised, (event.position.round, phase.key): consult}
        entered = replace(entered, lanes=lanes_at(phase, event.at_ms, planned_s or 0), advised=advised)
    begins = event.position.part == "round" and event.position.index == 0
    return replace(entered, slot_s=slot_s(entered, event.position.round, event.at_ms)) if begins else entered


def _same_round(one: Position, other: Position) -> bool:
    return (one.part, one.round) == (other.part, other.round)


def _phase_left(state: State, at_ms: int) -> State:
    lesson = state.lesson
    lessons = state.lessons
    if lesson and lesson.ended_ms is None:
        lessons = {**lessons, (lesson.round, lesson.index): replace(lesson, ended_ms=at_ms)}
    ran = state.status != "waiting" or (state.phase is not None and state.phase.minutes is None)
    if state.started_ms is None or not ran:
        return replace(state, lessons=lessons)
    spent = Spent(position=state.position, started_ms=state.started_ms, ended_ms=at_ms, planned_s=state.planned_s)
    return replace(state, lessons=lessons, spent=(*state.spent, spent))


def _lesson_counted_in(state: State, event: LessonCountedIn) -> State:
    return replace(state, decision=state.decision + 1, starts_ms=event.starts_ms, counted_in=event.take)


def _lesson_started(state: State, event: LessonStarted) -> State:
    key = (state.position.round, state.position.index)
    lesson = Lesson(round=key[0], index=key[1], teacher=state.order[key[0]], started_ms=event.at_ms, take=event.take)
    anew = _broken_off(state, key, event.at_ms)
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
        lessons={**anew.lessons, key: lesson},
    )
    return with_still(started, event.at_ms)


def _lesson_dropped(state: State, event: LessonDropped) -> State:
    return _broken_off(state, (event.round, state.position.index), event.at_ms)


def _broken_off(state: State, key: tuple[int, int], at_ms: int) -> State:
    """The lesson that this phase had until now goes, with its moments; what was recorded stays its teacher's."""
    lesson = state.lessons.get(key)
    if lesson is None:
        return state
    earlier = replace(lesson, ended_ms=at_ms if lesson.ended_ms is None else lesson.ended_ms)
    return replace(
        without_stills(state, lesson),
        lessons={other: kept for other, kept in state.lessons.items() if other != key},
        earlier=(*state.earlier, earlier),
        moments={name: moment for name, moment in state.moments.items() if (moment.round, moment.index) != key},
    )


def _recording_ended(state: State, event: RecordingEnded) -> State:
    def ended(lesson: Lesson) -> Lesson:
        return replace(lesson, take_ended_ms=event.at_ms) if lesson.take == event.take else lesson

    lessons = {key: ended(lesson) for key, lesson in state.lessons.items()}
    talks = tuple(replace(ended(talk), ended_ms=event.at_ms) if talk.take == event.take else talk for talk in state.talks)
    return replace(state, lessons=lessons, earlier=tuple(map(ended, state.earlier)), talks=talks)


def _talk_recorded(state: State, event: TalkRecorded) -> State:
    round_, index = state.position.round, state.position.index
    teacher = state.order[round_] if round_ < len(state.order) else ""
    talk = Lesson(round=round_, index=index, teacher=teacher, started_ms=event.at_ms, take=event.take)
    return replace(state, talks=(*state.talks, talk))


def _move_offered(state: State, event: MoveOffered) -> State:
    place = Place(**{name: getattr(state, name) for name in Place.__struct_fields__})
    return replace(state, undo=Undo(what=event.what, until_ms=event.until_ms, decision=event.decision, place=place))


def _move_taken_back(state: State, event: MoveTakenBack) -> State:
    """Seats that came or changed their mind since then keep what they said; so does whoever said something since in the same phase."""
    if state.undo is None:
        return state
    place = state.undo.place
    kept = tuple(seat for seat in place.order if state.seats[seat].teaches)
    order = kept + tuple(seat for seat in state.order if seat not in kept and seat not in state.undo.added)
    decision = state.decision + 1 + sum(lane.moves for lane in state.lanes.values())
    given_back = {name: getattr(place, name) for name in Place.__struct_fields__ if name != "hands_ms"}
    given_back |= {"order": order, "ends_ms": event.ends_ms, "runs_ms": event.at_ms, "decision": decision, "undo": None}
    given_back |= {"lanes": {key: replace(lane, moves=0) for key, lane in place.lanes.items()}}
    given_back["offers"] = tuple(_given_back(offer, place) for offer in state.offers)
    if place.position == state.position:
        given_back |= {"ready": state.ready, "note_taker": state.note_taker}
    ran_through = state.undo.what in ("turn", "step", "hold") and not place.held
    by_ms = event.at_ms - (state.undo.until_ms - UNDO_MS) if ran_through else 0
    if bool(place.lanes) != bool(state.lanes):
        given_back |= {"slide": None, "screen": None}
    back = replace(state, **given_back)
    back = replace(back, seats=_hands_given_back(back, place))
    return back if place.held else went_on(back, event.at_ms, by_ms)


def _hands_given_back(state: State, place: Place) -> dict[str, Seat]:
    """Whoever had asked for the floor asks for it again; who lowered the hand meanwhile loses that, as little as it is."""
    return {
        key: replace(seat, hand_ms=place.hands_ms[key]) if seat.hand_ms is None and key in place.hands_ms else seat
        for key, seat in state.seats.items()
    }


def _given_back(offer: Offer, place: Place) -> Offer:
    """Whoever gets the floor back has not said it after all."""
    before = next((known for known in place.offers if known.offer == offer.offer), offer)
    return before if offer.state in ("speaking", "said") else offer


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    SessionMade: _session_made,
    PhaseEntered: _phase_entered,
    LessonCountedIn: _lesson_counted_in,
    LessonStarted: _lesson_started,
    LessonDropped: _lesson_dropped,
    RecordingEnded: _recording_ended,
    TalkRecorded: _talk_recorded,
    MoveOffered: _move_offered,
    MoveTakenBack: _move_taken_back,
}
