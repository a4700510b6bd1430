"""The server as a whole in this process, and a media worker that says what a test wants it to say."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from server.app import Server
from server.media.control import FromWorker, PeerQuality, Report, RoomQuality, WorkerLoad, encode_frame
from server.settings import Settings
from tests.fakes.product import free_port

ALL_IS_WELL = WorkerLoad(rooms=1, peers=2, cpu_share=0.25, late_ms=1.5, received_per_s=100, sent_per_s=200, unsent=0, dropped=0, pressure=0)


class SpokenFor:
    def __init__(self, url: str, numbers_url: str) -> None:
        self.url = url
        self.numbers_url = numbers_url
        self.writer: asyncio.StreamWriter | None = None

    def say(self, message: FromWorker) -> None:
        assert self.writer
        self.writer.write(encode_frame(message))

    def quality(self, session: str, *peers: PeerQuality) -> None:
        self.say(RoomQuality(room=session, peers=peers))

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.say(Report(worker="w1", rooms=()))
        while await reader.read(65536):
            pass
        writer.close()


@contextlib.asynccontextmanager
async def server_and_worker(folder: Path) -> AsyncIterator[SpokenFor]:
    port, numbers = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    settings = Settings(listen=f"127.0.0.1:{port}", metrics_listen=f"127.0.0.1:{numbers}", data=str(folder / "data"))
    settings.data_path.mkdir(parents=True)
    worker = SpokenFor(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{numbers}")
    listening = await asyncio.start_unix_server(worker.connected, folder / "worker.sock")
    server = Server(settings, worker_socket=folder / "worker.sock", recorder_socket=folder / "recorder.sock")
    running = asyncio.create_task(server.run(), name="server")
    try:
        async with asyncio.timeout(20):
            while worker.writer is None or not await _answers(port):
                assert not running.done(), running.exception()
                await asyncio.sleep(0.02)
        yield worker
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        listening.close()
        await listening.wait_closed()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
