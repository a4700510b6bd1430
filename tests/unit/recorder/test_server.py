"""The list of takes, however long it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from recorder.control import TAKES_AT_ONCE, StorageChanged, Take, TakeChanged, Takes, from_recorder
from recorder.keys import KeyStore
from recorder.manifest import Manifest
from recorder.server import Acts, ControlServer
from recorder.take import Library, ReadRefused
from server.media.control import read_frame

COUNT = 30_000


def _refuse(*_: object) -> bool:
    return False


def _no_watching(take: str, picture: str) -> AsyncGenerator[bytes, None]:
    raise ReadRefused("missing")


async def test_server_learns_of_every_take_and_of_the_newest_first(tmp_path: Path) -> None:
    library = Library(tmp_path, KeyStore(tmp_path / "keys"))
    for number in range(COUNT):
        library.put(Manifest(take=f"take-{number:032}", room="r" * 32, teacher="t", state="ready", version="v" * 24, started_ms=number))
    server = ControlServer(library)
    await server.start(tmp_path / "control", Acts(_refuse, _refuse, _no_watching, lambda: StorageChanged(state="fine", free_bytes=0)))
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
