"""A sealed file gives back exactly what was written, at any place of it, or says that it is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.scratch import PAGE_BYTES, PAGES_KEPT, Scratch
from recorder.sealed import HEADER_BYTES, PLAIN_BYTES, STORED_BYTES, BrokenFile, SealedFile, SealedWriter

CIPHER = AESGCM(bytes(16))
SIZES = (0, 1, PLAIN_BYTES - 1, PLAIN_BYTES, PLAIN_BYTES + 1, 3 * PLAIN_BYTES + 5)


def write(path: Path, data: bytes, *, finish: bool = True) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    writer = SealedWriter(file, CIPHER, "film")
    for start in range(0, len(data), 50_000):
        writer.write(data[start : start + 50_000])
    if finish:
        writer.finish()
    os.close(file)


def read(path: Path, start: int = 0, end: int | None = None, label: str = "film") -> bytes:
    file = SealedFile(path, CIPHER, label)
    return b"".join(file.chunks(start, file.size_bytes if end is None else end))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sealed"


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_at_any_place(path: Path, size: int) -> None:
    data = os.urandom(size)
    write(path, data)
    assert SealedFile(path, CIPHER, "film").size_bytes == size
    assert read(path) == data
    for start, end in ((0, 0), (0, size // 2), (size // 3, size), (size, size), (max(size - 1, 0), size), (PLAIN_BYTES, 2 * PLAIN_BYTES)):
        if start <= end <= size:
            assert read(path, start, end) == data[start:end]


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_lost_its_end_does_not_open(path: Path, size: int) -> None:
    write(path, os.urandom(size))
    whole = path.read_bytes()
    edges = {HEADER_BYTES + number * STORED_BYTES for number in range(size // PLAIN_BYTES + 1)}
    for kept in edges | {0, 5, HEADER_BYTES + 10, len(whole) - 1, len(whole) - STORED_BYTES}:
        if 0 <= kept < len(whole):
            path.write_bytes(whole[:kept])
            with pytest.raises(BrokenFile):
                read(path)


def test_an_unfinished_file_does_not_open(path: Path) -> None:
    write(path, os.urandom(3 * PLAIN_BYTES), finish=False)
    with pytest.raises(BrokenFile):
        read(path)


def test_a_file_that_grew_does_not_open(path: Path) -> None:
    write(path, os.urandom(1000))
    path.write_bytes(path.read_bytes() + bytes(100))
    with pytest.raises(BrokenFile):
        read(path)


def test_chunks_in_another_place_are_noticed(path: Path) -> None:
    write(path, os.urandom(4 * PLAIN_BYTES))
    whole = path.read_bytes()
    chunks = [whole[HEADER_BYTES + at * STORED_BYTES :][:STORED_BYTES] for at in range(4)]
    for order in ((1, 0, 2, 3), (0, 0, 2, 3), (0, 2, 3)):
        path.write_bytes(whole[:HEADER_BYTES] + b"".join(chunks[at] for at in order))
        with pytest.raises(BrokenFile):
            read(path)


def test_a_changed_chunk_breaks_its_own_range_only(path: Path) -> None:
    data = os.urandom(3 * PLAIN_BYTES)
    write(path, data)
    stored = bytearray(path.read_bytes())
    stored[HEADER_BYTES + STORED_BYTES + 7] ^= 1
    path.write_bytes(stored)
    assert read(path, 0, PLAIN_BYTES) == data[:PLAIN_BYTES]
    assert read(path, 2 * PLAIN_BYTES, 3 * PLAIN_BYTES) == data[2 * PLAIN_BYTES :]
    with pytest.raises(BrokenFile):
        read(path, PLAIN_BYTES - 1, PLAIN_BYTES + 1)


def test_one_file_is_not_taken_for_another(path: Path) -> None:
    write(path, b"of one take")
    with pytest.raises(BrokenFile):
        read(path, label="poster")
    path.write_bytes(b"something else, and long enough for a header")
    with pytest.raises(BrokenFile):
        read(path)


def test_nothing_can_be_read_without_the_key(path: Path) -> None:
    write(path, b"a lesson about fractions " * 10_000)
    assert b"fractions" not in path.read_bytes()


def test_a_scratch_file_is_written_and_read_in_any_order(tmp_path: Path) -> None:
    pages = PAGES_KEPT + 5
    data = bytearray(os.urandom(pages * PAGE_BYTES + 123))
    with Scratch(tmp_path) as scratch:
        assert list(tmp_path.iterdir()) == [], "it has no name"
        scratch.write(bytes(data))
        for place, piece in ((0, b"head"), (PAGE_BYTES - 2, b"over an edge"), (len(data) - 3, b"beyond the end")):
            scratch.seek(place)
            assert scratch.write(piece) == len(piece)
            data[place : place + len(piece)] = piece
        assert (scratch.tell(), scratch.size_bytes) == (len(data), len(data))
        scratch.seek(0)
        assert scratch.read() == bytes(data)
        assert scratch.seek(-10, os.SEEK_END) == len(data) - 10
        assert scratch.read(100) == bytes(data[-10:])
        assert scratch.read(1) == b""


def test_a_scratch_file_shows_the_disk_nothing(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch:
        scratch.write(b"a lesson about fractions " * 200_000)
        stored = os.pread(scratch.fileno(), 1 << 26, 0)
    assert len(stored) > 3_000_000
    assert b"fractions" not in stored


def test_a_scratch_file_that_was_tampered_with_is_no_film(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch:
        scratch.write(bytes((PAGES_KEPT + 2) * PAGE_BYTES))
        os.pwrite(scratch.fileno(), b"x", 100)
        scratch.seek(0)
        with pytest.raises(OSError, match="changed"):
            scratch.read(1)
