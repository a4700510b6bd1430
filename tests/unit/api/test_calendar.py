"""How long a session stands in a calendar."""

from __future__ import annotations

import pytest

from server.api.calendar import minutes_of
from tests.fakes.played_session import PLANS


def test_a_session_lasts_what_its_rounds_and_its_closing_last() -> None:
    plan = PLANS["twenty-minute-round"]
    one, three = minutes_of(plan, 1), minutes_of(plan, 3)
    assert minutes_of(plan, 0) == one
    assert (three - one) * 60 == pytest.approx(2 * plan.round_s, abs=60)
