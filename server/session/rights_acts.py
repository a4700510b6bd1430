"""Rows of the table of rights for what people do without moving the session."""

from __future__ import annotations

from server.session.commands import ChooseRecording, SeatCommand, SetReady, Tap, Untap, Write
from server.session.roles import Condition, Rows, always, going_on
from server.session.state import State
from server.session.writing import form_of


def _moments_wanted(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    taught = state.lesson is not None and state.status != "waiting"
    return phase is not None and bool(phase.marks) and taught and seat != state.teacher


def _was_a_learner(state: State, seat: str, now_ms: int) -> bool:
    return any(lesson.teacher != seat for lesson in state.lessons.values())


def _has_form(state: State, seat: str, now_ms: int) -> bool:
    return form_of(state, seat) is not None


RIGHTS: Rows = {
    Tap: (("teacher", _was_a_learner), ("colleague", _was_a_learner)),
    Untap: (("teacher", _was_a_learner), ("colleague", _was_a_learner)),
    Write: (("teacher", always), ("colleague", always)),
    SetReady: (("teacher", _has_form), ("colleague", _has_form)),
    ChooseRecording: (("teacher", going_on), ("colleague", going_on)),
}

SHOWN_ONLY_WHEN: dict[type[SeatCommand], Condition] = {Tap: _moments_wanted, Untap: _moments_wanted, Write: _has_form}
"""Commands that arrive late and are still taken, but that a page should offer only under this condition."""
