"""What a simulated colleague does now: `behave(character, view, memory, now_ms)` gives acts and the memory to go on with.

Pure: no clock, no chance but the character's seed. A cue acts once in its phase, as soon as its time has come and it is allowed.
Colleagues hear nothing; they ask, answer and speak by the clock and by what the view shows.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from server.bots.cues_together import CUES as CUES_TOGETHER
from server.bots.scene import Act, Character, Cue, Memory, Say, Scene, Teach, What, When, new_id, say
from server.bots.writing import type_on
from server.wire import messages as wire
from server.wire import moves
from server.wire.view import View

__all__ = ["Act", "Character", "Memory", "Say", "Teach", "behave"]

LESSON_MOST_MS = 240_000  # of a longer lesson they fill the first minutes
HAND_UP_MS = 6_000
JITTER_MS = 600


def behave(character: Character, view: View, memory: Memory, now_ms: int) -> tuple[tuple[Act, ...], Memory]:
    scene = Scene(character, view, memory, now_ms)
    seen = {what: memory.seen_ms.get(what, now_ms) for what in (*memory.seen_ms, *_seen_now(scene))}
    memory = replace(memory, seen_ms=seen)
    acts: list[Act] = []
    for cue in () if view.phase.held else CUES:
        scene = Scene(character, view, memory, now_ms)
        key = f"{scene.key}/{cue.name}" + (f"@{view.phase.decision}" if cue.again else "")
        due_ms = None if key in memory.done_ms else cue.when(scene)
        if due_ms is None or now_ms < due_ms + _jitter_ms(character, key):
            continue
        acts += cue.what(scene)
        memory = replace(memory, done_ms={**memory.done_ms, key: now_ms})
    typed, writes = type_on(memory.typed, view, character.lines.written, seen[scene.key], now_ms)
    return (*acts, *writes), replace(memory, typed=typed)


def _seen_now(scene: Scene) -> tuple[str, ...]:
    """What is so now and was perhaps not before."""
    view = scene.view
    guests = any(person.here and not person.simulated for person in view.people)
    turn = f"{scene.key}/turn/{view.phase.decision}" if view.floor.turn == view.you.seat else None
    return tuple(what for what in (scene.key, "guest" if guests else None, turn) if what)


def _jitter_ms(character: Character, key: str) -> int:
    return random.Random(f"{character.seed}/{character.index}/{key}").randrange(JITTER_MS)


# ---- when


def _before(after_ms: int, each_ms: int = 0) -> When:
    """Once somebody who is not simulated is here; one after the other, `each_ms` apart."""

    def when(scene: Scene) -> int | None:
        if scene.view.phase.part != "before" or "guest" not in scene.memory.seen_ms:
            return None
        return scene.seen_ms("guest") + after_ms + scene.character.index * each_ms

    return when


def _nobody_teaches(scene: Scene) -> int | None:
    taught = any(person.teaches is not None for person in scene.view.people)
    return None if taught or not scene.first else _before(5_000)(scene)


def _lesson(share: float, *, index: int | None = None, teaching: bool = False) -> When:
    """At this share of a lesson that runs, for the colleague who came in at this place, or for the one who teaches."""

    def when(scene: Scene) -> int | None:
        phase = scene.view.phase
        if phase.status != "running" or phase.started_ms is None or not scene.view.marks:
            return None
        if scene.teaches_now != teaching or index not in (None, scene.character.index):
            return None
        length_ms = min(LESSON_MOST_MS, (phase.ends_ms or phase.started_ms) - phase.started_ms)
        return phase.started_ms + round(length_ms * share)

    return when


def _hand_seen(scene: Scene) -> int | None:
    """After some seconds, or as soon as somebody has lowered it."""
    raised_ms = scene.done_ms("hand")
    if raised_ms is None or scene.me is None:
        return None
    lowered = scene.me.hand_ms is None and scene.now_ms > raised_ms + 1_500
    return raised_ms + (1_500 if lowered else HAND_UP_MS)


def _lesson_waits(scene: Scene) -> int | None:
    waits = scene.teaches_now and scene.view.phase.status == "waiting" and scene.view.phase.starts_ms is None
    return scene.seen_ms(scene.key) + 3_000 if waits and scene.may("start_lesson") else None


def _own_turn(scene: Scene) -> int | None:
    turn = f"{scene.key}/turn/{scene.view.phase.decision}"
    in_turn = scene.view.floor.mode == "round_robin" and scene.view.floor.turn == scene.view.you.seat
    return scene.seen_ms(turn) + 1_200 if in_turn else None


def _feedback_said(scene: Scene) -> int | None:
    said_ms = scene.done_ms("feedback")
    if said_ms is None or scene.view.floor.turn != scene.view.you.seat or not scene.may("end_turn"):
        return None
    return said_ms + scene.character.lasts_ms.get("feedback", 0) + 1_000


def _own_view(scene: Scene) -> int | None:
    own = scene.view.floor.mode == "teacher" and scene.teaches_now
    return scene.seen_ms(scene.key) + 1_500 if own else None


def _closing(scene: Scene) -> int | None:
    if scene.view.phase.part != "closing" or scene.view.floor.mode != "open":
        return None
    return scene.seen_ms(scene.key) + 3_000 + scene.character.index * 4_000


def _all_written(scene: Scene) -> int | None:
    wrote_ms = scene.memory.typed.finished_ms.get(f"{scene.view.phase.round}/{scene.view.form.form}") if scene.view.form else None
    asks = wrote_ms is not None and scene.may("ready") and not scene.view.you.ready and scene.view.lane is None
    return wrote_ms + 1_500 if asks and wrote_ms is not None else None


# ---- what


def _devices(scene: Scene) -> Sequence[Act]:
    return (wire.SetDevices(ref=0, microphone="own", camera=True),) if scene.may("set_devices") else ()


def _teach(scene: Scene) -> Sequence[Act]:
    return (Teach(),)


def _raise_hand(scene: Scene) -> Sequence[Act]:
    return (wire.RaiseHand(ref=0, raised=True),) if scene.may("raise_hand") else ()


def _ask(scene: Scene) -> Sequence[Act]:
    down: tuple[Act, ...] = (wire.RaiseHand(ref=0, raised=False),) if scene.me and scene.me.hand_ms is not None else ()
    return (*say("question")(scene), *down)


def _chat(scene: Scene) -> Sequence[Act]:
    text = scene.character.lines.written.get("chat")
    return (wire.Chat(ref=0, message=new_id(scene, "c"), text=text),) if text and scene.may("chat") else ()


def _tap(mark: int) -> What:
    def what(scene: Scene) -> Sequence[Act]:
        if not scene.view.marks or not scene.may("tap"):
            return ()
        return (wire.Tap(ref=0, moment=new_id(scene, f"m{mark}"), mark=scene.view.marks[mark].key, at_ms=scene.now_ms),)

    return what


def _start_lesson(scene: Scene) -> Sequence[Act]:
    return (moves.StartLesson(ref=0, decision=scene.view.phase.decision),)


def _end_turn(scene: Scene) -> Sequence[Act]:
    return (moves.EndTurn(ref=0, decision=scene.view.phase.decision),)


def _ready(scene: Scene) -> Sequence[Act]:
    return (moves.Ready(ref=0, decision=scene.view.phase.decision, ready=True),)


CUES: tuple[Cue, ...] = (
    Cue("devices", _before(0), _devices),
    Cue("hello", _before(2_500, each_ms=2_500), say("hello")),
    Cue("teach", _nobody_teaches, _teach),
    Cue("start-lesson", _lesson_waits, _start_lesson, again=True),
    Cue("lesson-1", _lesson(0.02, teaching=True), say("lesson-1")),
    Cue("lesson-2", _lesson(0.45, teaching=True), say("lesson-2")),
    Cue("lesson-3", _lesson(0.75, teaching=True), say("lesson-3")),
    Cue("hand", _lesson(0.10, index=0), _raise_hand),
    Cue("question", _hand_seen, _ask),
    Cue("tap-helped", _lesson(0.25, index=1), _tap(0)),
    Cue("chat", _lesson(0.40, index=1), _chat),
    Cue("tap-lost", _lesson(0.50, index=2), _tap(-1)),
    Cue("answer", _lesson(0.65, index=2), say("answer")),
    Cue("tap-again", _lesson(0.80, index=0), _tap(0)),
    Cue("own-view", _own_view, say("own-view")),
    Cue("feedback", _own_turn, say("feedback")),
    Cue("end-turn", _feedback_said, _end_turn, again=True),
    Cue("ready", _all_written, _ready, again=True),
    Cue("closing", _closing, say("closing")),
    *CUES_TOGETHER,
)
