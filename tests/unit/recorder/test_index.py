"""What a finished take shows when the camera was off, came late, or the line died."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.frame_log import FrameLog, StreamLog
from recorder.index import BLACK_RECORD, SILENCE_RECORD, BrokenIndex, StoredIndex, build_index, load_index, save_index
from recorder.webm import AUDIO, VIDEO
from tests.fakes.frame_logs import camera_log as camera
from tests.fakes.frame_logs import log_frame
from tests.fakes.frame_logs import mix_log as mix


def build(streams: list[StreamLog], mixed: FrameLog, duration_ms: int) -> StoredIndex:
    return build_index(
        take="take", teacher="teacher", duration_ms=duration_ms, parts=[(1, "j")], streams=streams, voices=mixed.frames(), size=(64, 48)
    )


def shown(index: StoredIndex) -> list[tuple[int, bool]]:
    """Time of each picture, and whether it is the black one."""
    rows = index.layout_of().rows
    return [(int(row["pts_ms"]), int(row["record"]) == BLACK_RECORD) for row in rows if row["track"] == VIDEO]


def test_camera_that_comes_late_and_leaves_is_black_around() -> None:
    pictures = shown(build([camera(list(range(5000, 9000, 100)))], mix(range(1000)), 20_000))
    assert [at for at, black in pictures if black] == [0, 4000, 9900, 13_900, 17_900]
    assert [at for at, black in pictures if not black] == list(range(5000, 9000, 100))


def test_take_without_any_camera_is_black_and_seekable() -> None:
    assert shown(build([], mix(range(500)), 10_000)) == [(0, True), (4000, True), (8000, True)]


def test_black_never_comes_before_a_picture_that_builds_on_the_one_before_it() -> None:
    times = [0, 100, 200, 6000, 6100]
    assert [at for at, black in shown(build([camera(times)], mix(range(310)), 6200)) if black] == []


def test_reloaded_page_takes_the_picture_over() -> None:
    first, second = camera(list(range(0, 3000, 100))), camera(list(range(2050, 5000, 100)))
    pictures = [at for at, black in shown(build([second, first], mix(range(250)), 5000)) if not black]
    assert pictures == [*range(0, 2050, 100), *range(2050, 5000, 100)]


def test_colleagues_camera_is_never_shown() -> None:
    assert all(black for _, black in shown(build([camera([0, 100], peer="other")], mix(range(100)), 2000)))


def test_missing_mix_is_silence_and_nothing_lies_beyond_the_end() -> None:
    rows = build([camera([0, 100, 3000])], mix(range(10, 90)), 2000).layout_of().rows
    audio = [row for row in rows if row["track"] == AUDIO]
    assert [int(row["pts_ms"]) for row in audio] == list(range(0, 2000, 20))
    assert [int(row["record"]) == SILENCE_RECORD for row in audio] == [number not in range(10, 90) for number in range(100)]
    assert max(int(row["pts_ms"]) for row in rows) < 2000


def test_pictures_behind_a_loss_are_not_shown_until_the_next_key_frame_and_are_when_it_is_repaired() -> None:
    times = list(range(0, 2000, 100))
    broken = [at for at, black in shown(build([camera(times, lost=frozenset({3}))], mix(range(100)), 2000)) if not black]
    assert broken == [0, 100, 200, *range(1000, 2000, 100)]
    repaired = camera(times, lost=frozenset({3}))
    log_frame(repaired.frames, 3, 300 * 90, 4_800, key=False)
    assert [at for at, black in shown(build([repaired], mix(range(100)), 2000)) if not black] == times


def test_a_frame_that_is_journaled_twice_is_shown_once() -> None:
    twice = camera([0, 100, 200])
    log_frame(twice.frames, 1, 100 * 90, 100, key=False)
    assert [at for at, black in shown(build([twice], mix(range(100)), 2000)) if not black] == [0, 100, 200]


def test_a_stream_that_begins_within_a_picture_is_shown_from_its_first_key_frame() -> None:
    late = camera(list(range(0, 3000, 100)), lost=frozenset({0}))
    assert next(at for at, black in shown(build([late], mix(range(150)), 3000)) if not black) == 0  # the first picture, from the start
    assert [at for at, black in shown(build([late], mix(range(150)), 3000)) if not black][1] == 1000


def test_same_journal_gives_the_same_version_and_another_length_another() -> None:
    versions = [build([camera([0, 100])], mix(range(100)), duration).version() for duration in (2000, 2000, 1980)]
    assert versions[0] == versions[1] != versions[2]


def test_stored_index_is_sealed(tmp_path: Path) -> None:
    index = build([camera([0, 100])], mix(range(100)), 2000)
    cipher = AESGCM(bytes(16))
    path = tmp_path / "take.index"
    save_index(path, index, cipher)
    assert load_index(path, cipher) == index
    assert b"teacher" not in path.read_bytes()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(BrokenIndex):
        load_index(path, cipher)


def test_a_picture_that_comes_soon_stands_there_from_the_start() -> None:
    assert shown(build([camera([400, 500])], mix(range(100)), 2000))[:2] == [(0, False), (400, False)]
    assert shown(build([camera([2400, 2500])], mix(range(150)), 3000))[0] == (0, True)
