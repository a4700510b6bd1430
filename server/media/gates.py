"""Who gets what: the policy as a relation between published sources and subscribers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter

from server.media.control import PersonPolicy, RoomPolicy, Source
from server.media.rtp import PICTURES

Key = tuple[str, Source]

_GATES: dict[Source, Callable[[PersonPolicy], bool]] = {
    "microphone": attrgetter("microphone"),
    "camera": attrgetter("camera"),
    "screen": attrgetter("screen"),
    "screen_sound": attrgetter("screen"),
}


def is_open(policy: RoomPolicy | None, key: Key) -> bool:
    """May this source leave its publisher at all?"""
    peer, source = key
    person = policy.people.get(peer) if policy else None
    return person is not None and _GATES[source](person)


def is_offered(policy: RoomPolicy | None, key: Key) -> bool:
    """Should the others have a line for it? Voices and faces always; a screen while it is shown, so that it costs no lines later."""
    return key[1] in ("microphone", "camera") or is_open(policy, key)


def may_receive(policy: RoomPolicy | None, subscriber: str, key: Key) -> bool:
    peer, source = key
    person = policy.people.get(subscriber) if policy else None
    if person is None or subscriber == peer or not is_open(policy, key):
        return False
    return peer in (person.sees if source in PICTURES else person.hears)


def recorded(policy: RoomPolicy | None, live: Iterable[Key]) -> list[Key]:
    """Of the live sources those that may be recorded now: consent (being in `tracks`) and an open gate, both."""
    recording = policy.recording if policy else None
    if recording is None:
        return []
    agreed = {(track.peer, track.source) for track in recording.tracks}
    return [key for key in live if key in agreed and is_open(policy, key)]
