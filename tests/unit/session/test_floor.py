"""Who is heard, who is seen large, and whose turn it is."""

from server.session.commands import EndTurn
from server.session.policy import media_policy
from tests.fakes.played_session import PLANS, PlayedSession


def heard(played: PlayedSession) -> set[str]:
    return {seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.microphone}


def test_everybody_is_heard_before_and_in_the_lesson() -> None:
    played = PlayedSession()
    assert heard(played) == {"maria", "ben", "ana"}
    played.begin_lesson()
    assert heard(played) == {"maria", "ben", "ana"}


def test_the_teacher_is_shown_large_and_gets_the_better_picture() -> None:
    played = PlayedSession()
    played.begin_lesson()
    people = media_policy(played.state, played.now_ms).people
    assert played.view("ben").stage == ("maria",)
    assert people["maria"].camera_max_bps > people["ben"].camera_max_bps


def test_nobody_is_heard_or_watched_while_writing() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("writing")
    assert heard(played) == set()
    assert not any(person.camera for person in media_policy(played.state, played.now_ms).people.values())


def test_the_teacher_alone_speaks_first() -> None:
    played = PlayedSession(PLANS["twenty-minute-round"])
    played.begin_lesson()
    played.go_to("teacher-first")
    assert heard(played) == {"maria"}


def test_every_colleague_gets_a_turn_and_the_turns_fill_the_phase() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("feedback")
    began_ms = played.now_ms
    spoke = []
    while played.state.phase and played.state.phase.key == "feedback":
        if played.state.status == "running":
            assert played.state.turn
            spoke.append(played.state.turn.seat)
            assert heard(played) == {played.state.turn.seat}
            assert played.view("maria").stage == (played.state.turn.seat, "maria")
        played.pass_deadline()
    assert spoke == ["ben", "ana"]
    assert played.now_ms - began_ms == 60_000


def test_a_speaker_hands_over_and_nobody_else_but_the_one_who_leads_can() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("feedback")
    decision = played.state.decision
    assert played.refused(EndTurn(seat="maria", decision=decision)) == "not_allowed"
    played.must(EndTurn(seat="ben", decision=decision))
    assert played.refused(EndTurn(seat="ben", decision=played.state.decision)) == "not_allowed"
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    assert played.view("ben").phase.part == "closing"
