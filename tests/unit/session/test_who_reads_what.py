"""Every text, at every stage, for every reader but its author."""

import pytest

from server.session.beside import EntryKey
from server.session.commands import EndTurn, TakeSeat
from tests.fakes.played_session import PLANS, PlayedSession

TEXTS = {
    "Maria's card": (EntryKey(round=0, form="lesson-card", author="maria"), "goal"),
    "Maria's doubt": (EntryKey(round=0, form="lesson-card", author="maria"), "questions"),
    "Maria's own view": (EntryKey(round=0, form="own-view", author="maria"), "worked"),
    "Maria's notes": (EntryKey(round=0, form="listening-notes", author="maria"), "notes"),
    "Maria's one thing": (EntryKey(round=0, form="one-to-try", author="maria"), "try"),
    "Ben's note": (EntryKey(round=0, form="one-thing", author="ben"), "suggestion"),
    "Ana's note": (EntryKey(round=0, form="one-thing", author="ana"), "suggestion"),
    "Ben's card": (EntryKey(round=0, form="lesson-card", author="ben"), "goal"),
    "Ana's take-away": (EntryKey(round=0, form="take-away", author="ana"), "take-away"),
}
CARD = {("ben", "Maria's card"), ("ana", "Maria's card")}
NOTES = {("maria", "Ben's note"), ("maria", "Ana's note")}
READ = {
    "before": set(),
    "lesson": CARD,
    "writing": CARD,
    "teacher-first": CARD,
    "Ben's turn": CARD | {("maria", "Ben's note")},
    "Ana's turn": CARD | NOTES,
    "choose": CARD | NOTES,
    "second lesson": NOTES | {("maria", "Ben's card"), ("ana", "Ben's card")},
    "closing": NOTES,
    "ended": NOTES,
}


def at(stage: str) -> PlayedSession:
    """Maria and then Ben teach; Ana leads, and is a colleague in both rounds."""
    played = PlayedSession(PLANS["twenty-minute-round"])
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    for name, (key, field) in TEXTS.items():
        played.texts.setdefault(key, {})[field] = f"<{name}>"
    if stage == "before":
        return played
    played.begin_lesson()
    if stage in ("Ben's turn", "Ana's turn"):
        played.go_to("feedback")
        if stage == "Ana's turn":
            played.must(EndTurn(seat="ben", decision=played.state.decision))
    elif stage in ("second lesson", "closing", "ended"):
        while played.state.position.round == 0:
            played.pass_deadline()
        if stage != "second lesson":
            played.start_lesson()
            while played.state.position.part != stage:
                played.pass_deadline()
    else:
        played.go_to(stage)
    return played


@pytest.mark.parametrize("stage", READ)
def test_who_reads_what(stage: str) -> None:
    played = at(stage)
    views = {reader: str(played.view(reader)) for reader in played.state.seats}
    read = {(reader, name) for reader in views for name, (key, _) in TEXTS.items() if key.author != reader and f"<{name}>" in views[reader]}
    assert read == READ[stage]
