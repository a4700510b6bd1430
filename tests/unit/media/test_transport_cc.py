"""What came in is told to its sender exactly; what peers tell us is read without trust."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media import rtcp
from server.media.transport_cc import MAX_MESSAGE_BYTES, MAX_STATUSES, REFERENCE_PERIOD_US, ArrivalLog, TransportFeedback, parse_feedback

MS = 1_000_000
TICK_NS = 250_000


def told(log: ArrivalLog) -> list[TransportFeedback]:
    """All that is due, read back by our parser and by the one below, which was written from the draft alone."""
    messages = []
    while (data := log.feedback(1, 2)) is not None:
        assert len(data) <= MAX_MESSAGE_BYTES
        [message] = rtcp.parse_rtcp(data)
        assert isinstance(message, TransportFeedback)
        assert independent(data) == (1, 2, message.base_sequence, message.feedback_count, message.arrivals_us)
        messages.append(message)
    return messages


def independent(data: bytes) -> tuple[int, int, int, int, tuple[int | None, ...]]:
    bits = "".join(f"{byte:08b}" for byte in data)
    taken = 0

    def take(count: int) -> int:
        nonlocal taken
        taken += count
        return int(bits[taken - count : taken], 2)

    assert (take(2), take(1), take(5), take(8)) == (2, 0, 15, 205)
    assert take(16) == len(data) // 4 - 1
    sender, media, base, count, reference, number = take(32), take(32), take(16), take(16), take(24), take(8)
    symbols: list[int] = []
    while len(symbols) < count:
        if take(1) == 0:
            symbols += [take(2)] * take(13)
        elif take(1) == 0:
            symbols += [take(1) for _ in range(14)]
        else:
            symbols += [take(2) for _ in range(7)]
    now_us = reference * 64_000
    arrivals: list[int | None] = []
    for symbol in symbols[:count]:
        if symbol == 1:
            now_us += take(8) * 250
        elif symbol == 2:
            delta = take(16)
            now_us += (delta - 65_536 if delta >= 32_768 else delta) * 250
        arrivals.append(now_us if symbol in (1, 2) else None)
    assert len(bits) - taken < 32, "nothing but padding is left"
    return sender, media, base, number, tuple(arrivals)


def merged(messages: list[TransportFeedback]) -> dict[int, int]:
    return {
        (message.base_sequence + at) & 0xFFFF: arrival
        for message in messages
        for at, arrival in enumerate(message.arrivals_us)
        if arrival is not None
    }


@settings(max_examples=50, deadline=None)
@given(
    first=st.integers(0, 0xFFFF),
    start_ns=st.integers(0, 40 * 86_400 * 1_000_000_000),
    steps=st.lists(st.tuples(st.sampled_from([1, 1, 1, 1, 2, 3, 9, 40, 700]), st.integers(-20 * MS, 60 * MS)), min_size=1, max_size=300),
)
def test_what_came_is_what_is_told(first: int, start_ns: int, steps: list[tuple[int, int]]) -> None:
    log = ArrivalLog()
    came: dict[int, int] = {}
    number, now_ns = first, start_ns + 10_000 * MS
    for step, later_ns in steps:
        number += step
        now_ns += later_ns
        log.arrived(number & 0xFFFF, now_ns)
        came[number & 0xFFFF] = now_ns // TICK_NS * 250 % REFERENCE_PERIOD_US
    messages = told(log)
    heard = {sequence: arrival % REFERENCE_PERIOD_US for sequence, arrival in merged(messages).items()}
    assert heard == {sequence: came[sequence] for sequence in heard}
    last = [(first + 1 + at) & 0xFFFF for at in range(number - first)][-4096:]
    assert set(came) & set(last) == set(heard), "all of them, those before the newest 4,096 excepted"
    assert told(log) == []


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(65_500, 65_500 + 60)), st.integers(1, 20))
def test_any_order_in_any_portions(order: list[int], portion: int) -> None:
    log = ArrivalLog()
    messages: list[TransportFeedback] = []
    for at, number in enumerate(order):
        log.arrived(number & 0xFFFF, at * MS)
        if at % portion == 0:
            messages += told(log)
    messages += told(log)
    assert merged(messages) == {number & 0xFFFF: at * 1000 for at, number in enumerate(order)}
    assert [message.feedback_count for message in messages] == list(range(len(messages)))


def test_holes_are_told_as_losses() -> None:
    log = ArrivalLog()
    for number in (5, 6, 9):
        log.arrived(number, 64 * MS)
    [message] = told(log)
    assert message == TransportFeedback(5, 0, (64_000, 64_000, None, None, 64_000))
    log.arrived(12, 65 * MS)
    [message] = told(log)
    assert message == TransportFeedback(10, 1, (None, None, 65_000)), "the hole between two messages too"


def test_a_late_one_is_told_after_all() -> None:
    log = ArrivalLog()
    for number in (5, 7, 8):
        log.arrived(number, 64 * MS)
    told(log)
    log.arrived(6, 70 * MS)
    [message] = told(log)
    assert message == TransportFeedback(6, 1, (70_000, 64_000, 64_000))


def test_a_repeated_number_counts_once() -> None:
    log = ArrivalLog()
    log.arrived(5, 64 * MS)
    log.arrived(5, 90 * MS)
    assert told(log)[0].arrivals_us == (64_000,)
    log.arrived(5, 200 * MS)
    assert told(log) == []


@pytest.mark.parametrize("gap", [2_049, 0x7FFF, 0x8000, 0x8001, 33_000, 65_000])
def test_after_a_long_absence_it_begins_anew(gap: int) -> None:
    log = ArrivalLog()
    log.arrived(60_000, 0)
    told(log)
    hours_ns = 5 * 3_600_000 * MS
    for number in range(60_000 + gap, 60_000 + gap + 3):
        log.arrived(number & 0xFFFF, hours_ns)
    [message] = told(log)
    assert message == TransportFeedback((60_000 + gap) & 0xFFFF, 1, (hours_ns // 1000,) * 3)


def test_a_pause_that_a_delta_cannot_hold_begins_another_message() -> None:
    log = ArrivalLog()
    log.arrived(1, 0)
    log.arrived(2, 9_000 * MS)
    assert [message.arrivals_us for message in told(log)] == [(0,), (9_000_000,)]


def test_a_burst_is_split_into_datagrams() -> None:
    log = ArrivalLog()
    for number in range(4_000):
        log.arrived(number, number * 9 * MS * (number % 2))
    messages = told(log)
    assert len(messages) > 4
    assert sorted(merged(messages)) == list(range(4_000))


def test_steady_traffic_costs_few_bytes() -> None:
    log = ArrivalLog()
    for number in range(100):
        log.arrived(number, number * MS)
    data = log.feedback(1, 2)
    assert data is not None and len(data) <= 20 + 2 + 100 + 3


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_nonsense_is_no_feedback(data: bytes) -> None:
    found = parse_feedback(data)
    assert found is None or 0 < len(found.arrivals_us) <= MAX_STATUSES
    rtcp.parse_rtcp(struct.pack(">BBHII", 0x8F, 205, 2 + len(data) // 4, 1, 2) + data)


def test_statuses_are_bounded_and_deltas_must_be_there() -> None:
    head = struct.pack(">HHI", 0, MAX_STATUSES, 0)
    assert parse_feedback(head + struct.pack(">H", 0x1FFF)) is not None
    assert parse_feedback(struct.pack(">HHI", 0, MAX_STATUSES + 1, 0) + struct.pack(">H", 0x1FFF)) is None
    assert parse_feedback(head + struct.pack(">H", 0x3FFF) + bytes(MAX_STATUSES - 1)) is None
    assert parse_feedback(head + bytes(2)) is None, "runs of no length do not hold us up"
    assert parse_feedback(struct.pack(">HHI", 0, 0, 0) + bytes(8)) is None


def test_many_messages_in_one_datagram_are_bounded_together() -> None:
    one = struct.pack(">BBHIIHHIHH", 0x8F, 205, 5, 1, 2, 0, 4_000, 0, 0x1FFF, 0)
    parts = rtcp.parse_rtcp(one * 60)
    assert sum(len(part.arrivals_us) for part in parts if isinstance(part, TransportFeedback)) <= MAX_STATUSES


class Lossy:
    """A log that forgives; one stream, numbers and transport-wide numbers alike."""

    def __init__(self, log: ArrivalLog) -> None:
        self.log = log
        log.forgives = True

    def gap(self, before: int, after: int) -> None:
        self.log.skipped(7, before + 1, after, before, after)

    def told(self, now_ms: int) -> dict[int, int | None]:
        found: dict[int, int | None] = {}
        while (data := self.log.feedback(1, 2, now_ms * MS)) is not None:
            [message] = rtcp.parse_rtcp(data)
            assert isinstance(message, TransportFeedback)
            assert independent(data) == (1, 2, message.base_sequence, message.feedback_count, message.arrivals_us)
            for at, arrival in enumerate(message.arrivals_us):
                assert message.base_sequence + at not in found
                found[message.base_sequence + at] = arrival
        return found


def test_forgiving_nothing_is_said_of_what_may_be_repaired() -> None:
    lossy = Lossy(ArrivalLog())
    for number in (5, 6, 9):
        lossy.log.arrived(number, 64 * MS)
    lossy.gap(6, 9)
    assert lossy.told(80) == {5: 64_000, 6: 64_000, 9: 64_000}
    lossy.log.arrived(10, 90 * MS)
    lossy.log.came_late(7, 7)
    lossy.log.came_late(7, 8)
    assert lossy.told(160) == {10: 90_000}, "another stream may not have noticed its gap yet"
    assert lossy.told(200) == {7: 90_000, 8: 90_000}, "as if with the latest"
    assert lossy.told(5_000) == {}
    assert (lossy.log.lost, lossy.log.expected) == (2, 6)


def test_forgiving_what_is_not_repaired_is_told_as_lost() -> None:
    lossy = Lossy(ArrivalLog())
    for number in (5, 7, 9):
        lossy.log.arrived(number, 64 * MS)
    lossy.gap(5, 7)
    lossy.gap(7, 9)
    assert lossy.told(80) == {5: 64_000, 7: 64_000, 9: 64_000}
    lossy.log.came_late(7, 8)
    assert lossy.told(400) == {8: 64_000}
    assert lossy.told(600) == {6: None}
    lossy.log.came_late(7, 6)
    assert lossy.told(5_000) == {}


def test_forgiving_a_reordered_one_is_told_as_it_came() -> None:
    lossy = Lossy(ArrivalLog())
    for number in (5, 7):
        lossy.log.arrived(number, 64 * MS)
    assert lossy.told(80) == {5: 64_000, 7: 64_000}
    lossy.log.arrived(6, 90 * MS)
    assert lossy.told(160) == {6: 64_000}
    assert (lossy.log.lost, lossy.log.expected) == (0, 3)


def test_forgiving_a_long_hole_is_told_in_few_messages() -> None:
    lossy = Lossy(ArrivalLog())
    lossy.log.arrived(5, 64 * MS)
    lossy.log.arrived(1_505, 64 * MS)
    assert lossy.told(80) == {5: 64_000, 1_505: 64_000}
    before = lossy.log._count
    assert lossy.told(700) == dict.fromkeys(range(6, 1_505), None)
    assert (lossy.log._count - before) & 0xFF <= 4


def test_who_is_not_forgiven_any_more_is_told_all() -> None:
    lossy = Lossy(ArrivalLog())
    for number in (5, 7):
        lossy.log.arrived(number, 64 * MS)
    assert lossy.told(80) == {5: 64_000, 7: 64_000}
    lossy.log.forgives = False
    lossy.log.arrived(9, 90 * MS)
    assert lossy.told(90) == {8: None, 9: 90_000, 6: None}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 1, 1, 2, 3]), st.booleans(), st.booleans()), min_size=1, max_size=200))
def test_forgiving_each_number_is_told_once_and_never_as_arrived_before_it_is(steps: list[tuple[int, bool, bool]]) -> None:
    lossy = Lossy(ArrivalLog())
    number, now_ms = 70, 1_000
    lossy.log.arrived(number, now_ms * MS)
    came, told_ = {number}, lossy.told(now_ms)
    for step, repairs, looks in steps:
        now_ms += 20
        if step > 1:
            lossy.gap(number, number + step)
            if repairs:
                for missing in range(number + 1, number + step):
                    lossy.log.came_late(7, missing)
                    came.add(missing)
        number += step
        lossy.log.arrived(number, now_ms * MS)
        came.add(number)
        if looks:
            new = lossy.told(now_ms)
            assert not set(new) & set(told_)
            assert all(at in came for at, arrival in new.items() if arrival is not None)
            told_ |= new
    told_ |= lossy.told(now_ms)
    told_ |= lossy.told(now_ms + 1_000)
    assert set(told_) == set(range(70, number + 1))
    assert {at for at, arrival in told_.items() if arrival is not None} == came
