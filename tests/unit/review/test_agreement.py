"""Where all point at the same place: points within ten seconds are one place, and each point is in exactly one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from server.review.consulting.agreement import ROWS, WITHIN_MS, Point, Row, places


def at(row: Row, at_ms: int, end_ms: int | None = None) -> Point:
    return Point(key=f"{row} {at_ms} {end_ms}", row=row, at_ms=at_ms, end_ms=end_ms, name=row)


def test_three_who_point_at_the_same_place_are_one_place() -> None:
    (place,) = places([at("consultant", 250_000, 262_000), at("teacher", 252_000), at("colleagues", 258_000)])
    assert (place.at_ms, place.end_ms, place.rows, place.joined) == (250_000, 262_000, ROWS, True)


def test_eleven_seconds_are_too_far() -> None:
    assert [place.joined for place in places([at("teacher", 0), at("consultant", 11_000)])] == [False, False]


def test_two_notes_of_one_person_are_a_place_but_no_agreement() -> None:
    (place,) = places([at("colleagues", 1000), at("colleagues", 2000)])
    assert (place.rows, place.joined) == (("colleagues",), False)


def test_nothing_is_no_place() -> None:
    assert places([]) == []


POINTS = st.lists(st.builds(at, st.sampled_from(ROWS), st.integers(0, 200_000), st.none()), unique_by=lambda point: point.key, max_size=30)


@settings(max_examples=50)
@given(POINTS)
def test_each_point_is_in_one_place_and_places_do_not_grow(points: list[Point]) -> None:
    found = places(points)
    assert sorted(point.key for place in found for point in place.points) == sorted(point.key for point in points)
    assert all(place.points[-1].at_ms - place.points[0].at_ms <= WITHIN_MS for place in found)
    assert [place.at_ms for place in found] == sorted(place.at_ms for place in found)
    assert found == places(reversed(points))
