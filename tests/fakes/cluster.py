"""Several nodes as their operator has them: the whole product in processes of their own, one Redis, one PostgreSQL, one address in front.

A node is killed, paused, continued and ended with all of its processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from server.cli import Places
from server.settings import Settings
from tests.fakes.postgres import new_database
from tests.fakes.product import ROOT, Product, free_port
from tests.fakes.redis import RedisServer, redis_server

READY_S = 60.0
END_S = 30.0
T = TypeVar("T")
SECRET = "only for tests, the same on all nodes"


class Node:
    """`url` is its own address for pages; people use that of the balancer."""

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self.folder = folder
        self.port, self.inner_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
        self.media_port = free_port(socket.SOCK_DGRAM)
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = {
            "listen": f"127.0.0.1:{self.port}",
            "node_listen": f"127.0.0.1:{self.inner_port}",
            "media_port": str(self.media_port),
            "data": str(folder / "data"),
            "node": name,
            "secret": SECRET,
            "sessions_at_once": "1000",
            **settings,
        }

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        environment = {**os.environ, **{f"MT_{key.upper()}": value for key, value in self._settings.items()}}
        with (self.folder / "log.txt").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "run"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    async def ready(self) -> None:
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as client:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with client.get(self.url) as answer:
                        if answer.status == 200:
                            return
                assert self.process and self.process.poll() is None, self.log
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """As if the machine had lost its power."""
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """As an operator ends it: in order."""
        assert self.process
        self.process.terminate()

    async def gone(self, within_s: float = END_S) -> None:
        assert self.process
        await asyncio.to_thread(self.process.wait, within_s)

    def remove(self) -> None:
        if self.process and self.process.poll() is None:
            self._signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.kill()
        run = Places(Settings(data=str(self.data))).run
        for file in run.glob("*") if run.exists() else ():
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            run.rmdir()
        (self.data / "reserve.bin").unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process
        for process in _family(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        if number is signal.SIGKILL:
            self.process.wait()


class Balancer:
    """One address; each connection goes to the next node of those that it may go to and that take it. In a thread of its own, so that
    a test that waits holds nobody up."""

    def __init__(self) -> None:
        self.nodes: Sequence[Node] = ()
        self.to: Callable[[Node], bool] = lambda node: True
        self.url = ""
        self._next = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._thread.start()
        self._server = self._there(asyncio.start_server(self._take, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        self._there(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def idle(self, within_s: float = 10.0) -> None:
        """Waits until all connections have ended."""
        until_s = time.monotonic() + within_s
        while self._pipes and time.monotonic() < until_s:
            time.sleep(0.01)
        self._there(asyncio.sleep(0.01))

    async def _close(self) -> None:
        assert self._server
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        await asyncio.sleep(0.01)

    def _there(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(20)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._pipes.add(task)
        try:
            for _ in self.nodes:
                self._next += 1
                node = self.nodes[self._next % len(self.nodes)]
                if not self.to(node):
                    continue
                with contextlib.suppress(OSError):
                    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", node.port)
                    task.set_name(node.name)
                    try:
                        async with asyncio.TaskGroup() as both:
                            both.create_task(_pipe(reader, far_writer))
                            both.create_task(_pipe(far_reader, writer))
                    finally:
                        far_writer.close()
                    return
        except* (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._pipes.discard(task)
            writer.close()


class Cluster:
    def __init__(self, folder: Path, database: str, redis: RedisServer, balancer: Balancer) -> None:
        self._folder = folder
        self._settings = {"database": database, "redis": redis.url}
        self.redis = redis
        self.database = database
        self.balancer = balancer
        self.nodes: list[Node] = []

    @property
    def url(self) -> str:
        return self.balancer.url

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    async def add(self, name: str, **settings: str) -> Node:
        """A node that will serve."""
        node = Node(name, self._folder / name, self._settings | {"public_url": self.url} | settings)
        self.nodes.append(node)
        self.balancer.nodes = self.nodes
        node.start()
        return node

    async def logged(self, node: Node, words: str, within_s: float = 15.0) -> float:
        """Waits for these words in the log of a node. How long that took, in seconds."""
        began = time.monotonic()
        while words not in node.log:
            assert time.monotonic() - began < within_s, f"{words!r} does not come in the log of {node.name}:\n{node.log[-6000:]}"
            await asyncio.sleep(0.05)
        return time.monotonic() - began


class TwoNodes(Product):
    """Where a test expects one installation: whoever asks is sent to either node."""

    def __init__(self, cluster: Cluster) -> None:
        first = cluster.nodes[0]
        assert first.process
        super().__init__(first.process, cluster.url, first.folder / "log.txt", first.media_port)
        self._cluster = cluster

    def idle(self) -> None:
        self._cluster.balancer.idle()

    @property
    def log(self) -> str:
        return "".join(node.log for node in self._cluster.nodes)


@contextlib.asynccontextmanager
async def running_cluster(
    folder: Path, *, names: Sequence[str] = ("a", "b"), database: str | None = None, **settings: str
) -> AsyncIterator[Cluster]:
    """With a Redis and a PostgreSQL of its own, unless a `database` is given. Nodes are called a, b, …"""
    async with contextlib.AsyncExitStack() as stack:
        where = await stack.enter_async_context(new_database()) if database is None else database
        redis = await stack.enter_async_context(redis_server())
        balancer = Balancer()
        balancer.start()
        stack.callback(balancer.close)
        cluster = Cluster(folder, where, redis, balancer)
        try:
            await asyncio.gather(*[(await cluster.add(name, **settings)).ready() for name in names])
            yield cluster
        finally:
            await asyncio.gather(*(asyncio.to_thread(node.remove) for node in cluster.nodes))


def on_this_machine(promise_s: float) -> float:
    """A promise is about a machine that is not starved: what holds on one whose cores are asked for several times over."""
    return promise_s * max(1.0, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


def _family(process: int) -> list[int]:
    """A process and all that it has started, and they."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        children = []
    return [process, *(one for child in children for one in _family(int(child)))]


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()
    raise EOFError
