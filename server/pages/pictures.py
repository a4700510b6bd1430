"""What pages show of a plan before anybody has begun: its phases and minutes, in the reader's language."""

from __future__ import annotations

from server.session.beside import Translate
from server.session.plan import Plan


def phases_of(plan: Plan, translate: Translate) -> list[dict[str, object]]:
    return [
        {"title": translate(phase.title), "seconds": phase.minutes.default_s if phase.minutes else 0, "recorded": phase.record}
        for phase in plan.round
    ]


def card_of(plan: Plan, translate: Translate) -> dict[str, object]:
    """`round_minutes` are one teacher's round."""
    return {
        "id": plan.id,
        "title": translate(plan.title),
        "summary": translate(plan.summary),
        "suits": translate(plan.suits),
        "credit": translate(plan.credit),
        "round_minutes": plan.round_s / 60,
        "phases": phases_of(plan, translate),
    }


def recorded_minutes(plan: Plan) -> float:
    return sum(phase.minutes.default for phase in plan.round if phase.record and phase.minutes)
