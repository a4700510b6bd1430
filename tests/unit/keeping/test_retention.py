"""When a recording or a session has been kept for long enough, to the millisecond."""

from __future__ import annotations

import msgspec
import pytest

from server.keeping.retention import DAY_MS, Kept, Still, due_ms, is_over, lag_ms, what_to_do

MADE = Kept(take="t", session="s", teacher="a", started_ms=100 * DAY_MS)
KEEP = 30
OVER_MS = 130 * DAY_MS


def kept(**changes: int) -> Kept:
    return msgspec.structs.replace(MADE, **changes)


def test_without_a_limit_nothing_is_ever_due() -> None:
    assert due_ms(MADE, 0, 10_000 * DAY_MS) is None
    assert what_to_do(MADE, 0, 10_000 * DAY_MS) == "keep"
    assert not is_over(Still(session="s", last_ms=0, recordings=0), 0, 10_000 * DAY_MS)


@pytest.mark.parametrize(
    ("now_ms", "warned_ms", "expected"),
    [
        (OVER_MS - 7 * DAY_MS - 1, None, "keep"),
        (OVER_MS - 7 * DAY_MS, None, "warn"),
        (OVER_MS - 1, OVER_MS - 7 * DAY_MS, "keep"),
        (OVER_MS, OVER_MS - 7 * DAY_MS, "delete"),
        (OVER_MS, OVER_MS - 5 * DAY_MS, "keep"),
        (OVER_MS + 2 * DAY_MS, OVER_MS - 5 * DAY_MS, "delete"),
        (OVER_MS + 500 * DAY_MS, None, "warn"),
    ],
)
def test_a_teacher_is_told_a_week_before(now_ms: int, warned_ms: int | None, expected: str) -> None:
    assert what_to_do(msgspec.structs.replace(MADE, warned_ms=warned_ms), KEEP, now_ms) == expected


def test_a_limit_that_is_new_leaves_everybody_a_week() -> None:
    now_ms = 5_000 * DAY_MS
    assert due_ms(MADE, KEEP, now_ms) == now_ms + 7 * DAY_MS
    assert due_ms(kept(warned_ms=now_ms), KEEP, now_ms + DAY_MS) == now_ms + 7 * DAY_MS


def test_a_view_that_somebody_was_asked_for_holds_it_back() -> None:
    assert due_ms(kept(open_until_ms=OVER_MS + 5 * DAY_MS), KEEP, 0) == OVER_MS + 5 * DAY_MS
    assert due_ms(kept(open_until_ms=OVER_MS - 5 * DAY_MS), KEEP, 0) == OVER_MS


def test_nothing_holds_it_back_for_more_than_a_month() -> None:
    assert due_ms(kept(open_until_ms=9_000 * DAY_MS), KEEP, 0) == OVER_MS + 30 * DAY_MS


def test_what_is_late_is_known_as_a_number() -> None:
    assert lag_ms(kept(warned_ms=0), KEEP, OVER_MS - 1) == 0
    assert lag_ms(kept(warned_ms=0), KEEP, OVER_MS + 90) == 90


def test_a_session_stays_as_long_as_a_recording_of_it() -> None:
    still = Still(session="s", last_ms=0, recordings=0)
    assert is_over(still, 30, 30 * DAY_MS)
    assert not is_over(still, 30, 30 * DAY_MS - 1)
    assert not is_over(msgspec.structs.replace(still, recordings=1), 30, 900 * DAY_MS)
