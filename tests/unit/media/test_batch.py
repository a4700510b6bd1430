"""The same datagrams leave with GSO, without it, packet by packet, and from the compiled loop."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pylibsrtp
import pytest

from server.media.batch import CC_LOG, SLOTS, Batch, Line, Lines, Link
from server.media.ingress import InboundStream, MediaPacket
from server.media.native import NativeBatch
from server.media.paths import Path, control_message, sockaddr
from server.media.ring import NO_LEVEL
from server.media.srtp import Srtp

KEY = bytes(range(28))
Make = Callable[[socket.socket], Any]


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs:
        ours.bind(("127.0.0.1", 0))
        theirs.bind(("127.0.0.1", 0))
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        theirs.settimeout(2)
        yield ours, theirs


def sealing() -> Srtp:
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    policy = pylibsrtp.Policy(KEY, pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    policy.allow_repeat_tx = True
    return Srtp(pylibsrtp.Session(policy))


def lesson(seed: int, batch: Any, ours: socket.socket, theirs: socket.socket) -> tuple[list[bytes], list[Any]]:
    """Frames of equal and odd sizes to four lines of three links; what arrived, and all counters."""
    chance = random.Random(seed)
    links = [Link() for _ in range(3)]
    for link in links:
        link.open(sealing(), ours.fileno(), Path(4, theirs.getsockname(), b""))
    lines = [Line(links[0]), Line(links[1]), Line(links[1]), Line(links[2])]
    for number, line in enumerate(lines):
        c = line.c
        c.ssrc, c.payload_type, c.cc_id, c.first = 1000 + number, 96, 3 if number else 0, 1010 if number == 3 else 0
        c.shift, c.timestamp_shift = chance.randrange(1 << 20), chance.randrange(1 << 32)
        c.picture_shift, c.tl0_shift = chance.randrange(1 << 15), chance.randrange(1 << 8)
    stream, fan = InboundStream("camera", 1, 0, 0), Lines(lines)
    for frame in range(12):
        size = chance.choice((60, 400, 1100))
        for part in range(chance.randrange(1, 9)):
            payload = bytes([0x90, 0xC0, 0x80 | chance.randrange(128), 7, 9]) + chance.randbytes(size if part % 4 else size // 2)
            at = (2, 15, 4) if frame % 3 else (-1, 0, -1) if frame % 2 else (3, 7, -1)
            packet = MediaPacket(stream, 1000 + frame * 9 + part, frame * 3000, part == 3, payload, NO_LEVEL, False, 0, False, *at)
            batch.forward(fan, packet, 5_000 + frame)
        batch.send(links[2], b"\x80\x61" + frame.to_bytes(2, "big") + bytes(4) + b"rtx!" + bytes(99))
        links[0].c.probe = frame
        if frame % 4 == 3:
            batch.flush()
    batch.flush()
    assert not batch.waits
    arrived = [theirs.recv(2048) for _ in range(batch.sent)]
    told: list[Any] = [(int(line.c.packets), int(line.c.octets)) for line in lines]
    told += [(int(link.c.sent_bytes), int(link.c.next_cc), link.sent(int(link.c.next_cc) - 1)) for link in links]
    return arrived, [*told, batch.unsent]


@pytest.mark.parametrize("seed", range(8))
def test_all_ways_send_the_same(seed: int, sockets: tuple[socket.socket, socket.socket], library: Any) -> None:
    ours, theirs = sockets
    by_descriptor = {ours.fileno(): ours}
    ways = [
        Batch(by_descriptor),
        Batch(by_descriptor, segments=False),
        Batch(by_descriptor, many=False),
        NativeBatch(library),
        NativeBatch(library, segments=False),
    ]
    found = [lesson(seed, batch, ours, theirs) for batch in ways]
    assert len(found[0][0]) > 100
    for arrived, told in found[1:]:
        assert arrived == found[0][0]
        assert told == found[0][1]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_full_batch_leaves_by_itself(compiled: bool, sockets: tuple[socket.socket, socket.socket], library: Any) -> None:
    ours, theirs = sockets
    batch: Any = NativeBatch(library) if compiled else Batch({ours.fileno(): ours})
    link = Link()
    link.open(sealing(), ours.fileno(), Path(4, theirs.getsockname(), b""))
    for number in range(SLOTS + 10):
        assert batch.send(link, b"\x80\x60" + number.to_bytes(2, "big") + bytes(8) + b"x") == 29
    assert batch.sent == SLOTS
    batch.flush()
    assert batch.sent == SLOTS + 10
    assert len({theirs.recv(2048) for _ in range(SLOTS + 10)}) == SLOTS + 10


@pytest.mark.parametrize("compiled", [False, True])
def test_a_link_that_was_shut_sends_nothing_of_what_waits(
    compiled: bool, sockets: tuple[socket.socket, socket.socket], library: Any
) -> None:
    ours, theirs = sockets
    batch: Any = NativeBatch(library) if compiled else Batch({ours.fileno(): ours})
    link = Link()
    link.open(sealing(), ours.fileno(), Path(4, theirs.getsockname(), b""))
    assert batch.send(link, b"\x80\x60" + bytes(10) + b"x")
    link.shut()
    assert batch.send(link, b"\x80\x60" + bytes(10) + b"x") == 0
    batch.flush()
    assert batch.sent == 0
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(2048)


def test_what_left_is_remembered_for_a_while() -> None:
    link = Link()
    for number in range(70_000):
        link.note(number, number % 1_500)
    newest = link.sent(69_999 & 0xFFFF)
    assert newest is not None
    assert newest.at_ns == 69_999
    assert link.sent((70_000 - CC_LOG) & 0xFFFF) is not None
    assert link.sent((70_000 - CC_LOG - 1) & 0xFFFF) is None
    assert link.sent(70_000 & 0xFFFF) is None, "not sent yet"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_addresses_are_those_of_the_kernel(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as there:
        there.bind((host, 0))
        path = Path(6 if ":" in host else 4, there.getsockname(), b"")
        assert len(sockaddr(path)) == (28 if ":" in host else 16)
        assert control_message(path) == b""
    told = Path(4, ("127.0.0.1", 1), bytes(12))
    assert len(control_message(told)) == socket.CMSG_SPACE(12)
