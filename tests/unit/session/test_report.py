"""How the time went, told to the one who leads when the session is over."""

from __future__ import annotations

from server.session.commands import Back, EndTurn, GoWithout, Hold, RaiseHand, Resume, TakeBack, TakeSeat
from server.wire.course import RuleKept
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PLANS, PlayedSession

ROUND = PLANS["twenty-minute-round"]
PEOPLE = ("maria", "ben", "ana")


def two_teach(plan: str = "twenty-minute-round") -> PlayedSession:
    played = PlayedSession(PLANS[plan], people=PEOPLE)
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.advance()
    return played


def to_the_end(played: PlayedSession) -> None:
    while played.state.position.part != "ended":
        if played.state.phase and played.state.phase.is_lesson and played.state.status == "waiting":
            played.start_lesson()
        else:
            played.pass_deadline()


def rules(played: PlayedSession, rule: str) -> list[RuleKept]:
    return [kept for kept in played.view("ana").rules if kept.rule == rule]


def heard(played: PlayedSession) -> dict[tuple[int, str], int]:
    return {(one.round, one.seat): one.seconds for one in played.view("ana").heard}


def end_turn(played: PlayedSession, after_s: int) -> None:
    played.now_ms += after_s * 1000
    speaker = played.view("ana").floor.turn
    assert speaker
    played.must(EndTurn(seat=speaker, decision=played.decision(speaker)))


def test_it_is_told_to_the_one_who_leads_and_only_when_the_session_is_over() -> None:
    played = two_teach()
    reach(played, "feedback")
    end_turn(played, 20)
    assert not played.view("ana").heard and not played.view("ana").rules
    to_the_end(played)
    assert played.view("ana").heard and played.view("ana").rules and played.view("ana").spent
    assert not played.view("ben").heard and not played.view("ben").rules


def test_everybody_who_had_the_floor_with_their_seconds() -> None:
    played = two_teach()
    reach(played, "feedback")
    end_turn(played, 20)
    end_turn(played, 35)
    played.start_lesson() if played.state.status == "waiting" else None
    while not (played.state.position.round == 1 and played.state.phase and played.state.phase.key == "feedback"):
        if played.state.phase and played.state.phase.is_lesson and played.state.status == "waiting":
            played.start_lesson()
        played.pass_deadline()
    end_turn(played, 50)
    end_turn(played, 10)
    to_the_end(played)
    assert heard(played) == {(0, "ben"): 20, (0, "ana"): 35, (1, "maria"): 50, (1, "ana"): 10}


def test_time_in_a_queue_in_a_part_of_the_group_and_in_turns_is_added_up_without_holds() -> None:
    played = PlayedSession(EVERY_KIND, people=(*PEOPLE, "carl"))
    reach(played, "apart")
    end_turn(played, 7)
    reach(played, "asking")
    spoken_s = {seat: ms // 1000 for (_, seat), ms in played.state.heard_ms.items()}
    played.must(RaiseHand(seat="ben", raised=True))
    played.now_ms += 10_000
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 100_000
    played.must(Resume(seat="ana", decision=played.state.decision))
    end_turn(played, 5)
    while played.state.position.part != "ended":
        reach(played, "closing")
        played.advance()
    assert spoken_s["ben"] == 7
    assert heard(played)[0, "ben"] == 22


def test_a_turn_that_was_taken_back_counts_once() -> None:
    played = two_teach()
    reach(played, "feedback")
    played.now_ms += 10_000
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    played.now_ms += 4_000
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    end_turn(played, 5)
    to_the_end(played)
    assert heard(played)[0, "ben"] == 15


def test_a_session_in_which_all_rules_were_kept() -> None:
    played = two_teach()
    to_the_end(played)
    found = played.view("ana").rules
    assert [(kept.rule, kept.round) for kept in found] == [
        ("everybody_heard", 0),
        ("everybody_heard", 1),
        ("teacher_first", 0),
        ("teacher_first", 1),
        ("alike", None),
        ("on_time", None),
    ]
    assert all(kept.kept for kept in found), found


def test_who_was_there_and_had_no_turn_is_named() -> None:
    played = two_teach()
    played.start_lesson()
    while played.state.phase is None or played.state.phase.key != "feedback":
        played.pass_deadline()
    speaker = played.view("ana").floor.turn
    played.advance()
    to_the_end(played)
    unheard = rules(played, "everybody_heard")[0]
    assert not unheard.kept
    assert unheard.seats == tuple(seat for seat in ("ben", "ana") if seat != speaker)


def test_who_came_after_half_of_the_lesson_was_not_to_be_heard() -> None:
    played = two_teach()
    played.start_lesson()
    played.now_ms += 400_000
    played.come("carl")
    to_the_end(played)
    assert all(kept.kept for kept in rules(played, "everybody_heard"))


def test_a_teacher_whose_own_view_was_skipped_did_not_speak_first() -> None:
    played = two_teach()
    played.start_lesson()
    while played.state.phase is None or played.state.phase.key != "teacher-first":
        played.pass_deadline()
    played.advance()
    to_the_end(played)
    assert [kept.kept for kept in rules(played, "teacher_first")] == [False, True]


def test_rounds_that_were_not_alike_and_an_end_that_was_late_come_with_seconds() -> None:
    played = two_teach()
    played.start_lesson()
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 3_600_000
    played.must(Resume(seat="ana", decision=played.state.decision))
    to_the_end(played)
    alike, on_time = rules(played, "alike")[0], rules(played, "on_time")[0]
    assert not alike.kept and alike.seconds > 3_000
    assert not on_time.kept and on_time.seconds > 3_000


def test_a_round_that_did_not_happen_makes_no_others_unlike() -> None:
    played = two_teach("mini-lesson")
    while not (played.state.position.round == 1 and played.state.phase and played.state.phase.is_lesson):
        if played.state.phase and played.state.phase.is_lesson and played.state.status == "waiting":
            played.start_lesson()
        played.pass_deadline()
    played.leave("ben")
    played.must(GoWithout(seat="ana", decision=played.state.decision))
    to_the_end(played)
    assert {lesson.round for lesson in played.state.lessons.values()} == {0}
    assert not rules(played, "alike")
    assert all(kept.kept for kept in played.view("ana").rules)


def test_a_rule_that_the_format_does_without_is_left_out() -> None:
    played = two_teach("try-out")
    to_the_end(played)
    assert {kept.rule for kept in played.view("ana").rules} == {"everybody_heard", "alike", "on_time"}


def test_without_a_lesson_there_is_nothing_to_keep_but_the_time() -> None:
    played = PlayedSession(PLANS["tuning"], people=PEOPLE)
    played.advance()
    to_the_end(played)
    assert {kept.rule for kept in played.view("ana").rules} == {"on_time"}


def test_of_two_tries_one_line_says_whether_the_teacher_spoke_first_after_both() -> None:
    played = PlayedSession(PLANS["teach-again"], people=PEOPLE)
    played.advance()
    to_the_end(played)
    assert [(kept.rule, kept.kept) for kept in played.view("ana").rules if kept.rule != "on_time"] == [
        ("everybody_heard", True),
        ("teacher_first", True),
    ]


def test_a_phase_that_was_gone_back_to_is_one_phase_in_what_was_spent() -> None:
    played = PlayedSession(PLANS["teach-again"], people=PEOPLE)
    played.advance()
    played.start_lesson()
    while played.state.phase is None or played.state.phase.key != "teacher-first":
        played.pass_deadline()
    played.must(Back(seat="ana", decision=played.state.decision))
    to_the_end(played)
    spent = played.view("ana").spent
    assert len(spent) == len(played.state.plan.round) + 1
    assert [phase.planned_s for phase in spent][1] == 180
    assert [phase.spent_s for phase in spent][1] == 400, "twice three minutes, and twice what was added to finish a sentence"
