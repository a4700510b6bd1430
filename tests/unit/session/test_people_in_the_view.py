"""What a view says of the people around, of the next time, and in whose language."""

from server.session.commands import AddTurn, AnswerSharing, AnyCommand, HandOver, PlanNext, SetDevices, TakeSeat, Write
from server.wire.pieces import Claim
from tests.fakes.played_session import PLANS, PlayedSession


def test_ticks_are_for_the_one_who_leads() -> None:
    played = PlayedSession()
    played.must(Write(seat="maria", form="lesson-card", round=0, field="goal"))
    played.aside(lines=frozenset({"maria"}))
    ticks = {person.seat: (person.card_written, person.media_works) for person in played.view("ana").people}
    assert ticks == {"maria": (True, True), "ben": (None, False), "ana": (None, False)}
    assert {(person.card_written, person.media_works) for person in played.view("ben").people} == {(None, None)}


def test_everybody_sees_who_uses_whose_microphone() -> None:
    played = PlayedSession()
    played.must(SetDevices(seat="ben", microphone="shared", camera=False, shares="ana"))
    played.must(AnswerSharing(seat="ana", whose="ben", yes=True))
    assert {person.seat: (person.microphone, person.shares) for person in played.view("maria").people} == {
        "maria": ("own", None),
        "ben": ("shared", "ana"),
        "ana": ("own", None),
    }


def test_who_comes_after_half_of_the_lesson_listens_in_this_round_only() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.begin_lesson()
    played.now_ms += 10_000
    played.come("carl")
    played.now_ms += 10_000
    played.come("dora")
    assert [played.view(seat).you.came_late for seat in ("maria", "ben", "carl", "dora")] == [False, False, False, True]
    played.go_to("feedback")
    heard = {person.seat: person.heard for person in played.view("ana").people}
    assert heard == {"maria": None, "ben": True, "ana": False, "carl": False, "dora": None}
    while played.state.position.round == 0:
        played.pass_deadline()
    assert not played.view("dora").you.came_late


def test_who_came_late_and_was_given_a_turn_all_the_same_has_been_heard() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.now_ms += 20_000
    played.come("dora")
    played.go_to("feedback")
    played.must(AddTurn(seat="ana", decision=played.state.decision, whose="dora"))
    heard = []
    while played.state.turn:
        heard = [person.heard for person in played.view("ana").people if person.seat == "dora"]
        played.pass_deadline()
    assert heard == [True]


def test_who_has_been_heard_is_no_question_before_the_turns() -> None:
    played = PlayedSession()
    played.begin_lesson()
    assert {person.heard for person in played.view("ana").people} == {None}


def test_a_claim_is_for_that_person_and_while_they_are_away_for_the_one_who_leads() -> None:
    played = PlayedSession()
    claim = Claim(claim="c", seat="maria")
    played.aside(claims=(claim,))
    assert [played.view(seat).claims for seat in ("maria", "ben", "ana")] == [(claim,), (), ()]
    played.leave("maria")
    assert [played.view(seat).claims for seat in ("maria", "ben", "ana")] == [(claim,), (), (claim,)]


def test_while_the_one_who_leads_teaches_the_round_runs_by_itself() -> None:
    played = PlayedSession()
    played.begin_lesson()
    assert not played.view("ben").runs_by_itself
    alone = PlayedSession()
    alone.must(HandOver(seat="ana", to="maria"))
    alone.begin_lesson()
    assert alone.view("ben").runs_by_itself


def next_time(played: PlayedSession, seat: str = "ana", *, in_ms: int = 1, teachers: tuple[str, ...] = ("ben",)) -> AnyCommand:
    return PlanNext(seat=seat, starts_ms=played.now_ms + in_ms, minutes=45, teachers=teachers)


def test_the_next_time_is_set_at_the_end() -> None:
    played = PlayedSession()
    assert played.ask(next_time(played))
    played.begin_lesson()
    played.go_to("closing")
    assert played.ask(next_time(played, in_ms=0))
    assert played.ask(next_time(played, teachers=("nobody",)))
    assert played.ask(next_time(played, "ben")), "Ana leads, and is here"
    played.must(next_time(played, in_ms=1_000, teachers=("ben", "ben", "maria")))
    planned = played.view("ben").next_time
    assert planned
    assert (planned.starts_ms, planned.minutes, planned.teachers) == (played.now_ms + 1_000, 45, ("ben", "maria"))


def test_without_anybody_who_leads_all_may_set_it() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("closing")
    played.leave("ana")
    played.must(next_time(played, "ben"))


def test_every_text_of_the_format_is_in_the_readers_language() -> None:
    played = PlayedSession(PLANS["twenty-minute-round"])
    marked: set[str] = set()

    def translate(text: str) -> str:
        marked.add(text)
        return f"«{text}»"

    played.aside(translate=translate)
    played.must(Write(seat="maria", form="lesson-card", round=0, field="goal"))
    played.begin_lesson()
    seen = "".join(str(played.view(seat)) for seat in ("maria", "ben", "ana"))
    while played.state.position.part != "ended":
        seen += "".join(str(played.view(seat)) for seat in ("maria", "ben", "ana"))
        played.pass_deadline()
    assert marked
    assert "" not in marked
    plan = played.state.plan
    texts = {plan.title, *(phase.title for phase in plan.phases), *(say for phase in plan.phases for say in (phase.say.colleague,) if say)}
    for form in plan.forms.values():
        if form.id != "lesson-card":
            texts |= {form.title, *(field.label for field in form.fields), *(hint for field in form.fields for hint in field.starters)}
    assert {text for text in texts - {plan.before.title} if f"«{text}»" not in seen} == set()
    assert {text for text in texts if f"'{text}'" in seen} == set()
