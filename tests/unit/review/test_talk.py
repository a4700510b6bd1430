"""What a teacher is told about who spoke when: every figure from a conversation that can be counted by hand."""

from __future__ import annotations

import pytest

from recorder.control import Hole, VoiceTalk
from server.review.talk.figures import LessonTalk, Pause, Takeover, Wait, gini, reckon
from server.review.talk.spans import Span


def spoken(**people: list[tuple[float, float]]) -> list[VoiceTalk]:
    """In seconds."""
    return [
        VoiceTalk(peer=peer, levels="header", segments=tuple((round(start * 1000), round(end * 1000)) for start, end in spans))
        for peer, spans in people.items()
    ]


def lesson(
    seconds: float = 60, *, asked: list[float] | None = None, holes: list[Hole] | None = None, **people: list[tuple[float, float]]
) -> LessonTalk:
    asked_ms = [round(at * 1000) for at in asked or []]
    return reckon(spoken(**people), teacher="teacher", duration_ms=round(seconds * 1000), holes=holes or [], questions_ms=asked_ms)


def test_shares_are_of_all_speech_and_of_the_clock() -> None:
    talk = lesson(teacher=[(0, 30)], ana=[(35, 45)])
    teacher, ana = talk.people
    assert (teacher.seconds, teacher.share, teacher.clock_share) == (30, 0.75, 0.5)
    assert (ana.seconds, ana.share) == (10, 0.25)
    assert talk.figures.teacher_share == 0.75
    assert talk.figures.silence_share == pytest.approx(20 / 60)


def test_time_of_which_nothing_is_known_counts_neither_as_quiet_nor_as_time() -> None:
    holes = [Hole(start_ms=30_000, end_ms=50_000, reason="held"), Hole(start_ms=0, end_ms=9_000, what="picture")]
    talk = lesson(teacher=[(0, 20)], ana=[(30, 35)], holes=holes)
    assert talk.counted_s == 45
    assert talk.figures.silence_share == pytest.approx(20 / 45)


def test_what_reaches_over_the_end_of_the_film_is_cut() -> None:
    [teacher] = lesson(10, teacher=[(-1, 2), (9, 12), (12, 13)]).people
    assert teacher.segments == ((0, 2_000), (9_000, 10_000))


def test_a_turn_lasts_until_somebody_else_speaks_or_two_quiet_seconds() -> None:
    talk = lesson(teacher=[(0, 4), (5, 8), (11, 12), (13, 14)], ana=[(12.2, 12.8)])
    teacher = talk.people[0]
    assert (teacher.turns, teacher.longest_turn_s) == (3, 8)
    assert teacher.mean_turn_s == pytest.approx(10 / 3)
    assert lesson(teacher=[(0, 4), (5, 8)]).people[0].turns == 1
    assert teacher.long_turns == pytest.approx(1 / 3)


def test_the_longest_stretch_is_not_ended_by_a_word_in_passing() -> None:
    talk = lesson(teacher=[(0, 10), (12, 30), (34, 40)], ana=[(11, 11.9), (31, 33)])
    assert talk.longest_stretch == (0, 30_000)
    assert talk.figures.longest_stretch_s == 30


def test_the_longest_stretch_does_not_reach_over_a_gap_of_the_film() -> None:
    talk = lesson(teacher=[(0, 10), (20, 35)], holes=[Hole(start_ms=12_000, end_ms=18_000)])
    assert talk.longest_stretch == (20_000, 35_000)


def test_overlap_is_counted_once_however_many_speak() -> None:
    assert lesson(teacher=[(0, 10)], ana=[(8, 12)], ben=[(9, 11)]).figures.overlap_s == 3


def test_taking_over_needs_half_a_second_together_and_the_later_one_to_go_on() -> None:
    talk = lesson(teacher=[(0, 10), (20, 30), (40, 50)], ana=[(9, 12), (22, 24), (49.6, 52)])
    assert talk.takeovers == (Takeover(at_ms=9_000, by="ana", of="teacher"),)
    assert talk.figures.takeovers == 1


def test_waiting_after_a_question_is_from_its_end_to_the_next_word_of_anybody() -> None:
    talk = lesson(teacher=[(0, 10), (18, 25)], ana=[(13, 16)], asked=[10.9, 11.4])
    assert talk.waits == (Wait(question_ms=10_900, start_ms=10_000, wait_ms=3_000, by="ana", wait_2_ms=2_000),)
    assert (talk.figures.wait_1_s, talk.figures.wait_2_s) == (3, 2)


@pytest.mark.parametrize(
    ("tapped", "wait"),
    [
        (9.0, (10_000, 3_000)),  # before the question was over
        (5.0, (4_500, 0)),  # the teacher talked on
        (10.2, (10_000, 3_000)),
    ],
)
def test_a_tap_belongs_to_the_nearest_end_of_what_the_teacher_says(tapped: float, wait: tuple[int, int]) -> None:
    [found] = lesson(teacher=[(0, 10)], ana=[(13, 16)], asked=[tapped]).waits
    assert (found.start_ms, found.wait_ms) == wait


def test_a_tap_long_after_the_teacher_spoke_and_one_that_nobody_answers_are_no_wait() -> None:
    assert lesson(teacher=[(0, 10)], ana=[(40, 45)], asked=[30]).waits == ()
    assert lesson(teacher=[(0, 10)], asked=[10.6]).waits == ()
    assert lesson(teacher=[], ana=[(40, 45)], asked=[30]).waits == ()


def test_an_answer_that_another_colleague_takes_up_has_no_second_wait() -> None:
    [wait] = lesson(teacher=[(0, 10), (20, 25)], ana=[(12, 14)], ben=[(15, 18)], asked=[10.5]).waits
    assert wait.wait_2_ms is None


def test_pauses_after_the_teacher_are_told_where_no_question_was_noticed() -> None:
    talk = lesson(teacher=[(0, 5), (7, 10), (14, 20), (26, 30)], ana=[(11, 13), (21, 22)], asked=[10.4])
    assert talk.pauses == (Pause(start_ms=20_000, end_ms=21_000, by="ana"),)
    talk = lesson(teacher=[(0, 5), (8.5, 10)], ana=[(11, 13)])
    assert [(pause.end_ms - pause.start_ms, pause.by) for pause in talk.pauses] == [(3_500, "teacher"), (1_000, "ana")]
    assert (talk.figures.pause_s, talk.figures.long_pauses) == (1, 1)


def test_colleagues_who_speak_one_after_the_other_are_a_chain() -> None:
    talk = lesson(teacher=[(0, 5), (20, 25), (30, 31)], ana=[(6, 8), (12, 14), (26, 28)], ben=[(9, 11), (21, 22)])
    assert (talk.figures.chains, talk.figures.longest_chain) == (1, 3)


def test_distribution_is_among_colleagues_only() -> None:
    talk = lesson(teacher=[(0, 50)], ana=[(51, 53)], ben=[(54, 56)], cleo=[])
    assert (talk.distribution.colleagues, talk.distribution.silent) == (3, 1)
    assert talk.distribution.gini == pytest.approx(0.5)


@pytest.mark.parametrize(("amounts", "expected"), [([5, 5, 5], 0), ([0, 0, 9], 1), ([1, 3], 0.5), ([4], None), ([], None), ([0, 0], None)])
def test_gini_is_0_for_all_alike_and_1_for_one_alone(amounts: list[float], expected: float | None) -> None:
    assert gini(amounts) == (None if expected is None else pytest.approx(expected))


def test_where_nobody_speaks_nothing_is_made_up() -> None:
    talk = lesson(teacher=[], ana=[])
    figures = talk.figures
    assert (figures.teacher_share, figures.silence_share) == (None, 1)
    assert (figures.longest_stretch_s, figures.wait_1_s, figures.wait_2_s, figures.pause_s) == (None, None, None, None)
    assert lesson(0).figures.silence_share is None
    assert lesson(ana=[(0, 5)]).figures.teacher_share is None


def test_practising_alone_has_no_colleagues_to_compare() -> None:
    talk = lesson(teacher=[(0, 20), (24, 50)])
    assert talk.distribution.gini is None
    assert talk.longest_stretch == (0, 50_000)


def test_an_hour_with_thousands_of_short_times_is_reckoned_at_once() -> None:
    spans: list[Span] = [(at, at + 700) for at in range(0, 3_600_000, 1_000)]
    voices = [
        VoiceTalk(peer=peer, levels="header", segments=tuple(spans[shift::3])) for shift, peer in enumerate(("teacher", "ana", "ben"))
    ]
    talk = reckon(voices, teacher="teacher", duration_ms=3_600_000, questions_ms=range(0, 3_600_000, 5_000))
    assert sum(person.turns for person in talk.people) == 3_600
