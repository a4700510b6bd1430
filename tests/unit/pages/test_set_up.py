"""Setting up: answers read from forms, and formats that answer them."""

from __future__ import annotations

import pytest

from server.pages.set_up import FIRST, LAST, WELCOME_MIN, Wish, fitted, read_start, read_wish, worth
from server.plans import load_plans
from server.session.pacing import session_s
from server.session.plan import Plan

PLANS = load_plans()


@pytest.mark.parametrize(
    ("values", "wish"),
    [
        ({"teachers": "2", "minutes": "45"}, Wish(teachers=2, minutes=45)),
        ({"teachers": "2", "minutes": "0"}, Wish(teachers=2, minutes=None)),
        ({"teachers": "0", "minutes": "45"}, None),
        ({"teachers": "7", "minutes": "45"}, None),
        ({"teachers": "2", "minutes": "100000"}, None),
        ({"teachers": "²", "minutes": "45"}, None),
        ({"teachers": "2"}, None),
        ({}, None),
    ],
)
def test_answers_are_read_or_asked_again(values: dict[str, str], wish: Wish | None) -> None:
    assert read_wish(values) == wish


def test_the_browsers_reckoning_of_the_time_goes_before_the_servers() -> None:
    assert read_start({"starts": "2026-12-03T12:30", "starts_ms": "1796000000000"}) == 1_796_000_000_000
    assert read_start({"starts": "2026-12-03T12:30", "starts_ms": ""}) is not None
    for nonsense in ("", "tomorrow", "9" * 14, "-1"):
        assert read_start({"starts": "", "starts_ms": nonsense}) is None


@pytest.mark.parametrize("starts", ["9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00", "1969-12-31T00:00+00:00"])
def test_a_year_that_no_page_can_write_is_no_time(starts: str) -> None:
    assert read_start({"starts": starts}) is None
    assert read_start({"starts": "", "starts_ms": str(2**45)}) is None


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.alone], ids=lambda plan: plan.id)
def test_formats_are_shortened_to_the_time_and_never_stretched(plan: Plan) -> None:
    long = fitted(plan, Wish(teachers=2, minutes=None))
    assert long == plan
    assert fitted(plan, Wish(teachers=2, minutes=480)) == plan
    short = fitted(plan, Wish(teachers=2, minutes=25))
    assert session_s(short, 2) <= session_s(plan, 2)
    for phase, planned in zip(short.round, plan.round, strict=True):
        if phase.minutes and planned.minutes:
            assert planned.minutes.least <= phase.minutes.default <= planned.minutes.default


def test_a_twenty_minute_round_for_two_fits_forty_five_minutes() -> None:
    assert session_s(fitted(PLANS["twenty-minute-round"], Wish(teachers=2, minutes=45)), 2) / 60 + WELCOME_MIN <= 45


def test_every_shipped_format_has_its_rank_and_an_operators_own_come_between() -> None:
    assert {*FIRST, *LAST} == PLANS.keys()
    assert sorted(["ours", "try-out", "consultation", "twenty-minute-round", "long-round"], key=worth) == [
        "twenty-minute-round",
        "consultation",
        "ours",
        "long-round",
        "try-out",
    ]
