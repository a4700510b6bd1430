"""Typing at a human pace: one field after the other, a few words further with each message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from server.wire import messages as wire
from server.wire.pieces import Field
from server.wire.view import View

CHARACTERS_PER_S = 7.0
BEGINS_MS = 1_500
EVERY_MS = 1_200
SHARE_OF_PHASE = 0.6  # they are done by then, and type faster in a short phase


@dataclass(frozen=True, slots=True)
class Typed:
    """Characters sent, by round/form/field; when the last message was sent; when a form (round/form) was full."""

    characters: Mapping[str, int] = field(default_factory=dict)
    sent_ms: int = 0
    finished_ms: Mapping[str, int] = field(default_factory=dict)


def type_on(typed: Typed, view: View, texts: Mapping[str, str], began_ms: int, now_ms: int) -> tuple[Typed, tuple[wire.Write, ...]]:
    """`began_ms`: since when the form is there. Sends nothing while the last message is fresh, and nothing twice."""
    form = view.form
    if form is None or "write" not in view.you.may or now_ms - typed.sent_ms < EVERY_MS:
        return typed, ()
    own = [(each.key, text) for each in form.fields if (text := _answer(each, texts))]
    chosen = {each.key for each in form.fields if each.choices}
    key = f"{view.phase.round}/{form.form}"
    if not own or key in typed.finished_ms:
        return typed, ()
    left = _characters_by_now(view, sum(len(text) for _, text in own), now_ms - began_ms)
    for name, text in own:
        sent = typed.characters.get(f"{key}/{name}", 0)
        goal = len(text) if name in chosen and left else min(left, len(text))
        left -= goal
        if goal > sent:
            typed = replace(typed, characters={**typed.characters, f"{key}/{name}": goal}, sent_ms=now_ms)
            if goal == len(text) and name == own[-1][0]:
                typed = replace(typed, finished_ms={**typed.finished_ms, key: now_ms})
            return typed, (wire.Write(ref=0, form=form.form, round=view.phase.round, field=name, text=text[:goal]),)
    return typed, ()


def _answer(field: Field, texts: Mapping[str, str]) -> str:
    """To a question that they do not know they answer what they would say of the lesson anyway."""
    if field.choices:
        return field.choices[0].key
    others = "" if field.private or field.optional else texts.get("helped", "")
    return texts.get(field.key, others)


def _characters_by_now(view: View, total: int, since_ms: int) -> int:
    pace = CHARACTERS_PER_S
    if view.phase.seconds:
        pace = max(pace, total / max(1.0, view.phase.seconds * SHARE_OF_PHASE - BEGINS_MS / 1000))
    return max(0, round((since_ms - BEGINS_MS) / 1000 * pace))
