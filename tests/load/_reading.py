"""Reads the heads of many datagrams with one call of the kernel (Linux, 64 bit): a process that makes load has no time for each of them.

Only the beginning of each is copied, with the kernel's time of arrival. One set of buffers for all sockets: one thread.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

AT_ONCE: Final = 64
HEAD_BYTES: Final = 96
CONTROL_BYTES: Final = 64
ARRIVED_AT: Final = 16
_TIMESPEC: Final = struct.Struct("=qq")
_RTP: Final = struct.Struct(">BBHII")


class Head(NamedTuple):
    """`number`: the transport-wide one, -1 without. `octets` of the whole datagram."""

    arrived_ns: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    number: int
    octets: int


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """`struct mmsghdr`."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vectors_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("_", ctypes.c_int),
        ("octets", ctypes.c_uint32),
    )


_recvmmsg: Final = ctypes.CDLL(None, use_errno=True).recvmmsg
_heads: Final = (ctypes.c_char * (AT_ONCE * HEAD_BYTES))()
_controls: Final = (ctypes.c_char * (AT_ONCE * CONTROL_BYTES))()
_vectors: Final = (_Vector * AT_ONCE)()
_messages: Final = (_Message * AT_ONCE)()
_head_bytes: Final = memoryview(_heads).cast("B")
for _place in range(AT_ONCE):
    _vectors[_place] = _Vector(ctypes.addressof(_heads) + _place * HEAD_BYTES, HEAD_BYTES)
    _messages[_place].vectors = ctypes.pointer(_vectors[_place])
    _messages[_place].vectors_count = 1
    _messages[_place].control = ctypes.addressof(_controls) + _place * CONTROL_BYTES
_sizes: Final = memoryview(_messages).cast("B").cast("I")
_SIZE_AT: Final = _Message.octets.offset // 4
_SIZE_STEP: Final = ctypes.sizeof(_Message) // 4


def heads(fileno: int, cc_extension: int) -> Iterator[Head]:
    """Of all RTP that waits there. What else comes is thrown away."""
    while True:
        for place in range(AT_ONCE):
            _messages[place].control_length = CONTROL_BYTES
        count = _recvmmsg(fileno, _messages, AT_ONCE, socket.MSG_DONTWAIT | socket.MSG_TRUNC, None)
        for place in range(max(0, count)):
            at = place * HEAD_BYTES
            first, second, sequence, timestamp, ssrc = _RTP.unpack_from(_heads, at)
            octets = _sizes[_SIZE_AT + place * _SIZE_STEP]
            if octets < 12 or first >> 6 != 2 or 192 <= second <= 223:
                continue
            seconds, rest_ns = _TIMESPEC.unpack_from(_controls, place * CONTROL_BYTES + ARRIVED_AT)
            number = transport_number(_head_bytes[at : at + HEAD_BYTES], cc_extension) if first & 0x10 and cc_extension else -1
            yield Head(seconds * 1_000_000_000 + rest_ns, second & 0x7F, sequence, timestamp, ssrc, number, octets)
        if count < AT_ONCE:
            return


def transport_number(head: memoryview, wanted: int) -> int:
    """Of a packet with one-byte extensions (RFC 8285); -1 without one."""
    if head[12] != 0xBE:
        return -1
    at, end = 16, min(16 + 4 * head[15], len(head) - 3)
    while at < end:
        element = head[at]
        if not element:
            at += 1
            continue
        if element >> 4 == wanted:
            return head[at + 1] << 8 | head[at + 2]
        at += 2 + (element & 0x0F)
    return -1
