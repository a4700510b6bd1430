"""What pages show of a plan before anybody has begun: its phases and minutes, in the reader's language."""

from __future__ import annotations

from server.session.beside import Translate
from server.session.plan import PhasePlan, Plan


def phases_of(plan: Plan, translate: Translate) -> list[dict[str, object]]:
    """The time line of one round. `rows` are the parts of a divided group, drawn below each other; `again`: the second try."""
    return [
        {
            "title": translate(phase.title),
            "seconds": phase.minutes.default_s if phase.minutes else 0,
            "recorded": phase.record and phase.is_lesson,
            "again": phase.again is not None,
            "rows": _rows(phase, translate),
        }
        for phase in plan.round
    ]


def card_of(plan: Plan, translate: Translate) -> dict[str, object]:
    """`round_minutes` are one teacher's round. `once`: there is one round only."""
    return {
        "id": plan.id,
        "title": translate(plan.title),
        "summary": translate(plan.summary),
        "suits": translate(plan.suits),
        "credit": translate(plan.credit),
        "alone": plan.alone,
        "once": plan.alone or plan.places == 1,
        "round_minutes": plan.round_s / 60,
        "phases": phases_of(plan, translate),
        "recorded": recorded_lessons(plan) > 0,
        "recorded_if_all": plan.records_talks,
        "tried_again": len(plan.lessons) > 1,
    }


def recorded_minutes(plan: Plan) -> float:
    """The longest lesson that is recorded; 0: there is none."""
    return max((phase.minutes.default for phase in plan.round if phase.record and phase.is_lesson and phase.minutes), default=0)


def recorded_lessons(plan: Plan) -> int:
    return sum(phase.record and phase.is_lesson for phase in plan.round)


def _rows(phase: PhasePlan, translate: Translate) -> list[dict[str, object]]:
    """`part`: how much of the phase's time this part has."""
    whole_s = phase.minutes.default_s if phase.minutes else 0
    return [
        {"title": translate(lane.title), "part": lane.minutes.default_s / whole_s if lane.minutes and whole_s else 1}
        for lane in phase.lanes
    ]
