"""RTCP (RFC 3550, 4585, 5104, REMB draft 03, transport-cc) as values: read a compound packet, write the few kinds that we send.

Invariant: reading never raises; a malformed part ends the packet, what came before it counts. It must not know peers or policies.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from server.media.transport_cc import MAX_STATUSES, TransportFeedback, parse_feedback

_SR, _RR, _SDES, _RTPFB, _PSFB = 200, 201, 202, 205, 206
_NACK, _TRANSPORT_CC, _PLI, _FIR, _APPLICATION = 1, 15, 1, 4, 15
MAX_NACK_NUMBERS = 512  # in one datagram
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970


@dataclass(frozen=True, slots=True)
class ReportBlock:
    ssrc: int
    fraction_lost: int = 0
    packets_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    last_sr: int = 0
    delay_since_last_sr: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`raw` is the 24 bytes from SSRC to the sender's octet count."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    raw: bytes
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """PLI or FIR: both mean that `ssrc` should send a keyframe."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class Remb:
    bitrate_bps: int


Feedback = SenderReport | ReceiverReport | Nack | KeyframeRequest | Remb | TransportFeedback


def parse_rtcp(data: bytes) -> list[Feedback]:
    """All parts that we know; NACKs beyond `MAX_NACK_NUMBERS` numbers and arrivals beyond `MAX_STATUSES` are cut."""
    found: list[Feedback] = []
    offset = numbers = statuses = 0
    while offset + 8 <= len(data):
        first, kind, words = struct.unpack_from(">BBH", data, offset)
        end = offset + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            break
        for part in _read(kind, first & 0x1F, data[offset + 4 : end], MAX_NACK_NUMBERS - numbers, MAX_STATUSES - statuses):
            if isinstance(part, Nack):
                numbers += len(part.sequences)
            elif isinstance(part, TransportFeedback):
                statuses += len(part.arrivals_us)
            found.append(part)
        offset = end
    return found


def _read(kind: int, count: int, body: bytes, numbers_left: int, statuses_left: int) -> Iterable[Feedback]:
    if kind == _SR and len(body) >= 24:
        ssrc, ntp, timestamp, packets, octets = struct.unpack_from(">IQIII", body)
        yield SenderReport(ssrc, ntp, timestamp, packets, octets, body[:24], _read_blocks(body[24:], count))
    elif kind == _RR:
        yield ReceiverReport(_read_blocks(body[4:], count))
    elif len(body) < 8:
        return
    elif kind == _RTPFB and count == _NACK:
        yield Nack(struct.unpack_from(">I", body, 4)[0], _read_nack(body[8:], numbers_left))
    elif kind == _RTPFB and count == _TRANSPORT_CC:
        arrivals = parse_feedback(body[8:], statuses_left)
        if arrivals is not None:
            yield arrivals
    elif kind == _PSFB and count == _PLI:
        yield KeyframeRequest(struct.unpack_from(">I", body, 4)[0])
    elif kind == _PSFB and count == _FIR:
        for at in range(8, min(len(body), 8 + 8 * 31) - 7, 8):
            yield KeyframeRequest(struct.unpack_from(">I", body, at)[0])
    elif kind == _PSFB and count == _APPLICATION and len(body) >= 16 and body[8:12] == b"REMB":
        yield Remb(((body[13] & 0x03) << 16 | body[14] << 8 | body[15]) << (body[13] >> 2))


def _read_blocks(data: bytes, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for at in range(0, min(24 * count, len(data)) - 23, 24):
        ssrc, lost, highest, jitter, last_sr, delay = struct.unpack_from(">6I", data, at)
        packets_lost = (lost & 0xFFFFFF) - ((lost & 0x800000) << 1)
        blocks.append(ReportBlock(ssrc, lost >> 24, packets_lost, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _read_nack(items: bytes, limit: int) -> tuple[int, ...]:
    numbers: list[int] = []
    for at in range(0, len(items) - 3, 4):
        if len(numbers) >= limit:
            break
        first, mask = struct.unpack_from(">HH", items, at)
        numbers.append(first)
        numbers.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return tuple(numbers[:limit])


def write_sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    body = struct.pack(">IQIII", ssrc, ntp, timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return _packet(_SR, 0, body) + write_sdes(ssrc, cname)


def write_receiver_report(ssrc: int, blocks: Iterable[ReportBlock]) -> bytes:
    chosen = list(blocks)[:31]
    return _packet(_RR, len(chosen), struct.pack(">I", ssrc) + b"".join(map(_write_block, chosen)))


def write_sdes(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    chunk = struct.pack(">IBB", ssrc, 1, len(name)) + name
    return _packet(_SDES, 1, chunk + bytes(4 - len(chunk) % 4))  # at least one zero ends the items


def write_nack(sender_ssrc: int, ssrc: int, sequences: Iterable[int]) -> bytes:
    """Any order; at most 253 items, so that it fits a datagram."""
    items: list[tuple[int, int]] = []
    for number in sequences:
        distance = (number - items[-1][0]) & 0xFFFF if items else 0
        if items and 1 <= distance <= 16:
            items[-1] = (items[-1][0], items[-1][1] | 1 << (distance - 1))
        elif not items or distance:
            items.append((number & 0xFFFF, 0))
    body = b"".join(struct.pack(">HH", *item) for item in items[:253])
    return _packet(_RTPFB, _NACK, struct.pack(">II", sender_ssrc, ssrc) + body)


def write_pli(sender_ssrc: int, ssrc: int) -> bytes:
    return _packet(_PSFB, _PLI, struct.pack(">II", sender_ssrc, ssrc))


def write_remb(sender_ssrc: int, bitrate_bps: int, ssrcs: Iterable[int]) -> bytes:
    chosen = list(ssrcs)[:255]
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    head = struct.pack(">II4sBBH", sender_ssrc, 0, b"REMB", len(chosen), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF)
    return _packet(_PSFB, _APPLICATION, head + b"".join(struct.pack(">I", ssrc) for ssrc in chosen))


def ntp_from_unix_ns(unix_ns: int) -> int:
    """64-bit NTP: seconds since 1900 in the upper half, the fraction in the lower."""
    seconds, rest_ns = divmod(unix_ns, 1_000_000_000)
    return (seconds + _NTP_EPOCH_S & 0xFFFFFFFF) << 32 | (rest_ns << 32) // 1_000_000_000


def unix_ns_from_ntp(ntp: int) -> int:
    return ((ntp >> 32) - _NTP_EPOCH_S) * 1_000_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000_000 >> 32)


def _write_block(block: ReportBlock) -> bytes:
    lost = max(-0x800000, min(block.packets_lost, 0x7FFFFF)) & 0xFFFFFF
    return struct.pack(
        ">6I", block.ssrc, block.fraction_lost << 24 | lost, block.highest_sequence & 0xFFFFFFFF, block.jitter & 0xFFFFFFFF,
        block.last_sr, block.delay_since_last_sr & 0xFFFFFFFF,
    )  # fmt: skip


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body
