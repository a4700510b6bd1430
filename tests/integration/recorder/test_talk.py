"""A conversation through the real recorder process: who it says spoke when, from the levels that packets carry."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from recorder.control import ReadTalk, Talk, VoiceTalk, from_recorder
from recorder.opus import FRAME_SAMPLES, SILENCE, Encoder
from server.media.control import RecordedTrack, read_frame
from server.media.ring import Kind, MarkedTrack, Marker, encode_marker
from tests.fakes.conversation import PACKET_MS, Conversation, by_espeak, found_right, packets, seconds_of, seconds_said, without_pauses
from tests.fakes.rtp_media import AUDIO_RATE_HZ, Event, Sender, reports
from tests.integration.recorder.harness import Client, Studio

AUDIO_TYPE = 111
MS = 1_000_000


@pytest.mark.parametrize("transmission", ["continuous", "discontinuous"])
async def test_recorder_tells_who_spoke_when_in_a_conversation_of_four(tmp_path: Path, transmission: str) -> None:
    said = by_espeak()
    studio = Studio(tmp_path, base_ns=time.monotonic_ns() - (said.duration_ms + 2_000) * MS)
    await studio.start()
    try:
        async with studio.connect() as client:
            write(studio, said, discontinuous=transmission == "discontinuous")
            take = await client.wait_for("take", "ready")
            voices = {voice.peer: voice for voice in await ask(client, take.version)}
    finally:
        await studio.close()
    assert sorted(voices) == sorted(said.peers)
    assert {voice.levels for voice in voices.values()} == {"header"}
    right = [each for peer in said.peers for each in found_right(voices[peer].segments, said.of(peer))]
    assert sum(right) >= 0.95 * len(right)
    found_s = sum(seconds_of(voice.segments) for voice in voices.values())
    assert abs(found_s - seconds_said(said.utterances)) <= 0.05 * found_s


def write(studio: Studio, said: Conversation, *, discontinuous: bool) -> None:
    """All that arrives in order, with a marker each second; each browser's RTP clock begins anywhere."""
    due: list[tuple[int, int, Event, int]] = []
    for handle, peer in enumerate(said.peers, start=1):
        for event, level in _sent(said, peer, handle, discontinuous=discontinuous):
            due.append((event.at_ns, handle, event, level))
    next_marker_ns = 0
    for at_ns, handle, event, level in sorted(due, key=lambda item: item[:2]):
        while next_marker_ns <= at_ns:
            _mark(studio, "take", next_marker_ns, said.peers)
            next_marker_ns += 1_000 * MS
        kind = Kind.SENDER_REPORT if event.is_report else Kind.RTP
        studio.ring.write(kind, event.data, track=handle, arrival_ns=studio.base_ns + event.at_ns, level=level)
    _mark(studio, None, said.duration_ms * MS, said.peers)


def _sent(said: Conversation, peer: str, handle: int, *, discontinuous: bool) -> list[tuple[Event, int]]:
    sender = Sender(ssrc=handle, timestamp=handle * 0x3333_3333, delay_ns=5 * handle * MS)
    at_ms, levels = packets(said.powers(peer), offset_ms=0)
    payloads = _encoded(peer)
    if discontinuous:
        at_ms, levels = without_pauses(at_ms, levels)
    events = [
        (sender.packet(number, at * MS, AUDIO_RATE_HZ, AUDIO_TYPE, False, payloads[at // PACKET_MS]), level)
        for number, (at, level) in enumerate(zip(at_ms.tolist(), levels.tolist(), strict=True))
    ]
    return [*events, *((report, 255) for report in reports(said.duration_ms / 1000, sender, AUDIO_RATE_HZ, 2.1, 5.0))]


@functools.cache
def _encoded(peer: str) -> list[bytes]:
    encoder = Encoder()
    loud = by_espeak().powers(peer) > 0
    return [
        encoder.encode(piece) if on else SILENCE for piece, on in zip(by_espeak().sound(peer).reshape(-1, FRAME_SAMPLES), loud, strict=True)
    ]


def _mark(studio: Studio, take: str | None, at_ns: int, peers: Sequence[str]) -> None:
    tracks = tuple(RecordedTrack(peer=peer, source="microphone") for peer in peers)
    live = tuple(
        MarkedTrack(handle=handle, track=track, ssrc=handle, clock_rate_hz=AUDIO_RATE_HZ) for handle, track in enumerate(tracks, start=1)
    )
    marker = Marker(
        worker="w1",
        room="room",
        wall_ms=studio.base_wall_ms + at_ns // MS,
        take=take,
        teacher="teacher" if take else None,
        allowed=tracks if take else (),
        live=live if take else (),
    )
    studio.ring.write(Kind.MARKER, encode_marker(marker), arrival_ns=studio.base_ns + at_ns)


async def ask(client: Client, version: str) -> tuple[VoiceTalk, ...]:
    client.send(ReadTalk(id=7, take="take", version=version))
    while True:
        message = await asyncio.wait_for(read_frame(client.reader, from_recorder), 20)
        if isinstance(message, Talk):
            return message.voices
