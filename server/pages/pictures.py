"""What pages show of a plan before anybody has begun: its phases and minutes."""

from __future__ import annotations

from server.session.plan import Plan


def phases_of(plan: Plan) -> list[dict[str, object]]:
    return [
        {"title": phase.title, "seconds": phase.minutes.default_s if phase.minutes else 0, "recorded": phase.record} for phase in plan.round
    ]


def card_of(plan: Plan) -> dict[str, object]:
    """`minutes` are one teacher's round."""
    minutes = plan.round_s / 60
    return {"id": plan.id, "title": plan.title, "summary": plan.summary, "minutes": minutes, "phases": phases_of(plan)}


def recorded_minutes(plan: Plan) -> float:
    return sum(phase.minutes.default for phase in plan.round if phase.record and phase.minutes)
