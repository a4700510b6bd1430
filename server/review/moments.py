"""What was noted while a lesson ran and in its round: moments with their places in the film, and what colleagues wrote to its teacher."""

from __future__ import annotations

import msgspec

from recorder.control import Take
from server.people.seats import seat_of
from server.people.watching import Recording, Watcher
from server.rooms.room import Room
from server.session.beside import Translate
from server.session.writing import MOMENT_FIELD, attempt_of
from server.store.engine import Store
from server.wire.pieces import Entry

MOST_SHIFT_MS = 60_000


class TappedMoment(msgspec.Struct, frozen=True, kw_only=True):
    """`at_ms` is counted from the beginning of the film; `line` is what was written about it."""

    moment: str
    label: str
    at_ms: int
    name: str
    line: str


def entries_about(room: Room, recording: Recording, translate: Translate) -> list[Entry]:
    """What its teacher has received about this try."""
    received = room.view(recording.teacher, translate).received
    about = (recording.round, recording.attempt)
    return [entry for entry in received if (entry.round, attempt_of(room.state.plan, entry.form)) == about]


async def entries_for(store: Store, room: Room, watcher: Watcher, translate: Translate) -> list[Entry]:
    """All for the teacher and for a consultant to whom she shows them; for a colleague only what is their own."""
    entries = entries_about(room, watcher.recording, translate)
    if watcher.reads("notes"):
        return entries
    seat = await seat_of(store, watcher.recording.session, watcher.person.person)
    return [entry for entry in entries if entry.author == seat]


def moments_of(room: Room, entry: Entry, recording: Recording, take: Take | None) -> list[TappedMoment]:
    """The film begins when its recording did, the lesson a moment before or after."""
    shift_ms = recording.started_ms - (take.started_ms if take and take.started_ms else recording.started_ms)
    if abs(shift_ms) > MOST_SHIFT_MS:
        shift_ms = 0  # the machine's clock was set, and the server's does not follow while a lesson runs
    name = room.memory.names.get(entry.author, "…")
    return [
        TappedMoment(
            moment=moment.moment,
            label=moment.label,
            at_ms=max(0, moment.at_ms + shift_ms),
            name=name,
            line=entry.fields.get(f"{MOMENT_FIELD}{moment.moment}", "").strip(),
        )
        for moment in entry.moments
        if moment.take == recording.take
    ]
