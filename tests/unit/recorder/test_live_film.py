"""Who watches a lesson that runs sees and hears all of it in order of time, from the newest key frame on, and never waits for a picture."""

from __future__ import annotations

import asyncio
import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder import live_film, opus
from recorder.live_film import BLACK_AFTER_MS, BLACK_EVERY_MS, STILL_AFTER_MS, LiveFilm, LiveWatcher
from recorder.still_frame import profile_of, still_frame
from recorder.take import ReadRefused

WIDTH, HEIGHT = 64, 48
Found = list[tuple[int, str, bool]]  # time in ms, track, key


def encoded(levels: list[int], *, size: tuple[int, int] = (WIDTH, HEIGHT), key_every: int = 1000) -> list[tuple[bytes, bool]]:
    """Grey pictures as VP8 frames."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"deadline": "realtime", "lag-in-frames": "0", "error-resilient": "default", "g": str(key_every)}
    frames = []
    for number, level in enumerate(levels):
        picture = av.VideoFrame.from_ndarray(np.full((size[1], size[0]), level, dtype=np.uint8), format="gray").reformat(format="yuv420p")
        picture.pts = number
        frames += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(picture)]
    return frames


def silence(film: LiveFilm, since_ms: int, until_ms: int) -> None:
    film.voices(since_ms // 20, [opus.SILENCE] * ((until_ms - since_ms) // 20))


def demuxed(data: bytes) -> Found:
    found: Found = []
    with av.open(io.BytesIO(data), "r", format="matroska") as container:
        for packet in container.demux():
            if packet.size:
                assert packet.pts is not None
                found.append((packet.pts, packet.stream.type, packet.is_keyframe))
    return found


def levels(data: bytes) -> list[tuple[int, int]]:
    """Time in ms and mean grey of each decoded picture."""
    with av.open(io.BytesIO(data), "r", format="matroska") as container:
        return [(frame.pts or 0, round(float(frame.to_ndarray(format="gray").mean()))) for frame in container.decode(video=0)]


def videos(data: bytes) -> list[int]:
    return [at_ms for at_ms, kind, _ in demuxed(data) if kind == "video"]


@pytest.fixture
def film() -> LiveFilm:
    return LiveFilm(WIDTH, HEIGHT)


async def test_pictures_go_out_with_the_voices_of_their_time(film: LiveFilm) -> None:
    watcher = film.subscribe()
    for number, (payload, key) in enumerate(encoded([50, 100, 150, 200])):
        film.picture(number * 40, payload, key)
    silence(film, 0, 100)
    data = watcher.read()
    assert demuxed(data) == [
        (0, "video", True),
        (0, "audio", True),
        (20, "audio", True),
        (40, "video", False),
        (40, "audio", True),
        (60, "audio", True),
        (80, "video", False),
        (80, "audio", True),
    ]
    assert watcher.read() == b""
    silence(film, 100, 140)
    assert [level for _, level in levels(data + watcher.read())] == pytest.approx([50, 100, 150, 200], abs=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(-300, 300), st.just(None)), min_size=1, max_size=60), st.integers(0, 50))
def test_time_never_steps_back(steps: list[int | None], first: int) -> None:
    """Whatever the times of pictures, each is shown once; `None`: the next 100 ms of voices."""

    async def run() -> Found:
        film = LiveFilm(WIDTH, HEIGHT)
        watcher = film.subscribe()
        number = first
        for step in [0, *steps, None]:
            if step is None:
                film.voices(number, [opus.SILENCE] * 5)
                number += 5
            else:
                film.picture(number * 20 + step, *KEY)
        film.voices(number, [opus.SILENCE] * 50)
        return demuxed(watcher.read())

    found = asyncio.run(run())
    times = [at_ms for at_ms, _, _ in found]
    assert times == sorted(times)
    for kind in ("video", "audio"):
        own = [at_ms for at_ms, track, _ in found if track == kind]
        assert len(set(own)) == len(own)
    assert sum(key for _, kind, key in found if kind == "video") >= 1 + sum(step is not None for step in steps)


async def test_a_picture_that_comes_too_late_is_shown_at_once(film: LiveFilm) -> None:
    watcher = film.subscribe()
    frames = encoded([50, 100, 150])
    film.picture(0, *frames[0])
    silence(film, 0, 1000)
    film.picture(300, *frames[1])
    film.picture(340, *frames[2])
    silence(film, 1000, 1100)
    shown = levels(watcher.read())
    assert [at_ms for at_ms, level in shown if level > 60] == [981, 982]


async def test_nobody_waits_for_a_picture(film: LiveFilm) -> None:
    """A still picture, then a camera that is off, then one that is on again."""
    watcher = film.subscribe()
    frames = encoded([100, 102, 104])
    film.picture(0, *frames[0])
    silence(film, 0, 9_000)
    film.picture(9_000, *frames[1])  # builds on a picture that black has replaced
    film.picture(9_040, *KEY)
    silence(film, 9_000, 9_200)
    data = watcher.read()
    assert np.max(np.diff(videos(data))) <= STILL_AFTER_MS + 20
    shown = levels(data)
    before = [level for at_ms, level in shown if at_ms <= BLACK_AFTER_MS]
    black = [level for at_ms, level in shown if BLACK_AFTER_MS + 20 <= at_ms < 9_040]
    assert len(before) > 12
    assert min(before) > 90
    assert max(black) < 20
    assert [level for at_ms, level in shown if at_ms >= 9_040] == pytest.approx([200], abs=3)
    keys = [at_ms for at_ms, kind, key in demuxed(data) if kind == "video" and key]
    first_black = BLACK_AFTER_MS + 20
    assert keys == [0, first_black, first_black + BLACK_EVERY_MS, 9_040]


async def test_what_builds_on_a_lost_picture_is_not_shown(film: LiveFilm) -> None:
    watcher = film.subscribe()
    frames = encoded([50, 100, 150, 200], key_every=3)
    film.picture(0, *frames[0])
    film.picture(80, *frames[2], joins=False)
    film.picture(120, *frames[3])
    silence(film, 0, 200)
    assert [round(level, -1) for _, level in levels(watcher.read())] == [50, 200]


async def test_who_comes_later_begins_at_the_newest_key_frame(film: LiveFilm) -> None:
    for number, (payload, key) in enumerate(encoded([10 * number for number in range(20)], key_every=8)):
        film.picture(number * 40, payload, key)
    silence(film, 0, 800)
    watcher = film.subscribe()
    shown = levels(watcher.read())
    assert shown[0][0] == 16 * 40
    assert len(shown) == 4


async def test_a_lesson_without_a_camera_is_black_from_the_start(film: LiveFilm) -> None:
    silence(film, 0, 5000)
    watcher = film.subscribe()
    assert {level for _, level in levels(watcher.read())} == {0}


async def test_long_without_a_key_frame_a_new_cluster_begins_with_a_voice(film: LiveFilm) -> None:
    watcher = film.subscribe()
    for number, (payload, key) in enumerate(encoded([100] * 65)):
        film.picture(number * 1000, payload, key)
    silence(film, 0, 65_000)
    data = watcher.read()
    assert data.count(b"\x1f\x43\xb6\x75") == 3
    assert {*range(0, 65_000, 1000)} < set(videos(data))


async def test_pictures_of_another_size_go_on_in_the_same_film(film: LiveFilm) -> None:
    watcher = film.subscribe()
    film.picture(0, *encoded([100])[0])
    film.picture(200, *encoded([100], size=(160, 90))[0])
    silence(film, 0, 4000)
    with av.open(io.BytesIO(watcher.read()), "r", format="matroska") as container:
        sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert sizes[0] == (WIDTH, HEIGHT)
    assert set(sizes[-20:]) == {(160, 90)}, "black, too"


async def test_the_end_of_a_take_ends_every_watcher(film: LiveFilm) -> None:
    silence(film, 0, 200)
    first, second = film.subscribe(), film.subscribe()
    reading = asyncio.create_task(all_of(first))
    await asyncio.sleep(0)
    silence(film, 200, 400)
    film.end()
    assert demuxed(await reading)[-1] == (380, "audio", True)
    assert demuxed(await all_of(second))[-1] == (380, "audio", True)
    assert film.subscribe().is_over


async def test_one_who_does_not_read_is_ended_and_holds_up_nobody(film: LiveFilm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_film, "MOST_UNREAD_BYTES", 20_000)
    slow, quick = film.subscribe(), film.subscribe()
    for second in range(40):
        silence(film, second * 1000, second * 1000 + 1000)
        quick.read()
    assert slow.is_over
    with pytest.raises(ReadRefused, match="gone"):
        await all_of(slow)
    assert not quick.is_over


async def test_what_is_held_has_a_bound(film: LiveFilm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key frame for long, who comes then waits for the next one."""
    monkeypatch.setattr(live_film, "MOST_HELD_BYTES", 1_500)
    film.picture(0, *KEY)
    silence(film, 0, 1900)
    watcher = film.subscribe()
    head = watcher.read()
    silence(film, 1900, 1980)
    assert watcher.read() == b""
    film.picture(1990, *KEY)
    silence(film, 1980, 2020)
    assert demuxed(head + watcher.read())[0] == (1990, "video", True)


@pytest.mark.parametrize("size", [(16, 16), (64, 48), (322, 182), (1280, 720)])
@pytest.mark.parametrize("decoder", ["vp8", "libvpx"])
def test_a_still_frame_leaves_no_trace(size: tuple[int, int], decoder: str) -> None:
    frames = [payload for payload, _ in encoded([0, 40, 80, 160, 80, 20], size=size)]
    still = still_frame(*size, profile_of(frames[0]))
    plain = decoded(frames, decoder)
    mixed = decoded([each for frame in frames for each in (frame, still, still)], decoder)
    assert len(mixed) == 3 * len(plain)
    for number, picture in enumerate(mixed):
        assert np.array_equal(picture, plain[number // 3])


def decoded(frames: list[bytes], decoder: str) -> list[np.ndarray]:
    context = av.CodecContext.create(decoder, "r")
    assert isinstance(context, av.VideoCodecContext)
    return [picture.to_ndarray() for frame in frames for picture in context.decode(av.Packet(frame))]


async def all_of(watcher: LiveWatcher) -> bytes:
    return b"".join([piece async for piece in watcher.pieces()])


KEY = encoded([200])[0]
