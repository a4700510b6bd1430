"""What the journal of a take comes to: its films, its holes, and who is heard when. Pure: logs in, indexes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from recorder.control import TakeTrack, VoiceTalk
from recorder.frame_log import FrameLog, StreamLog, captured_ns
from recorder.holes import Pause, find_holes, pauses
from recorder.index import DEFAULT_SIZE, PICTURES, StoredIndex, build_index
from recorder.manifest import Manifest
from recorder.talk import Voice, knows_levels, talk_of


def describe(
    manifest: Manifest,
    streams: Sequence[StreamLog],
    mix: FrameLog,
    sizes: Mapping[str, tuple[int, int]],
    changes: Sequence[tuple[int, Pause]],
) -> tuple[Manifest, list[StoredIndex]]:
    """The manifest with what is known now, and the film of the face, then that of the screen if there is one.

    `sizes` are width and height of each picture by source, `changes` since when (nanoseconds from the start) nothing was wanted.
    """
    duration_ms = manifest.duration_ms
    talk = _talk(streams)
    indexes = [
        build_index(
            take=manifest.take,
            teacher=manifest.teacher,
            duration_ms=duration_ms,
            parts=[(part.part, part.path) for part in manifest.parts],
            streams=streams,
            voices=mix.frames(),
            mix=manifest.mix,
            size=sizes.get(picture, DEFAULT_SIZE),
            picture=picture,
            talk=talk if picture == "camera" else (),
        )
        for picture in PICTURES
        if picture == "camera" or picture in sizes
    ]
    named = {(stream.peer, stream.source) for stream in streams if len(stream.frames)}
    known = [(hole.start_ms, hole.end_ms, hole.reason) for hole in manifest.holes if hole.reason == "full"]  # no journal tells that
    described = msgspec.structs.replace(
        manifest,
        holes=find_holes(streams, manifest.teacher, duration_ms, [*pauses(changes, duration_ms), *known]),
        tracks=tuple(TakeTrack(peer=peer, source=source) for peer, source in sorted(named)),
    )
    return described, indexes


def _talk(streams: Sequence[StreamLog]) -> tuple[VoiceTalk, ...]:
    voices: dict[str, Voice] = {}
    for stream in streams:
        frames = stream.frames.frames()
        if stream.source != "microphone" or not knows_levels(frames["level"]):
            continue
        track = captured_ns(stream, frames, streams) // 1_000_000, frames["level"]
        known = voices.get(stream.peer)
        voices[stream.peer] = Voice(stream.peer, [*known.tracks, track] if known else [track])
    return talk_of(list(voices.values()))
