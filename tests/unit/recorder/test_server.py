"""The list of takes, however long it is; many who ask at once; and a disk that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from recorder.control import (
    TAKES_AT_ONCE,
    DeleteTake,
    FromRecorder,
    ReadFailed,
    ReadTake,
    StorageChanged,
    Take,
    TakeChanged,
    TakeDeleted,
    Takes,
    from_recorder,
)
from recorder.keys import KeyStore
from recorder.manifest import Manifest
from recorder.server import Acts, ControlServer
from recorder.take import Library, ReadRefused
from server.media.control import encode_frame, read_frame

COUNT = 30_000


async def _no_moving(*_: object) -> bool:
    return False


def _refuse(*_: object) -> bool:
    return False


def _no_watching(take: str, picture: str) -> AsyncGenerator[bytes, None]:
    raise ReadRefused("missing")


async def test_server_learns_of_every_take_and_of_the_newest_first(tmp_path: Path) -> None:
    library = Library(tmp_path, KeyStore(tmp_path / "keys"))
    for number in range(COUNT):
        library.put(Manifest(take=f"take-{number:032}", room="r" * 32, teacher="t", state="ready", version="v" * 24, started_ms=number))
    server = ControlServer(library)
    await server.start(
        tmp_path / "control", Acts(_refuse, _refuse, _no_watching, lambda: StorageChanged(state="fine", free_bytes=0), _no_moving, _refuse)
    )
    reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
    first = await read_frame(reader, from_recorder)
    assert isinstance(first, Takes)
    takes: list[Take] = list(first.takes)
    assert len(takes) == TAKES_AT_ONCE
    while len(takes) < COUNT:
        message = await read_frame(reader, from_recorder)
        assert isinstance(message, TakeChanged)
        takes.append(message.take)
    assert [take.started_ms for take in takes] == list(range(COUNT - 1, -1, -1))
    writer.close()
    await writer.wait_closed()
    await server.close()


async def test_all_who_ask_at_once_are_answered(tmp_path: Path) -> None:
    server = ControlServer(Library(tmp_path, KeyStore(tmp_path / "keys")))
    await server.start(
        tmp_path / "control", Acts(_refuse, _refuse, _no_watching, lambda: StorageChanged(state="fine", free_bytes=0), _no_moving, _refuse)
    )
    reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
    for number in range(200):
        writer.write(encode_frame(ReadTake(id=number, take="none", version="v", start=0, end=1)))
    answers: list[FromRecorder] = [await read_frame(reader, from_recorder) for _ in range(202)]
    assert {answer.id for answer in answers if isinstance(answer, ReadFailed)} == set(range(200))
    writer.close()
    await writer.wait_closed()
    await server.close()


async def test_a_deletion_that_the_disk_refuses_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def delete(take: str) -> bool:
        tries.append(take)
        return len(tries) > 2

    monkeypatch.setattr("recorder.server.ASK_AGAIN_S", 0.0)
    server = ControlServer(Library(tmp_path, KeyStore(tmp_path / "keys")))
    await server.start(
        tmp_path / "control", Acts(delete, _refuse, _no_watching, lambda: StorageChanged(state="fine", free_bytes=0), _no_moving, _refuse)
    )
    reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
    writer.write(encode_frame(DeleteTake(take="take")))
    answers = [await read_frame(reader, from_recorder) for _ in range(3)]
    assert (answers[-1], tries) == (TakeDeleted(take="take"), ["take"] * 3)
    writer.close()
    await writer.wait_closed()
    await server.close()
