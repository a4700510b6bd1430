"""What becomes of asking a consultant: its states, who may do what next, which reminder is due. Pure: the time is an argument.

A review begins when the teacher asks and is over when it was sent, declined or ended. Each act gives a new value or raises UserError
and changes nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from server.errors import UserError

State = Literal["asked", "opened", "accepted", "offered", "late", "declined", "sent", "ended"]
Act = Literal["open", "accept", "offer", "decline", "write", "send", "agree", "remind", "ask_another", "end"]
Reminder = Literal["soon", "today"]

DAY_MS = 24 * 3_600_000
SOON_MS = 2 * DAY_MS
LATE_MS = 2 * DAY_MS
LASTS_MS = 30 * DAY_MS  # how long after the date the link still leads somewhere
LATEST_MS = 366 * DAY_MS
MOST_QUESTIONS = 3
MOST_SUGGESTIONS = 3
LONGEST_QUESTION = 500
LONGEST_SUGGESTION = 500
LONGEST_WORKED = 4_000
LONGEST_MESSAGE = 500

_OVER: frozenset[State] = frozenset({"declined", "sent", "ended"})
_MAY: dict[State, frozenset[Act]] = {
    "asked": frozenset({"open", "offer", "decline", "remind", "ask_another", "end"}),
    "opened": frozenset({"open", "accept", "offer", "decline", "write", "send", "remind", "ask_another", "end"}),
    "accepted": frozenset({"open", "offer", "decline", "write", "send", "remind", "ask_another", "end"}),
    "offered": frozenset({"open", "accept", "offer", "decline", "write", "send", "agree", "ask_another", "end"}),
    "late": frozenset({"open", "accept", "offer", "decline", "write", "send", "remind", "ask_another", "end"}),
    "declined": frozenset({"ask_another"}),
    "sent": frozenset({"open"}),
    "ended": frozenset(),
}


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """`at_ms`: the moment of the film that it is about."""

    text: str
    at_ms: int | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`version` 0: nothing was written yet. One that is written names the version that it changes."""

    version: int = 0
    worked: str = ""
    suggestions: tuple[Suggestion, ...] = ()


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the lesson card, as it was when the teacher asked."""

    lesson: str = ""
    goal: str = ""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """`offered_ms`: the other date that the consultant offers, with `message`. `due_ms` is the end of the day."""

    review: str
    take: str
    grant: str
    teacher: str
    due_ms: int
    asked_ms: int
    changed_ms: int
    questions: tuple[str, ...] = ()
    about: About = About()
    include_notes: bool = False
    include_own: bool = False
    include_talk: bool = False
    address: str = ""
    opened_ms: int | None = None
    accepted_ms: int | None = None
    declined_ms: int | None = None
    offered_ms: int | None = None
    message: str = ""
    summary: Summary = Summary()
    reminded_ms: int | None = None
    sent_ms: int | None = None
    ended_ms: int | None = None


class SummaryChanged(Exception):
    """Another page has written another version meanwhile."""


def state_of(review: Review, now_ms: int) -> State:
    if review.sent_ms is not None:
        return "sent"
    if review.ended_ms is not None or now_ms >= expires_ms(review):
        return "ended"
    if review.declined_ms is not None:
        return "declined"
    if review.offered_ms is not None:
        return "offered"
    if now_ms >= review.due_ms + LATE_MS:
        return "late"
    if review.accepted_ms is not None:
        return "accepted"
    return "asked" if review.opened_ms is None else "opened"


def acts(review: Review, now_ms: int) -> frozenset[Act]:
    """What teacher and consultant can do now. To write and to send, it must have been opened."""
    allowed = _MAY[state_of(review, now_ms)]
    return allowed if review.opened_ms is not None else allowed - {"accept", "write", "send"}


def expires_ms(review: Review) -> int:
    return review.due_ms + LASTS_MS


def reminder_due(review: Review, now_ms: int) -> Reminder | None:
    """Two days before and on the day; each once, and none for a date that was set later than that."""
    if state_of(review, now_ms) not in ("asked", "opened", "accepted") or now_ms >= review.due_ms:
        return None
    since_ms = max(review.asked_ms, review.reminded_ms or 0)
    if review.due_ms - DAY_MS <= now_ms:
        return "today" if since_ms < review.due_ms - DAY_MS else None
    if review.due_ms - SOON_MS - DAY_MS <= now_ms:
        return "soon" if since_ms < review.due_ms - SOON_MS - DAY_MS else None
    return None


def opened(review: Review, now_ms: int) -> Review:
    _check(review, "open", now_ms)
    return review if review.opened_ms is not None else replace(review, opened_ms=now_ms, changed_ms=now_ms)


def accepted(review: Review, now_ms: int) -> Review:
    if state_of(review, now_ms) == "accepted":
        return review
    _check(review, "accept", now_ms)
    return replace(review, accepted_ms=now_ms, offered_ms=None, message="", changed_ms=now_ms)


def offered(review: Review, date_ms: int, message: str, now_ms: int) -> Review:
    """Not this week; another date instead."""
    _check(review, "offer", now_ms)
    check_date(date_ms, now_ms)
    return replace(review, offered_ms=date_ms, message=_message(message), changed_ms=now_ms)


def declined(review: Review, message: str, now_ms: int) -> Review:
    if state_of(review, now_ms) == "declined":
        return review
    _check(review, "decline", now_ms)
    return replace(review, declined_ms=now_ms, offered_ms=None, message=_message(message), changed_ms=now_ms)


def agreed(review: Review, now_ms: int) -> Review:
    """The date that was offered holds from now on, with reminders of its own."""
    _check(review, "agree", now_ms)
    date_ms = review.offered_ms or review.due_ms
    check_date(date_ms, now_ms)
    return replace(review, due_ms=date_ms, offered_ms=None, message="", accepted_ms=now_ms, reminded_ms=now_ms, changed_ms=now_ms)


def reminded(review: Review, now_ms: int) -> Review:
    _check(review, "remind", now_ms)
    return replace(review, reminded_ms=now_ms)


def written(review: Review, summary: Summary, now_ms: int) -> Review:
    """The same again is harmless. Raises SummaryChanged."""
    now = review.summary
    if summary.version + 1 == now.version and _same(summary, now):
        return review
    _check(review, "write", now_ms)
    check_summary(summary)
    if summary.version != now.version:
        raise SummaryChanged
    return review if _same(summary, now) else replace(review, summary=replace(summary, version=now.version + 1), changed_ms=now_ms)


def sent(review: Review, now_ms: int) -> Review:
    """Once; again is harmless."""
    if review.sent_ms is not None:
        return review
    _check(review, "send", now_ms)
    return replace(review, sent_ms=now_ms, offered_ms=None, message="", changed_ms=now_ms)


def ended(review: Review, now_ms: int) -> Review:
    """Nobody is asked any more. What was sent stays."""
    return review if review.sent_ms is not None or review.ended_ms is not None else replace(review, ended_ms=now_ms, changed_ms=now_ms)


def check_asked(questions: tuple[str, ...], due_ms: int, now_ms: int) -> None:
    """Raises UserError."""
    if len(questions) > MOST_QUESTIONS:
        raise UserError("too_many_questions", "Please ask at most three questions.")
    if any(len(question) > LONGEST_QUESTION for question in questions):
        raise UserError("question_too_long", "A question can have up to 500 characters. Please shorten it.", 413)
    check_date(due_ms, now_ms)


def check_date(date_ms: int, now_ms: int) -> None:
    """Raises UserError."""
    if not now_ms < date_ms < now_ms + LATEST_MS:
        raise UserError("no_such_date", "Please choose a day between today and a year from now.")


def check_summary(summary: Summary) -> None:
    """Raises UserError."""
    if len(summary.worked) > LONGEST_WORKED or any(len(each.text) > LONGEST_SUGGESTION for each in summary.suggestions):
        raise UserError("summary_too_long", "That is too long to be kept. Please shorten it: it stays on this page.", 413)
    if len(summary.suggestions) > MOST_SUGGESTIONS:
        raise UserError("too_many_suggestions", "Please make at most three suggestions; further ones can be notes.")
    if any(each.at_ms is not None and each.at_ms < 0 for each in summary.suggestions):
        raise UserError("outside_film", "This moment is not in the recording. Choose another one and send the note again.")


def _check(review: Review, act: Act, now_ms: int) -> None:
    if act in acts(review, now_ms):
        return
    state = state_of(review, now_ms)
    if state == "sent":
        raise UserError("review_sent", "This review has been sent. What comes to your mind now can be a note.", 409)
    if state in _OVER:
        raise UserError("review_over", "Nobody waits for this review any more. Please load the page again.", 409)
    raise UserError("not_now", "This cannot be done now. Please load the page again.", 409)


def _message(message: str) -> str:
    return " ".join(message.split())[:LONGEST_MESSAGE]


def _same(one: Summary, other: Summary) -> bool:
    return (one.worked, one.suggestions) == (other.worked, other.suggestions)
