"""Who has no microphone, or shares one: whose sound is forwarded and recorded, and what stands in for a voice."""

import pytest

from server.session.beside import EntryKey
from server.session.commands import ChooseRecording, EndTurn, Hold, Resume, SetDevices, StartLesson, Write
from server.session.policy import media_policy
from server.wire.pieces import MicrophoneUse
from tests.fakes.played_session import PlayedSession


def devices(seat: str, microphone: MicrophoneUse, shares: str | None = None) -> SetDevices:
    return SetDevices(seat=seat, microphone=microphone, camera=True, shares=shares)


def forwarded(played: PlayedSession) -> set[str]:
    return {seat for seat, person in media_policy(played.state).people.items() if person.microphone}


def person(played: PlayedSession, seat: str) -> tuple[str, str | None]:
    own = played.state.seats[seat]
    return own.microphone, own.shares


@pytest.fixture
def played() -> PlayedSession:
    return PlayedSession()


def test_a_shared_device_makes_no_sound_and_sends_none(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "ana"))
    people = media_policy(played.state).people
    assert not people["ben"].microphone
    assert not people["ben"].hears
    assert people["ana"].microphone
    assert people["ana"].hears


def test_in_the_turn_of_who_shares_the_owners_microphone_is_heard(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "maria"))
    played.begin_lesson()
    played.go_to("feedback")
    assert played.view("ana").floor.turn == "ben"
    assert forwarded(played) == {"maria"}
    assert played.view("maria").floor.speakers == ("maria", "ben")
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    assert forwarded(played) == {"ana"}


@pytest.mark.parametrize("shares", ["ben", "nobody", None])
def test_only_somebody_elses_microphone_can_be_shared(played: PlayedSession, shares: str | None) -> None:
    assert played.refused(devices("ben", "shared", shares)) == "no_microphone"


def test_there_is_no_chain(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "ana"))
    assert played.refused(devices("maria", "shared", "ben")) == "no_microphone"
    played.must(devices("ana", "shared", "maria"))
    assert person(played, "ana") == ("shared", "maria")
    assert person(played, "ben") == ("none", None)


@pytest.mark.parametrize("microphone", ["none", "shared"])
def test_when_the_owner_has_none_any_more_nobody_shares_it(played: PlayedSession, microphone: MicrophoneUse) -> None:
    played.must(devices("ben", "shared", "ana"))
    played.must(devices("ana", microphone, "maria"))
    assert person(played, "ben") == ("none", None)


def test_whose_is_forgotten_with_the_sharing(played: PlayedSession) -> None:
    played.must(devices("ben", "own", "ana"))
    assert person(played, "ben") == ("own", None)


def test_saying_the_same_again_changes_nothing_but_the_first_time_is_known(played: PlayedSession) -> None:
    played.must(devices("ben", "own"))
    assert played.state.seats["ben"].devices_known
    events = len(played.log)
    played.must(devices("ben", "own"))
    assert len(played.log) == events


@pytest.mark.parametrize(
    ("ana", "ben", "voices"),
    [
        ("record", "record", {"maria", "ana"}),
        ("record", "leave_out", {"maria"}),
        ("leave_out", "record", {"maria"}),
        ("record", None, {"maria"}),
    ],
)
def test_a_shared_microphone_is_recorded_only_if_all_who_use_it_agreed(
    played: PlayedSession, ana: str, ben: str | None, voices: set[str]
) -> None:
    played.must(devices("ben", "shared", "ana"))
    for seat, choice in (("ana", ana), ("ben", ben)):
        if choice:
            played.must(ChooseRecording(seat=seat, choice="record" if choice == "record" else "leave_out"))
    played.begin_lesson()
    recording = media_policy(played.state).recording
    assert recording
    assert set(recording.voices) == voices
    assert played.view("ana").you.recording_asked == (ana == "record" and ben != "record")
    assert played.view("maria").recording.left_out == (0 if "ana" in voices else 2)
    assert played.view("ben").recording.left_out == 0


def test_who_has_no_microphone_is_no_voice_that_is_left_out(played: PlayedSession) -> None:
    played.must(devices("ben", "none"))
    played.must(ChooseRecording(seat="ana", choice="record"))
    played.begin_lesson()
    assert played.view("maria").recording.left_out == 0


def typed_turn() -> PlayedSession:
    played = PlayedSession()
    played.must(devices("ben", "none"))
    played.begin_lesson()
    played.go_to("writing")
    for seat in ("ben", "ana"):
        played.must(Write(seat=seat, form="one-thing", round=0, field="suggestion"))
        played.texts[EntryKey(round=0, form="one-thing", author=seat)] = {"suggestion": f"wait, says {seat}"}
    played.go_to("feedback")
    return played


def test_a_typed_turn_is_read_by_all_while_it_lasts() -> None:
    played = typed_turn()
    assert forwarded(played) == set()
    for reader in ("maria", "ben", "ana"):
        entry = played.view(reader).turn_entry
        assert entry
        assert (entry.author, entry.fields) == ("ben", {"suggestion": "wait, says ben"})
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    assert played.view("maria").turn_entry is None, "Ana speaks"
    assert "says ben" not in str(played.view("ana"))


def test_who_types_writes_on_in_the_turn_and_not_after_it() -> None:
    played = typed_turn()
    typing = Write(seat="ben", form="one-thing", round=0, field="suggestion")
    played.now_ms += 10_000
    played.must(typing)
    form = played.view("ben").form
    assert form
    assert form.form == "one-thing"
    assert "write" in played.view("ben").you.may
    assert "ready" not in played.view("ben").you.may
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    played.now_ms += 1_000
    played.must(typing)
    played.now_ms += 2_000
    assert played.refused(typing) == "handed_in"
    assert played.view("ben").form is None


def test_two_who_hear_the_same_room_are_told_until_one_shares(played: PlayedSession) -> None:
    played.aside(same_room={"ben": "ana", "ana": "ben"})
    assert [played.view(seat).same_room for seat in ("maria", "ben", "ana")] == [None, "ana", "ben"]
    played.must(devices("ben", "shared", "ana"))
    assert [played.view(seat).same_room for seat in ("maria", "ben", "ana")] == [None, None, None]


def test_nothing_is_recorded_before_the_lesson_and_while_its_clock_is_held(played: PlayedSession) -> None:
    played.must(ChooseRecording(seat="maria", choice="record"))
    played.advance()
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-1"))
    assert media_policy(played.state).recording is None, "3-2-1"
    played.pass_deadline()
    assert held(played) is False
    played.must(Hold(seat="ana", decision=played.state.decision))
    assert held(played) is True
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert held(played) is True, "3-2-1 again"
    played.pass_deadline()
    assert held(played) is False


def held(played: PlayedSession) -> bool:
    recording = media_policy(played.state).recording
    assert recording
    return recording.held
