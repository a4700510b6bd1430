"""Sound and picture of a person keep their relation on our clock."""

from __future__ import annotations

from server.media.lipsync import PublisherClock
from server.media.rtcp import SenderReport, ntp_from_unix_ns

S = 1_000_000_000
MS = 1_000_000


def report(unix_ns: int, timestamp: int) -> SenderReport:
    return SenderReport(1, ntp_from_unix_ns(unix_ns), timestamp, 0, 0, b"")


def test_nothing_is_known_before_the_first_report() -> None:
    assert PublisherClock().timestamp_at(report(0, 0), 48_000, 0) is None


def test_one_offset_for_both_sources() -> None:
    clock = PublisherClock()
    sound, picture = report(5_000 * S, 48_000), report(5_001 * S, 90_000)
    clock.observe(sound, 9_000 * S + 40 * MS)
    clock.observe(picture, 9_001 * S + 90 * MS)  # this one was 50 ms longer on its way
    at = 9_002 * S + 40 * MS
    heard, seen = clock.timestamp_at(sound, 48_000, at), clock.timestamp_at(picture, 90_000, at)
    assert heard is not None
    assert seen is not None
    assert abs(heard - (48_000 + 2 * 48_000)) <= 1
    assert abs(seen - (90_000 + 90_000)) <= 1
