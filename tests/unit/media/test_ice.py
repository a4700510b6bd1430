"""Strangers get nothing; a peer's address is followed."""

from __future__ import annotations

import struct

import pytest

from server.media import stun
from server.media.ice import (
    FOLLOW_AFTER_NS,
    GONE_AFTER_NS,
    GUESSES_AT_ONCE,
    GUESSES_PER_S,
    MAX_PATHS,
    QUIET_AFTER_NS,
    SILENT_AFTER_NS,
    Endpoint,
    IceTable,
)
from server.media.udp import Path

S = 1_000_000_000
TRANSACTION = b"123456789012"


def path(port: int) -> Path:
    return Path(4, ("203.0.113.5", port), b"")


class Port:
    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Path]] = []
        self.received: list[bytes] = []
        self.owners: list[Owner] = []
        self.table = IceTable(lambda data, to: self.sent.append((data, to)))
        self.endpoint = self.table.open(lambda data, where, now_ns: self.received.append(data))

    def check(self, endpoint: Endpoint, where: Path, now_ns: int, *, nominate: bool = False, password: str = "", which: int = -1) -> None:
        known = endpoint.credentials[which]
        request = stun.binding_request(TRANSACTION, f"{known.ufrag}:xyz", password or known.password, use_candidate=nominate)
        self.table.receive(request, where, now_ns)


def test_authenticated_check_is_answered_and_lets_media_in() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S)
    assert port.endpoint.path == path(1)
    [(answer, to)] = port.sent
    assert to == path(1)
    assert answer[:2] == b"\x01\x01"
    assert answer[8:20] == TRANSACTION
    kind, size, zero, family, xport = struct.unpack_from(">HHBBH", answer, 20)
    assert (kind, size, zero, family, xport ^ 0x2112) == (0x0020, 8, 0, 1, 1)
    assert bytes(a ^ b for a, b in zip(answer[28:32], b"\x21\x12\xa4\x42", strict=True)) == bytes([203, 0, 113, 5])
    port.table.receive(b"\x80media", path(1), S)
    assert port.received == [b"\x80media"]


def test_ipv6_is_answered() -> None:
    port = Port()
    port.check(port.endpoint, Path(6, ("2001:db8::7", 9, 0, 0), b""), S)
    assert len(port.sent) == 1


@pytest.mark.parametrize("first", range(256))
def test_strangers_get_nothing(first: int) -> None:
    port = Port()
    for size in (1, 20, 200):
        port.table.receive(bytes([first]) * size, path(1), S)
    assert not port.sent
    assert not port.received
    assert port.table.dropped == 3


def test_empty_datagram_is_dropped_even_from_a_peer() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S)
    port.table.receive(b"", path(1), S)
    assert not port.received


def test_wrong_password_and_unknown_name_get_no_answer() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S, password="wrong")
    port.table.receive(stun.binding_request(TRANSACTION, "nobody:xyz", "secret"), path(1), S)
    assert not port.sent
    assert port.endpoint.path is None


def test_use_candidate_moves_the_path_at_once() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S)
    port.check(port.endpoint, path(2), S + 1)
    assert port.endpoint.path == path(1)
    port.check(port.endpoint, path(2), S + 2, nominate=True)
    assert port.endpoint.path == path(2)


def test_plain_check_moves_the_path_once_the_old_one_is_silent() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S)
    port.endpoint.heard(path(1), 2 * S)
    port.check(port.endpoint, path(2), 2 * S + FOLLOW_AFTER_NS - 1)
    assert port.endpoint.path == path(1)
    port.check(port.endpoint, path(2), 2 * S + FOLLOW_AFTER_NS)
    assert port.endpoint.path == path(2)


def test_silence_and_return() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S)
    assert not port.endpoint.fall_silent(S + SILENT_AFTER_NS - 1)
    assert port.endpoint.fall_silent(S + SILENT_AFTER_NS)
    assert not port.endpoint.fall_silent(S + SILENT_AFTER_NS), "only once"
    port.check(port.endpoint, path(1), S + SILENT_AFTER_NS + 1)
    assert not port.endpoint.silent


def test_restart_keeps_the_old_name_until_the_new_one_is_used() -> None:
    port = Port()
    port.check(port.endpoint, path(1), S)
    port.table.restart(port.endpoint)
    port.check(port.endpoint, path(1), 2 * S, which=0)
    assert len(port.sent) == 2
    port.check(port.endpoint, path(2), 3 * S, which=1)
    assert port.endpoint.path == path(2)
    assert len(port.endpoint.credentials) == 1


def test_paths_are_bounded_and_close_forgets_all() -> None:
    port = Port()
    for number in range(1, 100):
        port.check(port.endpoint, path(number), S + number)
    assert len(port.endpoint.paths) == MAX_PATHS
    assert port.endpoint.path == path(1)
    before = len(port.sent)
    port.table.close(port.endpoint)
    port.check(port.endpoint, path(1), 2 * S)
    port.table.receive(b"\x80", path(1), 2 * S)
    assert len(port.sent) == before
    assert not port.received


def test_an_address_that_somebody_talks_from_cannot_be_taken_by_another_peer() -> None:
    port = Port()
    other = port.table.open(lambda data, where, now_ns: None)
    port.check(port.endpoint, path(1), S)
    port.check(other, path(1), S + SILENT_AFTER_NS - 1)
    assert other.path is None
    assert len(port.sent) == 1, "and gets no answer"
    port.table.receive(b"\x80media", path(1), S + SILENT_AFTER_NS - 1)
    assert port.received == [b"\x80media"]


def test_newest_owner_of_an_address_has_it() -> None:
    port = Port()
    other = port.table.open(lambda data, where, now_ns: None)
    port.check(port.endpoint, path(1), S)
    port.check(other, path(1), S + SILENT_AFTER_NS)
    assert port.endpoint.path is None
    assert port.endpoint.silent
    assert port.endpoint.fall_silent(S + SILENT_AFTER_NS), "its owner is told"
    assert not port.endpoint.fall_silent(S + SILENT_AFTER_NS), "only once"
    assert other.path == path(1)
    port.check(port.endpoint, path(2), 2 * S + SILENT_AFTER_NS)
    assert not port.endpoint.silent


def test_attributes_behind_the_integrity_are_ignored() -> None:
    port = Port()
    known = port.endpoint.credentials[-1]
    honest = stun.binding_request(TRANSACTION, f"{known.ufrag}:x", known.password)[:-8]
    forged = honest + struct.pack(">HH", 0x0025, 0)
    forged = forged[:2] + struct.pack(">H", len(forged) - 20) + forged[4:]
    parsed = stun.parse_binding_request(forged)
    assert parsed is not None
    assert not parsed.use_candidate


class Owner:
    """An endpoint that knows its own packets, each only once, as SRTP does."""

    def __init__(self, port: Port, where: Path, now_ns: int) -> None:
        self.name = len(port.owners)
        self.tried = 0
        self.got: list[bytes] = []
        self.endpoint = port.table.open(self._receive)
        port.owners.append(self)
        port.check(self.endpoint, where, now_ns, nominate=True)

    def packet(self, number: int) -> bytes:
        return bytes([0x80, self.name, number])

    def _receive(self, data: bytes, where: Path, now_ns: int) -> None:
        self.tried += 1
        if data[1] == self.name and data not in self.got:
            self.got.append(data)
            self.endpoint.heard(where, now_ns)


def test_media_from_another_port_of_the_same_host_are_their_owners() -> None:
    """Address translation forgot the port: nobody waits for the next check."""
    port = Port()
    anna, ben = Owner(port, path(1), S), Owner(port, path(2), S)
    port.table.receive(anna.packet(1), path(1), S)
    now_ns = S + QUIET_AFTER_NS
    port.table.receive(anna.packet(2), path(77), now_ns)
    assert anna.got == [anna.packet(1), anna.packet(2)]
    assert (anna.endpoint.path, ben.endpoint.path) == (path(77), path(2))
    port.table.receive(anna.packet(3), path(77), now_ns)
    assert anna.got[-1] == anna.packet(3)
    assert port.table.dropped == 0


def test_a_packet_that_came_before_moves_nobody() -> None:
    port = Port()
    anna = Owner(port, path(1), S)
    port.table.receive(anna.packet(1), path(1), S)
    port.table.receive(anna.packet(1), path(66), S + QUIET_AFTER_NS)
    assert anna.endpoint.path == path(1)
    assert anna.got == [anna.packet(1)]


@pytest.mark.parametrize(
    ("where", "after_ns"),
    [(Path(4, ("198.51.100.9", 1), b""), QUIET_AFTER_NS), (path(77), QUIET_AFTER_NS - 1), (path(77), GONE_AFTER_NS + 1)],
)
def test_nobody_moves_to_another_host_nor_while_they_are_heard_nor_long_after(where: Path, after_ns: int) -> None:
    port = Port()
    anna = Owner(port, path(1), S)
    port.table.receive(anna.packet(1), where, S + after_ns)
    assert anna.endpoint.path == path(1)
    assert anna.tried == 0


def test_strangers_cost_few_tries() -> None:
    """Ten thousand a second from the host of a quiet peer."""
    port = Port()
    anna = Owner(port, path(1), S)
    for number in range(10_000):
        port.table.receive(b"\x80\xffgarbage", path(1_000 + number), 2 * S + number * S // 10_000)
    assert anna.tried <= GUESSES_AT_ONCE + GUESSES_PER_S
    assert anna.endpoint.path == path(1)
    assert port.table.dropped == 10_000
