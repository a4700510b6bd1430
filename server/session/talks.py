"""A talk that is recorded only while everybody in it wants that: it begins by itself when the last one says so, and ends for all at once.

Invariant: whoever is here has said yes. While somebody is missing nothing is recorded, and the recording goes on.
"""

from __future__ import annotations

import base64
import hashlib
from functools import reduce

from server.session.answers import Events
from server.session.events import RecordingEnded, TalkRecorded
from server.session.evolve import evolve
from server.session.here import is_here
from server.session.state import State

LEAST_PEOPLE = 2


def with_talk(state: State, events: Events, now_ms: int) -> Events:
    """What has just been decided, and what follows from it for the recording of a talk."""
    if not state.plan.records_talks:
        return events
    after = reduce(evolve, events, state)
    talk, wanted = after.talk, records_if_all(after) and all_want(after)
    if talk is not None and talk.take and not wanted:
        return (*events, RecordingEnded(at_ms=now_ms, take=talk.take))
    if talk is None and wanted and after.held is None and talks_together(after):
        return (*events, TalkRecorded(at_ms=now_ms, take=_take_of(after)))
    return events


def records_if_all(state: State) -> bool:
    return state.phase is not None and state.phase.record_if == "all"


def all_want(state: State) -> bool:
    """Everybody who is here. Who has said nothing has not said yes."""
    return all(own.recording == "record" for seat, own in state.seats.items() if is_here(state, seat))


def talks_together(state: State) -> bool:
    """The teacher and somebody else are here."""
    here = [seat for seat in state.seats if is_here(state, seat)]
    return state.teacher in here and len(here) >= LEAST_PEOPLE


def _take_of(state: State) -> str:
    """The same whenever it is decided again, and nobody can guess it who does not know the session; like `people.seats.seat_id`."""
    digest = hashlib.sha256(f"talk {len(state.talks)} of {state.session}".encode()).digest()
    return f"t{base64.urlsafe_b64encode(digest[:18]).decode()}"
