"""How the session went, once it is over: who was heard for how long, and which rules of feedback were kept. For the one who leads."""

from __future__ import annotations

from collections.abc import Iterator

from server.session.plan import PhasePlan
from server.session.state import Lesson, State
from server.wire.course import Heard, RuleKept

ALIKE_S = 60
ON_TIME_S = 120


def heard(state: State) -> tuple[Heard, ...]:
    """Everybody who had the floor in turns, round by round."""
    return tuple(Heard(round=round_, seat=seat, seconds=round(ms / 1000)) for (round_, seat), ms in sorted(state.heard_ms.items()))


def rules(state: State) -> tuple[RuleKept, ...]:
    """Those that the format has; of rounds that happened."""
    lessons = sorted(state.lessons.values(), key=lambda lesson: (lesson.round, lesson.index))
    found = [*_everybody_heard(state, lessons), *_teacher_first(state, lessons)]
    return (*found, *_alike(state), *_on_time(state))


def _everybody_heard(state: State, lessons: list[Lesson]) -> Iterator[RuleKept]:
    if "everybody_heard" in state.plan.waives or state.plan.alone:
        return
    for lesson in lessons:
        robins = [index for index, phase in enumerate(state.plan.round) if index > lesson.index and _has_turns(phase)]
        if robins and lesson.index == state.plan.lessons[0]:
            there = (seat for seat in state.seats.values() if seat.seat != lesson.teacher and seat.came_ms <= _half_ms(lesson))
            unheard = tuple(seat.seat for seat in there if not any((lesson.round, index, seat.seat) in state.spoken for index in robins))
            yield RuleKept(rule="everybody_heard", kept=not unheard, round=lesson.round, seats=unheard)


def _has_turns(phase: PhasePlan) -> bool:
    return any(step.floor == "round_robin" for step in phase.steps)


def _half_ms(lesson: Lesson) -> int:
    return lesson.started_ms + ((lesson.ended_ms or lesson.started_ms) - lesson.started_ms) // 2


def _teacher_first(state: State, lessons: list[Lesson]) -> Iterator[RuleKept]:
    if "teacher_first" in state.plan.waives or state.plan.alone:
        return
    spent = {(phase.position.round, phase.position.index) for phase in state.spent if phase.ended_ms - phase.started_ms >= 1000}
    kept: dict[int, bool] = {}
    for lesson in lessons:
        after = range(lesson.index + 1, len(state.plan.round))
        first = next((index for index in after if state.plan.round[index].floor == "teacher"), None)
        if first is not None:
            kept[lesson.round] = kept.get(lesson.round, True) and (lesson.round, first) in spent
    yield from (RuleKept(rule="teacher_first", kept=all_, round=round_) for round_, all_ in kept.items())


def _alike(state: State) -> Iterator[RuleKept]:
    taught = {lesson.round for lesson in state.lessons.values()} if state.plan.lessons else set(range(len(state.order)))
    seconds: dict[int, int] = {}
    for phase in state.spent:
        if phase.position.part == "round" and phase.position.round in taught:
            seconds[phase.position.round] = seconds.get(phase.position.round, 0) + (phase.ended_ms - phase.started_ms) // 1000
    if len(seconds) > 1:
        apart_s = max(seconds.values()) - min(seconds.values())
        yield RuleKept(rule="alike", kept=apart_s <= ALIKE_S, seconds=apart_s)


def _on_time(state: State) -> Iterator[RuleKept]:
    if state.planned_ends_ms is not None and state.position.part == "ended":
        late_s = ((state.started_ms or 0) - state.planned_ends_ms) // 1000
        yield RuleKept(rule="on_time", kept=late_s <= ON_TIME_S, seconds=max(0, late_s))
