"""What a finished take says about what it lacks."""

from __future__ import annotations

from recorder.control import Hole
from recorder.frame_log import StreamLog
from recorder.holes import find_holes, pauses
from tests.fakes.frame_logs import camera_log, log_frame, voice_log

SECOND_NS = 1_000_000_000


def test_holes_are_where_nothing_of_the_teacher_arrived() -> None:
    voice = StreamLog("teacher", "microphone", 48_000)
    for number, at in enumerate([*range(0, 2000, 20), *range(5000, 6000, 20)]):
        log_frame(voice.frames, number, at * 48, at)
    colleague = StreamLog("other", "microphone", 48_000)
    log_frame(colleague.frames, 0, 0, 3000)
    assert find_holes([voice, colleague], "teacher", 6400) == (Hole(start_ms=1980, end_ms=5000),)
    assert find_holes([voice], "teacher", 6500)[1:] == (Hole(start_ms=5980, end_ms=6500),)
    assert find_holes([colleague], "teacher", 2000) == (Hole(start_ms=0, end_ms=2000),)


def test_a_picture_that_was_lost_while_the_voice_went_on_is_said() -> None:
    lost = frozenset(range(22, 45))
    [hole] = find_holes([camera_log(list(range(0, 6000, 100)), lost=lost), voice_log(list(range(0, 6000, 20)))], "teacher", 6000)
    assert (hole.start_ms, hole.end_ms, hole.what, hole.reason) == (2100, 5000, "picture", "lost")


def test_a_voice_that_was_lost_while_the_picture_went_on_is_said_and_one_that_was_silent_is_not() -> None:
    voice = StreamLog("teacher", "microphone", 48_000)
    for number in [*range(100), *range(150, 200)]:
        log_frame(voice.frames, number, number * 960, number * 20)
    for number in range(200, 250):  # silence was not sent for two seconds
        log_frame(voice.frames, number, (number + 100) * 960, number * 20 + 2000)
    holes = find_holes([camera_log(list(range(0, 7000, 100))), voice], "teacher", 7000)
    assert [(hole.start_ms, hole.end_ms, hole.what) for hole in holes] == [(1980, 3000, "voice")]


def test_a_frame_that_was_repaired_leaves_no_hole() -> None:
    voice = voice_log([at for at in range(0, 4000, 20) if not 1000 <= at < 1800])
    assert len(find_holes([voice], "teacher", 4000)) == 1
    whole = StreamLog("teacher", "microphone", 48_000)
    for number in range(200):
        log_frame(whole.frames, number, number * 960, number * 20 + (5000 if 50 <= number < 90 else 0))
    assert find_holes([whole], "teacher", 4000) == ()


def test_why_nothing_was_recorded_is_said() -> None:
    voice = voice_log([*range(0, 2000, 20), *range(5000, 6000, 20), *range(9000, 10_000, 20)])
    paused = pauses([(2 * SECOND_NS, "held"), (5 * SECOND_NS, "none"), (6 * SECOND_NS, "full")], 9000)
    assert paused == [(2000, 5000, "held"), (6000, 9000, "full")]
    assert [hole.reason for hole in find_holes([voice], "teacher", 10_000, paused)] == ["held", "full"]
