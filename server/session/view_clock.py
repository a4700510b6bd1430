"""What pages show of the course of the session: phase and clock, what comes, how the time goes, who is missing."""

from __future__ import annotations

from server.session.beside import Translate
from server.session.here import away_ms
from server.session.pacing import length_s, round_s
from server.session.schedule import Ahead, end_of_current_ms, lesson_waits, missing_ms, slot_to_come_s
from server.session.state import Position, State, phase_at
from server.wire import course
from server.wire import pieces as wire


def phase(state: State, say: str, say_lead: str, words: Translate) -> wire.Phase:
    now = state.phase
    held = state.held
    return wire.Phase(
        part=state.position.part,
        round=state.position.round,
        key=now.key if now else "ended",
        title=words(now.title) if now else "",
        status=state.status,
        decision=state.decision,
        seconds=state.planned_s if state.planned_s is not None else length_s(state, state.position),
        started_ms=state.started_ms,
        ends_ms=state.ends_ms,
        warn_s=now.warn_s if now else (),
        say=words(say),
        say_lead=words(say_lead),
        starts_ms=state.starts_ms,
        lesson=now is not None and now.is_lesson,
        again=now is not None and now.again is not None,
        replay=now is not None and now.replay,
        held=wire.Held(since_ms=held.since_ms, left_ms=held.left_ms, reason=held.reason, by=held.by, resumes_ms=held.resumes_ms)
        if held
        else None,
    )


def steps(state: State, to_come: tuple[Ahead, ...], words: Translate) -> tuple[wire.Step, ...]:
    return tuple(
        wire.Step(
            part=step.position.part,
            round=step.position.round,
            title=words(step.phase.title),
            teacher=state.order[step.position.round] if step.position.part == "round" else None,
            begins_ms=step.begins_ms,
            seconds=step.seconds or 0,
            floor=step.phase.floor,
        )
        for step in to_come
    )


def pace(state: State, to_come: tuple[Ahead, ...], now_ms: int) -> course.Pace | None:
    """None once the session is over. `slot_s` is that of the next round, or of the last one while it runs."""
    if state.position.part == "ended":
        return None
    ends_ms = to_come[-1].ends_ms(state.plan) if to_come else end_of_current_ms(state, now_ms)
    planned_ends_ms = None if state.position.part == "before" else state.planned_ends_ms
    return course.Pace(
        slot_s=_slot_s(state, to_come),
        ends_ms=ends_ms,
        planned_ends_ms=planned_ends_ms,
        behind_s=0 if planned_ends_ms is None else round((ends_ms - planned_ends_ms) / 1000),
    )


def _slot_s(state: State, to_come: tuple[Ahead, ...]) -> int:
    begun = state.position.round if state.position.part == "round" else -1
    slot_s = slot_to_come_s(to_come, state.plan, begun)
    return round_s(state.plan, state.slot_s) if slot_s is None else slot_s


def missing(state: State, now_ms: int) -> course.Missing | None:
    """The teacher, once it is time to do something about it."""
    from_ms = missing_ms(state)
    if from_ms is None or now_ms < from_ms or state.teacher is None:
        return None
    since_ms = away_ms(state, state.teacher)
    assert since_ms is not None
    return course.Missing(seat=state.teacher, since_ms=since_ms, why="teacher_late" if lesson_waits(state) else "teacher_away")


def undo(state: State, seat: str, now_ms: int) -> course.Undo | None:
    offer = state.undo
    if offer is None or not state.seats[seat].leads or offer.decision != state.moves or now_ms > offer.until_ms:
        return None
    return course.Undo(what=offer.what, until_ms=offer.until_ms)


def spent(state: State, words: Translate) -> tuple[course.Spent, ...]:
    """How long each phase was meant to be and was; one that was gone back to counts as one."""
    seconds: dict[tuple[str, int, int], tuple[Position, int, int]] = {}
    for phase_ in state.spent:
        position = phase_.position
        key = (position.part, position.round, position.index)
        _, planned_s, spent_s = seconds.get(key, (position, 0, 0))
        spent_s += (phase_.ended_ms - phase_.started_ms) // 1000
        seconds[key] = (position, max(planned_s, phase_.planned_s or 0), spent_s)
    return tuple(
        course.Spent(part=position.part, round=position.round, title=words(there.title), planned_s=planned_s, spent_s=spent_s)
        for position, planned_s, spent_s in seconds.values()
        if (there := phase_at(state.plan, position))
    )
