"""From the session's idea of media to the worker's: seats become peers, and everybody hears and sees the others."""

from __future__ import annotations

from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.session.policy import MediaPolicy, RecordedMedia


def room_policy(media: MediaPolicy, version: int) -> RoomPolicy:
    people = {}
    for seat, person in media.people.items():
        others = tuple(other for other, theirs in media.people.items() if other != seat and theirs.lane == person.lane)
        people[seat] = PersonPolicy(
            microphone=person.microphone,
            camera=person.camera,
            camera_max_bps=person.camera_max_bps,
            camera_shown=person.camera_shown,
            screen=person.screen,
            hears=others if person.hears else (),
            sees=others,
        )
    return RoomPolicy(version=version, people=people, recording=_recording(media.recording) if media.recording else None)


def _recording(recorded: RecordedMedia) -> RecordingPolicy:
    teacher = recorded.teacher
    shown = (RecordedTrack(peer=teacher, source="camera"), RecordedTrack(peer=teacher, source="screen"))
    sound = (RecordedTrack(peer=teacher, source="screen_sound"),)
    voices = tuple(RecordedTrack(peer=seat, source="microphone") for seat in recorded.voices)
    tracks = () if recorded.held else (*shown, *sound, *voices)
    return RecordingPolicy(take=recorded.take, teacher=teacher, tracks=tracks)
