"""What colleagues put on a list while they talk among themselves, who keeps it, and when the teacher reads it."""

from __future__ import annotations

from server.session.beside import line_key
from server.session.commands import AddLine, Back, MeToo, TakeBack, TakeNotes
from server.session.policy import media_policy
from server.session.together import MOST_LINES_OF_ONE
from tests.fakes.every_kind import reach
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")


def apart(plan: str = "consultant-and-colleagues") -> PlayedSession:
    played = PlayedSession(PLANS[plan], people=PEOPLE)
    played.aside(chat={line_key(f"l{number}"): f"line {number}" for number in range(100)})
    reach(played, "apart")
    return played


def collected(played: PlayedSession, seat: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(line.seat, line.text, line.me_too) for line in played.view(seat).collected]


def test_a_line_is_read_by_colleagues_at_once_and_by_the_teacher_when_all_are_together() -> None:
    played = apart()
    played.must(AddLine(seat="ben", line="l1"))
    assert collected(played, "ana") == [("ben", "line 1", ())]
    assert collected(played, "maria") == []
    played.advance()
    assert collected(played, "maria") == [("ben", "line 1", ())]


def test_me_too_is_said_once_and_taken_back() -> None:
    played = apart()
    played.must(AddLine(seat="ben", line="l1"))
    for _ in range(2):
        played.must(MeToo(seat="ana", line="l1", on=True))
        played.must(MeToo(seat="carl", line="l1", on=True))
    played.must(MeToo(seat="ben", line="l1", on=True))
    assert collected(played, "ben") == [("ben", "line 1", ("ana", "carl"))], "and nobody agrees with themselves"
    played.must(MeToo(seat="ana", line="l1", on=False))
    assert collected(played, "ben") == [("ben", "line 1", ("carl",))]
    assert played.refused(MeToo(seat="ana", line="none", on=True)) == "no_line"


def test_a_line_that_arrives_twice_is_there_once_and_stays_its_authors() -> None:
    played = apart()
    for _ in range(2):
        played.must(AddLine(seat="ben", line="l1"))
    assert len(collected(played, "ana")) == 1
    assert played.refused(AddLine(seat="ana", line="l1")) == "not_allowed"


def test_a_list_has_an_end() -> None:
    played = apart()
    for number in range(MOST_LINES_OF_ONE):
        played.must(AddLine(seat="ben", line=f"l{number}"))
    assert played.refused(AddLine(seat="ben", line="l99")) == "too_many"
    played.must(AddLine(seat="ana", line="l99"))


def test_the_teacher_has_no_part_in_it() -> None:
    played = apart()
    played.must(AddLine(seat="ben", line="l1"))
    assert not {"add_line", "me_too", "take_notes"} & set(played.view("maria").you.may)
    for command in (AddLine(seat="maria", line="l2"), MeToo(seat="maria", line="l1", on=True), TakeNotes(seat="maria", on=True)):
        assert played.refused(command) == "not_allowed"


def test_one_person_keeps_the_list_and_somebody_else_can_take_it_over() -> None:
    played = apart()
    assert played.view("ben").note_taker is None
    played.must(TakeNotes(seat="ben", on=True))
    played.must(TakeNotes(seat="ana", on=False))
    assert played.view("carl").note_taker == "ben"
    assert played.view("maria").note_taker is None
    played.must(TakeNotes(seat="ana", on=True))
    assert played.view("carl").note_taker == "ana"
    played.must(TakeNotes(seat="ana", on=False))
    assert played.view("carl").note_taker is None


def test_whoever_kept_the_list_speaks_for_all() -> None:
    played = apart()
    played.must(TakeNotes(seat="ben", on=True))
    played.advance()
    report = played.view("maria")
    assert (report.phase.key, report.floor.mode, report.floor.speakers) == ("report", "spokesperson", ("ben",))
    assert report.note_taker == "ben"
    assert report.stage == ("ben", "maria")
    assert [seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.microphone] == ["ben"]


def test_where_nobody_kept_it_or_the_one_who_did_is_away_all_colleagues_speak() -> None:
    played = apart()
    played.advance()
    assert set(played.view("maria").floor.speakers) == {"ben", "ana", "carl"}
    kept = apart()
    kept.must(TakeNotes(seat="ben", on=True))
    kept.advance()
    kept.leave("ben")
    assert set(kept.view("maria").floor.speakers) == {"ben", "ana", "carl"}
    kept.come("ben")
    assert kept.view("maria").floor.speakers == ("ben",)


def test_the_list_stays_for_the_round_and_its_keeper_too() -> None:
    played = apart()
    played.must(AddLine(seat="ben", line="l1"))
    played.must(TakeNotes(seat="ben", on=True))
    reach(played, "reply")
    assert played.view("maria").collected and played.view("maria").note_taker == "ben"
    played.advance()
    assert played.state.position.part == "closing"
    assert not played.view("maria").collected and played.view("maria").note_taker is None
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.view("maria").note_taker == "ben", "back in the round the list is kept again"


def test_gone_back_to_their_talk_colleagues_have_their_list_to_themselves_again() -> None:
    played = apart()
    played.must(AddLine(seat="ben", line="l1"))
    played.advance()
    played.must(Back(seat="ana", decision=played.state.decision))
    assert collected(played, "ana") == [("ben", "line 1", ())]
    assert collected(played, "maria") == []


def test_no_list_is_kept_where_the_format_has_none() -> None:
    played = apart()
    played.advance()
    assert not {"add_line", "me_too", "take_notes"} & set(played.view("ben").you.may)
