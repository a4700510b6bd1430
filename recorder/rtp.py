"""RTP packets and sender reports as the ring carries them (RFC 3550), and the unwrapping of their counters.

It knows no codec and no clock but the sender's. Anything malformed raises `RtpError`; nothing else may escape.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import msgspec

_HEADER = struct.Struct("!BBHII")
_REPORT = struct.Struct("!IIII")
NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970


class RtpError(ValueError):
    """Bytes that are no RTP packet or sender report."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """`sequence` and `timestamp` as sent: 16 and 32 bits."""

    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp_ns` is the sender's own wall clock, nanoseconds since 1970; `timestamp` is 32 bits."""

    ntp_ns: int
    timestamp: int


def parse_packet(data: bytes) -> Packet:
    if len(data) < _HEADER.size:
        raise RtpError("short packet")
    first, second, sequence, timestamp, _ = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise RtpError("not version 2")
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            raise RtpError("short extension")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if first & 0x20:
        end -= data[-1]
    if end < start:
        raise RtpError("padding or extension beyond the packet")
    return Packet(sequence, timestamp, bool(second & 0x80), data[start:end])


def parse_report(data: bytes) -> SenderReport:
    """From SSRC to sender's octet count, RFC 3550 section 6.4.1; longer input is allowed."""
    if len(data) < 24:
        raise RtpError("short sender report")
    _, seconds, fraction, timestamp = _REPORT.unpack_from(data)
    return SenderReport((seconds - NTP_EPOCH_S) * 1_000_000_000 + (fraction * 1_000_000_000 >> 32), timestamp)


class Unwrapper:
    """Counter of `bits` bits to an endless one, by signed difference to the highest so far (RFC 3550 appendix A.1)."""

    def __init__(self, bits: int, highest: int | None = None) -> None:
        self._modulus = 1 << bits
        self._highest = highest

    def unwrap(self, value: int) -> int:
        if self._highest is None:
            self._highest = value
            return value
        half = self._modulus >> 1
        result = self._highest + (value - self._highest + half) % self._modulus - half
        if result > self._highest:
            self._highest = result
        return result

    def unwrap_ahead(self, value: int) -> int:
        """As `unwrap`, of a value that cannot be older than the highest so far."""
        if self._highest is not None:
            self._highest += (value - self._highest) % self._modulus
            return self._highest
        return self.unwrap(value)

    def near(self, value: int) -> int:
        """What `unwrap` would say, without moving."""
        if self._highest is None:
            return value
        half = self._modulus >> 1
        return self._highest + (value - self._highest + half) % self._modulus - half
