"""Asking a consultant, from the first word to the last: every state, every reminder, and whatever people do in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from server.errors import UserError
from server.review.consulting import asking
from server.review.consulting.asking import DAY_MS, Review, Suggestion, Summary, SummaryChanged, acts, expires_ms, reminder_due, state_of

ASKED_MS = 1_000 * DAY_MS
DUE_MS = ASKED_MS + 7 * DAY_MS
NEW = Review(review="r", take="t", grant="g", teacher="maria", due_ms=DUE_MS, asked_ms=ASKED_MS, changed_ms=ASKED_MS)
OPENED = asking.opened(NEW, ASKED_MS + 1)
SENT = asking.sent(OPENED, ASKED_MS + 2)
WORDS = Summary(worked="The drawing.", suggestions=(Suggestion(text="Wait.", at_ms=4000),))


@pytest.mark.parametrize(
    ("review", "now_ms", "state"),
    [
        (NEW, ASKED_MS, "asked"),
        (OPENED, ASKED_MS + 5, "opened"),
        (asking.accepted(OPENED, ASKED_MS + 2), ASKED_MS + 5, "accepted"),
        (asking.offered(NEW, DUE_MS + DAY_MS, "", ASKED_MS + 2), ASKED_MS + 5, "offered"),
        (asking.declined(NEW, "", ASKED_MS + 2), ASKED_MS + 5, "declined"),
        (SENT, ASKED_MS + 5, "sent"),
        (asking.ended(OPENED, ASKED_MS + 2), ASKED_MS + 5, "ended"),
        (OPENED, DUE_MS + 2 * DAY_MS - 1, "opened"),
        (OPENED, DUE_MS + 2 * DAY_MS, "late"),
        (NEW, DUE_MS + 2 * DAY_MS, "late"),
        (OPENED, DUE_MS + 30 * DAY_MS, "ended"),
        (SENT, DUE_MS + 90 * DAY_MS, "sent"),
        (asking.ended(asking.declined(NEW, "", ASKED_MS + 2), ASKED_MS + 3), ASKED_MS + 5, "ended"),
    ],
)
def test_the_teacher_is_told_how_far_it_is(review: Review, now_ms: int, state: str) -> None:
    assert state_of(review, now_ms) == state


def test_what_was_sent_stays_when_the_permission_ends() -> None:
    assert state_of(asking.ended(SENT, ASKED_MS + 5), ASKED_MS + 6) == "sent"
    assert state_of(replace(SENT, ended_ms=ASKED_MS + 5), ASKED_MS + 6) == "sent"


def test_another_day_holds_when_the_teacher_agrees() -> None:
    later_ms = DUE_MS + 9 * DAY_MS
    offered = asking.offered(OPENED, later_ms, " On a \n journey ", ASKED_MS + 2)
    assert offered.message == "On a journey"
    agreed = asking.agreed(offered, ASKED_MS + DAY_MS)
    assert (agreed.due_ms, agreed.message, state_of(agreed, ASKED_MS + DAY_MS)) == (later_ms, "", "accepted")
    assert expires_ms(agreed) == later_ms + 30 * DAY_MS
    assert reminder_due(agreed, later_ms - 2 * DAY_MS) == "soon"


def test_a_day_that_has_passed_cannot_be_agreed_to() -> None:
    offered = asking.offered(OPENED, ASKED_MS + 2 * DAY_MS, "", ASKED_MS + 2)
    with pytest.raises(UserError, match="no_such_date"):
        asking.agreed(offered, ASKED_MS + 3 * DAY_MS)


@pytest.mark.parametrize(
    ("since", "now_ms", "due"),
    [
        ("asked", DUE_MS - 3 * DAY_MS - 1, None),
        ("asked", DUE_MS - 3 * DAY_MS, "soon"),
        ("asked", DUE_MS - DAY_MS - 1, "soon"),
        ("asked", DUE_MS - DAY_MS, "today"),
        ("asked", DUE_MS - 1, "today"),
        ("asked", DUE_MS, None),
        ("reminded soon", DUE_MS - 2 * DAY_MS, None),
        ("reminded soon", DUE_MS - DAY_MS, "today"),
        ("reminded today", DUE_MS - 1, None),
        ("asked late", DUE_MS - 2 * DAY_MS + 2, None),
        ("asked late", DUE_MS - 1, "today"),
        ("offered", DUE_MS - DAY_MS, None),
        ("sent", DUE_MS - DAY_MS, None),
        ("declined", DUE_MS - DAY_MS, None),
        ("ended", DUE_MS - DAY_MS, None),
    ],
)
def test_reminders_come_two_days_before_and_on_the_day(since: str, now_ms: int, due: str | None) -> None:
    reviews = {
        "asked": NEW,
        "reminded soon": asking.reminded(NEW, DUE_MS - 3 * DAY_MS),
        "reminded today": asking.reminded(NEW, DUE_MS - DAY_MS),
        "asked late": replace(NEW, asked_ms=DUE_MS - 2 * DAY_MS),
        "offered": asking.offered(NEW, DUE_MS + DAY_MS, "", ASKED_MS + 2),
        "sent": SENT,
        "declined": asking.declined(NEW, "", ASKED_MS + 2),
        "ended": asking.ended(NEW, ASKED_MS + 2),
    }
    assert reminder_due(reviews[since], now_ms) == due


def test_the_same_summary_again_is_harmless_and_another_page_is_not_overwritten() -> None:
    first = asking.written(OPENED, WORDS, ASKED_MS + 2)
    assert (first.summary.version, first.summary.worked) == (1, "The drawing.")
    assert asking.written(first, WORDS, ASKED_MS + 3) == first
    with pytest.raises(SummaryChanged):
        asking.written(first, replace(WORDS, worked="Other"), ASKED_MS + 3)
    second = asking.written(first, replace(WORDS, version=1, worked="Other"), ASKED_MS + 3)
    assert second.summary.version == 2


def test_after_sending_nothing_is_rewritten_but_sending_again_is_harmless() -> None:
    assert asking.sent(SENT, ASKED_MS + 9) == SENT
    with pytest.raises(UserError, match="review_sent"):
        asking.written(SENT, WORDS, ASKED_MS + 9)


def test_before_it_is_opened_nothing_is_written_or_sent() -> None:
    assert not {"write", "send", "accept"} & acts(NEW, ASKED_MS)
    with pytest.raises(UserError, match="not_now"):
        asking.sent(NEW, ASKED_MS)
    with pytest.raises(UserError, match="not_now"):
        asking.accepted(NEW, ASKED_MS)
    with pytest.raises(UserError, match="not_now"):
        asking.written(NEW, WORDS, ASKED_MS)


@pytest.mark.parametrize(
    "summary",
    [
        Summary(worked="x" * 4001),
        Summary(suggestions=(Suggestion(text="x" * 501),)),
        Summary(suggestions=(Suggestion(text="x"),) * 4),
        Summary(suggestions=(Suggestion(text="x", at_ms=-1),)),
    ],
)
def test_a_summary_is_short(summary: Summary) -> None:
    with pytest.raises(UserError):
        asking.written(OPENED, summary, ASKED_MS + 2)


CHANGES: dict[str, Callable[[Review, int], Review]] = {
    "open": asking.opened,
    "accept": asking.accepted,
    "offer": lambda review, now_ms: asking.offered(review, now_ms + 5 * DAY_MS, "later", now_ms),
    "decline": lambda review, now_ms: asking.declined(review, "no", now_ms),
    "agree": asking.agreed,
    "remind": asking.reminded,
    "write": lambda review, now_ms: asking.written(review, replace(WORDS, version=review.summary.version, worked=str(now_ms)), now_ms),
    "send": asking.sent,
    "end": asking.ended,
}


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 6 * DAY_MS)), max_size=30))
def test_in_whatever_order_people_act_nothing_contradicts_itself(steps: list[tuple[str, int]]) -> None:
    review, now_ms = NEW, ASKED_MS
    for act, passes_ms in steps:
        now_ms += passes_ms
        before = review
        try:
            review = CHANGES[act](review, now_ms)
        except UserError:
            assert act not in acts(before, now_ms) or act in ("offer", "agree")
            continue
        if before.sent_ms is not None:
            assert (review.sent_ms, review.summary) == (before.sent_ms, before.summary)
        if state_of(before, now_ms) == "ended":
            assert cast(str, state_of(review, now_ms)) == "ended"
        assert review.sent_ms is None or review.opened_ms is not None
        assert reminder_due(review, now_ms) is None or reminder_due(asking.reminded(review, now_ms), now_ms) is None
    allowed = acts(review, now_ms)
    assert ("agree" in allowed) == (state_of(review, now_ms) == "offered")
    assert not ({"write", "send"} & allowed and review.opened_ms is None)
