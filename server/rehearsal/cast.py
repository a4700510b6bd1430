"""Who plays in a rehearsal: simulated people with names, of whom some teach and the first one leads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from server.bots.lines import read_lines
from server.bots.scene import Character, Scene
from server.session.plan import Plan
from server.wire import base, moves
from server.wire.view import View

NAMES = ("Lina", "Omar", "Greta", "Tomás", "Aiko", "Noor", "Pavel", "Zuri", "Emil", "Mei", "Ravi", "Ines")
MOST = len(NAMES)
SPEAKS_MS = 30_000
WELCOME_MS = 60_000
TALKS_MS = 30_000


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """`character` is what `behave` wants to know of this person."""

    seat: str
    name: str
    teaches: bool
    leads: bool
    consults: bool
    character: Character


def cast(plan: Plan, people: int, teachers: int, seed: int) -> tuple[Player, ...]:
    """The first leads. The last teach, so that the one who leads does so only where all do; the first colleague is the consultant where
    the format has a place for one."""
    count = 1 if plan.alone else people
    teaching = 1 if plan.alone else min(teachers, count)
    wanted = any("consultant" in lane.who for phase in plan.round for lane in phase.lanes)
    return tuple(
        Player(
            seat=f"seat-{index}",
            name=NAMES[index],
            teaches=index >= count - teaching,
            leads=index == 0,
            consults=wanted and index == 1 and index < count - teaching,
            character=_character(index, seed),
        )
        for index in range(count)
    )


def lead(scene: Scene) -> Sequence[base.Command]:
    """What the one who leads presses: on, where no clock does it. In a conversation without a clock that is after half a minute."""
    view = scene.view
    if "advance" not in view.you.may or view.phase.ends_ms is not None or view.phase.held:
        return ()
    waits_ms = WELCOME_MS if view.phase.part == "before" else TALKS_MS
    over = scene.now_ms >= scene.seen_ms(scene.key) + waits_ms
    return (moves.Advance(ref=0, decision=view.phase.decision),) if over and not _lesson_to_come(view) else ()


def _lesson_to_come(view: View) -> bool:
    return view.phase.lesson and view.phase.status == "waiting"


def _character(index: int, seed: int) -> Character:
    lines = read_lines("en")
    own = lines[index % len(lines)]
    taught = {**lines[0].written, **own.written}  # everybody may teach here, and then has something to write
    return Character(
        index=index,
        seed=seed,
        lines=msgspec.structs.replace(own, name=NAMES[index], written=taught),
        lasts_ms=dict.fromkeys((*own.said, *lines[0].said), SPEAKS_MS),
    )
