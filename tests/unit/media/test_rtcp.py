"""What we write is read back, by us and by aiortc; nonsense is skipped."""

from __future__ import annotations

from aiortc import rtp as theirs

from server.media import rtcp


def test_sender_report_round_trip() -> None:
    data = rtcp.write_sender_report(5, 0x1122334455667788, 0x1_0000_0007, 3, 400, "anna")
    [report] = rtcp.parse_rtcp(data)
    assert isinstance(report, rtcp.SenderReport)
    assert (report.ssrc, report.ntp, report.timestamp, report.packets, report.octets) == (5, 0x1122334455667788, 7, 3, 400)
    assert len(report.raw) == 24
    first, sdes = theirs.RtcpPacket.parse(data)
    assert isinstance(first, theirs.RtcpSrPacket)
    assert isinstance(sdes, theirs.RtcpSdesPacket)
    assert first.ssrc == 5
    assert sdes.chunks[0].items == [(1, b"anna")]


def test_receiver_report_round_trip() -> None:
    block = rtcp.ReportBlock(9, 12, -3, 70_000, 44, 0x01020304, 65_536)
    [report] = rtcp.parse_rtcp(rtcp.write_receiver_report(1, [block]))
    assert report == rtcp.ReceiverReport((block,))


def test_nack_round_trip_over_the_wrap() -> None:
    numbers = [65_533, 65_535, 0, 14, 500]
    data = rtcp.write_nack(1, 9, numbers)
    [nack] = rtcp.parse_rtcp(data)
    assert nack == rtcp.Nack(9, tuple(numbers))
    [packet] = theirs.RtcpPacket.parse(data)
    assert isinstance(packet, theirs.RtcpRtpfbPacket)
    # aiortc does not wrap 65535 + 1
    assert (packet.fmt, packet.media_ssrc, sorted(lost & 0xFFFF for lost in packet.lost)) == (1, 9, sorted(numbers))


def test_huge_nack_is_bounded() -> None:
    body = b"\x00\x00\x00\x01\x00\x00\x00\x09" + b"\x00\x10\xff\xff" * 250
    data = b"\x81\xcd" + (len(body) // 4).to_bytes(2, "big") + body
    [nack] = rtcp.parse_rtcp(data)
    assert isinstance(nack, rtcp.Nack)
    assert len(nack.sequences) == rtcp.MAX_NACK_NUMBERS


def test_many_nacks_in_one_datagram_are_bounded_together() -> None:
    parts = rtcp.parse_rtcp(rtcp.write_nack(1, 9, range(1000, 1017)) * 85 + rtcp.write_pli(1, 9))
    assert sum(len(part.sequences) for part in parts if isinstance(part, rtcp.Nack)) == rtcp.MAX_NACK_NUMBERS
    assert parts[-1] == rtcp.KeyframeRequest(9), "the rest still counts"


def test_keyframe_requests() -> None:
    fir = b"\x84\xce\x00\x04" + bytes(4) + bytes(4) + b"\x00\x00\x00\x07\x01\x00\x00\x00"
    assert rtcp.parse_rtcp(rtcp.write_pli(1, 9) + fir) == [rtcp.KeyframeRequest(9), rtcp.KeyframeRequest(7)]


def test_remb_is_what_aiortc_reads() -> None:
    for bps in (0, 314_000, 1 << 40):
        [packet] = theirs.RtcpPacket.parse(rtcp.write_remb(1, bps, [9]))
        assert isinstance(packet, theirs.RtcpPsfbPacket)
        assert theirs.unpack_remb_fci(packet.fci) == (bps, [9])
        assert rtcp.parse_rtcp(rtcp.write_remb(1, bps, [9])) == [rtcp.Remb(bps)]


def test_what_came_before_nonsense_counts() -> None:
    assert rtcp.parse_rtcp(rtcp.write_pli(1, 9) + b"\x80\xff\xff\xff" + bytes(8)) == [rtcp.KeyframeRequest(9)]
    assert rtcp.parse_rtcp(b"\x80") == []


def test_ntp() -> None:
    moment = 1_700_000_000_123_456_789
    assert abs(rtcp.unix_ns_from_ntp(rtcp.ntp_from_unix_ns(moment)) - moment) <= 1
