"""What one person of a busy session does next: `acts(view, …)` gives messages to send, without their `ref`.

It knows chance and the view and no clock. How often each thing is done stands in one table; what may not be done now is not tried.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from server.wire.view import View

# what -> how many seconds pass on average until one person does it again, while it may be done; a busy session
EACH_S: Final = {"tap": 6.0, "chat": 25.0, "raise_hand": 12.0, "ready": 15.0, "write": 4.0, "start_lesson": 2.0, "end_turn": 5.0}
WORDS: Final = "When you asked us to draw the fraction first I could see at once why the pieces have to be alike. I could try that too. "
WRITES: Final = 6
"""A sentence leaves in so many messages, as typing pauses."""

Message = dict[str, Any]
Seen = Callable[[View], bool]


@dataclass
class Typing:
    """`left`: how many messages the sentence that is being typed still takes."""

    field: str = ""
    left: int = 0
    text: str = ""


def acts(view: View, typing: Typing, chance: random.Random, passed_s: float, *, waits: bool) -> Iterator[Message]:
    """`passed_s` is how long this person has not looked; `waits`: for an answer, so no button is pressed again.

    The person who leads lets the session go by its clocks once it has begun.
    """
    you, phase = view.you, view.phase

    def now(what: str) -> bool:
        return what in you.may and chance.random() < passed_s / EACH_S[what]

    if view.marks and now("tap"):
        yield {"type": "tap", "moment": _new(chance), "mark": chance.choice(view.marks).key, "at_ms": view.now_ms}
    if now("chat"):
        yield {"type": "chat", "message": _new(chance), "text": WORDS[: chance.randrange(12, len(WORDS))]}
    if not waits and now("raise_hand"):
        raised = any(person.seat == you.seat and person.hand_ms is not None for person in view.people)
        yield {"type": "raise_hand", "raised": not raised}
    if not waits and now("ready"):
        yield {"type": "ready", "decision": phase.decision, "ready": not you.ready}
    if not waits and view.teacher == you.seat and now("start_lesson"):
        yield {"type": "start_lesson", "decision": phase.decision}
    if not waits and view.floor.turn == you.seat and now("end_turn"):
        yield {"type": "end_turn", "decision": phase.decision}
    yield from _typed(view, typing, chance, starts=now("write"))


def seen_by_all(message: Message, seat: str) -> Seen | None:
    """How a view shows that this has happened, where everybody's does."""
    match message:
        case {"type": "chat", "message": line}:
            return lambda view: any(one.message == line for one in view.chat)
        case {"type": "raise_hand", "raised": raised}:
            return lambda view: any(person.seat == seat and (person.hand_ms is not None) == raised for person in view.people)
        case {"type": "advance" | "start_lesson" | "end_turn", "decision": decision}:
            return lambda view: view.phase.decision > decision
    return None


def _typed(view: View, typing: Typing, chance: random.Random, *, starts: bool) -> Iterator[Message]:
    form = view.form
    if form is None or "write" not in view.you.may:
        typing.left = 0
        return
    fields = [field.key for field in form.fields]
    if not typing.left and starts:
        typing.field, typing.left, typing.text = chance.choice(fields), WRITES, ""
    elif typing.left and typing.field in fields:
        done = WRITES - typing.left + 1
        typing.left -= 1
        typing.text = WORDS[: done * len(WORDS) // WRITES]
        yield {"type": "write", "form": form.form, "round": view.phase.round, "field": typing.field, "text": typing.text}


def _new(chance: random.Random) -> str:
    return f"{chance.getrandbits(96):024x}"
