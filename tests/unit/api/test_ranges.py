import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.api.ranges import plan_answer

ETAG = '"v1"'


@pytest.mark.parametrize(
    ("range_", "status", "start", "end"),
    [
        ("", 200, 0, 1000),
        ("bytes=0-1", 206, 0, 2),
        ("bytes=10-", 206, 10, 1000),
        ("bytes=-10", 206, 990, 1000),
        ("bytes=-5000", 206, 0, 1000),
        ("bytes=900-5000", 206, 900, 1000),
        ("BYTES=0-1", 206, 0, 2),
        ("bytes=1000-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=9-3", 200, 0, 1000),
        ("bytes=0-1,5-6", 200, 0, 1000),
        ("bytes=-", 200, 0, 1000),
        ("lines=0-1", 200, 0, 1000),
        ("bytes=0-" + "9" * 400, 200, 0, 1000),
        ("garbage", 200, 0, 1000),
    ],
)
def test_what_a_player_may_ask_for(range_: str, status: int, start: int, end: int) -> None:
    answer = plan_answer(1000, ETAG, range_=range_)
    assert (answer.status, answer.start, answer.end) == (status, start, end)


@pytest.mark.parametrize(("if_range", "status"), [('"v1"', 206), ('"v0"', 200), ('W/"v1"', 200), ("Mon, 01 Jan 2024 00:00:00 GMT", 200)])
def test_a_range_holds_only_for_the_version_that_was_meant(if_range: str, status: int) -> None:
    assert plan_answer(1000, ETAG, range_="bytes=0-1", if_range=if_range).status == status


def test_what_is_known_is_not_sent_again() -> None:
    assert plan_answer(1000, ETAG, range_="bytes=0-1", if_none_match='"v0", W/"v1"').status == 304
    assert plan_answer(1000, ETAG, if_none_match='"v0"').status == 200
    assert plan_answer(1000, ETAG, if_match='"v0"').status == 412
    assert plan_answer(1000, ETAG, if_match="*").status == 200


@given(st.text(max_size=40), st.integers(1, 10_000))
def test_no_header_asks_for_bytes_that_are_not_there(text: str, size: int) -> None:
    for header in (text, "bytes=" + text):
        answer = plan_answer(size, ETAG, range_=header)
        assert 0 <= answer.start <= answer.end <= size
