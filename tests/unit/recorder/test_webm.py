"""The virtual file is one byte sequence: predicted, sliced anywhere, and what a demuxer finds is what the index says."""

from __future__ import annotations

import hashlib
import io
import random
from fractions import Fraction

import av
import numpy as np
import pytest

from recorder import opus, vp8
from recorder.webm import AUDIO, LAYOUT_VERSION, ROW, VIDEO, Layout, LayoutError, Rows

GOLDEN = "d25b2e0105fb24d77ebc2211aa207a73ea2350bb5c57dd34891e26bf51eb0ad0"  # of layout version 1: another hash needs a new LAYOUT_VERSION


def rows_of(frames: list[tuple[int, int, int, int]]) -> Rows:
    """From (time ms, track, key, size)."""
    rows = np.zeros(len(frames), dtype=ROW)
    for name, column in zip(("pts_ms", "track", "key", "size"), zip(*frames, strict=True), strict=True):
        rows[name] = column
    return rows


def synthetic(seconds: int, *, key_every_ms: int = 4000, seed: int = 1) -> Rows:
    chance = random.Random(seed)
    video = [(at, VIDEO, int(at % key_every_ms == 0), chance.randrange(20, 4000)) for at in range(0, seconds * 1000, 40)]
    audio = [(at, AUDIO, 1, chance.randrange(3, 200)) for at in range(0, seconds * 1000, 20)]
    return rows_of(sorted(video + audio))


def payload_of(layout: Layout, row: int) -> bytes:
    return bytes((row * 7 + index) & 0xFF for index in range(int(layout.rows["size"][row])))


def read(layout: Layout, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(layout.pieces(start, layout.size if end is None else end, lambda row: payload_of(layout, row)))


def test_bytes_of_this_layout_version_never_change() -> None:
    layout = Layout(synthetic(9), width=640, height=360, duration_ms=9000)
    assert (LAYOUT_VERSION, hashlib.sha256(read(layout)).hexdigest()) == (1, GOLDEN)


def test_size_is_predicted_and_any_range_is_a_slice_of_the_whole() -> None:
    layout = Layout(synthetic(12), width=640, height=360, duration_ms=12_000)
    whole = read(layout)
    assert len(whole) == layout.size
    chance = random.Random(2)
    for _ in range(400):
        start = chance.randrange(layout.size + 1)
        end = chance.randrange(start, min(layout.size, start + chance.choice((1, 50, 5000, 200_000))) + 1)
        assert read(layout, start, end) == whole[start:end]


def test_range_outside_is_refused() -> None:
    layout = Layout(synthetic(1), width=640, height=360, duration_ms=1000)
    for start, end in ((-1, 3), (5, 4), (0, layout.size + 1)):
        with pytest.raises(LayoutError):
            read(layout, start, end)


def test_demuxer_finds_exactly_what_the_index_says() -> None:
    black = vp8.black_key_frame(64, 48)
    frames = [(at, VIDEO, 1, len(black)) for at in range(0, 9000, 1500)] + [(at, AUDIO, 1, len(opus.SILENCE)) for at in range(0, 9000, 20)]
    layout = Layout(rows_of(sorted(frames)), width=64, height=48, duration_ms=9000)
    data = b"".join(layout.pieces(0, layout.size, lambda row: black if layout.rows["track"][row] == VIDEO else opus.SILENCE))
    found: list[tuple[int, int, int, int]] = []
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration == 9_000_000
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.width, video.codec_context.height) == (64, 48)
        assert (audio.codec_context.sample_rate, audio.codec_context.layout.nb_channels) == (48_000, 1)
        for packet in container.demux():
            if packet.size:
                base = packet.time_base
                assert packet.pts is not None
                assert base
                at = packet.pts * Fraction(base.numerator, base.denominator) * 1000
                found.append((int(at), VIDEO if packet.stream == video else AUDIO, int(packet.is_keyframe), packet.size))
        container.seek(5_000_000)
        shown = next(iter(container.decode(video=0)))
        assert shown.pts is not None
        assert 3000 <= shown.pts <= 5000
    assert sorted(found) == sorted(frames)


def test_every_cue_points_at_a_cluster() -> None:
    layout = Layout(synthetic(130, key_every_ms=10**9), width=640, height=360, duration_ms=130_000)
    whole = read(layout)
    body = whole.index(b"\x18\x53\x80\x67") + 12
    cues = whole.index(b"\x1c\x53\xbb\x6b\x01")
    count = int.from_bytes(whole[cues + 5 : cues + 12], "big") // 21
    assert count == 5  # one key frame in 130 s: a cluster each 30 s
    for number in range(count):
        cue = whole[cues + 12 + 21 * number :][:21]
        position = body + int.from_bytes(cue[15:21], "big")
        assert whole[position : position + 4] == b"\x1f\x43\xb6\x75"
        assert whole[position + 10 : position + 14] == cue[4:8]


def test_longer_take_begins_with_the_same_clusters() -> None:
    short, long = (Layout(synthetic(20)[:count], width=640, height=360, duration_ms=20_000) for count in (900, 1400))
    short_media, long_media = read(short)[len(short.head) :], read(long)[len(long.head) :]
    last_cluster = short_media.rindex(b"\x1f\x43\xb6\x75")
    assert long_media[:last_cluster] == short_media[:last_cluster]


def test_empty_and_unsorted_indexes_are_refused() -> None:
    with pytest.raises(LayoutError):
        Layout(np.zeros(0, dtype=ROW), width=1, height=1, duration_ms=0)
    with pytest.raises(LayoutError):
        Layout(rows_of([(5, 0, 1, 1), (4, 1, 1, 1)]), width=1, height=1, duration_ms=9)
