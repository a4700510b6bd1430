"""The pictures that matter most get the link first, and no picture comes and goes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.layers import FAILED_WITHIN_NS, SETTLE_NS, START_NS, LayerChooser, Place, Want, wanted_bps

S = 1_000_000_000
LOW, HIGH = 200_000, 1_500_000

SCREEN = Want("screen", "screen", (300_000, 2_000_000), 1)
TEACHER = Want("teacher", "large", (LOW, HIGH), 1)
PUPILS = [Want(name, "small", (LOW, None), 0) for name in ("a", "b", "c")]
ROOM = [*PUPILS, TEACHER, SCREEN]


def settled(wants: list[Want[str]], budget_bps: int, pressure: int = 0) -> dict[str, int | None]:
    return LayerChooser[str]().choose(wants, budget_bps, 0, pressure)


def need(wants: list[Want[str]], chosen: dict[str, int | None]) -> int:
    rates = {want.key: want.rates_bps for want in wants}
    return sum(rates[key][layer] or 0 for key, layer in chosen.items() if layer is not None)


@pytest.mark.parametrize(
    ("budget_bps", "expected"),
    [
        (0, {}),
        (300_000, {"screen": 0}),
        (500_000, {"screen": 0, "teacher": 0}),
        (700_000, {"screen": 0, "teacher": 0, "a": 0}),
        (1_100_000, {"screen": 0, "teacher": 0, "a": 0, "b": 0, "c": 0}),
        (2_799_999, {"screen": 0, "teacher": 1, "a": 0, "b": 0, "c": 0}),
        (2_800_000, {"screen": 1, "teacher": 0, "a": 0, "b": 0, "c": 0}),
        (4_100_000, {"screen": 1, "teacher": 1, "a": 0, "b": 0, "c": 0}),
    ],
)
def test_everybody_is_seen_first_and_then_seen_well(budget_bps: int, expected: dict[str, int]) -> None:
    assert settled(ROOM, budget_bps) == dict.fromkeys((want.key for want in ROOM), None) | expected


def test_a_picture_that_does_not_fit_leaves_room_for_smaller_ones() -> None:
    assert settled([Want("big", "large", (400_000,), 0), PUPILS[0]], 300_000) == {"big": None, "a": 0}


def test_a_picture_that_comes_in_one_size_only_is_shown_in_it() -> None:
    assert settled([Want("a", "small", (None, HIGH), 0)], 2_000_000) == {"a": 1}
    assert settled([Want("a", "large", (LOW,), 1)], 2_000_000) == {"a": 0}
    assert settled([Want("a", "large", (None, None), 1)], 2_000_000) == {"a": None}


def test_what_the_best_of_links_would_have_to_carry() -> None:
    assert wanted_bps(ROOM) == 3 * LOW + HIGH + 2_000_000
    assert wanted_bps([Want("a", "small", (None, HIGH), 0), Want("b", "large", (None, None), 1)]) == HIGH


@pytest.mark.parametrize(("pressure", "pupil", "teacher"), [(0, 0, 1), (1, None, 1), (2, None, 0), (3, None, 0)])
def test_a_worker_under_pressure_lets_pictures_rest(pressure: int, pupil: int | None, teacher: int | None) -> None:
    chosen = settled(ROOM, 50_000_000, pressure)
    assert (chosen["a"], chosen["teacher"]) == (pupil, teacher)
    chooser = LayerChooser[str]()
    chooser.choose(ROOM, 50_000_000, 0)
    chooser.choose(ROOM, 50_000_000, 60 * S, pressure)
    assert chooser.choose(ROOM, 50_000_000, 61 * S)["teacher"] == 1, "afterwards at once"


def test_who_comes_on_stage_is_sharp_at_once() -> None:
    chooser = LayerChooser[str]()
    chooser.choose([Want("a", "small", (LOW, HIGH), 0)], 2_000_000, 0)
    assert chooser.choose([Want("a", "large", (LOW, HIGH), 1)], 2_000_000, 60 * S) == {"a": 1}


def test_a_budget_that_is_still_being_found_is_used_at_once() -> None:
    chooser = LayerChooser[str]()
    assert chooser.choose([TEACHER], 300_000, 0) == {"teacher": 0}
    assert chooser.choose([TEACHER], 1_900_000, START_NS - 1) == {"teacher": 1}


def test_down_at_once_and_up_when_there_has_been_room_for_a_while() -> None:
    chooser = LayerChooser[str]()
    at = 60 * S
    chooser.choose([TEACHER], 2_000_000, 0)
    assert chooser.choose([TEACHER], 1_499_999, at) == {"teacher": 0}
    assert chooser.choose([TEACHER], 1_700_000, at + 9 * S) == {"teacher": 0}, "20 % to spare"
    assert chooser.choose([TEACHER], 1_800_000, at + 10 * S) == {"teacher": 0}
    assert chooser.choose([TEACHER], 1_700_000, at + 11 * S) == {"teacher": 0}, "and without a break"
    assert chooser.choose([TEACHER], 1_800_000, at + 12 * S) == {"teacher": 0}
    assert chooser.choose([TEACHER], 1_800_000, at + 12 * S + SETTLE_NS - 1) == {"teacher": 0}
    assert chooser.choose([TEACHER], 1_800_000, at + 12 * S + SETTLE_NS) == {"teacher": 1}


def test_what_failed_is_tried_again_later_and_later() -> None:
    chooser = LayerChooser[str]()
    pauses: list[float] = []
    now_ns, fell_ns = 0, 0
    before: int | None = 1
    chooser.choose([TEACHER], 2_000_000, 0)
    while len(pauses) < 5:
        now_ns += 100_000_000
        # it carries the upper layer for two seconds, never for longer
        chosen = chooser.choose([TEACHER], 1_000_000 if before == 1 and now_ns - fell_ns > 2 * S else 2_000_000, now_ns)["teacher"]
        if chosen != before and chosen == 0:
            started_ns = now_ns
        elif chosen != before:
            pauses.append((now_ns - started_ns) / S)
            fell_ns = now_ns
        before = chosen
    assert pauses == pytest.approx([10, 20, 40, 40, 40], abs=0.2)


def test_a_failure_long_ago_is_forgiven() -> None:
    chooser = LayerChooser[str]()
    chooser.choose([TEACHER], 2_000_000, 0)
    chooser.choose([TEACHER], 1_000_000, 5 * S)
    for second in range(6, 100):
        chooser.choose([TEACHER], 2_000_000, second * S)
    chooser.choose([TEACHER], 1_000_000, 100 * S)
    chooser.choose([TEACHER], 2_000_000, 101 * S)
    assert chooser.choose([TEACHER], 2_000_000, 103 * S) == {"teacher": 1}


def test_leaving_and_coming_back_does_not_undo_a_failure() -> None:
    chooser = LayerChooser[str]()
    chooser.choose([TEACHER], 2_000_000, 0)
    chooser.choose([TEACHER], 1_000_000, 5 * S)
    chooser.choose([], 2_000_000, 6 * S)
    assert chooser.choose([TEACHER], 2_000_000, 7 * S) == {"teacher": 0}
    chooser.choose([TEACHER], 2_000_000, 5 * S + FAILED_WITHIN_NS - 1)
    assert chooser.choose([TEACHER], 2_000_000, 5 * S + FAILED_WITHIN_NS) == {"teacher": 1}


def test_when_one_picture_has_failed_the_next_one_is_not_tried_in_its_place() -> None:
    chooser = LayerChooser[str]()
    chooser.choose(PUPILS, 0, 0)
    for second in range(4, 8):
        chooser.choose(PUPILS, 250_000, second * S)
    assert chooser.choose(PUPILS, 180_000, 8 * S) == {"a": None, "b": None, "c": None}
    for second in range(9, 12):
        assert chooser.choose(PUPILS, 250_000, second * S) == {"a": None, "b": None, "c": None}
    assert chooser.choose([*PUPILS, Want("d", "small", (90_000,), 0)], 250_000, 11 * S)["d"] == 0, "but a smaller one"


places = st.sampled_from(["screen", "large", "small"])
rates = st.one_of(st.none(), st.integers(50_000, 500_000)), st.one_of(st.none(), st.integers(500_000, 3_000_000))
some_wants = st.lists(st.tuples(places, st.tuples(*rates), st.integers(0, 1)), max_size=8)


def named(drawn: list[tuple[Place, tuple[int | None, int | None], int]]) -> list[Want[str]]:
    return [Want(str(at), place, rates_bps, best) for at, (place, rates_bps, best) in enumerate(drawn)]


@settings(max_examples=50, deadline=None)
@given(some_wants, st.lists(st.tuples(st.integers(0, 8_000_000), st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=30))
def test_never_more_than_the_budget(
    drawn: list[tuple[Place, tuple[int | None, int | None], int]], course: list[tuple[int, int, int]]
) -> None:
    wants = named(drawn)
    chooser = LayerChooser[str]()
    now_ns = 0
    for budget_bps, seconds, pressure in course:
        now_ns += seconds * S
        chosen = chooser.choose(wants, budget_bps, now_ns, pressure)
        assert set(chosen) == {want.key for want in wants}
        assert need(wants, chosen) <= budget_bps


@settings(max_examples=50, deadline=None)
@given(some_wants, st.integers(0, 6_000_000), st.integers(0, 3_000_000))
def test_a_larger_budget_never_costs_the_more_important_picture(
    drawn: list[tuple[Place, tuple[int | None, int | None], int]], budget_bps: int, more_bps: int
) -> None:
    """In the order in which the link is shared out, the first thing that differs is a gain."""
    wants = named(drawn)
    less, more = settled(wants, budget_bps), settled(wants, budget_bps + more_bps)
    order = sorted(wants, key=lambda want: ("screen", "large", "small").index(want.place))
    pictures = [(less[want.key] is not None, more[want.key] is not None) for want in order]
    sharp = [(less[want.key] or 0, more[want.key] or 0) for want in order]
    for before, after in [*pictures, *sharp]:
        if before != after:
            assert after > before
            break


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.integers(200_000, 6_000_000), st.sampled_from([100, 250]))
def test_a_budget_that_wobbles_makes_nothing_flap(seed: int, middle_bps: int, every_ms: int) -> None:
    chance = random.Random(seed)
    chooser = LayerChooser[str]()
    changes = 0
    before: dict[str, int | None] = {}
    for tick in range(60_000 // every_ms):
        chosen = chooser.choose(ROOM, int(middle_bps * chance.uniform(0.85, 1.15)), tick * every_ms * 1_000_000)
        changes += sum(before[key] != layer for key, layer in chosen.items()) if before else 0
        before = chosen
    assert changes <= 8, "five pictures find their place in a minute, and stay there"
