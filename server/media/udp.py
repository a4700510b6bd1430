"""The worker's one UDP port: a wildcard socket per family, answers leave from the address that was asked.

Invariant: a wake reads at most `BATCH` datagrams, nothing here blocks, a datagram that the kernel refuses is lost and counted.
Callers `send` packet by packet; what is sent during a wake leaves at its end, so batching by the kernel can come without them.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

BATCH = 64
MAX_DATAGRAM_BYTES = 2048
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

_IP_PKTINFO = 8  # Linux; the socket module names it only from Python 3.12 on
_IPV6_PKTINFO = 50
_IN_PKTINFO = struct.Struct("=i4s4s")
_IN6_PKTINFO = struct.Struct("=16si")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_IN_PKTINFO.size) + socket.CMSG_SPACE(_IN6_PKTINFO.size)


class Path(NamedTuple):
    """A remote address and the local one that it talks to. `control` is the ready control message for answers."""

    version: int
    remote: tuple[Any, ...]
    control: bytes

    @property
    def host(self) -> str:
        return str(self.remote[0])

    @property
    def port(self) -> int:
        return int(self.remote[1])


class UdpPort:
    def __init__(self, port: int, receive: Callable[[bytes, Path], None]) -> None:
        """Raises OSError when the port is taken. Without IPv6 on the machine there is only the IPv4 socket."""
        self._receive = receive
        self._outgoing: list[tuple[bytes, Path]] = []
        self._in_wake = False
        self._flush_due = False
        self.unsent = 0
        self._sockets = _bind(port)
        self.port: int = self._sockets[4].getsockname()[1]
        self._loop = asyncio.get_running_loop()
        for version, bound in self._sockets.items():
            self._loop.add_reader(bound.fileno(), self._wake, version, bound)

    def send(self, data: bytes, path: Path) -> None:
        self._outgoing.append((data, path))
        if not self._in_wake and not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        for bound in self._sockets.values():
            self._loop.remove_reader(bound.fileno())
        self._flush()
        for bound in self._sockets.values():
            bound.close()
        self._sockets = {}

    def _wake(self, version: int, bound: socket.socket) -> None:
        self._in_wake = True
        try:
            for _ in range(BATCH):
                try:
                    data, ancillary, flags, remote = bound.recvmsg(MAX_DATAGRAM_BYTES, _ANCILLARY_BYTES)
                except BlockingIOError:
                    break
                except OSError:  # an ICMP error of an earlier send surfaces here
                    continue
                if data and not flags & socket.MSG_TRUNC:
                    self._receive(data, Path(version, remote, _answer_control(version, ancillary)))
        finally:
            self._in_wake = False
            self._flush()

    def _flush(self) -> None:
        self._flush_due = False
        outgoing, self._outgoing = self._outgoing, []
        for data, path in outgoing:
            bound = self._sockets.get(path.version)
            if bound is None:
                continue
            level, kind = (socket.IPPROTO_IP, _IP_PKTINFO) if path.version == 4 else (socket.IPPROTO_IPV6, _IPV6_PKTINFO)
            try:
                bound.sendmsg([data], [(level, kind, path.control)] if path.control else [], 0, path.remote)
            except OSError:
                self.unsent += 1


def _answer_control(version: int, ancillary: list[tuple[int, int, bytes]]) -> bytes:
    for level, kind, value in ancillary:
        if version == 4 and level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
            _, local, _ = _IN_PKTINFO.unpack(value)
            return _IN_PKTINFO.pack(0, local, bytes(4))
        if version == 6 and level == socket.IPPROTO_IPV6 and kind == _IPV6_PKTINFO:
            local, interface = _IN6_PKTINFO.unpack(value)
            return _IN6_PKTINFO.pack(local, interface if local[:2] == b"\xfe\x80" else 0)
    return b""


def _bind(port: int) -> dict[int, socket.socket]:
    for _ in range(20):
        four = _socket(socket.AF_INET, port, socket.IPPROTO_IP, _IP_PKTINFO)
        chosen = four.getsockname()[1]
        try:
            return {4: four, 6: _socket(socket.AF_INET6, chosen, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO)}
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return {4: four}
            four.close()
            if port:
                raise
    raise OSError(errno.EADDRINUSE, "no port is free for both families")


def _socket(family: socket.AddressFamily, port: int, level: int, wants_info: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(level, wants_info, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):
                bound.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
        bound.bind(("" if family == socket.AF_INET else "::", port))
    except OSError:
        bound.close()
        raise
    return bound
