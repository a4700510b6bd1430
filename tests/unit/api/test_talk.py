"""What a teacher's page is told of who spoke when: names of those in the recording, and of nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from recorder.control import Take, TakeTrack, VoiceTalk
from server.api import talk as talk_api
from server.api.talk import answer
from server.people.watching import Recording
from server.rooms.room import Room
from server.session.state import Position, Spent
from server.wire.pieces import Entry, Moment

RECORDING = Recording(take="t", session="s", round=0, teacher="maria", started_ms=1_000_000, attempt=0)
TRACKS = (("maria", "microphone"), ("maria", "camera"), ("ben", "microphone"), ("ana", "microphone"))
TAKE = Take(
    take="t",
    room="s",
    state="ready",
    version="v1",
    started_ms=1_000_400,
    duration_ms=60_000,
    tracks=tuple(TakeTrack(peer=peer, source=source) for peer, source in TRACKS),
)
VOICES = (
    VoiceTalk(peer="ben", levels="header", segments=((13_000, 15_000),)),
    VoiceTalk(peer="maria", levels="header", segments=((1_000, 10_000), (18_000, 20_000))),
    VoiceTalk(peer="gone", levels="header", segments=((30_000, 31_000),)),
)
HEARD = {(0, "ben"): 42_000, (0, "left-out"): 9_000, (1, "ana"): 5_000}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    marks = (("m1", "question", 11_200), ("m2", "helped", 16_000))
    moments = tuple(Moment(moment=moment, mark=mark, label=mark, at_ms=at_ms, take="t") for moment, mark, at_ms in marks)
    entry = Entry(form="f", round=0, author="ana", fields={}, labels={}, moments=moments)
    monkeypatch.setattr(talk_api, "entries_about", lambda *_: [entry])
    plan = SimpleNamespace(round=[SimpleNamespace(title="Lesson")])
    spent = Spent(position=Position(part="round", round=0, index=0), started_ms=0, ended_ms=61_000, planned_s=60)
    state = SimpleNamespace(plan=plan, spent=(spent,), heard_ms=HEARD)
    names = {"maria": "Maria", "ben": "Ben", "ana": "ana", "left-out": "Kim", "gone": "Lou"}
    room = cast(Room, SimpleNamespace(memory=SimpleNamespace(names=names), state=state))
    return answer(room, RECORDING, TAKE, VOICES, lambda text: text)


def test_the_teacher_comes_first_and_then_everybody_by_name(told: dict[str, Any]) -> None:
    assert [(person["name"], person["teacher"], person["seconds"]) for person in told["people"]] == [("Maria", True, 11), ("Ben", False, 2)]
    assert told["people"][1]["segments"] == ((13_000, 15_000),)


def test_whoever_is_not_in_the_recording_is_not_mentioned(told: dict[str, Any]) -> None:
    assert "Kim" not in repr(told) and "left-out" not in repr(told)
    assert "Lou" not in repr(told) and "gone" not in repr(told)
    assert told["round"]["turns"] == [{"peer": "ben", "name": "Ben", "seconds": 42}]
    assert told["round"]["phases"] == [{"title": "Lesson", "seconds": 61, "planned_s": 60}]


def test_a_voice_of_which_nothing_is_known_is_said_to_be_so(told: dict[str, Any]) -> None:
    assert told["not_measured"] == ["ana"]


def test_a_noticed_question_is_found_where_it_is_in_the_film(told: dict[str, Any]) -> None:
    assert list(told["waits"]) == [{"question_ms": 10_800, "start_ms": 10_000, "wait_ms": 3_000, "by": "ben", "wait_2_ms": 3_000}]
    assert (told["source"], told["version"]) == ("header", "v1")
