"""Every shipped format, played by its clock alone from the first lesson card to the end."""

from __future__ import annotations

import pytest

from server.session.plan import Plan
from tests.fakes.played_session import PLANS, PlayedSession

MOST_STEPS = 100


def play(session: PlayedSession) -> list[str]:
    """The phases in the order in which they came."""
    seen: list[str] = []
    for _ in range(MOST_STEPS):
        if session.state.position.part == "ended":
            return seen
        phase = session.state.phase
        assert phase
        seen += [phase.key] if seen[-1:] != [phase.key] else []
        if phase.is_lesson and session.state.status == "waiting":
            session.start_lesson()
        else:
            session.pass_deadline()
    raise AssertionError(f"it never ends: {seen[-5:]}")


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.alone], ids=lambda plan: plan.id)
def test_a_format_goes_from_phase_to_phase_to_its_end(plan: Plan) -> None:
    session = PlayedSession(plan)
    session.advance()
    assert play(session) == [phase.key for phase in (*plan.round, plan.closing)]


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.alone], ids=lambda plan: plan.id)
def test_everybody_is_asked_exactly_what_the_format_asks_of_them(plan: Plan) -> None:
    session = PlayedSession(plan)
    session.advance()
    for phase in plan.round:
        while session.state.phase is None or session.state.phase.key != phase.key:
            if session.state.status == "waiting" and session.state.phase and session.state.phase.is_lesson:
                session.start_lesson()
            session.pass_deadline()
        for seat, role in (("maria", "teacher"), ("ben", "colleague")):
            step = next((lane for lane in phase.lanes if role in lane.who), phase)
            asked = step.forms.teacher if role == "teacher" else step.forms.colleague
            form = session.view(seat).form
            assert (form.form if form else None) == asked, (phase.key, seat)
