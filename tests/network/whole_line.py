"""All that one device says to the server over TCP, on a line that can be cut. The media's part of the line is a `UdpProxy`.

Worse than most networks: what was open when the line was cut stays dead for ever, and so does whatever was begun meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.network.proxy import UdpProxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TcpLine:
    """Pages are at `url` instead of the server's own address."""

    def __init__(self, server: str) -> None:
        self._server = urlsplit(server)
        self._whole: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._dead: list[asyncio.StreamWriter] = []
        self.url = ""

    async def serve(self) -> asyncio.Server:
        listening = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return listening

    def cut(self) -> None:
        """Nothing passes, and nobody is told."""
        self._is_cut = True
        for task in self._whole:
            task.cancel()

    def mend(self) -> None:
        self._is_cut = False

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._whole, return_exceptions=True)
        for writer in self._dead:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self._dead.append(writer)
            return
        task = asyncio.current_task()
        assert task
        self._whole.add(task)
        try:
            await self._carry((reader, writer))
            writer.close()
        except asyncio.CancelledError:
            self._dead.append(writer)
        finally:
            self._whole.discard(task)

    async def _carry(self, page: Streams) -> None:
        server = await asyncio.open_connection(self._server.hostname, self._server.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(page[0], server[1]))
                both.create_task(_copy(server[0], page[1]))
            server[1].close()
        except asyncio.CancelledError:
            self._dead.append(server[1])
            raise


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@contextlib.asynccontextmanager
async def tcp_line(server: str) -> AsyncIterator[TcpLine]:
    line = TcpLine(server)
    listening = await line.serve()
    try:
        yield line
    finally:
        listening.close()
        await line.close()


@dataclass
class WholeLine:
    """What a person's device has of the network: pages and media together."""

    pages: TcpLine
    media: UdpProxy

    def cut(self) -> None:
        self.pages.cut()
        self.media.block()

    def mend(self) -> None:
        self.pages.mend()
        self.media.degrade()

    def change(self, address: str) -> None:
        """Another network: the old one's connections are dead without a word, and all comes from another address."""
        self.pages.cut()
        self.pages.mend()
        self.media.rebind(address)
