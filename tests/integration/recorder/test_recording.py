"""The real recorder process between a ring and its control socket: what somebody would see and hear in the take."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from recorder.control import CancelRead, DeleteTake, ReadFailed, ReadTake, TakeDeleted, from_recorder
from server.media.control import read_frame
from tests.fakes.rtp_media import Event, Sender, beeps, delayed, film, tone, voice, without
from tests.integration.recorder.harness import (
    AGREED_VOICE,
    DECLINED_VOICE,
    TEACHER_CAMERA,
    TEACHER_VOICE,
    Client,
    Studio,
    Watched,
    seek,
    watch,
)

SECONDS = 6
SECOND_NS = 1_000_000_000
BEEP_HZ, AGREED_HZ, DECLINED_HZ = 1000, 440, 3000


@pytest.fixture(scope="module")
def lesson() -> dict[int, list[Event]]:
    return {
        TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, BEEP_HZ)),
        AGREED_VOICE: voice(SECONDS, Sender(ssrc=3, utc_ns=1_500_000_000_000_000_000), tone(SECONDS, AGREED_HZ)),
        DECLINED_VOICE: voice(SECONDS, Sender(ssrc=4), tone(SECONDS, DECLINED_HZ)),
    }


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def past_studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """Its takes began so long ago that all of their media can be there at once."""
    made = Studio(tmp_path, base_ns=time.monotonic_ns() - (SECONDS + 1) * SECOND_NS)
    yield made
    await made.close()


async def record_at_once(studio: Studio, lesson: dict[int, list[Event]], take: str = "take") -> None:
    await studio.play(take, lesson, until_ns=SECONDS * SECOND_NS, in_real_time=False)
    studio.mark(None, SECONDS * SECOND_NS)


async def watch_take(client: Client, take: str = "take") -> Watched:
    return watch(await client.read_all(await client.wait_for(take, "ready")))


async def test_lesson_is_there_right_after_its_end(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    await studio.start()
    studio.base_ns = time.monotonic_ns()
    async with studio.connect() as client:
        await studio.play("take", lesson, until_ns=SECONDS * SECOND_NS)
        ended = time.monotonic()
        studio.mark(None, SECONDS * SECOND_NS)
        take = await client.wait_for("take", "ready")
        print(f"ready {time.monotonic() - ended:.3f} s after the end marker")
        data = await client.read_all(take)
    assert (take.duration_ms, take.holes) == (SECONDS * 1000, ())
    watched = watch(data)
    assert_flashes_and_beeps_agree(watched)
    assert watched.loudness(AGREED_HZ) > 0.05
    assert watched.loudness(DECLINED_HZ) < 0.0005
    for second in range(SECONDS):
        picture = watched.picture_at(second + 0.5)
        assert abs(float(picture[:80, :150].mean()) - (40 + 10 * second)) < 6
        assert float(picture[100:, 170:].mean()) < 40
    shown_s, picture = seek(data, 4.5)
    assert 4.4 < shown_s <= 4.5
    assert abs(float(picture[:80, :150].mean()) - 80) < 6
    assert await studio.stop() == 0


async def test_killed_recorder_loses_nothing_that_is_in_the_ring(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    await studio.start()
    studio.base_ns = time.monotonic_ns()
    await studio.play("take", lesson, until_ns=2_500_000_000)
    await studio.kill()
    await studio.play("take", lesson, since_ns=2_500_000_000, until_ns=3_300_000_000)
    await studio.start()
    async with studio.connect() as client:
        assert client.takes["take"].state == "recording"
        await studio.play("take", lesson, since_ns=3_300_000_000, until_ns=SECONDS * SECOND_NS)
        studio.mark(None, SECONDS * SECOND_NS)
        take = await client.wait_for("take", "ready")
        watched = watch(await client.read_all(take))
    assert take.holes == ()
    pictures = SECONDS * 25
    assert pictures <= len(watched.times) <= pictures + 1  # each frame once, and the black one before the first
    assert np.max(np.diff(watched.times)) < 0.1
    assert_flashes_and_beeps_agree(watched)
    assert len(list((studio.folder / "data" / "journals" / "room").glob("*.journal"))) == 2


async def test_recorder_killed_after_the_end_serves_the_same_version(past_studio: Studio, lesson: dict[int, list[Event]]) -> None:
    await past_studio.start()
    async with past_studio.connect() as client:
        await record_at_once(past_studio, lesson)
        before = await client.wait_for("take", "ready")
    await past_studio.kill()
    await past_studio.start()
    await asyncio.sleep(0.3)
    async with past_studio.connect() as client:
        after = client.takes["take"]
        assert (after.version, after.duration_ms, after.revision) == (before.version, before.duration_ms, 1)
        await client.read_all(before)


async def test_all_that_waits_in_the_ring_is_recorded_by_a_recorder_that_starts_late(
    past_studio: Studio, lesson: dict[int, list[Event]]
) -> None:
    await record_at_once(past_studio, lesson)
    await past_studio.start()
    async with past_studio.connect() as client:
        watched = await watch_take(client)
    assert_flashes_and_beeps_agree(watched)


async def test_ring_may_appear_late_and_be_replaced(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    studio.ring.close()
    (studio.folder / "ring").unlink()
    await studio.start()
    async with studio.connect() as client:
        for take in ("first", "second"):
            (studio.folder / "ring").unlink(missing_ok=True)
            studio.open_ring()
            studio.base_ns = time.monotonic_ns() - 2 * SECOND_NS
            await studio.play(take, lesson, until_ns=2 * SECOND_NS, in_real_time=False)
            studio.mark(None, 2 * SECOND_NS)
            assert (await client.wait_for(take, "ready")).duration_ms == 2000
            studio.ring.close()


async def test_second_recorder_on_the_same_data_gives_way(studio: Studio) -> None:
    await studio.start()
    other = await studio.spawn()
    assert await other.wait() == os.EX_TEMPFAIL
    async with studio.connect() as client:
        assert client.takes == {}


async def test_loss_shows_no_broken_picture_and_a_late_repair_is_used(past_studio: Studio, lesson: dict[int, list[Event]]) -> None:
    camera = without(delayed(lesson[TEACHER_CAMERA], [30, 31], 900_000_000), [85])
    await past_studio.start()
    await record_at_once(past_studio, {**lesson, TEACHER_CAMERA: camera})
    async with past_studio.connect() as client:
        watched = await watch_take(client)
    assert [round(moment) for moment in watched.flashes()] == [0, 1, 2, 3, 4, 5]
    for second in range(SECONDS):
        level = float(watched.picture_at(second + 0.3)[:80, :150].mean())
        assert abs(level - (40 + 10 * second)) < 6


async def test_take_whose_markers_stop_is_closed_and_goes_on_if_they_return(tmp_path: Path, lesson: dict[int, list[Event]]) -> None:
    studio = Studio(tmp_path, base_ns=time.monotonic_ns() - 20 * SECOND_NS)
    await studio.start()
    async with studio.connect() as client:
        await studio.play("take", lesson, until_ns=3 * SECOND_NS, in_real_time=False)
        first = await client.wait_for("take", "ready")
        assert 2900 <= first.duration_ms <= 3000
        await studio.play("take", lesson, since_ns=5 * SECOND_NS, until_ns=SECONDS * SECOND_NS, in_real_time=False)
        studio.mark(None, SECONDS * SECOND_NS)
        await client.wait_for("take", "recording")
        second = await client.wait_for("take", "ready")
        assert second.duration_ms == SECONDS * 1000
        assert [(round(hole.start_ms, -2), round(hole.end_ms, -2)) for hole in second.holes] == [(3000, 5000)]
        assert await client.read("take", first.version, 0, 10) == ReadFailed(id=1, code="gone")
        watched = watch(await client.read_all(second))
        assert watched.flashes()[0] < 0.1
    await studio.close()


async def test_reads_are_refused_by_code_and_a_bad_frame_closes_only_its_connection(
    past_studio: Studio, lesson: dict[int, list[Event]]
) -> None:
    await past_studio.start()
    await record_at_once(past_studio, lesson)
    async with past_studio.connect() as client, past_studio.connect() as other:
        take = await client.wait_for("take", "ready")
        size = take.size_bytes
        assert await client.read("nothing", take.version, 0, 1) == ReadFailed(id=1, code="missing")
        assert await client.read("take", "other", 0, 1) == ReadFailed(id=1, code="gone")
        assert await client.read("take", take.version, 0, size + 1) == ReadFailed(id=1, code="range")
        assert await client.read("take", take.version, size, size) == b""
        await other.wait_for("take", "ready")
        other.writer.write(b"\x00\x00\x00\x02\xff\xff")
        rest = await other.reader.read()  # to the end of the connection; what the disk has free may be told before
        assert b"storage_changed" in rest or rest == b""
        client.send(ReadTake(id=7, take="take", version=take.version, start=0, end=size))
        client.send(CancelRead(id=7))
        assert len(await client.read_all(take)) == size


async def test_damaged_record_ends_the_read_and_is_never_padded(past_studio: Studio, lesson: dict[int, list[Event]]) -> None:
    await past_studio.start()
    await record_at_once(past_studio, lesson)
    async with past_studio.connect() as client:
        take = await client.wait_for("take", "ready")
        for path in (past_studio.folder / "data" / "journals").glob("*/*.journal"):
            data = bytearray(path.read_bytes())
            data[5000:] = bytes(len(data) - 5000)
            path.write_bytes(data)
        assert await client.read("take", take.version, 0, take.size_bytes) == ReadFailed(id=1, code="damaged")


async def test_no_name_of_a_declined_person_and_no_open_media_on_disk(past_studio: Studio, lesson: dict[int, list[Event]]) -> None:
    await past_studio.start()
    await record_at_once(past_studio, lesson)
    async with past_studio.connect() as client:
        await client.wait_for("take", "ready")
    stored = b"".join(path.read_bytes() for path in (past_studio.folder / "data").rglob("*") if path.is_file())
    assert lesson[TEACHER_CAMERA][0].data[16:60] not in stored
    assert not list((past_studio.folder / "keys").rglob("declined*"))
    assert {path.stat().st_mode & 0o777 for path in (past_studio.folder / "keys").rglob("*.key")} == {0o600}
    assert (past_studio.folder / "keys").stat().st_mode & 0o777 == 0o700


def assert_flashes_and_beeps_agree(watched: Watched) -> None:
    flashes, sounds = watched.flashes(), watched.beeps(BEEP_HZ)
    assert [round(moment) for moment in flashes] == list(range(SECONDS))
    assert len(sounds) == len(flashes)
    assert max(abs(sound - flash) for sound, flash in zip(sounds, flashes, strict=True)) < 0.04


async def test_deleted_take_is_gone_for_readers_and_for_the_next_recorder(past_studio: Studio, lesson: dict[int, list[Event]]) -> None:
    studio = past_studio
    await studio.start()
    async with studio.connect() as client:
        await record_at_once(studio, lesson)
        take = await client.wait_for("take", "ready")
        for _ in range(2):
            client.send(DeleteTake(take="take"))
            assert await asyncio.wait_for(read_frame(client.reader, from_recorder), 20) == TakeDeleted(take="take")
        assert await client.read("take", take.version, 0, take.size_bytes) == ReadFailed(id=1, code="missing")
    assert not list((studio.folder / "keys").iterdir())
    await studio.kill()
    await studio.start()
    async with studio.connect() as client:
        assert client.takes == {}
