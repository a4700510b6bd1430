"""One record of the ring for one take."""

from __future__ import annotations

from recorder.index import PICTURES
from recorder.intake import Admitted
from recorder.rtp import RtpError, parse_packet, parse_report
from recorder.running import RunningTake
from server.media.ring import Kind, Record

FOLLOWED_EACH = 4_096  # packets, of the 65,536 after which numbers begin anew


def may_be_let_go(admitted: Admitted, record: Record) -> bool:
    """Of pictures, but for a packet now and then: a numbering that is not followed at all could not be told from an older one later."""
    if admitted.marked.track.source not in PICTURES or record.kind is not Kind.RTP:
        return False
    return int.from_bytes(record.payload[2:4], "big") % FOLLOWED_EACH != 0


def add_record(take: RunningTake, admitted: Admitted, record: Record, position: int) -> None:
    try:
        if record.kind is Kind.RTP:
            packet = parse_packet(record.payload)
            take.add_packet(admitted.worker, admitted.marked, packet, arrival_ns=record.arrival_ns, level=record.level, position=position)
        elif record.kind is Kind.SENDER_REPORT:
            report = parse_report(record.payload)
            take.add_report(admitted.worker, admitted.marked, report, arrival_ns=record.arrival_ns, raw=record.payload)
    except RtpError:
        return
