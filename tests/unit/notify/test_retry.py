"""When it is tried again, for days, and never for what is of no use any more. No clock, no database."""

from __future__ import annotations

import random

import pytest

from server.notify.retry import HOUR_MS, JITTER, MINUTE_MS, MOST_ATTEMPTS, PAUSES_MS, Failed, after

NOW = 1_774_000_000_000
BUSY = Failed("busy")


def pause_ms(attempts: int, failure: Failed = BUSY, seed: int = 1) -> int | None:
    again = after(failure, "review_sent", NOW, attempts, NOW, random.Random(seed))
    return again.at_ms - NOW if again else None


def test_it_is_tried_again_within_seconds_and_for_days() -> None:
    pauses = [pause_ms(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert all(pause is not None for pause in pauses)
    for pause, planned in zip(pauses, PAUSES_MS, strict=True):
        assert pause == pytest.approx(planned, rel=JITTER)
    assert PAUSES_MS[0] <= 5_000
    assert sum(PAUSES_MS) > 3 * 24 * HOUR_MS


def test_those_that_failed_together_do_not_come_back_together() -> None:
    assert len({pause_ms(4, seed=seed) for seed in range(20)}) == 20


def test_it_is_given_up_after_the_last_attempt() -> None:
    assert pause_ms(MOST_ATTEMPTS) is None
    assert pause_ms(MOST_ATTEMPTS + 1) is None


def test_what_was_refused_is_not_tried_again() -> None:
    assert pause_ms(1, Failed("refused", for_good=True)) is None


def test_the_other_side_may_ask_for_more_patience_but_not_for_ever() -> None:
    assert pause_ms(1, Failed("answered_503", after_ms=HOUR_MS)) == HOUR_MS
    assert pause_ms(1, Failed("answered_503", after_ms=10**12)) == 24 * HOUR_MS
    assert pause_ms(9, Failed("answered_503", after_ms=1)) == pytest.approx(PAUSES_MS[8], rel=JITTER)


def test_a_link_to_sign_in_is_not_sent_when_it_no_longer_works() -> None:
    made_ms = NOW - 19 * MINUTE_MS
    assert after(BUSY, "sign_in", made_ms, 1, NOW, random.Random(1)) is not None
    assert after(BUSY, "sign_in", made_ms, 3, NOW, random.Random(1)) is None
