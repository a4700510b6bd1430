"""The worker's one UDP port: a wildcard socket per family, answers leave from the address that was asked.

Invariant: a wake reads at most `BATCH` datagrams, nothing here blocks, a datagram that the kernel refuses is lost and counted.
RTP leaves by `batch`, everything else by `send`; what is sent during a wake leaves at its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

from server.media.batch import ffi, libc
from server.media.native import new_batch
from server.media.paths import ANCILLARY_BYTES, IP_PKTINFO, Path, ancillary, answer_control, read_path

__all__ = ["BATCH", "Path", "UdpPort"]

BATCH = 64
MAX_DATAGRAM_BYTES = 2048
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
_KNOWN_PATHS = 4096
_NAME_BYTES = 28
_CONTROL_BYTES = 64
_TRUNCATED = int(socket.MSG_TRUNC)
_HEADER_WORDS = ffi.sizeof("struct mmsghdr") // 4
_NAMED, _FLAGS, _SIZE = (
    ffi.offsetof("struct mmsghdr", *names) // 4 for names in (("msg_hdr", "msg_namelen"), ("msg_hdr", "msg_flags"), ("msg_len",))
)
# the lower half of a size_t
_TOLD = ffi.offsetof("struct mmsghdr", "msg_hdr", "msg_controllen") // 4 + (sys.byteorder == "big") * (ffi.sizeof("size_t") // 4 - 1)

_SO_MEMINFO = 55  # Linux 4.12; the last of nine words says how much was dropped
_MSG_DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0)


class UdpPort:
    def __init__(self, port: int, receive: Callable[[bytes, Path], None]) -> None:
        """Raises OSError when the port is taken. Without IPv6 on the machine there is only the IPv4 socket."""
        self._receive = receive
        self._outgoing: list[tuple[bytes, Path]] = []
        self._in_wake = False
        self._flush_due = False
        self._refused = self._plainly_sent = 0
        self._sockets = _bind(port)
        self.port: int = self._sockets[4].getsockname()[1]
        self.batch = new_batch({bound.fileno(): bound for bound in self._sockets.values()})
        self.received = 0
        read = _Reader().read if hasattr(libc, "recvmmsg") else _read_one_by_one
        self._loop = asyncio.get_running_loop()
        for version, bound in self._sockets.items():
            self._loop.add_reader(bound.fileno(), self._wake, version, bound, read)

    @property
    def sent(self) -> int:
        return self._plainly_sent + self.batch.sent

    @property
    def unsent(self) -> int:
        return self._refused + self.batch.unsent

    @property
    def dropped(self) -> int:
        """Datagrams for which the kernel had no room, since the port was opened."""
        return sum(_drops(bound) for bound in self._sockets.values())

    def socket_of(self, path: Path) -> int:
        """The descriptor that reaches it, -1 without one."""
        bound = self._sockets.get(path.version)
        return bound.fileno() if bound is not None else -1

    def send(self, data: bytes, path: Path) -> None:
        self._outgoing.append((data, path))
        self.flush_soon()

    def flush_soon(self) -> None:
        """To be called after something was put into `batch`."""
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

    def _wake(self, version: int, bound: socket.socket, read: Callable[[int, socket.socket], Iterator[tuple[bytes, Path]]]) -> None:
        self._in_wake = True
        try:
            for data, path in read(version, bound):
                self.received += 1
                self._receive(data, path)
        finally:
            self._in_wake = False
            self._flush()

    def _flush(self) -> None:
        self._flush_due = False
        if self.batch.waits:
            self.batch.flush()
        outgoing, self._outgoing = self._outgoing, []
        for data, path in outgoing:
            bound = self._sockets.get(path.version)
            if bound is None:
                continue
            try:
                bound.sendmsg([data], ancillary(path), 0, path.remote)
                self._plainly_sent += 1
            except OSError:
                self._refused += 1


class _Reader:
    """recvmmsg into memory of its own. Paths are remembered by the bytes that the kernel wrote."""

    def __init__(self) -> None:
        self._data: Any = ffi.new("uint8_t[]", BATCH * MAX_DATAGRAM_BYTES)
        self._names: Any = ffi.new("uint8_t[]", BATCH * _NAME_BYTES)
        self._controls: Any = ffi.new("uint8_t[]", BATCH * _CONTROL_BYTES)
        self._pieces: Any = ffi.new("struct iovec[]", BATCH)
        self._messages: Any = ffi.new("struct mmsghdr[]", BATCH)
        self._views = [memoryview(ffi.buffer(memory)) for memory in (self._data, self._names, self._controls)]
        # the headers as words: a look into a struct through cffi costs as much as the rest of it
        self._words = memoryview(ffi.buffer(self._messages)).cast("B").cast("I")
        self._paths: dict[bytes, Path] = {}
        for index in range(BATCH):
            self._pieces[index].iov_base = self._data + index * MAX_DATAGRAM_BYTES
            self._pieces[index].iov_len = MAX_DATAGRAM_BYTES
            header = self._messages[index].msg_hdr
            header.msg_name = self._names + index * _NAME_BYTES
            header.msg_iov, header.msg_iovlen = self._pieces + index, 1
            header.msg_control = self._controls + index * _CONTROL_BYTES
            self._rewind(index * _HEADER_WORDS)

    def read(self, version: int, bound: socket.socket) -> Iterator[tuple[bytes, Path]]:
        count = libc.recvmmsg(bound.fileno(), self._messages, BATCH, _MSG_DONTWAIT, ffi.NULL)
        if count < 0:  # nothing there, or an ICMP error of an earlier send
            return
        datagrams, names, controls = self._views
        words, paths = self._words, self._paths
        for index in range(count):
            word = index * _HEADER_WORDS
            size, named, told = words[word + _SIZE], words[word + _NAMED], words[word + _TOLD]
            if size and not words[word + _FLAGS] & _TRUNCATED:
                at, name, control = index * MAX_DATAGRAM_BYTES, index * _NAME_BYTES, index * _CONTROL_BYTES
                key = bytes(names[name : name + named]) + bytes(controls[control : control + told])
                path = paths.get(key) or self._remember(version, key, named)
                yield bytes(datagrams[at : at + size]), path
            self._rewind(word)

    def _remember(self, version: int, key: bytes, name_bytes: int) -> Path:
        if len(self._paths) == _KNOWN_PATHS:
            self._paths.clear()
        path = self._paths[key] = read_path(version, key[:name_bytes], key[name_bytes:])
        return path

    def _rewind(self, word: int) -> None:
        words = self._words
        words[word + _NAMED], words[word + _TOLD], words[word + _FLAGS] = _NAME_BYTES, _CONTROL_BYTES, 0


def _read_one_by_one(version: int, bound: socket.socket) -> Iterator[tuple[bytes, Path]]:
    for _ in range(BATCH):
        try:
            data, control, flags, remote = bound.recvmsg(MAX_DATAGRAM_BYTES, ANCILLARY_BYTES)
        except BlockingIOError:
            return
        except OSError:  # an ICMP error of an earlier send surfaces here
            continue
        if data and not flags & socket.MSG_TRUNC:
            yield data, Path(version, remote, answer_control(version, control))


def _drops(bound: socket.socket) -> int:
    try:
        told = bound.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36)
    except OSError:
        return 0
    return int.from_bytes(told[32:36], sys.byteorder) if len(told) == 36 else 0


def _bind(port: int) -> dict[int, socket.socket]:
    for _ in range(20):
        four = _socket(socket.AF_INET, port, socket.IPPROTO_IP, IP_PKTINFO)
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
