"""The line between a node and PostgreSQL, to cut where a test wants it: a unix socket that passes everything on.

`cut_at_commit` is where the next COMMIT ends it: `before` the server hears of it, or `after` it was done and before the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

COMMIT = b"COMMIT;"


class Line:
    """`url` leads through it. `silent`: nothing passes, and nobody is told."""

    def __init__(self, folder: Path, behind: str) -> None:
        self._behind = Path(behind.partition("?host=")[2].partition("&")[0])
        self._folder = folder
        self.url = behind.replace(str(self._behind), str(folder))
        self.cut_at_commit: Literal["", "before", "after"] = ""
        self.silent = False
        self._open: set[asyncio.Task[None]] = set()

    async def run(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._serve, self._folder / ".s.PGSQL.5432")

    async def close(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_unix_connection(self._behind / ".s.PGSQL.5432")
        answers = asyncio.create_task(self._pump(to_server[0], writer))
        try:
            while data := await reader.read(65_536):
                cut = self.cut_at_commit if COMMIT in data else ""
                if cut:
                    self.cut_at_commit = ""
                    answers.cancel()
                if cut == "before":
                    return
                await self._hold()
                to_server[1].write(data)
                if cut == "after":
                    await to_server[0].read(65_536)
                    return
        finally:
            answers.cancel()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await answers
            to_server[1].transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._hold()
            writer.write(data)
        writer.transport.abort()

    async def _hold(self) -> None:
        while self.silent:
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def line_to(behind: str) -> AsyncIterator[Line]:
    with tempfile.TemporaryDirectory(prefix="mt-line-", dir="/tmp") as folder:
        line = Line(Path(folder), behind)
        server = await line.run()
        try:
            yield line
        finally:
            server.close()
            await line.close()
