"""The peers of the benches say what they got as browsers do, and read as much of a packet as they need."""

import socket
import time

import pytest

from server.media.rtp import write_rtp
from server.media.transport_cc import parse_feedback
from tests.load._connection import SO_TIMESTAMPNS
from tests.load._reading import heads
from tests.load._receiver import arrivals, delays_ms

MS = 1_000_000


@pytest.mark.parametrize("first", [0, 100, 65_533], ids=["start", "middle", "wrap"])
def test_arrival_times_are_read_as_they_were_meant(first: int) -> None:
    came = [(first + place, 1_700_000_000 * 1000 * MS + at_ms * MS) for place, at_ms in ((0, 1), (1, 3), (4, 90), (9, 91), (3, 92))]
    message = arrivals(1, 2, 7, [(number & 0xFFFF, at_ns) for number, at_ns in came])
    read = parse_feedback(message[12:])
    assert read is not None
    assert read.base_sequence == first
    assert read.feedback_count == 7
    times = dict(enumerate(read.arrivals_us))
    start_us = times[0]
    assert start_us is not None
    shown = {place: (at_us - start_us) / 1000 for place, at_us in times.items() if at_us is not None}
    assert shown == {0: 0, 1: 2, 3: 91, 4: 89, 9: 90}


def test_the_heads_of_what_waits_are_read_together() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        to.bind(("127.0.0.1", 0))
        to.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        plain = write_rtp(96, True, 5, 90_000, 77, bytes(1000))
        numbered = b"\x90" + plain[1:12] + bytes((0xBE, 0xDE, 0, 2, 0x10, 9, 0x31, 0x12, 0x34, 0, 0, 0)) + plain[12:]
        rtcp = bytes((0x80, 201, 0, 1)) + bytes(4)
        for datagram in [plain, rtcp, b"", numbered] * 20:
            sender.sendto(datagram, to.getsockname())
        found = list(heads(to.fileno(), cc_extension=3))
    assert len(found) == 40
    assert found[0][1:] == (96, 5, 90_000, 77, -1, 1012)
    assert found[1][1:] == (96, 5, 90_000, 77, 0x1234, 1024)
    assert abs(found[0].arrived_ns - time.time_ns()) < 60_000 * MS


def test_a_packets_way_is_found_though_its_number_was_changed() -> None:
    left = {number: number * 20 * MS for number in range(10)}
    came = [((number + 1000) & 0xFFFF, number * 20 * MS + 2 * MS) for number in range(10) if number != 4]
    assert delays_ms(left, came) == [2.0] * 9
