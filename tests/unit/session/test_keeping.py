"""The group talks about three suggestions at most; when the round is over the teacher keeps as many as wanted."""

from msgspec.structs import replace

from server.session.commands import Keep, Write
from tests.fakes.played_session import PLANS, PlayedSession

OTHERS = ("ben", "ana", "carl", "dora")


def read_by_maria(played: PlayedSession) -> PlayedSession:
    """All four have written, and Maria reads it because the round is over or their turns have begun."""
    played.begin_lesson()
    played.go_to("writing")
    for seat in OTHERS:
        played.must(Write(seat=seat, form="one-thing", round=0, field="suggestion"))
    played.go_to("feedback")
    while played.state.turn and played.state.turn.waiting:
        played.pass_deadline()
    return played


def keep(author: str, *, kept: bool = True) -> Keep:
    return Keep(seat="maria", round=0, author=author, kept=kept)


def test_a_fourth_suggestion_is_kept_only_when_another_one_goes() -> None:
    played = read_by_maria(PlayedSession(people=("maria", *OTHERS)))
    for author in OTHERS[:3]:
        played.must(keep(author))
    assert played.refused(keep("dora")) == "three_kept"
    played.must(keep("ben", kept=False))
    played.must(keep("dora"))


def test_after_the_round_the_teacher_keeps_as_many_as_wanted() -> None:
    played = read_by_maria(PlayedSession(people=("maria", *OTHERS)))
    played.go_to("closing")
    for author in OTHERS:
        played.must(keep(author))


def test_a_format_can_do_without_the_limit() -> None:
    plan = replace(PLANS["try-out"], waives=("teacher_first", "three_suggestions"))
    played = read_by_maria(PlayedSession(plan, people=("maria", *OTHERS)))
    for author in OTHERS:
        played.must(keep(author))
