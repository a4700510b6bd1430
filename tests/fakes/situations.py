"""Places in a session, each reached by commands in a shipped format: who is there, who has the floor, who is away.

Maria teaches first and Dora after her, Ana leads and is a colleague, Carl is the first to speak, Ben is a colleague like any other,
Kim is the consultant. Whoever is asked to write has written when the group goes on, and every learner has tapped a moment.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from server.session.commands import (
    AddLine,
    AnswerOffer,
    ChooseRecording,
    ChooseTry,
    HandOver,
    Hold,
    OfferOpinion,
    RaiseHand,
    SetConsultant,
    StartLesson,
    TakeNotes,
    TakeSeat,
    Tap,
    Tick,
    Write,
)
from server.session.plan import Minutes, Plan
from server.session.schedule import lesson_runs, lesson_waits, next_deadline_ms
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "carl", "ben", "ana", "kim", "dora")
NAMES = {seat: seat.title() for seat in (*PEOPLE, "erik")}
UNDO_IS_OVER_MS = 11_000


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """`has_floor` is who speaks now, by turn, by asking or for all; None: nobody alone."""

    key: str
    meaning: str
    reach: Callable[[], PlayedSession]
    has_floor: str | None = None


def group(plan: Plan) -> PlayedSession:
    played = PlayedSession(plan, people=PEOPLE)
    played.aside(names=NAMES)
    played.must(TakeSeat(seat="dora", teaches=True, leads=False))
    played.must(SetConsultant(seat="ana", whose="kim", on=True))
    played.must(ChooseRecording(seat="maria", choice="record"))
    return played


def wait(played: PlayedSession, by_ms: int = UNDO_IS_OVER_MS) -> PlayedSession:
    """Time goes by in which nothing happens by itself."""
    deadline_ms = next_deadline_ms(played.state)
    assert deadline_ms is None or deadline_ms > played.now_ms + by_ms
    played.now_ms += by_ms
    return played


def go_to(played: PlayedSession, key: str) -> PlayedSession:
    """The one who leads goes on, again and again; a lesson is taught on the way."""
    while played.state.phase and played.state.phase.key != key:
        _leave_phase(played)
    return played


def _leave_phase(played: PlayedSession) -> None:
    if lesson_waits(played.state):
        teach(played)
    first = lesson_runs(played.state) and len(played.state.all_lessons) == 1
    if first:
        played.must(ChooseRecording(seat="maria", choice="leave_out"))
    for seat in PEOPLE:
        _write(played, seat)
    wait(played, 3_000)
    played.advance()
    if first:
        played.must(ChooseRecording(seat="maria", choice="record"))


def _write(played: PlayedSession, seat: str) -> None:
    form = played.view(seat).form
    if form:
        played.must(Write(seat=seat, form=form.form, round=played.state.position.round, field=form.fields[0].key))


def teach(played: PlayedSession) -> PlayedSession:
    """The lesson runs, and each learner has tapped a moment."""
    played.start_lesson()
    wait(played, 60_000)
    place = f"{played.state.position.round}-{played.state.position.index}"
    for seat in played.state.colleagues:
        played.must(Tap(seat=seat, moment=f"m-{place}-{seat}", mark="helped", at_ms=played.now_ms))
    return played


def _in(plan: str, key: str) -> PlayedSession:
    return wait(go_to(group(PLANS[plan]), key))


def _before() -> PlayedSession:
    return group(PLANS["twenty-minute-round"])


def _counting_in() -> PlayedSession:
    played = _in("twenty-minute-round", "lesson")
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-1"))
    return wait(played, 1_000)


def _lesson() -> PlayedSession:
    return teach(_in("twenty-minute-round", "lesson"))


def _held() -> PlayedSession:
    played = _lesson()
    played.must(Hold(seat="ana", decision=played.state.decision))
    return wait(played)


def _ended() -> PlayedSession:
    return wait(go_to(group(PLANS["twenty-minute-round"]), "ended"))


def _trying_again(key: str) -> PlayedSession:
    played = go_to(group(PLANS["teach-again"]), "coaching")
    played.must(ChooseTry(seat="maria", round=0, authors=("carl",)))
    return wait(go_to(played, key))


def _second_lesson() -> PlayedSession:
    return teach(_trying_again("lesson-again"))


def _queue() -> PlayedSession:
    played = _in("maker-led", "teacher-asks")
    played.must(RaiseHand(seat="carl", raised=True))
    return wait(played)


def _opinion() -> PlayedSession:
    played = _in("maker-led", "opinions")
    played.must(OfferOpinion(seat="carl", offer="o-carl"))
    played.must(AnswerOffer(seat="maria", offer="o-carl", yes=True))
    return wait(played)


def _divided(plan: Plan) -> PlayedSession:
    """The colleagues have a list, which Carl keeps."""
    played = go_to(group(plan), "apart")
    played.must(AddLine(seat="dora", line="l-dora"))
    played.must(TakeNotes(seat="carl", on=True))
    return wait(played)


def _one_waits() -> PlayedSession:
    """No shipped format gives a part minutes of its own; here the colleagues have five of the ten."""
    plan = PLANS["watch-while-they-talk"]
    apart = next(phase for phase in plan.round if phase.lanes)
    five = Minutes(default=5, least=5, most=5)
    lanes = tuple(replace(lane, minutes=five) if "colleague" in lane.who else lane for lane in apart.lanes)
    phases = tuple(replace(phase, lanes=lanes) if phase is apart else phase for phase in plan.round)
    played = _divided(replace(plan, round=phases))
    while not played.state.lanes["colleagues-talk"].over:
        played.pass_deadline()
    return wait(played)


def _after_the_talk(key: str) -> PlayedSession:
    return wait(go_to(_divided(PLANS["consultant-and-colleagues"]), key))


def _teacher_late() -> PlayedSession:
    played = _in("twenty-minute-round", "lesson")
    played.leave("maria")
    return wait(played, 181_000)


def _teacher_gone() -> PlayedSession:
    played = _lesson()
    played.leave("maria")
    played.pass_deadline()
    return wait(played, 121_000)


def _late_again() -> PlayedSession:
    played = _trying_again("lesson-again")
    played.leave("maria")
    return wait(played, 181_000)


def _gone_again() -> PlayedSession:
    played = _second_lesson()
    played.leave("maria")
    played.pass_deadline()
    return wait(played, 121_000)


def _speaker_gone() -> PlayedSession:
    played = _in("twenty-minute-round", "feedback")
    played.leave("carl")
    return wait(played, 1_000)


def _nobody_leads() -> PlayedSession:
    played = _lesson()
    played.leave("ana")
    return wait(played, 21_000)


def _teacher_leads() -> PlayedSession:
    played = group(PLANS["twenty-minute-round"])
    played.must(HandOver(seat="ana", to="maria"))
    return teach(wait(go_to(played, "lesson")))


def _teacher_leads_turns() -> PlayedSession:
    return wait(go_to(_teacher_leads(), "feedback"))


def _teacher_leads_held() -> PlayedSession:
    played = _teacher_leads()
    played.must(Hold(seat="ben", decision=played.state.decision))
    return wait(played)


def _ended_unled() -> PlayedSession:
    played = _ended()
    played.leave("ana")
    played.must(Tick())
    return wait(played, 21_000)


TOGETHER = (
    Situation(key="before", meaning="before the rounds", reach=_before),
    Situation(key="waits", meaning="the lesson waits for its teacher", reach=lambda: _in("twenty-minute-round", "lesson")),
    Situation(key="3-2-1", meaning="the lesson has been asked for and begins in a moment", reach=_counting_in),
    Situation(key="lesson", meaning="the lesson runs", reach=_lesson),
    Situation(key="held", meaning="the lesson's clock is held by the one who leads", reach=_held),
    Situation(key="writing", meaning="everybody writes in silence", reach=lambda: _in("twenty-minute-round", "writing")),
    Situation(key="teacher", meaning="the teacher speaks", reach=lambda: _in("twenty-minute-round", "teacher-first")),
    Situation(key="turn", meaning="each in turn, S now", reach=lambda: _in("twenty-minute-round", "feedback"), has_floor="carl"),
    Situation(key="choose", meaning="the teacher chooses one thing, all talk", reach=lambda: _in("twenty-minute-round", "choose")),
    Situation(key="closing", meaning="all rounds are over", reach=lambda: _in("twenty-minute-round", "closing")),
    Situation(key="ended", meaning="the session is over", reach=_ended),
)
ASKED_FOR = (
    Situation(key="queue", meaning="S asked for the floor and has it", reach=_queue, has_floor="carl"),
    Situation(key="no-one", meaning="the same, nobody has asked", reach=lambda: _in("maker-led", "teacher-asks")),
    Situation(key="opinion", meaning="the teacher wants to hear S's opinion", reach=_opinion, has_floor="carl"),
    Situation(key="opinions", meaning="the same, nobody has offered one", reach=lambda: _in("maker-led", "opinions")),
    Situation(key="coaching", meaning="after the first try, all talk about one thing", reach=lambda: _in("teach-again", "coaching")),
    Situation(key="waits2", meaning="the second try waits for its teacher", reach=lambda: _trying_again("lesson-again")),
    Situation(key="lesson2", meaning="the second try runs", reach=_second_lesson),
    Situation(key="writing2", meaning="silent writing after it", reach=lambda: _trying_again("writing-again")),
    Situation(key="turn2", meaning="what changed, S has the turn", reach=lambda: _trying_again("feedback-again"), has_floor="carl"),
    Situation(key="read", meaning="the teacher has read all notes, nobody had a turn", reach=lambda: _in("tuning", "reply")),
)
DIVIDED = (
    Situation(key="apart", meaning="T has time alone, the others talk", reach=lambda: _divided(PLANS["watch-while-they-talk"])),
    Situation(key="waiting", meaning="the same, the colleagues' time is over, T's is not", reach=_one_waits),
    Situation(
        key="with-K", meaning="T talks with K, the others with each other", reach=lambda: _divided(PLANS["consultant-and-colleagues"])
    ),
    Situation(
        key="one4all", meaning="together again, S took notes and speaks for all", reach=lambda: _after_the_talk("report"), has_floor="carl"
    ),
    Situation(key="reply", meaning="the teacher has the last word", reach=lambda: _after_the_talk("reply")),
)
AWAY = (
    Situation(key="T-late", meaning="the lesson waits and its teacher is not here", reach=_teacher_late),
    Situation(key="T-gone", meaning="the teacher's line dropped in the lesson, its clock is held", reach=_teacher_gone),
    Situation(key="T-late2", meaning="the second try waits and its teacher is not here", reach=_late_again),
    Situation(key="T-gone2", meaning="the teacher's line dropped in the second try", reach=_gone_again),
    Situation(key="S-gone", meaning="the line of who has the turn dropped a second ago", reach=_speaker_gone),
    Situation(key="no-L", meaning="the lesson runs, and for 20 s nobody who leads has been here", reach=_nobody_leads),
    Situation(key="T=L", meaning="the lesson runs, and its teacher is the one who leads", reach=_teacher_leads),
    Situation(key="T=Lheld", meaning="the same, its clock held by C", reach=_teacher_leads_held),
    Situation(key="T=Lturn", meaning="the same later, S has the turn", reach=_teacher_leads_turns, has_floor="carl"),
    Situation(key="endno-L", meaning="the session is over, and nobody who leads is here", reach=_ended_unled),
)
TABLES = {
    "all together": TOGETHER,
    "who asks for the floor, and the second try": ASKED_FOR,
    "the group is divided": DIVIDED,
    "somebody is away, or teaches and leads": AWAY,
}
