"""Where in a film a moment of its lesson is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from recorder.control import Take
from server.people.watching import Recording
from server.review.moments import moments_of
from server.rooms.room import Room
from server.wire.pieces import Entry, Moment

RECORDING = Recording(take="t", session="s", round=0, teacher="maria", started_ms=1_000_000_000, attempt=0)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("film_began_ms", "at_ms"),
    [
        (RECORDING.started_ms, 5_000),
        (RECORDING.started_ms + 400, 4_600),
        (0, 5_000),
        (RECORDING.started_ms + HOUR_MS, 5_000),
        (RECORDING.started_ms - HOUR_MS, 5_000),
    ],
)
def test_moment_is_found_where_it_was_also_when_the_clock_was_set_in_between(film_began_ms: int, at_ms: int) -> None:
    room = cast(Room, SimpleNamespace(memory=SimpleNamespace(names={"ana": "Ana"})))
    moment = Moment(moment="m", mark="good", label="Good", at_ms=5_000, take="t")
    entry = Entry(form="f", round=0, author="ana", fields={}, labels={}, moments=(moment,))
    take = Take(take="t", room="s", state="ready", started_ms=film_began_ms)
    assert [found.at_ms for found in moments_of(room, entry, RECORDING, take)] == [at_ms]
