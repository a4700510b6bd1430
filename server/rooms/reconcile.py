"""From the session's idea of media to the worker's: seats become peers, and everybody hears and sees the others."""

from __future__ import annotations

from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.session.policy import MediaPolicy, RecordedMedia


def room_policy(media: MediaPolicy, version: int) -> RoomPolicy:
    people = {
        seat: PersonPolicy(
            microphone=person.microphone,
            camera=person.camera,
            camera_max_bps=person.camera_max_bps,
            hears=tuple(other for other in media.people if other != seat),
            sees=tuple(other for other in media.people if other != seat),
        )
        for seat, person in media.people.items()
    }
    return RoomPolicy(version=version, people=people, recording=_recording(media.recording) if media.recording else None)


def _recording(recorded: RecordedMedia) -> RecordingPolicy:
    voices = tuple(RecordedTrack(peer=seat, source="microphone") for seat in recorded.voices)
    return RecordingPolicy(
        take=recorded.take,
        teacher=recorded.teacher,
        tracks=(RecordedTrack(peer=recorded.teacher, source="camera"), *voices),
    )
