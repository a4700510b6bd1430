"""RTP packets (RFC 3550, 8285, 6464, 4588, 7741) as values: parse, write, unwrap RTX, read the VP8 descriptor.

Invariant: no input makes a function raise; malformed is None. It must not know peers, policies or time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal, NamedTuple

from server.media.control import Source

HEADER = struct.Struct(">BBHII")
HEADER_BYTES = 12
ONE_BYTE_PROFILE = 0xBEDE


class Codec(NamedTuple):
    """What leaves the worker, whatever numbers the publisher used."""

    kind: Literal["audio", "video"]
    payload_type: int
    clock_rate_hz: int
    stereo: bool = False


# One payload type has the same parameters on all lines of a bundle (RFC 9143 10.1.2), so stereo sound has its own.
CODECS: dict[Source, Codec] = {
    "microphone": Codec("audio", 111, 48_000),
    "camera": Codec("video", 96, 90_000),
    "screen": Codec("video", 96, 90_000),
    "screen_sound": Codec("audio", 112, 48_000, stereo=True),
}
RTX_PAYLOAD_TYPE = 97
PICTURES = frozenset(source for source, codec in CODECS.items() if codec.kind == "video")


class RtpPacket(NamedTuple):
    """`payload` is without padding. `extensions` is the raw extension block, `profile` its 16-bit name, 0 without one."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    profile: int
    extensions: bytes
    payload: bytes


class Vp8(NamedTuple):
    """Where in the payload the picture id (of 7 or 15 bits) and TL0PICIDX stand, -1 for none.

    `keyframe`: this is the first packet of one, the first partition's first packet of a frame whose P bit is 0.
    """

    keyframe: bool
    picture_at: int
    picture_bits: int
    tl0_at: int


_NO_VP8 = Vp8(False, -1, 0, -1)


def is_rtcp(data: bytes) -> bool:
    """RFC 5761 section 4: packet types 192 to 223 where RTP has marker and payload type."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def parse_rtp(data: bytes) -> RtpPacket | None:
    if len(data) < HEADER_BYTES:
        return None
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = HEADER_BYTES + 4 * (first & 0x0F)
    end = len(data)
    profile, extensions = 0, b""
    if first & 0x10:
        if start + 4 > end:
            return None
        profile, words = struct.unpack_from(">HH", data, start)
        extensions = data[start + 4 : start + 4 + 4 * words]
        start += 4 + 4 * words
    if first & 0x20 and start < end:
        padding = data[-1]
        if padding == 0:
            return None
        end -= padding
    if start > end:
        return None
    return RtpPacket(second & 0x7F, second >= 0x80, sequence, timestamp, ssrc, profile, extensions, data[start:end])


def write_rtp(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    head = HEADER.pack(0x80, marker << 7 | payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + payload


def header_extensions(profile: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    """Id and value of each element; stops at the first malformed one."""
    if profile == ONE_BYTE_PROFILE:
        head_bytes = 1
    elif profile & 0xFFF0 == 0x1000:
        head_bytes = 2
    else:
        return
    offset = 0
    while offset + head_bytes <= len(block):
        if block[offset] == 0:
            offset += 1
            continue
        if head_bytes == 1:
            number, size = block[offset] >> 4, (block[offset] & 0x0F) + 1
            if number == 15:  # RFC 8285 4.2: stop here
                return
        else:
            number, size = block[offset], block[offset + 1]
        offset += head_bytes
        if offset + size > len(block):
            return
        yield number, block[offset : offset + size]
        offset += size


def unwrap_rtx(packet: RtpPacket, payload_type: int, ssrc: int) -> RtpPacket | None:
    """The original packet inside a retransmission (RFC 4588); None for the padding probes that browsers send as RTX."""
    if len(packet.payload) <= 2:
        return None
    sequence = int.from_bytes(packet.payload[:2], "big")
    return RtpPacket(payload_type, packet.marker, sequence, packet.timestamp, ssrc, 0, b"", packet.payload[2:])


def extend_sequence(sequence: int, highest: int) -> int:
    """The 16-bit number as a running number near `highest`; the result may be negative just after the start."""
    return highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000


def vp8_descriptor(payload: bytes) -> Vp8:
    """RFC 7741 4.2 and 4.3. Where the descriptor is cut short, nothing of it counts."""
    size = len(payload)
    if size < 2:
        return _NO_VP8
    first = payload[0]
    offset, picture_at, bits, tl0_at = 1, -1, 0, -1
    if first & 0x80:
        flags = payload[1]
        offset = 2
        if flags & 0x80:
            picture_at = 2
            bits, offset = (15, 4) if size > 2 and payload[2] & 0x80 else (7, 3)
        if flags & 0x40:
            tl0_at = offset
            offset += 1
        if flags & 0x30:
            offset += 1
    if offset >= size:
        return _NO_VP8
    return Vp8(first & 0x17 == 0x10 and not payload[offset] & 0x01, picture_at, bits, tl0_at)
