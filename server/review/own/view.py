"""A teacher's own view of a lesson: which questions are asked, in which order, and who reads the answers. Pure.

Strengths come first: the question about what to change waits until there is an answer to what worked. Nobody else reads anything before
it is shared, and what was shared can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from server.errors import UserError
from server.people.watching import Watcher
from server.review.lesson import Line
from server.session.beside import Translate

MOST_CHARACTERS = 4_000
WORKED, GOAL, WATCHED, DIFFERENTLY = "worked", "goal", "watch-for", "differently"
QUESTIONS = (WORKED, GOAL, WATCHED, DIFFERENTLY)

TOO_LONG = UserError("too_long", "That is too long to be kept: at most 4000 characters.", 413)
NO_QUESTION = UserError("no_such_question", "This question is not asked here.", 404)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    changed_ms: int
    shared_ms: int | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """`about` is the teacher's own line on the lesson card that is asked about. `waits`: for the answer to what worked."""

    key: str
    label: str
    hint: str
    about: str
    text: str
    shared: bool
    waits: bool


def questions(card: Sequence[Line], answers: Mapping[str, Answer], translate: Translate) -> list[Question]:
    """Those of a lesson: about goals only where the teacher had written some."""
    said = {line.field: line.text for line in card}
    asked = [
        (
            WORKED,
            translate("Where were you successful? What did you do, and what did your learners do?"),
            translate("A moment, and what happened in it"),
            "",
        ),
        (GOAL, translate("Did your learners get there? How do you see it?"), translate("What they said or did"), said.get("goal", "")),
        (WATCHED, translate("You asked others to watch for this. What do you see?"), "", said.get("watch-for", "")),
        (DIFFERENTLY, translate("Where can you improve? What would you do differently?"), translate("Next time I would …"), ""),
    ]
    waits = not (WORKED in answers and answers[WORKED].text.strip())
    return [
        _question(key, label, hint, about, answers.get(key), waits=waits and key == DIFFERENTLY)
        for key, label, hint, about in asked
        if about or key in (WORKED, DIFFERENTLY)
    ]


def readable(watcher: Watcher, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """What this person reads of them: the teacher all; others what is shared; a consultant to whom the own view is shown all."""
    if watcher.reads("own"):
        return dict(answers)
    return {key: answer for key, answer in answers.items() if answer.shared_ms is not None}


def checked(question: str, text: object) -> str:
    """Raises UserError."""
    if question not in QUESTIONS:
        raise UserError(NO_QUESTION.code, NO_QUESTION.message, NO_QUESTION.status)
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise UserError(TOO_LONG.code, TOO_LONG.message, TOO_LONG.status)
    return text.strip()


def _question(key: str, label: str, hint: str, about: str, answer: Answer | None, *, waits: bool) -> Question:
    text, shared = (answer.text, answer.shared_ms is not None) if answer else ("", False)
    return Question(key=key, label=label, hint=hint, about=about, text=text, shared=shared, waits=waits and not text)
