"""Who has no microphone, or shares one: whose sound is forwarded and recorded, and what stands in for a voice."""

import pytest

from server.session.beside import EntryKey
from server.session.commands import AnswerSharing, ChooseRecording, EndTurn, Hold, Resume, SetDevices, StartLesson, TakeSeat, Write
from server.session.policy import media_policy
from server.wire.pieces import MicrophoneUse
from tests.fakes.played_session import PlayedSession


def devices(seat: str, microphone: MicrophoneUse, shares: str | None = None) -> SetDevices:
    return SetDevices(seat=seat, microphone=microphone, camera=True, shares=shares)


def forwarded(played: PlayedSession) -> set[str]:
    return {seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.microphone}


def person(played: PlayedSession, seat: str) -> tuple[str, str | None]:
    own = played.state.seats[seat]
    return own.microphone, own.shares


def answer(seat: str, whose: str, *, yes: bool) -> AnswerSharing:
    return AnswerSharing(seat=seat, whose=whose, yes=yes)


def share(played: PlayedSession, seat: str, host: str) -> None:
    played.must(devices(seat, "shared", host))
    played.must(answer(host, seat, yes=True))


def waiting(played: PlayedSession) -> dict[str, str]:
    return {seat.seat: seat.wishes for seat in played.state.seats.values() if seat.wishes}


@pytest.fixture
def played() -> PlayedSession:
    return PlayedSession()


def test_a_shared_device_makes_no_sound_and_sends_none(played: PlayedSession) -> None:
    share(played, "ben", "ana")
    people = media_policy(played.state, played.now_ms).people
    assert not people["ben"].microphone
    assert not people["ben"].hears
    assert people["ana"].microphone
    assert people["ana"].hears


def test_in_the_turn_of_who_shares_the_owners_microphone_is_heard(played: PlayedSession) -> None:
    share(played, "ben", "maria")
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


def test_a_microphone_is_shared_only_with_its_owners_yes(played: PlayedSession) -> None:
    played.must(ChooseRecording(seat="maria", choice="record"))
    played.must(devices("ben", "shared", "maria"))
    assert person(played, "ben") == ("own", None)
    assert played.view("ben").sharing_asked == "maria"
    assert [played.view(seat).sharing_asks for seat in ("maria", "ben", "ana")] == [("ben",), (), ()]
    assert ["answer_sharing" in played.view(seat).you.may for seat in ("maria", "ben", "ana")] == [True, False, False]
    played.begin_lesson()
    recording = media_policy(played.state, played.now_ms).recording
    assert recording
    assert recording.voices == ("maria",), "who only asks silences nobody"
    for other in ("ben", "ana"):
        assert played.refused(answer(other, "ben", yes=True)) == "not_asked"
    played.must(answer("maria", "ben", yes=True))
    assert person(played, "ben") == ("shared", "maria")
    assert waiting(played) == {}
    played.must(answer("maria", "ben", yes=True))
    recording = media_policy(played.state, played.now_ms).recording
    assert recording
    assert recording.voices == (), "Ben has not agreed"


def test_nobodys_microphone_opens_in_the_turn_of_who_only_asks(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "maria"))
    played.begin_lesson()
    played.go_to("feedback")
    assert forwarded(played) == {"ben"}


def test_a_no_is_the_end_of_it_also_after_a_yes(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "ana"))
    played.must(answer("ana", "ben", yes=False))
    played.must(answer("ana", "ben", yes=False))
    assert waiting(played) == {}
    assert played.refused(answer("ana", "ben", yes=True)) == "not_asked"
    share(played, "ben", "ana")
    played.must(answer("ana", "ben", yes=False))
    assert person(played, "ben") == ("own", None)


def test_who_waits_for_an_answer_may_say_what_they_have_and_take_it_back(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "ana"))
    played.must(devices("ben", "none", "ana"))
    assert (person(played, "ben"), waiting(played)) == (("none", None), {"ben": "ana"})
    played.must(devices("ben", "own"))
    assert (person(played, "ben"), waiting(played)) == (("own", None), {})


def test_who_shares_may_ask_somebody_else_or_go_back_to_their_own(played: PlayedSession) -> None:
    share(played, "ben", "ana")
    played.must(devices("ben", "own", "ana"))
    assert person(played, "ben") == ("shared", "ana"), "said again, as a page does that was away"
    played.must(devices("ben", "shared", "maria"))
    assert (person(played, "ben"), waiting(played)) == (("shared", "ana"), {"ben": "maria"})
    played.must(devices("ben", "own"))
    assert (person(played, "ben"), waiting(played)) == (("own", None), {})


def test_nobody_waits_for_somebody_simulated(played: PlayedSession) -> None:
    played.must(TakeSeat(seat="lina", teaches=False, leads=False, simulated=True))
    assert played.refused(devices("ben", "shared", "lina")) == "no_microphone"


def test_there_is_no_chain(played: PlayedSession) -> None:
    share(played, "ben", "ana")
    assert played.refused(devices("maria", "shared", "ben")) == "no_microphone"
    share(played, "ana", "maria")
    assert person(played, "ana") == ("shared", "maria")
    assert person(played, "ben") == ("own", None)


def test_of_two_who_ask_each_other_the_first_answer_counts(played: PlayedSession) -> None:
    played.must(devices("ben", "shared", "ana"))
    played.must(devices("ana", "shared", "ben"))
    played.must(answer("ben", "ana", yes=True))
    assert person(played, "ana") == ("shared", "ben")
    assert person(played, "ben") == ("own", None)
    assert waiting(played) == {}


@pytest.mark.parametrize("microphone", ["none", "shared"])
def test_when_the_owner_has_none_any_more_who_shared_it_have_their_own(played: PlayedSession, microphone: MicrophoneUse) -> None:
    """Having none opens what one has written: that is never decided by somebody else."""
    share(played, "ben", "ana")
    played.come("carl")
    played.must(devices("carl", "shared", "ana"))
    played.must(devices("ana", microphone, "maria"))
    if microphone == "shared":
        assert person(played, "ben") == ("shared", "ana"), "Ana only asks"
        played.must(answer("maria", "ana", yes=True))
    assert person(played, "ben") == ("own", None)
    assert waiting(played) == ({} if microphone == "shared" else {"ana": "maria"})


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
    share(played, "ben", "ana")
    for seat, choice in (("ana", ana), ("ben", ben)):
        if choice:
            played.must(ChooseRecording(seat=seat, choice="record" if choice == "record" else "leave_out"))
    played.begin_lesson()
    recording = media_policy(played.state, played.now_ms).recording
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


def test_two_who_hear_the_same_room_are_told_until_one_asks(played: PlayedSession) -> None:
    played.aside(same_room={"ben": "ana", "ana": "ben"})
    assert [played.view(seat).same_room for seat in ("maria", "ben", "ana")] == [None, "ana", "ben"]
    played.must(devices("ben", "shared", "ana"))
    assert [played.view(seat).same_room for seat in ("maria", "ben", "ana")] == [None, None, None]


def test_nothing_is_recorded_before_the_lesson_and_while_its_clock_is_held(played: PlayedSession) -> None:
    played.must(ChooseRecording(seat="maria", choice="record"))
    played.advance()
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-1"))
    assert media_policy(played.state, played.now_ms).recording is None, "3-2-1"
    played.pass_deadline()
    assert held(played) is False
    played.must(Hold(seat="ana", decision=played.state.decision))
    assert held(played) is True
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert held(played) is True, "3-2-1 again"
    played.pass_deadline()
    assert held(played) is False


def held(played: PlayedSession) -> bool:
    recording = media_policy(played.state, played.now_ms).recording
    assert recording
    return recording.held
