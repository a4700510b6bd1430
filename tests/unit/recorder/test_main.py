"""What the loop does where the ring, the disk or the system is not as it should be."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.keys import KeyStore
from recorder.main import _loop, _Ring, _sync, read_boot_id
from recorder.recording import Recording
from recorder.running import RunningTake
from recorder.space import Space
from recorder.take import Library
from server.media.control import RecordedTrack
from server.media.ring import Kind, MarkedTrack, Marker, RingReader, RingWriter, create_ring, encode_marker
from server.media.rtp import write_rtp

SECOND_NS = 1_000_000_000


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    create_ring(tmp_path / "ring", 32_768)
    keys = KeyStore(tmp_path / "keys")
    return Recording(tmp_path / "data", keys, Library(tmp_path / "data", keys), lambda take: None)


def marker(worker: str, room: str, peer: str) -> bytes:
    track = RecordedTrack(peer=peer, source="microphone")
    live = (MarkedTrack(handle=1, track=track, ssrc=1, clock_rate_hz=48_000),)
    return encode_marker(Marker(worker=worker, room=room, wall_ms=1, take=room, teacher=peer, allowed=(track,), live=live))


def test_voice_after_an_overrun_is_nobodys_until_a_marker_names_it(tmp_path: Path, recording: Recording) -> None:
    ring = _Ring(tmp_path / "ring")
    with RingWriter(tmp_path / "ring") as writer:
        writer.write(Kind.MARKER, marker("w1", "one", "anna"), arrival_ns=0)
        ring.read_into(recording, 0)
    with RingWriter(tmp_path / "ring") as writer:
        writer.write(Kind.MARKER, marker("w2", "two", "boris"), arrival_ns=SECOND_NS)
        for number in range(400):
            packet = write_rtp(111, False, number, number * 960, 1, bytes(100))
            writer.write(Kind.RTP, packet, track=1, arrival_ns=SECOND_NS + number * 20_000_000)
        ring.read_into(recording, 9 * SECOND_NS)
        assert recording._running["one"].streams == {}
        writer.write(Kind.MARKER, marker("w2", "two", "boris"), arrival_ns=9 * SECOND_NS)
        writer.write(Kind.RTP, write_rtp(111, False, 400, 0, 1, bytes(100)), track=1, arrival_ns=9 * SECOND_NS)
        ring.read_into(recording, 9 * SECOND_NS)
    assert recording._running["one"].streams == {}
    assert [stream.log.peer for stream in recording._running["two"].streams.values()] == ["boris"]
    ring.close()
    recording.close()


def test_failed_sync_is_told_and_ends_nothing(tmp_path: Path, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    with RingWriter(tmp_path / "ring") as writer:
        writer.write(Kind.MARKER, marker("w1", "one", "anna"), arrival_ns=0)
    ring = _Ring(tmp_path / "ring")
    ring.read_into(recording, 0)
    _, written = recording.flush(ring.position)
    assert _sync(written) == []

    def full(take: RunningTake) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(RunningTake, "sync", full)
    assert _sync(written) == written
    ring.close()


def test_boot_is_read_from_the_system_and_unknown_ones_are_never_the_same(tmp_path: Path) -> None:
    (tmp_path / "boot_id").write_text("abc\n")
    assert read_boot_id(tmp_path / "boot_id") == "abc"
    assert read_boot_id(tmp_path / "none") != read_boot_id(tmp_path / "none")


async def test_disk_that_hangs_in_a_sync_stops_no_reading(tmp_path: Path, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, go_on = threading.Event(), threading.Event()

    def hang(_: int) -> None:
        hanging.set()
        assert go_on.wait(10)

    monkeypatch.setattr("os.fdatasync", hang)
    monkeypatch.setattr("recorder.main.SYNC_NS", 0)
    monkeypatch.setattr("recorder.main.FLUSH_NS", 0)
    ring, stop = _Ring(tmp_path / "ring"), asyncio.Event()
    with RingWriter(tmp_path / "ring") as writer, RingReader(tmp_path / "ring") as seen:
        writer.write(Kind.MARKER, marker("w1", "one", "anna"), arrival_ns=time.monotonic_ns())
        loop = asyncio.create_task(_loop(recording, ring, Space(tmp_path, 0, lambda _: None), stop))
        await until(hanging.is_set)
        writer.write(Kind.MARKER, marker("w1", "two", "boris"), arrival_ns=time.monotonic_ns())
        await until(lambda: "two" in recording._running)
        assert seen.committed == 0
        go_on.set()
        await until(lambda: seen.committed == seen.written)
        stop.set()
        await loop
    ring.close()
    recording.close()


def test_position_in_a_ring_that_was_replaced_is_not_told_to_the_new_one(tmp_path: Path, recording: Recording) -> None:
    ring = _Ring(tmp_path / "ring")
    with RingWriter(tmp_path / "ring") as writer:
        writer.write(Kind.MARKER, marker("w1", "one", "anna"), arrival_ns=0)
        ring.read_into(recording, 0)
    position, inode = ring.position, ring.inode
    (tmp_path / "ring").rename(tmp_path / "old")
    create_ring(tmp_path / "ring", 32_768)
    ring.read_into(recording, 2 * SECOND_NS)
    ring.commit(position, inode)
    with RingReader(tmp_path / "ring") as seen:
        assert seen.committed == 0
    ring.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)
