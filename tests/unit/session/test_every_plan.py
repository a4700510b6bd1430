"""Every shipped format runs to its end, whatever people do: nothing when they are there and silent, and everything that pages offer."""

from __future__ import annotations

import pytest

from server.session.answers import Refused
from server.session.commands import Advance, SetConsultant, SetHere, StartLesson, TakeSeat, Tick
from server.session.decide import decide
from server.session.events import LessonStarted, PhaseEntered
from server.session.pacing import session_s
from server.session.schedule import lesson_waits, next_deadline_ms
from server.session.state import Position
from tests.fakes.offered import NOT_OF_RIGHT, command_of
from tests.fakes.played_session import PLANS, PlayedSession

OTHERS = ("ben", "ana", "carl", "dora")
MOVES = {
    "advance",
    "back",
    "take_back",
    "restart_lesson",
    "teach_later",
    "go_without",
    "hold",
    "hand_over",
    "take_lead",
    "add_time",
    "set_order",
}


def group(plan: str, count: int) -> PlayedSession:
    """Maria teaches, Ben too where there are more than two; Ana leads, the last who came is the consultant."""
    if PLANS[plan].alone:
        played = PlayedSession(PLANS[plan], people=())
        played.must(TakeSeat(seat="maria", teaches=True, leads=True))
        played.must(SetHere(seat="maria", here=True, since_ms=played.now_ms))
        return played
    people = ("maria", "ana") if count == 2 else ("maria", *OTHERS[: count - 1])
    played = PlayedSession(PLANS[plan], people=people)
    if count > 2:
        played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    if count > 3:
        played.must(SetConsultant(seat="ana", whose=people[-1], on=True))
    return played


def nudged(played: PlayedSession) -> bool:
    """What nobody but people can do: begin, start a lesson, go on where no clock runs. False where the clock does it."""
    state = played.state
    if next_deadline_ms(state) is not None:
        return False
    if lesson_waits(state):
        assert state.teacher
        played.must(StartLesson(seat=state.teacher, decision=state.decision, take=f"take-{state.decision}"))
    else:
        played.must(Advance(seat=played.leader, decision=played.decision(played.leader)))
    return True


def visited(played: PlayedSession) -> list[Position]:
    return [event.position for event in played.log if isinstance(event, PhaseEntered)]


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("plan", sorted(PLANS))
def test_with_people_who_only_begin_the_clock_leads_to_the_end(plan: str, count: int) -> None:
    played = group(plan, count)
    began_ms, steps = played.now_ms, 0
    while played.state.position.part != "ended":
        steps += 1
        assert steps < 1_000
        if not nudged(played):
            before = played.state
            played.pass_deadline()
            assert played.state != before
        for seat in played.state.seats:
            played.view(seat)
    rounds = [Position(part="round", round=round_, index=index) for round_ in range(len(played.state.order)) for index in range(99)]
    expected = [position for position in rounds if position.index < len(played.state.plan.round)]
    assert [position for position in visited(played) if position.part == "round"] == expected, "every phase of every round, once"
    lessons = len(played.state.plan.lessons) * len(played.state.order)
    assert sum(isinstance(event, LessonStarted) for event in played.log) == lessons
    late_ms = played.now_ms - began_ms - session_s(played.state.plan, len(played.state.order)) * 1000
    assert late_ms <= 3_000 * lessons + 60_000, "nothing takes longer than was planned, but for 3-2-1 and shortest turns"


@pytest.mark.parametrize("count", [2, 4, 5])
@pytest.mark.parametrize("plan", sorted(PLANS))
def test_with_people_who_do_everything_that_is_offered_it_ends_too(plan: str, count: int) -> None:
    played = group(plan, count)
    done, steps = set[str](), 0
    while played.state.position.part != "ended":
        steps += 1
        assert steps < 1_000
        for number, seat in enumerate(played.state.seats):
            for name in played.view(seat).you.may:
                if name in MOVES or name not in played.view(seat).you.may:
                    continue
                command = command_of(name, played.state, seat, played.now_ms, number + steps)
                outcome = decide(played.state, command, played.now_ms)
                if isinstance(outcome, Refused):
                    assert outcome.code in NOT_OF_RIGHT or name in ("keep", "choose_try", "show_slide", "untap"), (name, outcome)
                else:
                    played.must(command)
                    done.add(name)
        played.must(Tick())
        if not nudged(played):
            played.pass_deadline()
    expected = {"start_lesson"} if played.state.plan.lessons else set()
    expected |= {"write", "ready"} if not played.state.plan.alone else {"write"}
    expected |= {"add_line", "take_notes"} if any(step.collects for step in played.state.plan.steps) else set()
    floors = {step.floor for step in played.state.plan.steps}
    expected |= {"offer_opinion", "answer_offer"} if "permission" in floors else set()
    expected |= {"end_turn"} if floors & {"round_robin", "queue"} else set()
    assert expected <= done, expected - done
