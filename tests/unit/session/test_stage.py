"""Whoever is shown large next sends the whole picture a little before, so that nobody sees it become sharp."""

from __future__ import annotations

from msgspec.structs import replace

from server.session.commands import AnswerOffer, Hold, OfferOpinion, PassTurn
from server.session.lanes import lane_state
from server.session.plan import Plan
from server.session.policy import SMALL_BPS, STAGE_BPS, media_policy
from server.session.schedule import SOON_MS, next_deadline_ms, view_deadline_ms
from server.session.stage import Shown
from tests.fakes.played_session import PLANS, PlayedSession


def shown(played: PlayedSession, later_ms: int = 0) -> dict[str, Shown]:
    people = media_policy(played.state, played.now_ms + later_ms).people
    return {seat: person.camera_shown for seat, person in people.items()}


def left_ms(played: PlayedSession) -> int:
    assert played.state.ends_ms is not None
    return played.state.ends_ms - played.now_ms


def in_the_round_robin() -> PlayedSession:
    played = PlayedSession()
    played.begin_lesson()
    while played.state.turn is None:
        played.pass_deadline()
    return played


def test_who_teaches_first_is_ready_while_all_wait_for_the_start() -> None:
    played = PlayedSession()
    assert shown(played) == {"maria": "soon", "ben": "small", "ana": "small"}
    assert played.view("maria").you.sends_large
    assert not played.view("ben").you.sends_large


def test_the_teacher_is_large_and_nobody_else_until_the_lesson_is_nearly_over() -> None:
    played = PlayedSession()
    played.advance()
    assert shown(played)["maria"] == "large"
    played.start_lesson()
    assert shown(played) == {"maria": "large", "ben": "small", "ana": "small"}
    media = media_policy(played.state, played.now_ms).people
    assert (media["maria"].camera_max_bps, media["ben"].camera_max_bps) == (STAGE_BPS, SMALL_BPS)


def test_the_next_in_the_row_is_ready_ten_seconds_before_the_bell() -> None:
    played = in_the_round_robin()
    turn = played.state.turn
    assert turn is not None
    [following] = turn.waiting
    assert shown(played)[turn.seat] == "large"
    assert shown(played, left_ms(played) - SOON_MS - 1)[following] == "small"
    assert shown(played, left_ms(played) - SOON_MS)[following] == "soon"
    assert media_policy(played.state, played.now_ms + left_ms(played) - SOON_MS).people[following].camera_max_bps == STAGE_BPS


def test_the_room_wakes_for_it() -> None:
    played = in_the_round_robin()
    wake_ms = view_deadline_ms(played.state, played.now_ms + left_ms(played) - SOON_MS - 1)
    assert wake_ms == played.now_ms + left_ms(played) - SOON_MS
    deadline_ms = next_deadline_ms(played.state)
    assert deadline_ms is not None
    assert deadline_ms > wake_ms, "nothing is logged for it"


def test_it_lasts_through_the_grace() -> None:
    played = in_the_round_robin()
    following = played.state.turn.waiting[0] if played.state.turn else ""
    played.pass_deadline()
    assert played.state.status == "grace"
    assert shown(played)[following] == "soon"
    played.pass_deadline()
    assert shown(played)[following] == "large"


def test_whoever_is_away_is_not_next() -> None:
    played = PlayedSession(people=("maria", "ben", "ana", "cem"))
    played.begin_lesson()
    while played.state.turn is None:
        played.pass_deadline()
    first, second = played.state.turn.waiting
    played.leave(first)
    faces = shown(played, left_ms(played) - 1)
    assert (faces[first], faces[second]) == ("small", "soon")


def test_a_clock_that_stands_makes_nobody_ready() -> None:
    played = in_the_round_robin()
    following = played.state.turn.waiting[0] if played.state.turn else ""
    played.must(Hold(seat="ana", decision=played.decision("ana")))
    assert shown(played, 3_600_000)[following] == "small"


def test_a_turn_that_was_passed_on_changes_who_is_next() -> None:
    played = PlayedSession(people=("maria", "ben", "ana", "cem"))
    played.begin_lesson()
    while played.state.turn is None:
        played.pass_deadline()
    passing = played.state.turn.seat
    played.must(PassTurn(seat=passing, decision=played.decision(passing)))
    assert played.state.turn
    assert shown(played, left_ms(played) - 1)[played.state.turn.waiting[0]] == "soon"


def test_before_a_round_of_voices_its_teacher_and_the_first_voice_are_ready() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("writing")
    assert set(shown(played).values()) == {"small"}
    assert shown(played, left_ms(played) - SOON_MS) == {"maria": "soon", "ben": "soon", "ana": "small"}


def test_whoever_was_permitted_to_speak_is_ready_at_once() -> None:
    played = PlayedSession(PLANS["maker-led"])
    played.begin_lesson()
    played.go_to("opinions")
    for seat in ("ben", "ana"):
        played.must(OfferOpinion(seat=seat, offer=f"offer-{seat}"))
        played.must(AnswerOffer(seat="maria", offer=f"offer-{seat}", yes=True))
    assert shown(played) == {"maria": "large", "ben": "large", "ana": "soon"}


def test_each_part_of_a_divided_group_has_a_stage_of_its_own() -> None:
    played = PlayedSession(divided(), people=("maria", "ben", "ana", "cem"))
    played.begin_lesson()
    played.go_to("apart")
    turn = lane_state(played.state, "colleagues-talk").turn
    assert turn is not None
    following = turn.waiting[0]
    assert shown(played)[turn.seat] == "large"
    ends_ms = lane_state(played.state, "colleagues-talk").ends_ms
    assert ends_ms is not None
    assert shown(played, ends_ms - SOON_MS - played.now_ms)[following] == "soon"
    assert shown(played)["maria"] == "small", "nobody in the teacher's part is on a stage"


def divided() -> Plan:
    """Colleagues speak one after the other while the teacher is elsewhere."""
    plan = PLANS["watch-while-they-talk"]
    rounds = []
    for phase in plan.round:
        lanes = [replace(lane, floor="round_robin", stage="speaker") if lane.key == "colleagues-talk" else lane for lane in phase.lanes]
        rounds.append(replace(phase, lanes=tuple(lanes)))
    return replace(plan, round=tuple(rounds))
