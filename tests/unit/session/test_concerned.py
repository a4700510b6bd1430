"""Whose pages are told: an act that only some can see draws nobody else's page, and whoever can see it is told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from server.session.beside import EntryKey
from server.session.commands import Chat, EndTurn, SetDevices, Tap, Untap, Write
from server.session.concerned import concerned
from server.session.decide import Refused, decide
from server.session.evolve import evolve
from tests.fakes.played_session import PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")
WHEN = st.sampled_from(["lesson", "writing", "feedback", "closing"])


def test_a_tap_in_the_lesson_is_news_for_its_author_and_those_who_may_come_to_see_it() -> None:
    played = PlayedSession(people=PEOPLE)
    played.begin_lesson()
    events = decide(played.state, Tap(seat="ben", moment="m", mark="helped", at_ms=played.now_ms), played.now_ms)
    assert not isinstance(events, Refused)
    assert concerned(played.state, events) == frozenset({"ben", "maria", "ana"})


@given(
    when=WHEN,
    seat=st.sampled_from(PEOPLE),
    other=st.sampled_from(PEOPLE),
    act=st.integers(0, 4),
    turns=st.integers(0, 3),
    mute=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_nobody_sees_something_new_who_is_not_told(when: str, seat: str, other: str, act: int, turns: int, mute: bool) -> None:
    played = PlayedSession(people=PEOPLE)
    played.begin_lesson()
    played.ask(Tap(seat="ben", moment="early", mark="lost", at_ms=played.now_ms))
    if mute:
        played.ask(SetDevices(seat=seat, microphone="none", camera=True, shares=None))
    played.go_to(when)
    for _ in range(turns):
        played.ask(EndTurn(seat=played.leader, decision=played.state.decision))
    played.aside(chat={"line": "words"})
    played.texts[EntryKey(round=0, form="one-thing", author=seat)] = {"suggestion": "words"}
    acts = (
        Tap(seat=seat, moment="m", mark="helped", at_ms=played.now_ms),
        Untap(seat="ben", moment="early"),
        Write(seat=seat, form="one-thing", round=0, field="suggestion"),
        Chat(seat=seat, message="line", to=None),
        Chat(seat=seat, message="line", to=other),
    )
    before = {each: played.view(each) for each in PEOPLE}
    events = decide(played.state, acts[act], played.now_ms)
    if isinstance(events, Refused):
        return
    for event in events:
        played.state = evolve(played.state, event)
    told = concerned(played.state, events)
    for each in PEOPLE:
        assert told is None or each in told or played.view(each) == before[each]
