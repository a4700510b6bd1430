"""A divided group: who is in which part, what reaches whom, and that nothing crosses from one part to another."""

from __future__ import annotations

import pytest

from server.rooms.reconcile import room_policy
from server.session.commands import (
    AddLine,
    Advance,
    Chat,
    EndTurn,
    HandOver,
    LowerHand,
    RaiseHand,
    SetConsultant,
    SetDevices,
    SetReady,
    ShareScreen,
    TakeBack,
    Tick,
)
from server.session.evolve import fold
from server.session.policy import media_policy
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PLANS, PlayedSession

WATCH, CONSULT = PLANS["watch-while-they-talk"], PLANS["consultant-and-colleagues"]
FIVE = ("maria", "ben", "ana", "carl", "dora")


def apart(plan: str = "watch-while-they-talk", *people: str) -> PlayedSession:
    """Maria teaches, Ana leads and is a colleague, Dora is the consultant."""
    played = PlayedSession(PLANS.get(plan, EVERY_KIND), people=people or FIVE)
    if "dora" in played.state.seats:
        played.must(SetConsultant(seat="ana", whose="dora", on=True))
    reach(played, "apart")
    return played


def lanes(played: PlayedSession) -> dict[str, str | None]:
    return {person.seat: person.lane for person in played.view("ana").people}


def hears(played: PlayedSession, seat: str) -> set[str]:
    """Whose voices reach this seat."""
    people = room_policy(media_policy(played.state, played.now_ms), 1).people
    return {other for other in people[seat].hears if people[other].microphone}


def test_who_is_in_which_part_follows_from_what_they_are_here_as() -> None:
    talk = "colleagues-talk"
    assert lanes(apart()) == {"maria": "own-time", "ben": talk, "ana": talk, "carl": talk, "dora": talk}
    advised = lanes(apart("consultant-and-colleagues"))
    assert (advised["maria"], advised["dora"], advised["ben"]) == ("with-consultant", "with-consultant", talk)


def test_each_sees_the_phase_of_their_own_part_and_how_the_others_are_doing() -> None:
    played = apart()
    maria, ben = played.view("maria"), played.view("ben")
    assert (maria.phase.key, maria.phase.replay, maria.floor.mode) == ("own-time", True, "silent")
    assert (ben.phase.key, ben.phase.replay, ben.floor.mode) == ("colleagues-talk", False, "open")
    assert maria.form is not None and maria.form.form == "own-time"
    assert ben.form is not None and ben.form.form == "one-thing"
    assert maria.lane is not None and ben.lane is not None
    assert ben.lane.collects and not maria.lane.collects and ben.lane.early
    assert [(other.key, other.seats, other.over) for other in ben.lane.others] == [("own-time", ("maria",), False)]
    assert maria.lane.together_ms == ben.lane.together_ms == played.state.ends_ms
    assert played.view("ben").phase.title != played.view("maria").phase.title


def test_nobody_hears_or_sees_across() -> None:
    played = apart("consultant-and-colleagues")
    assert hears(played, "maria") == {"dora"}
    assert hears(played, "ben") == {"ana", "carl"}
    for seat, person in room_policy(media_policy(played.state, played.now_ms), 1).people.items():
        assert {lanes(played)[other] for other in (*person.hears, *person.sees)} == {lanes(played)[seat]}
    played.advance()
    assert hears(played, "maria") == {"ben", "ana", "carl", "dora"}, "and all of it again afterwards"


def test_a_silent_part_is_silent_while_the_other_talks() -> None:
    played = apart()
    assert not hears(played, "maria")
    assert not media_policy(played.state, played.now_ms).people["maria"].microphone
    assert hears(played, "ben") == {"ana", "carl", "dora"}


def test_a_microphone_that_is_shared_across_carries_nothing() -> None:
    played = PlayedSession(CONSULT, people=FIVE)
    played.must(SetDevices(seat="ben", microphone="shared", camera=True, shares="maria"))
    reach(played, "apart")
    assert "maria" not in hears(played, "carl")


def test_what_is_said_in_the_chat_of_one_part_stays_there_for_good() -> None:
    played = apart()
    played.aside(chat={"m1": "among us", "m2": "for all"})
    played.must(Chat(seat="ben", message="m1", to=None))
    assert played.refused(Chat(seat="maria", message="m9", to=None)) == "chat_rests", "a silent part has no chat"
    said = {seat: [line.text for line in played.view(seat).chat] for seat in played.state.seats}
    assert said == {"maria": [], "ben": ["among us"], "ana": ["among us"], "carl": ["among us"], "dora": ["among us"]}
    reach(played, "choose")
    played.must(Chat(seat="ben", message="m2", to=None))
    assert [line.text for line in played.view("maria").chat] == ["for all"]


def test_a_private_line_to_the_one_who_leads_works_across() -> None:
    played = apart()
    played.aside(chat={"m1": "I hear an echo"})
    played.must(Chat(seat="maria", message="m1", to="ana"))
    assert [line.text for line in played.view("ana").chat] == ["I hear an echo"]
    assert not played.view("ben").chat


def test_a_hand_is_seen_in_ones_own_part_only() -> None:
    played = apart()
    played.must(RaiseHand(seat="ben", raised=True))
    up = {seat: [person.seat for person in played.view(seat).people if person.hand_ms] for seat in ("maria", "ana")}
    assert up == {"maria": [], "ana": ["ben"]}
    assert played.refused(LowerHand(seat="maria", whose="ben")) == "not_allowed"
    played.must(LowerHand(seat="ana", whose="ben"))


def test_a_screen_is_shown_in_ones_own_part_only() -> None:
    played = apart("every")
    reach(played, "pairs")
    played.must(ShareScreen(seat="dora", on=True))
    assert played.view("maria").screen == "dora"
    assert played.view("ben").screen is None
    assert "share_screen" not in played.view("ben").you.may, "their part does not show anything"


def test_who_comes_later_finds_their_place() -> None:
    played = apart()
    played.come("emil")
    assert lanes(played)["emil"] == "colleagues-talk"
    assert "emil" in hears(played, "ben")
    assert "emil" not in hears(played, "maria")


def test_nobody_changes_sides_while_the_group_is_divided() -> None:
    played = apart("consultant-and-colleagues")
    assert played.refused(SetConsultant(seat="ana", whose="ben", on=True)) == "not_allowed"
    assert "set_consultant" not in played.view("ana").you.may


def test_the_way_back_into_a_divided_group_is_closed_once_somebody_else_is_the_consultant() -> None:
    played = apart("every")
    played.advance()
    assert "take_back" in played.view("ana").you.may
    played.must(SetConsultant(seat="ana", whose="ben", on=True))
    assert "take_back" not in played.view("ana").you.may


def test_all_meet_again_as_soon_as_everybody_is_ready() -> None:
    played = apart()
    for seat in ("ben", "ana", "carl", "dora"):
        played.must(SetReady(seat=seat, decision=played.decision(seat), ready=True))
        played.must(Tick())
        assert played.state.lanes
    assert played.view("maria").ready_count == 0, "what the others are doing is their own"
    assert (played.view("ben").ready_count, played.view("ben").expected) == (4, 4)
    played.must(SetReady(seat="maria", decision=played.decision("maria"), ready=True))
    ready_ms = played.now_ms
    played.pass_deadline()
    assert played.now_ms == ready_ms, "at once"
    assert not played.state.lanes
    assert played.state.phase is not None and played.state.phase.key == "teacher-first"


def test_nobody_waits_for_those_who_are_away() -> None:
    played = apart()
    played.leave("maria")
    for seat in ("ben", "ana", "carl"):
        played.must(SetReady(seat=seat, decision=played.decision(seat), ready=True))
    played.leave("dora")
    played.must(Tick())
    assert not played.state.lanes


def test_when_nobody_is_here_at_all_the_clock_runs_to_its_end() -> None:
    played = apart()
    for seat in FIVE:
        played.leave(seat)
    ends_ms = played.state.ends_ms or 0
    played.pass_deadline()
    assert played.now_ms == ends_ms
    assert played.state.lanes and played.state.status == "grace"
    played.pass_deadline()
    assert not played.state.lanes


def test_where_the_format_says_so_all_meet_only_at_zero() -> None:
    played = apart("every")
    reach(played, "pairs")
    lane = played.view("maria").lane
    assert lane is not None and not lane.early
    assert "ready" not in played.view("maria").you.may
    reach_ms = played.state.ends_ms or 0
    while played.state.lanes:
        played.pass_deadline()
    assert played.now_ms == reach_ms + 5_000


def test_what_is_pressed_in_one_part_makes_nothing_stale_in_the_other() -> None:
    played = apart("every")
    seen = played.decision("maria")
    speaker = played.view("ben").floor.turn
    assert speaker
    played.must(EndTurn(seat=speaker, decision=played.decision(speaker)))
    assert played.decision("maria") == seen
    assert played.refused(EndTurn(seat=speaker, decision=seen)) == "stale_decision"
    played.must(SetReady(seat="maria", decision=seen, ready=True))


@pytest.mark.parametrize("seat", ["maria", "ben"])
def test_decisions_grow_for_everybody_when_all_are_together_again(seat: str) -> None:
    played = apart("every")
    for _ in range(2):
        speaker = played.view("ben").floor.turn
        assert speaker
        played.must(EndTurn(seat=speaker, decision=played.decision(speaker)))
    seen = played.decision(seat)
    played.advance()
    assert played.decision(seat) > seen
    seen = played.decision(seat)
    played.must(TakeBack(seat="ana", decision=played.decision("ana")))
    assert played.state.lanes
    assert played.decision(seat) > seen


def test_the_one_who_leads_goes_on_for_all_from_any_part() -> None:
    played = PlayedSession(WATCH, people=("maria", "ben"))
    played.come("ana")
    reach(played, "apart")
    assert played.refused(Advance(seat="ben", decision=played.decision("ben"))) == "not_allowed"
    played.must(Advance(seat="ana", decision=played.decision("ana")))
    assert not played.state.lanes


def test_who_leads_and_teaches_goes_on_for_all_and_sees_nothing_of_the_others_meanwhile() -> None:
    played = apart()
    played.aside(chat={"line.l1": "too fast"})
    played.must(AddLine(seat="ben", line="l1"))
    played.must(HandOver(seat="ana", to="maria"))
    seen = played.view("maria")
    assert seen.lane is not None and seen.lane.key == "own-time"
    assert not seen.collected and not seen.chat and not seen.ready
    assert {"advance", "hold", "add_time"} <= set(seen.you.may)
    played.must(Advance(seat="maria", decision=played.decision("maria")))
    assert not played.state.lanes


def test_the_log_gives_a_divided_group_back() -> None:
    played = apart("every")
    speaker = played.view("ben").floor.turn
    assert speaker
    played.must(EndTurn(seat=speaker, decision=played.decision(speaker)))
    assert fold(played.log) == played.state
