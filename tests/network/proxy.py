"""A bad network between browsers and the worker's one UDP port, without rights of any kind: the worker advertises the proxy's port.

Every client address has a socket of its own towards the worker, as behind address translation; all clients share the two lines `up`
and `down`. What one person has of a line of their own is another proxy: `through` brings a page's connections to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from tests.network.line import PERFECT, Conditions, Line

Address = tuple[str, int]

MAX_DATAGRAM_BYTES: Final = 2048
READS_PER_WAKE: Final = 64
SOCKET_BUFFER_BYTES: Final = 4 * 1024 * 1024


class UdpProxy:
    """`async with udp_proxy(("127.0.0.1", worker_port), seed=1) as proxy: proxy.degrade(up=Conditions(loss=0.1))`."""

    def __init__(self, upstream: Address, seed: int, port: int) -> None:
        self.up = Line(seed)
        self.down = Line(seed + 1)
        self.peek: Callable[[bytes, bool], None] | None = None  # told of every datagram that is passed on, and whether it goes up
        self._upstream = upstream
        self._source = "127.0.0.1"
        self._loop = asyncio.get_running_loop()
        self._clients: dict[Address, socket.socket] = {}
        self._due: list[tuple[int, int, socket.socket, bytes, Address | None, bool]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._front = _socket("127.0.0.1", port)
        self.port: int = self._front.getsockname()[1]
        self._loop.add_reader(self._front.fileno(), self._from_clients)

    def degrade(self, both: Conditions = PERFECT, *, up: Conditions | None = None, down: Conditions | None = None) -> None:
        """How the lines are from now on. Without arguments: perfect."""
        self.up.conditions = up or both
        self.down.conditions = down or both

    def block(self) -> None:
        self.degrade(Conditions(is_blocked=True))

    def rebind(self, source: str | None = None) -> None:
        """All clients come from another port from now on, and from the loopback address `source`; nothing reaches the old ports."""
        self._source = source or self._source
        for upstream in self._clients.values():
            self._close(upstream)
        self._clients.clear()

    def forget(self) -> None:
        """What is under way is lost."""
        self._due.clear()

    def close(self) -> None:
        self.rebind()
        self.forget()
        if self._timer is not None:
            self._timer.cancel()
        self._close(self._front)

    def _from_clients(self) -> None:
        for _ in range(READS_PER_WAKE):
            try:
                data, client = self._front.recvfrom(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier send surfaces here
                continue
            upstream = self._clients.get(client) or self._open(client)
            self._take(self.up, upstream, data, None)

    def _from_worker(self, upstream: socket.socket, client: Address) -> None:
        for _ in range(READS_PER_WAKE):
            try:
                data = upstream.recv(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue
            self._take(self.down, self._front, data, client)

    def _open(self, client: Address) -> socket.socket:
        upstream = _socket(self._source, 0)
        upstream.connect(self._upstream)
        self._clients[client] = upstream
        self._loop.add_reader(upstream.fileno(), self._from_worker, upstream, client)
        return upstream

    def _take(self, line: Line, out: socket.socket, data: bytes, client: Address | None) -> None:
        now_ns = time.monotonic_ns()
        for at_ns in line.arrivals(len(data), now_ns):
            if at_ns <= now_ns and not self._due:
                self._send(out, data, client, line is self.up)
            else:
                heapq.heappush(self._due, (at_ns, next(self._order), out, data, client, line is self.up))
        if self._due:
            self._wait(now_ns)

    def _wait(self, now_ns: int) -> None:
        at_s = self._loop.time() + max(0, self._due[0][0] - now_ns) / 1e9
        if self._timer is not None:
            if self._timer.when() <= at_s:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at_s, self._send_due)

    def _send_due(self) -> None:
        self._timer = None
        now_ns = time.monotonic_ns()
        while self._due and self._due[0][0] <= now_ns:
            _, _, out, data, client, goes_up = heapq.heappop(self._due)
            self._send(out, data, client, goes_up)
        if self._due:
            self._wait(now_ns)

    def _send(self, out: socket.socket, data: bytes, client: Address | None, goes_up: bool) -> None:
        if self.peek is not None:
            self.peek(data, goes_up)
        with contextlib.suppress(OSError):  # the other side is gone, or the socket was, by `rebind`: lost, as on a network
            if client is None:
                out.send(data)
            else:
                out.sendto(data, client)

    def _close(self, which: socket.socket) -> None:
        self._loop.remove_reader(which.fileno())
        which.close()


@contextlib.asynccontextmanager
async def udp_proxy(upstream: Address, *, seed: int, port: int = 0) -> AsyncIterator[UdpProxy]:
    proxy = UdpProxy(upstream, seed, port)
    try:
        yield proxy
    finally:
        proxy.close()
        await asyncio.sleep(0)


def through(proxy: UdpProxy) -> str:
    """A script for `Page.preload`: every connection of the page goes through this proxy, whatever port the worker advertises."""
    return _THROUGH_JS.replace("PORT", str(proxy.port))


_THROUGH_JS = re.sub(
    r"\n\s*",
    "\n",
    """(() => {
    const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return set.call(this, { type, sdp: sdp.replace(/^(a=candidate:\\S+ \\d+ udp \\d+ 127\\.0\\.0\\.1) \\d+/gm, "$1 PORT") });
    };
})()""",
)


def _socket(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
    opened.bind((host, port))
    return opened
