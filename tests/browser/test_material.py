"""Marks survive what a codec does to them, and are never read where there are none."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.browser.material import (
    COLLEAGUE_A_HZ,
    COLLEAGUE_B_HZ,
    HEARD_DB,
    HEIGHT,
    RATE_HZ,
    TEACHER_HZ,
    WIDTH,
    Mark,
    film_y4m,
    mark_luma,
    read_counter,
    read_mark,
    speech_wav,
    tone_level,
)


def pictures(film: Path, size: tuple[int, int] = (WIDTH, HEIGHT)) -> list[av.VideoFrame]:
    with av.open(str(film)) as container:
        return [frame.reformat(*size) for frame in container.decode(video=0)]


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (160, 90), (1280, 720)])
def test_the_counter_is_read_after_strong_vp8_compression(size: tuple[int, int]) -> None:
    frames = pictures(film_y4m(2, source=5), size)[:30]
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.framerate, encoder.bit_rate = Fraction(30), size[0] * size[1] // 2
    encoder.options = {"deadline": "realtime", "cpu-used": "8"}
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    packets = [packet for frame in (*frames, None) for packet in encoder.encode(frame)]
    decoded = [frame for packet in packets for frame in decoder.decode(av.Packet(bytes(packet)))]
    assert [read_mark(frame.to_ndarray(format="rgb24")) for frame in decoded] == [Mark(5, counter) for counter in range(30)]
    assert read_counter(decoded[7].to_ndarray(format="gray")) == 7


def test_pictures_without_a_mark_read_as_none() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, HEIGHT, WIDTH), dtype=np.uint8)
    assert sum(read_mark(picture) is not None for picture in noise) == 0
    assert read_mark(np.zeros((HEIGHT, WIDTH), np.uint8)) is None
    assert read_mark(np.full((HEIGHT, WIDTH, 3), 255, np.uint8)) is None


def test_every_mark_reads_back() -> None:
    picture = np.full((HEIGHT, WIDTH), 128, np.uint8)
    for mark in (Mark(0, 0), Mark(7, 1023), Mark(2, 512), Mark(1, 31)):
        mark_luma(picture, mark)
        assert read_mark(picture) == mark


def test_a_voice_is_known_by_its_tone_alone_and_in_a_mix() -> None:
    def samples(text: str, hz: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        with wave.open(str(speech_wav(text, seconds=6, tone_hz=hz))) as file:
            assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (RATE_HZ, 1, 6 * RATE_HZ)
            return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768

    teacher, colleague = samples("What do you see on this picture?", TEACHER_HZ), samples("A bridge, and a river.", COLLEAGUE_A_HZ)
    heard = {hz: tone_level(teacher + colleague, RATE_HZ, hz) for hz in (TEACHER_HZ, COLLEAGUE_A_HZ, COLLEAGUE_B_HZ)}
    assert heard[TEACHER_HZ] > HEARD_DB
    assert heard[COLLEAGUE_A_HZ] > HEARD_DB
    assert heard[COLLEAGUE_B_HZ] < HEARD_DB / 2
    assert tone_level(teacher, RATE_HZ, COLLEAGUE_A_HZ) < HEARD_DB / 2
    assert abs(tone_level(np.zeros(RATE_HZ), RATE_HZ, TEACHER_HZ)) < 1
