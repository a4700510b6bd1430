"""What simulated colleagues look and sound like: drawn, encoded and spoken without a fault, at the right times."""

from __future__ import annotations

import asyncio
import random

import av
import numpy as np
import pytest

from server.bots.faces import EYES, HEIGHT, LOOKS, WIDTH, encode_face
from server.bots.lines import HERE, LANGUAGES, known_language, read_lines
from server.bots.peer import on_loopback
from server.bots.speech import MOUTHS, PACKET_MS, SILENCE, Line, read_speech
from server.bots.tracks import Picture, Voice

MOST_SPEECH_BYTES = 200_000


@pytest.mark.parametrize("name", LOOKS)
def test_every_pose_is_a_picture_of_its_own_that_needs_no_other(name: str) -> None:
    """A page that comes later sees a face at the next packet, and poses follow each other in any order."""
    poses = encode_face(LOOKS[name])
    assert set(poses) == {(eyes, mouth) for eyes in EYES for mouth in range(MOUTHS)}
    pictures = []
    for data in poses.values():
        codec = av.CodecContext.create("vp8", "r")
        assert isinstance(codec, av.VideoCodecContext)
        [frame] = codec.decode(av.Packet(data))
        assert (frame.width, frame.height) == (WIDTH, HEIGHT)
        pictures.append(frame.to_ndarray(format="rgb24"))
        assert len(data) < 2 * 1300, "two RTP packets"
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_everybody_can_say_all_lines_in_every_language() -> None:
    people = {language: [(lines.key, set(lines.said), set(lines.written)) for lines in read_lines(language)] for language in LANGUAGES}
    assert set(LANGUAGES) == {"de", "en"}
    assert people["de"] == people["en"]
    for language in LANGUAGES:
        for lines in read_lines(language):
            assert lines.key in LOOKS
            for key, line in read_speech(lines, language).items():
                assert 800 < line.duration_ms < 8_500, f"{language} {lines.key} {key}"
                assert max(line.mouths) == MOUTHS - 1
    files = list((HERE / "speech").rglob("*.opus"))
    assert len(files) == sum(len(lines.said) for language in LANGUAGES for lines in read_lines(language))
    assert sum(path.stat().st_size for path in files) < MOST_SPEECH_BYTES


def test_speech_is_loud_enough_and_not_too_loud() -> None:
    for lines in read_lines("en"):
        codec = av.CodecContext.create("libopus", "r")
        assert isinstance(codec, av.AudioCodecContext)
        codec.layout, codec.sample_rate = "mono", 48_000
        packets = read_speech(lines, "en")["feedback"].packets
        samples = np.concatenate([frame.to_ndarray().reshape(-1) for packet in packets for frame in codec.decode(av.Packet(packet))])
        loudness = np.abs(samples.astype(np.float32)) / (32768 if samples.dtype == np.int16 else 1)
        assert 0.3 < loudness.max() < 0.9


def test_the_language_of_a_page_is_spoken_if_it_is_known() -> None:
    assert [known_language(wanted) for wanted in ("de", "de-AT", "en-GB", "fr", "")] == ["de", "de", "en", "en", "en"]


async def test_a_line_is_spoken_at_once_without_a_gap_and_silence_is_cheap() -> None:
    voice = Voice()
    quiet = [await voice.recv() for _ in range(2)]
    assert [bytes(packet) for packet in quiet] == [SILENCE, SILENCE]
    assert (quiet[1].pts or 0) - (quiet[0].pts or 0) >= 48 * 150, "a few packets a second, not fifty"
    line = Line(tuple(bytes([number]) for number in range(1, 6)))
    loop = asyncio.get_running_loop()
    waiting = asyncio.create_task(voice.recv())
    await asyncio.sleep(0)
    asked_s = loop.time()
    voice.say(line)
    assert bytes(await waiting) == SILENCE
    spoken = [await voice.recv() for _ in line.packets]
    assert [bytes(packet) for packet in spoken] == list(line.packets)
    assert np.diff([packet.pts or 0 for packet in spoken]).tolist() == [PACKET_MS * 48] * 4
    assert 0.08 < loop.time() - asked_s < 0.4
    assert not voice.speaks


async def test_a_face_blinks_while_it_is_silent() -> None:
    poses = {(eyes, mouth): f"{eyes} {mouth}".encode() for eyes in EYES for mouth in range(MOUTHS)}
    picture = Picture(poses, Voice(), random.Random(1))
    packets = [await picture.recv() for _ in range(4)]
    assert b"closed 0" in [bytes(packet) for packet in packets]
    times = [packet.pts or 0 for packet in packets]
    assert times == sorted(set(times))


def test_media_goes_to_this_computer_whatever_addresses_are_told() -> None:
    line = "a=candidate:4{} 1 udp 2130706431 {} 10000 typ host\r\n"
    sdp = "v=0\r\n" + line.format(0, "192.0.2.7") + line.format(1, "198.51.100.1") + "a=end-of-candidates\r\nm=video\r\n"
    here = "v=0\r\n" + line.format(0, "127.0.0.1") + "a=end-of-candidates\r\nm=video\r\n"
    assert on_loopback(sdp) == here
    assert on_loopback(sdp, 10_007) == here.replace(" 10000 ", " 10007 "), "others are told another port than it has here"
