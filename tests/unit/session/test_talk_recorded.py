"""A talk of two is recorded only while both want it; either one ends it for both at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.session.commands import ChooseRecording, DecideTake, SetDevices, SetHere, TakeSeat
from server.session.events import RecordingEnded, TalkRecorded
from server.session.policy import RecordedMedia, media_policy
from tests.fakes.played_session import PLANS, PlayedSession

PHASES = ("reaction", "content", "next-step")


def talk(*yes: str, key: str = "reaction") -> PlayedSession:
    """Maria's lesson is talked about with Ana, who leads."""
    played = PlayedSession(PLANS["consultation"], people=("maria", "ana"))
    for seat in yes:
        say(played, seat, "record")
    played.advance()
    if key != "arriving":
        played.go_to(key)
    return played


def say(played: PlayedSession, seat: str, choice: str) -> None:
    played.must(ChooseRecording(seat=seat, choice="record" if choice == "record" else "leave_out"))


def recorded(played: PlayedSession) -> RecordedMedia | None:
    return media_policy(played.state, played.now_ms).recording


def test_both_want_it() -> None:
    played = talk("maria", "ana")
    media = recorded(played)
    assert media is not None
    assert (media.teacher, sorted(media.voices), media.held) == ("maria", ["ana", "maria"], False)
    for reader in ("maria", "ana"):
        recording = played.view(reader).recording
        assert (recording.on, recording.teacher, recording.started_ms) == (True, "maria", played.now_ms)
    assert [take.take for take in played.view("maria").takes] == [media.take]
    assert played.view("ana").takes == ()


def test_one_yes_is_not_enough_and_the_other_ones_is_asked_for_nothing() -> None:
    played = talk("maria")
    assert recorded(played) is None
    assert not played.view("ana").recording.on
    assert played.view("ana").recording.if_all
    played.go_to("closing")
    assert not [event for event in played.log if isinstance(event, TalkRecorded)]


def test_it_begins_as_soon_as_the_second_one_says_so_too() -> None:
    played = talk("maria")
    say(played, "ana", "record")
    assert recorded(played) is not None


def test_what_comes_before_and_after_is_not_recorded() -> None:
    played = talk("maria", "ana", key="arriving")
    assert recorded(played) is None
    played.go_to("reaction")
    assert recorded(played) is not None
    played.go_to("closing")
    assert recorded(played) is None


def test_it_is_one_recording_through_all_its_phases() -> None:
    played = talk("maria", "ana")
    played.go_to("closing")
    ends = [event for event in played.log if isinstance(event, TalkRecorded | RecordingEnded)]
    assert len(ends) == 2
    assert ends[0].take == ends[1].take


def test_either_one_ends_it_for_both() -> None:
    for seat in ("maria", "ana"):
        played = talk("maria", "ana")
        say(played, seat, "leave_out")
        assert recorded(played) is None
        assert not played.view("maria").recording.on
        assert not played.view("maria").takes[0].asks


def test_said_yes_again_it_is_another_recording() -> None:
    played = talk("maria", "ana")
    say(played, "ana", "leave_out")
    say(played, "ana", "record")
    first, second = (take.take for take in played.view("maria").takes)
    media = recorded(played)
    assert media is not None
    assert first != second == media.take


def test_who_comes_later_and_has_not_said_yes_ends_it() -> None:
    played = talk("maria", "ana")
    played.must(TakeSeat(seat="ben", teaches=False, leads=False))
    assert recorded(played) is not None, "who is not here hears nothing"
    played.must(SetHere(seat="ben", here=True, since_ms=played.now_ms))
    assert recorded(played) is None
    say(played, "ben", "record")
    assert recorded(played) is not None


def test_while_one_is_away_nothing_is_recorded_and_it_goes_on_when_both_are_back() -> None:
    for seat in ("maria", "ana"):
        played = talk("maria", "ana")
        before = recorded(played)
        assert before is not None
        played.leave(seat)
        media = recorded(played)
        assert media is not None
        assert media.held
        assert played.view("maria").recording.paused
        played.must(SetHere(seat=seat, here=True, since_ms=played.now_ms))
        assert recorded(played) == before


def test_it_does_not_begin_with_one_alone() -> None:
    played = talk("maria", "ana", key="arriving")
    played.leave("maria")
    played.go_to("content")
    assert recorded(played) is None


def test_a_microphone_of_two_needs_the_yes_of_both() -> None:
    played = talk("maria", "ana")
    played.must(SetDevices(seat="ana", microphone="none", camera=True, shares=None))
    media = recorded(played)
    assert media is not None
    assert media.voices == ("maria",)


def test_its_teacher_can_delete_it_once_it_has_ended() -> None:
    played = talk("maria", "ana")
    media = recorded(played)
    assert media is not None
    assert played.refused(DecideTake(seat="maria", take=media.take, keep=False)) == "not_allowed"
    say(played, "ana", "leave_out")
    assert played.refused(DecideTake(seat="ana", take=media.take, keep=False)) == "not_allowed"
    played.must(DecideTake(seat="maria", take=media.take, keep=False))
    assert played.view("maria").takes[0].state == "deleted"


ACTS = st.lists(
    st.tuples(st.sampled_from(("maria", "ana", "ben")), st.sampled_from(("record", "leave_out", "come", "leave", "wait"))), max_size=30
)


@given(ACTS)
def test_whatever_they_do_nothing_is_recorded_that_somebody_here_does_not_want(acts: list[tuple[str, str]]) -> None:
    played = talk(key="arriving")
    for seat, act in acts:
        if act == "wait":
            if played.state.position.part == "round":
                played.pass_deadline()
        elif seat not in played.state.seats:
            played.must(TakeSeat(seat=seat, teaches=False, leads=False))
        elif act in ("come", "leave"):
            played.ask(SetHere(seat=seat, here=act == "come", since_ms=played.now_ms))
        elif played.state.position.part != "ended":
            say(played, seat, act)
        media = recorded(played)
        if media is not None:
            here = [own for own in played.state.seats.values() if own.here]
            assert all(own.recording == "record" for own in here)
            assert media.held or {"maria"} < {own.seat for own in here}
            assert played.state.phase is not None
            assert played.state.phase.key in PHASES
