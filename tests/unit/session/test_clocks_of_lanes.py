"""The clocks of a divided group: each part its own, one hold for all, and nobody's turn goes on behind it."""

from __future__ import annotations

from msgspec.structs import replace

from server.session.commands import AddTime, AddTurn, Advance, Back, EndTurn, Hold, Resume, SetReady, TakeBack, Tick
from server.session.lanes import lane_state
from server.session.pacing import fit
from server.session.state import Lane
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")


def apart() -> PlayedSession:
    """Maria has her own time for two minutes; Ben, Ana and Carl have 20 s each in turn."""
    played = PlayedSession(EVERY_KIND, people=PEOPLE)
    reach(played, "apart")
    return played


def talk(played: PlayedSession) -> Lane:
    return played.state.lanes["talk"]


def end_turn(played: PlayedSession) -> None:
    speaker = played.view("ben").floor.turn
    assert speaker
    played.must(EndTurn(seat=speaker, decision=played.decision(speaker)))


def test_turns_are_taken_in_one_part_while_the_other_has_its_time() -> None:
    played = apart()
    assert [played.view("ben").floor.turn, *played.view("ben").floor.next] == ["ben", "ana", "carl"]
    assert played.view("maria").floor.turn is None
    assert played.view("ben").phase.ends_ms == played.view("ben").floor.turn_ends_ms == played.now_ms + 15_000
    assert played.view("maria").phase.ends_ms == played.now_ms + 120_000
    end_turn(played)
    assert played.view("carl").floor.turn == "ana"
    assert (0, 2, "ben") in played.state.spoken


def test_a_part_whose_time_is_over_waits_and_talks_freely_until_the_others_are_ready() -> None:
    played = apart()
    for _ in range(3):
        end_turn(played)
    assert talk(played).over
    ben, maria = played.view("ben"), played.view("maria")
    assert ben.lane is not None and ben.lane.over
    assert maria.lane is not None and next(other.over for other in maria.lane.others if other.key == "talk")
    assert ben.floor.mode == "open" and set(ben.floor.speakers) == {"ben", "ana", "carl"}
    assert "ready" not in ben.you.may and "add_turn" not in played.view("ana").you.may
    assert played.state.lanes, "Maria has not finished"
    played.must(SetReady(seat="maria", decision=played.decision("maria"), ready=True))
    played.must(Tick())
    assert played.state.phase is not None and played.state.phase.key == "report"


def test_a_bell_in_one_part_rings_in_that_part_only() -> None:
    played = apart()
    played.pass_deadline()
    assert played.view("ben").phase.status == "grace"
    assert played.view("maria").phase.status == "running"
    played.pass_deadline()
    assert played.view("ben").floor.turn == "ana"


def test_all_meet_when_the_clock_of_the_phase_is_over_whatever_the_parts_do() -> None:
    played = apart()
    ends_ms = played.state.ends_ms or 0
    while played.state.lanes:
        played.pass_deadline()
    assert played.now_ms == ends_ms + 5_000
    assert played.state.turn is None and played.state.talked_ms == {}


def test_a_hold_is_for_all_and_gives_every_part_its_time_back() -> None:
    played = apart()
    played.now_ms += 4_000
    played.must(Hold(seat="ana", decision=played.decision("ana")))
    ben, maria = played.view("ben").phase, played.view("maria").phase
    assert ben.ends_ms is None and ben.held is not None and ben.held.left_ms == 11_000
    assert maria.held is not None and maria.held.left_ms == 116_000
    played.now_ms += 60_000
    played.must(Tick())
    assert played.view("ben").floor.turn == "ben"
    played.must(Resume(seat="ana", decision=played.decision("ana")))
    assert (played.view("ben").phase.ends_ms or 0) - played.now_ms == 11_000
    assert (played.view("maria").phase.ends_ms or 0) - played.now_ms == 116_000


def test_while_the_clock_stands_no_turn_goes_on_in_a_part() -> None:
    played = apart()
    played.must(Hold(seat="ana", decision=played.decision("ana")))
    assert not {"end_turn", "pass_turn"} & {*played.view("ben").you.may, *played.view("ana").you.may}
    assert played.refused(EndTurn(seat="ben", decision=played.decision("ben"))) == "not_allowed"


def test_what_was_said_before_a_hold_counts_and_the_hold_does_not() -> None:
    played = apart()
    played.now_ms += 4_000
    played.must(Hold(seat="ana", decision=played.decision("ana")))
    played.now_ms += 60_000
    played.must(Resume(seat="ana", decision=played.decision("ana")))
    played.now_ms += 3_000
    end_turn(played)
    assert played.state.talked_ms["ben"] == 7_000


def test_more_time_is_for_all_and_reaches_the_parts_that_follow_the_clock() -> None:
    played = apart()
    turn_ends_ms = played.view("ben").phase.ends_ms
    played.must(AddTime(seat="ana", decision=played.decision("ana"), seconds=60))
    assert played.view("maria").phase.ends_ms == played.now_ms + 180_000
    assert played.view("ben").phase.ends_ms == turn_ends_ms


def test_taking_time_back_leaves_what_has_happened_in_a_part_meanwhile() -> None:
    played = apart()
    played.must(AddTime(seat="ana", decision=played.decision("ana"), seconds=60))
    assert "take_back" in played.view("ana").you.may
    end_turn(played)
    assert "take_back" not in played.view("ana").you.may
    assert played.refused(TakeBack(seat="ana", decision=played.decision("ana"))) == "not_allowed"


def test_a_step_that_is_taken_back_gives_every_part_back_where_it_was() -> None:
    played = apart()
    end_turn(played)
    played.now_ms += 3_000
    played.must(Advance(seat="ana", decision=played.decision("ana")))
    assert not played.state.lanes
    played.now_ms += 6_000
    played.must(TakeBack(seat="ana", decision=played.decision("ana")))
    assert played.view("ben").floor.turn == "ana"
    assert (played.view("ben").phase.ends_ms or 0) - played.now_ms == 12_000
    assert played.state.talked_ms == {"ben": 0}
    played.now_ms += 1_000
    end_turn(played)
    assert played.state.talked_ms["ana"] == 4_000, "not what went by elsewhere"


def test_a_step_that_is_taken_back_gives_a_held_clock_back_held() -> None:
    played = apart()
    played.now_ms += 4_000
    played.must(Hold(seat="ana", decision=played.decision("ana")))
    played.now_ms += 5_000
    played.must(Advance(seat="ana", decision=played.decision("ana")))
    played.now_ms += 6_000
    played.must(TakeBack(seat="ana", decision=played.decision("ana")))
    assert played.state.held is not None
    played.must(Resume(seat="ana", decision=played.decision("ana")))
    assert (played.view("ben").phase.ends_ms or 0) - played.now_ms == 11_000
    end_turn(played)
    assert played.state.talked_ms["ben"] == 4_000


def test_gone_back_to_a_divided_group_begins_anew() -> None:
    played = apart()
    end_turn(played)
    played.now_ms += 3_000
    played.advance()
    played.must(Back(seat="ana", decision=played.decision("ana")))
    assert played.view("ben").floor.turn == "ben"
    assert played.state.talked_ms == {}
    assert (played.view("maria").phase.ends_ms or 0) - played.now_ms == 120_000


def test_a_speaker_whose_line_drops_is_passed_over_in_that_part() -> None:
    played = apart()
    played.leave("ben")
    played.now_ms += 5_000
    played.must(Tick())
    assert [played.view("ana").floor.turn, *played.view("ana").floor.next] == ["ana", "carl", "ben"]
    assert played.view("maria").phase.ends_ms == played.state.ends_ms


def test_a_teacher_who_is_away_stops_nobody() -> None:
    played = apart()
    played.leave("maria")
    played.now_ms += 200_000
    played.must(Tick())
    assert played.state.held is None
    assert played.state.phase is not None and played.state.phase.key == "report"


def test_the_one_who_leads_lets_somebody_speak_who_came_late() -> None:
    played = apart()
    played.come("emil")
    played.must(AddTurn(seat="ana", decision=played.decision("ana"), whose="emil"))
    assert played.view("ben").floor.next == ("ana", "carl", "emil")


def test_where_a_format_was_shortened_its_parts_are_shortened_alike() -> None:
    plan = fit(EVERY_KIND, 1, 28)
    shorter, whole = plan.round[2], EVERY_KIND.round[2]
    assert shorter.minutes and whole.minutes and shorter.minutes.default < whole.minutes.default
    for lane, before in zip(shorter.lanes, whole.lanes, strict=True):
        if lane.minutes and before.minutes:
            assert abs(lane.minutes.default / shorter.minutes.default - before.minutes.default / whole.minutes.default) < 0.001


def test_a_part_without_turns_follows_the_phase() -> None:
    played = PlayedSession(PLANS["watch-while-they-talk"], people=PEOPLE)
    reach(played, "apart")
    assert lane_state(played.state, "colleagues-talk").ends_ms == played.state.ends_ms
    played.pass_deadline()
    assert played.view("ben").phase.status == played.view("maria").phase.status == "grace"


def test_decisions_grow_when_time_is_taken_back_too() -> None:
    played = apart()
    for _ in range(2):
        end_turn(played)
    played.must(AddTime(seat="ana", decision=played.decision("ana"), seconds=60))
    seen = {seat: played.decision(seat) for seat in PEOPLE}
    played.must(TakeBack(seat="ana", decision=played.decision("ana")))
    assert all(played.decision(seat) > seen[seat] for seat in PEOPLE)
    assert played.view("ben").floor.turn == "carl", "what had happened before it stays"


def test_where_the_phase_asks_at_zero_a_part_is_over_by_itself() -> None:
    phases = tuple(replace(phase, at_zero="ask") if phase.key == "apart" else phase for phase in EVERY_KIND.round)
    played = PlayedSession(replace(EVERY_KIND, round=phases), people=PEOPLE)
    reach(played, "apart")
    while not (talk(played).over and played.state.lanes["advice"].over):
        played.pass_deadline()
    assert played.now_ms < (played.state.ends_ms or 0), "before the phase is"
    while played.view("maria").phase.status == "running":
        played.pass_deadline()
    assert played.state.lanes and played.state.ends_ms is None, "the one who leads goes on"
