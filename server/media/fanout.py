"""Who gets what: the policy as a relation between published sources and subscribers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from server.media.control import RoomPolicy, Source

Key = tuple[str, Source]


def is_open(policy: RoomPolicy | None, key: Key) -> bool:
    """May this source leave its publisher at all?"""
    peer, source = key
    person = policy.people.get(peer) if policy else None
    return person is not None and (person.microphone if source == "microphone" else person.camera)


def may_receive(policy: RoomPolicy | None, subscriber: str, key: Key) -> bool:
    peer, source = key
    person = policy.people.get(subscriber) if policy else None
    if person is None or subscriber == peer or not is_open(policy, key):
        return False
    return peer in (person.hears if source == "microphone" else person.sees)


def recorded(policy: RoomPolicy | None, live: Iterable[Key]) -> list[Key]:
    """Of the live sources those that may be recorded now: consent (being in `tracks`) and an open gate, both."""
    recording = policy.recording if policy else None
    if recording is None:
        return []
    agreed = {(track.peer, track.source) for track in recording.tracks}
    return [key for key in live if key in agreed and is_open(policy, key)]
