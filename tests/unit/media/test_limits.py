"""A page may negotiate as often as a page needs, and no page takes the worker's time from the others by it."""

from __future__ import annotations

from server.media.limits import SDP_BYTES_AT_ONCE, SDP_BYTES_PER_S, SDP_LEAST_BYTES, Reading

S = 1_000_000_000


def test_hundred_offers_at_once_and_several_a_second_ever_after_are_read() -> None:
    reading = Reading()
    assert all(reading.takes("x" * 8_000, S) for _ in range(100))
    assert all(reading.takes("x" * 8_000, 60 * S + number * S // 5) for number in range(500))


def test_the_dearest_offers_are_read_less_than_once_a_second() -> None:
    reading = Reading()
    read = sum(reading.takes("x" * 65_000, S + number * S // 50) for number in range(50 * 60))
    assert read <= (SDP_BYTES_AT_ONCE + 60 * SDP_BYTES_PER_S) // 65_000


def test_an_empty_one_counts_too() -> None:
    reading = Reading()
    assert sum(reading.takes("", S) for _ in range(10_000)) == SDP_BYTES_AT_ONCE // SDP_LEAST_BYTES
