from server.session.commands import TakeSeat
from server.session.schedule import ahead
from tests.fakes.played_session import PLANS, PlayedSession


def test_expected_times_are_the_times_at_which_phases_then_begin() -> None:
    played = PlayedSession(PLANS["twenty-minute-round"])
    played.begin_lesson()
    expected = [(step.phase.key, step.begins_ms) for step in ahead(played.state, played.now_ms)]
    seen = []
    while played.state.position.part != "ended":
        position = played.state.position
        played.pass_deadline()
        if played.state.position != position and played.state.phase:
            seen.append((played.state.phase.key, played.now_ms))
    assert seen == expected


def test_there_is_one_round_for_each_person_who_teaches() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="carl", teaches=True, leads=False))
    steps = played.view("ana").steps
    assert [step.teacher for step in steps if step.title == "Lesson"] == ["maria", "carl"]
    assert [step.part for step in steps][-1] == "closing"


def test_somebody_who_changes_their_mind_before_the_start_is_asked_again_only_then() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    assert [step.teacher for step in played.view("ana").steps if step.title == "Lesson"] == ["maria", "ben"]
    played.must(TakeSeat(seat="maria", teaches=False, leads=False))
    assert played.state.order == ("ben",)
    played.advance()
    played.must(TakeSeat(seat="ben", teaches=False, leads=True))
    assert played.state.order == ("ben",), "not in the middle of a round"
    assert played.state.seats["ben"].leads


def test_the_twenty_minute_round_takes_twenty_minutes() -> None:
    assert PLANS["twenty-minute-round"].round_s == 20 * 60
