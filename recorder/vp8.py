"""VP8 as it is found in RTP (RFC 7741) and at the head of a key frame (RFC 6386 section 9.1); the black picture.

Bytes only: nothing here decodes a picture. Malformed input raises `RtpError`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import av
import msgspec

from recorder.rtp import RtpError

_START_CODE = b"\x9d\x01\x2a"


class Piece(msgspec.Struct, frozen=True, gc=False):
    """One packet's part of a frame; `first` is set on the packet that begins it."""

    first: bool
    data: bytes


def parse_payload(payload: bytes) -> Piece:
    """Cut the payload descriptor off, RFC 7741 section 4.2."""
    if not payload:
        raise RtpError("no payload descriptor")
    octet = payload[0]
    position = 1
    if octet & 0x80:
        position = _extension_end(payload)
    if position >= len(payload):
        raise RtpError("nothing behind the payload descriptor")
    return Piece(octet & 0x17 == 0x10, payload[position:])


def _extension_end(payload: bytes) -> int:
    if len(payload) < 3:
        raise RtpError("short payload descriptor")
    flags = payload[1]
    position = 2
    if flags & 0x80:
        position += 2 if payload[2] & 0x80 else 1
    if flags & 0x40:
        position += 1
    if flags & 0x30:
        position += 1
    return position


def is_key(frame: bytes) -> bool:
    return len(frame) >= 10 and not frame[0] & 1 and frame[3:6] == _START_CODE


def key_size(frame: bytes) -> tuple[int, int]:
    """Width and height in pixels of a key frame."""
    if not is_key(frame):
        raise RtpError("no key frame")
    return int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF


@lru_cache(maxsize=16)
def black_key_frame(width: int, height: int) -> bytes:
    picture = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(picture.planes, (16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    picture.pts = 0
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width = width
    encoder.height = height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 1000)
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    encoder.bit_rate = 100_000
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
