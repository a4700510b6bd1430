"""What leaves the worker's port during one wake: packets sealed in one arena, sent together, several to one address in one go (UDP GSO).

`Batch` is the reference in Python; `native.py` does the same in C. Invariant: with GSO, without it, without sendmmsg, and in C the same
datagrams leave, in the same order to each address. It must not know peers, sources or why something is sent.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import cffi

from server.media.ingress import MediaPacket
from server.media.paths import Path, ancillary, control_message, sockaddr
from server.media.rtp import HEADER, HEADER_BYTES
from server.media.srtp import Srtp

CC_LOG = 2048
CC_BYTES = 8
MAX_PAYLOAD_BYTES = 2048  # a whole datagram of the port
SLOT_BYTES = 2240  # header, extension, payload and SRTP trailer
SLOTS = 1024
MESSAGES = 64
MAX_SEGMENTS = 64
MAX_SEGMENTED_BYTES = 65_000

_CC_BLOCK = struct.Struct(">HHBHx")  # RFC 8285 one-byte headers: a single element of two bytes, padded to four
_SOL_UDP, _UDP_SEGMENT = 17, 103
_SEGMENT_CONTROL = struct.Struct("@QiiH6x")  # a cmsghdr with two bytes of data, padded

ffi = cffi.FFI()
for _header in ("forward.h", "feedback.h"):
    ffi.cdef((FilePath(__file__).parent / "native" / _header).read_text())
ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr {
    void *msg_name; uint32_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen; void *msg_control; size_t msg_controllen; int msg_flags;
};
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
""")
libc: Any = ffi.dlopen(None)


class Sent(NamedTuple):
    at_ns: int
    size_bytes: int
    probe: int


class Link:
    """Where the packets of one subscriber go, and what is known of those that went. `c` is an mt_link (native/forward.h)."""

    __slots__ = ("_bytes", "_log", "_probes", "_times", "c", "path", "srtp")

    def __init__(self) -> None:
        self.c: Any = ffi.new("mt_link *")
        self._log = (ffi.new("int64_t[]", CC_LOG), ffi.new("uint16_t[]", CC_LOG), ffi.new("uint16_t[]", CC_LOG))
        self.c.cc_sent_ns, self.c.cc_bytes, self.c.cc_probe = self._log
        times, sizes, probes = (memoryview(ffi.buffer(log)).cast("B") for log in self._log)
        self._times, self._bytes, self._probes = times.cast("q"), sizes.cast("H"), probes.cast("H")
        self.c.cc_mask = CC_LOG - 1
        self.srtp: Srtp | None = None
        self.path: Path | None = None
        self.c.first, self.c.last = -1, -1
        self.shut()

    def open(self, srtp: Srtp, descriptor: int, path: Path) -> None:
        """From now on what is sent goes there, from the socket of this descriptor."""
        c, self.srtp, self.path = self.c, srtp, path
        name, control = sockaddr(path), control_message(path)
        c.srtp = ffi.cast("void *", srtp.address)
        c.name_bytes, c.control_bytes, c.socket = len(name), len(control), descriptor
        ffi.memmove(c.name, name, len(name))
        ffi.memmove(c.control, control, len(control))

    def shut(self) -> None:
        self.c.socket, self.c.srtp, self.srtp, self.path = -1, ffi.NULL, None, None

    @property
    def is_open(self) -> bool:
        return bool(self.c.socket >= 0)

    def note(self, now_ns: int, size_bytes: int) -> int:
        """The next transport-wide number, for a packet that leaves now."""
        c, number = self.c, self.c.next_cc
        at = number & c.cc_mask
        c.cc_sent_ns[at], c.cc_bytes[at], c.cc_probe[at] = now_ns, size_bytes, c.probe
        c.next_cc = number + 1
        return int(number)

    def sent(self, number: int) -> Sent | None:
        """What left under this 16-bit transport-wide number not long ago."""
        count = self.c.next_cc
        behind = (count - 1 - number) & 0xFFFF
        if behind >= CC_LOG or behind >= count:
            return None
        at = (count - 1 - behind) & (CC_LOG - 1)
        return Sent(self._times[at], self._bytes[at], self._probes[at])

    def stretch(self, number: int, count: int) -> Iterator[tuple[int, int, int]] | None:
        """The same of `count` numbers from this 16-bit one on. None where that is not to be had at once: ask for each."""
        total = self.c.next_cc
        behind = (total - 1 - number) & 0xFFFF
        at = (total - 1 - behind) & (CC_LOG - 1)
        end = at + count
        if count > behind + 1 or behind >= CC_LOG or behind >= total or end > CC_LOG:
            return None
        return zip(self._times[at:end], self._bytes[at:end], self._probes[at:end], strict=True)


class Line:
    """One m-line of a subscriber. `c` is an mt_line (native/forward.h)."""

    __slots__ = ("c", "link")

    def __init__(self, link: Link) -> None:
        self.link = link
        self.c: Any = ffi.new("mt_line *")
        self.c.link = link.c


class Lines:
    """The lines of one stream in the form that `Batch.forward` takes; made anew when they change."""

    __slots__ = ("array", "lines")

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        self.array: Any = ffi.new("mt_line *[]", [line.c for line in lines])


class Batch:
    """`sockets` by their descriptors. `unsent` counts what the kernel refused; nothing is sent again."""

    is_native = False

    def __init__(self, sockets: Mapping[int, socket.socket], *, segments: bool = True, many: bool = True) -> None:
        self._sockets = sockets
        self._segments = segments and many and can_segment()
        self._many = many and hasattr(libc, "sendmmsg")
        self._arena: Any = ffi.new("uint8_t[]", SLOT_BYTES * SLOTS)
        self._view = memoryview(ffi.buffer(self._arena))
        self._length: Any = ffi.new("int *")
        self._used = 0
        self._queued: dict[Link, list[tuple[int, int]]] = {}
        self._messages: Any = ffi.new("struct mmsghdr[]", MESSAGES)
        self._pieces: Any = ffi.new("struct iovec[]", SLOTS)
        self._controls: Any = ffi.new("uint8_t[]", 64 * MESSAGES)
        self.sent = 0
        self.unsent = 0

    @property
    def waits(self) -> bool:
        """Whether there is anything to flush."""
        return self._used > 0

    def forward(self, lines: Lines, packet: MediaPacket, now_ns: int) -> None:
        """The packet for each of the lines: own header, own VP8 numbers, sealed, queued."""
        payload, sequence, size = packet.payload, packet.sequence, len(packet.payload)
        if size > MAX_PAYLOAD_BYTES:
            return
        for line in lines.lines:
            c, link = line.c, line.link
            if link.c.socket < 0 or sequence < c.first:
                continue
            start, view = self._slot(), self._view
            marked = packet.marker << 7 | c.payload_type
            timestamp = (packet.timestamp + c.timestamp_shift) & 0xFFFFFFFF
            HEADER.pack_into(view, start, 0x90 if c.cc_id else 0x80, marked, (sequence + c.shift) & 0xFFFF, timestamp, c.ssrc)
            at = start + HEADER_BYTES
            if c.cc_id:
                _CC_BLOCK.pack_into(view, at, 0xBEDE, 1, c.cc_id << 4 | 1, link.c.next_cc & 0xFFFF)
                at += CC_BYTES
            view[at : at + size] = payload
            if packet.picture_at >= 0:
                _renumber(view, at, packet, c)
            sealed = self._seal(link, start, at + size - start)
            if sealed:
                if c.cc_id:
                    link.note(now_ns, sealed)
                c.packets += 1
                c.octets += size

    def send(self, link: Link, plain: bytes) -> int:
        """One RTP packet. Bytes on the wire, 0 when it was not sent."""
        size = len(plain)
        if not link.is_open or size > MAX_PAYLOAD_BYTES + 64:
            return 0
        start = self._slot()
        self._view[start : start + size] = plain
        return self._seal(link, start, size)

    def flush(self) -> None:
        messages = [(link, group) for link, pieces in self._queued.items() for group in self._groups(pieces)]
        self._queued.clear()
        self._used = 0
        by_socket: dict[int, list[tuple[Link, list[tuple[int, int]]]]] = {}
        for link, group in messages:
            if link.is_open:
                by_socket.setdefault(link.c.socket, []).append((link, group))
        for descriptor, own in by_socket.items():
            for first in range(0, len(own), MESSAGES):
                self._send_all(descriptor, own[first : first + MESSAGES])

    def _slot(self) -> int:
        if self._used == SLOTS:
            self.flush()
        return self._used * SLOT_BYTES

    def _seal(self, link: Link, start: int, size: int) -> int:
        self._length[0] = size
        if link.srtp is None or not link.srtp.protect_in_place(self._arena + start, self._length):
            return 0
        sealed = int(self._length[0])
        self._used += 1
        self._queued.setdefault(link, []).append((start, sealed))
        link.c.sent_bytes += sealed
        return sealed

    def _groups(self, pieces: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        """What goes as one message: equal sizes, the last may be shorter."""
        group: list[tuple[int, int]] = []
        total = 0
        for piece in pieces:
            size = piece[1]
            if group and not (
                self._segments and size <= group[0][1] == group[-1][1] and len(group) < MAX_SEGMENTS and total + size <= MAX_SEGMENTED_BYTES
            ):
                yield group
                group, total = [], 0
            group.append(piece)
            total += size
        if group:
            yield group

    def _send_all(self, descriptor: int, messages: list[tuple[Link, list[tuple[int, int]]]]) -> None:
        if not self._many:
            for link, group in messages:
                self._send_plainly(descriptor, link, group)
            return
        done = 0
        while done < len(messages):
            count = self._write_headers(messages[done:])
            sent = libc.sendmmsg(descriptor, self._messages, count, 0)  # where it stopped early, the next call says why
            for _, group in messages[done : done + max(sent, 0)]:
                self.sent += len(group)
            done += max(sent, 0)
            if sent < 0:
                self._failed(descriptor, *messages[done])
                done += 1

    def _failed(self, descriptor: int, link: Link, group: list[tuple[int, int]]) -> None:
        """The first message that the kernel did not take. Where it cannot segment, it gets packet by packet from now on."""
        if len(group) > 1 and ffi.errno in (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP):
            self._segments = False
            self._send_all(descriptor, [(link, [piece]) for piece in group])
        else:
            self.unsent += len(group)

    def _write_headers(self, messages: list[tuple[Link, list[tuple[int, int]]]]) -> int:
        pieces = self._pieces
        used = 0
        for index, (link, group) in enumerate(messages):
            header, c = self._messages[index].msg_hdr, link.c
            header.msg_name, header.msg_namelen = c.name, c.name_bytes
            header.msg_iov, header.msg_iovlen = pieces + used, len(group)
            for start, size in group:
                pieces[used].iov_base, pieces[used].iov_len = self._arena + start, size
                used += 1
            control = self._controls + 64 * index
            ffi.memmove(control, c.control, c.control_bytes)
            size = c.control_bytes
            if len(group) > 1:
                ffi.memmove(control + size, segment_control(group[0][1]), _SEGMENT_CONTROL.size)
                size += _SEGMENT_CONTROL.size
            header.msg_control, header.msg_controllen = (control, size) if size else (ffi.NULL, 0)
        return len(messages)

    def _send_plainly(self, descriptor: int, link: Link, group: list[tuple[int, int]]) -> None:
        bound, path = self._sockets[descriptor], link.path
        for start, size in group:
            try:
                if path is not None:
                    bound.sendmsg([self._view[start : start + size]], ancillary(path), 0, path.remote)
                    self.sent += 1
            except OSError:
                self.unsent += 1


def _renumber(view: memoryview, at: int, packet: MediaPacket, line: Any) -> None:
    """RFC 7741: picture ids and TL0PICIDX go on where the layer before left off."""
    place = at + packet.picture_at
    if packet.picture_bits == 15:
        number = ((view[place] << 8 | view[place + 1]) + line.picture_shift) & 0x7FFF
        view[place], view[place + 1] = 0x80 | number >> 8, number & 0xFF
    else:
        view[place] = (view[place] + line.picture_shift) & 0x7F
    if packet.tl0_at >= 0:
        place = at + packet.tl0_at
        view[place] = (view[place] + line.tl0_shift) & 0xFF


def segment_control(size_bytes: int) -> bytes:
    return _SEGMENT_CONTROL.pack(18, _SOL_UDP, _UDP_SEGMENT, size_bytes)


def can_segment() -> bool:
    """Whether this kernel knows UDP GSO (Linux 4.18)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(_SOL_UDP, _UDP_SEGMENT, 0)
        except OSError:
            return False
    return True
