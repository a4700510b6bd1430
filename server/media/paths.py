"""Addresses as the kernel has them: sockaddr, and the control message that says which local address was asked (IP_PKTINFO).

Invariant: what is read from the kernel and written back to it is byte for byte what it expects. Linux; elsewhere answers leave unbound.
"""

from __future__ import annotations

import socket
import struct
from typing import Any, NamedTuple

IP_PKTINFO = 8  # Linux; the socket module names it only from Python 3.12 on
IPV6_PKTINFO = 50
IN_PKTINFO = struct.Struct("=i4s4s")
IN6_PKTINFO = struct.Struct("=16si")
ANCILLARY_BYTES = socket.CMSG_SPACE(IN_PKTINFO.size) + socket.CMSG_SPACE(IN6_PKTINFO.size)
_HEADER = struct.Struct("@Nii")  # cmsghdr


class Path(NamedTuple):
    """A remote address and the local one that it talks to. `control` is the ready packet info for answers."""

    version: int
    remote: tuple[Any, ...]
    control: bytes

    @property
    def host(self) -> str:
        return str(self.remote[0])

    @property
    def port(self) -> int:
        return int(self.remote[1])


def ancillary(path: Path) -> list[tuple[int, int, bytes]]:
    """For `sendmsg`."""
    level, kind = (socket.IPPROTO_IP, IP_PKTINFO) if path.version == 4 else (socket.IPPROTO_IPV6, IPV6_PKTINFO)
    return [(level, kind, path.control)] if path.control else []


def sockaddr(path: Path) -> bytes:
    if path.version == 4:
        host, port = path.remote[:2]
        return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(host) + bytes(8)
    host, port, flow, scope = (*path.remote, 0, 0)[:4]
    packed = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, flow) + packed + struct.pack("=I", scope)


def control_message(path: Path) -> bytes:
    """The whole cmsghdr with its data, padded; nothing if the kernel may choose where it leaves from."""
    return b"".join(
        _HEADER.pack(socket.CMSG_LEN(len(data)), level, kind) + data.ljust(socket.CMSG_SPACE(len(data)) - _HEADER.size, b"\0")
        for level, kind, data in ancillary(path)
    )


def read_path(version: int, name: bytes, control: bytes) -> Path:
    """From what `recvmmsg` wrote: a sockaddr and control messages."""
    if version == 4:
        remote: tuple[Any, ...] = (socket.inet_ntoa(name[4:8]), int.from_bytes(name[2:4], "big"))
    else:
        port, flow = struct.unpack_from(">HI", name, 2)
        scope = struct.unpack_from("=I", name, 24)[0]
        remote = (socket.inet_ntop(socket.AF_INET6, name[8:24]), port, flow, scope)
    found = []
    while len(control) >= _HEADER.size:
        size, level, kind = _HEADER.unpack_from(control)
        if size < _HEADER.size:
            break
        found.append((level, kind, control[_HEADER.size : size]))
        control = control[socket.CMSG_SPACE(size - _HEADER.size) :]
    return Path(version, remote, answer_control(version, found))


def answer_control(version: int, received: list[tuple[int, int, bytes]]) -> bytes:
    """The packet info for an answer from the address that was asked."""
    for level, kind, value in received:
        if version == 4 and level == socket.IPPROTO_IP and kind == IP_PKTINFO:
            _, local, _ = IN_PKTINFO.unpack(value)
            return IN_PKTINFO.pack(0, local, bytes(4))
        if version == 6 and level == socket.IPPROTO_IPV6 and kind == IPV6_PKTINFO:
            local, interface = IN6_PKTINFO.unpack(value)
            return IN6_PKTINFO.pack(local, interface if local[:2] == b"\xfe\x80" else 0)
    return b""
