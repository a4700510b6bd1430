"""A deletion is said until it is done, over a real socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from recorder.control import DeleteTake, TakeDeleted, Takes, to_recorder
from server.media.control import encode_frame, read_frame
from server.review.recorder_client import RecorderClient, Told


def _ignore(_: object) -> None:
    pass


async def test_a_deletion_is_said_again_after_every_connection_until_it_is_done(tmp_path: Path) -> None:
    heard: list[object] = []
    answers = 0

    async def recorder(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answers
        writer.write(encode_frame(Takes(takes=())))
        heard.append(await read_frame(reader, to_recorder))
        answers += 1
        if answers > 2:
            writer.write(encode_frame(TakeDeleted(take="t")))
            await writer.drain()
        writer.close()

    deleted: asyncio.Queue[str] = asyncio.Queue()
    client = RecorderClient(tmp_path / "socket", Told(_ignore, deleted.put_nowait, _ignore, _ignore))
    client.delete("t")
    async with await asyncio.start_unix_server(recorder, tmp_path / "socket"):
        running = asyncio.create_task(client.run())
        async with asyncio.timeout(10):
            assert await deleted.get() == "t"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert heard == [DeleteTake(take="t")] * 3
