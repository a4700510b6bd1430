"""Logs of every release fold for ever. A new release adds its log; an old one is never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.session.beside import Beside
from server.session.events import decode_event
from server.session.evolve import fold
from server.session.policy import media_policy
from server.session.view import view

LOGS = Path(__file__).parents[2] / "corpus" / "logs"


@pytest.mark.parametrize("path", sorted(LOGS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_log_of_an_earlier_release_still_folds_and_shows(path: Path) -> None:
    state = fold(decode_event(line) for line in path.read_text().splitlines())
    assert state.position.part == "ended"
    assert state.moments
    assert state.lessons
    media_policy(state, state.created_ms)
    for seat in state.seats:
        assert view(state, seat, Beside(title="", names={}, texts={}, takes={}), state.created_ms)


def test_there_is_a_log_to_fold() -> None:
    assert list(LOGS.glob("*.jsonl"))
