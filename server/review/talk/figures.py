"""What can be said about who spoke when: lengths, turns, pauses and how the talk went round. docs/talk.md has every formula.

Pure: times in ms from the start of the film in, counts, seconds and shares out. A figure is None where there is too little to
reckon it from. Nothing here ranks people, and nothing here knows a name.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from recorder.control import Hole, VoiceTalk
from server.review.talk.spans import Span, gaps_between, length, meeting, overlapping, union
from server.review.talk.turns import Speech, Turn

LONG_TURN_MS = 5_000
BRIEF_MS = 1_000  # what a colleague says in passing does not end a stretch of the teacher
TAKEOVER_MS = 500
TAP_LATE_MS = 500  # who taps has heard the question a moment before
TALKED_ON_MS = 3_000
QUESTION_REACH_MS = 10_000
LONG_PAUSE_MS = 3_000  # never less: over a line every gap is longer than in a room


class PersonTalk(msgspec.Struct, frozen=True, kw_only=True):
    """`share` of all speech, `clock_share` of the film, `long_turns` the share of turns longer than 5 s."""

    peer: str
    teacher: bool
    segments: tuple[Span, ...]
    seconds: float
    share: float | None
    clock_share: float | None
    turns: int
    mean_turn_s: float | None
    longest_turn_s: float | None
    long_turns: float | None


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """After a question that somebody noticed. `by`: who spoke next. `wait_2_ms`: from the end of an answer to the teacher's next word."""

    question_ms: int
    start_ms: int
    wait_ms: int
    by: str
    wait_2_ms: int | None


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """After the teacher, where no question was noticed."""

    start_ms: int
    end_ms: int
    by: str


class Takeover(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    by: str
    of: str


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Each key stands for one formula of docs/talk.md for ever; another formula gets another key."""

    teacher_share: float | None
    teacher_clock_share: float | None
    silence_share: float | None
    overlap_s: float
    takeovers: int
    longest_stretch_s: float | None
    wait_1_s: float | None
    wait_2_s: float | None
    pause_s: float | None
    long_pauses: int
    chains: int
    longest_chain: int


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """Among the colleagues, the teacher left out. `gini`: 0 all alike, 1 one person alone."""

    colleagues: int
    silent: int
    gini: float | None


class LessonTalk(msgspec.Struct, frozen=True, kw_only=True):
    counted_s: float
    people: tuple[PersonTalk, ...]
    waits: tuple[Wait, ...]
    pauses: tuple[Pause, ...]
    takeovers: tuple[Takeover, ...]
    longest_stretch: Span | None
    distribution: Distribution
    figures: Figures


def reckon(
    voices: Sequence[VoiceTalk], *, teacher: str, duration_ms: int, holes: Sequence[Hole] = (), questions_ms: Sequence[int] = ()
) -> LessonTalk:
    """`questions_ms`: when somebody tapped that the teacher had asked something."""
    speech = Speech({voice.peer: _inside(voice.segments, duration_ms) for voice in voices})
    spoken = union([(start, end) for start, end, _ in speech.spans])
    unknown = union([(hole.start_ms, hole.end_ms) for hole in holes if hole.what != "picture"])
    counted_ms = duration_ms - (length(unknown) - length(meeting(unknown, spoken)))
    people = tuple(_person(peer, peer == teacher, speech, counted_ms) for peer in speech.spoken)
    waits = _waits(speech, teacher, questions_ms)
    pauses = _pauses(speech, teacher, {wait.start_ms for wait in waits})
    takeovers = _takeovers(speech)
    stretch = _longest_stretch(speech, teacher, unknown)
    chains = speech.chains(teacher)
    own = next((person for person in people if person.teacher), None)
    return LessonTalk(
        counted_s=counted_ms / 1000,
        people=people,
        waits=waits,
        pauses=pauses,
        takeovers=takeovers,
        longest_stretch=stretch,
        distribution=_distribution([person.seconds for person in people if not person.teacher]),
        figures=Figures(
            teacher_share=own.share if own else None,
            teacher_clock_share=own.clock_share if own else None,
            silence_share=1 - length(spoken) / counted_ms if counted_ms > 0 else None,
            overlap_s=length(overlapping(list(speech.spoken.values()))) / 1000,
            takeovers=len(takeovers),
            longest_stretch_s=(stretch[1] - stretch[0]) / 1000 if stretch else None,
            wait_1_s=_median_s([wait.wait_ms for wait in waits]),
            wait_2_s=_median_s(_before_teacher(speech, teacher)),
            pause_s=_median_s([pause.end_ms - pause.start_ms for pause in pauses if pause.by != teacher]),
            long_pauses=sum(pause.end_ms - pause.start_ms >= LONG_PAUSE_MS for pause in pauses),
            chains=len(chains),
            longest_chain=max(map(len, chains), default=0),
        ),
    )


def gini(amounts: Sequence[float]) -> float | None:
    """Normalised by n / (n − 1), so that one of n alone is 1. None for fewer than two, or where all are 0."""
    count, total = len(amounts), sum(amounts)
    if count < 2 or total <= 0:
        return None
    weighted = sum(place * amount for place, amount in enumerate(sorted(amounts), start=1))
    return (2 * weighted / (count * total) - (count + 1) / count) * count / (count - 1)


def _inside(segments: Sequence[Span], duration_ms: int) -> list[Span]:
    cut = [(max(start, 0), min(end, duration_ms)) for start, end in segments]
    return [(start, end) for start, end in cut if start < end]


def _person(peer: str, teacher: bool, speech: Speech, counted_ms: int) -> PersonTalk:
    own_ms, all_ms = length(speech.of(peer)), sum(map(length, speech.spoken.values()))
    lengths = [turn.end_ms - turn.start_ms for turn in speech.turns if turn.peer == peer]
    return PersonTalk(
        peer=peer,
        teacher=teacher,
        segments=tuple(speech.of(peer)),
        seconds=own_ms / 1000,
        share=own_ms / all_ms if all_ms else None,
        clock_share=own_ms / counted_ms if counted_ms > 0 else None,
        turns=len(lengths),
        mean_turn_s=statistics.fmean(lengths) / 1000 if lengths else None,
        longest_turn_s=max(lengths) / 1000 if lengths else None,
        long_turns=sum(each > LONG_TURN_MS for each in lengths) / len(lengths) if lengths else None,
    )


def _waits(speech: Speech, teacher: str, questions_ms: Sequence[int]) -> tuple[Wait, ...]:
    """Taps of several people for one question are one wait."""
    found: dict[int, Wait] = {}
    for tapped_ms in sorted(questions_ms):
        asked_ms = _end_of_question(speech.of(teacher), tapped_ms - TAP_LATE_MS)
        upcoming = speech.next_after(asked_ms) if asked_ms is not None else None
        if asked_ms is None or upcoming is None or asked_ms in found:
            continue
        start_ms, by = upcoming
        answer = next((turn for turn in speech.turns if turn.peer == by and turn.start_ms <= start_ms < turn.end_ms), None)
        wait_2_ms = _until_teacher(speech, answer, teacher) if answer and by != teacher else None
        found[asked_ms] = Wait(question_ms=tapped_ms, start_ms=asked_ms, wait_ms=start_ms - asked_ms, by=by, wait_2_ms=wait_2_ms)
    return tuple(found.values())


def _end_of_question(teacher: Sequence[Span], heard_ms: int) -> int | None:
    """Where the teacher stopped, or went on as if nothing had been asked. None: the teacher had not spoken for long."""
    before = [(start, end) for start, end in teacher if start <= heard_ms]
    if not before:
        return None
    end_ms = before[-1][1]
    if end_ms > heard_ms:
        return end_ms if end_ms - heard_ms <= TALKED_ON_MS else heard_ms
    return end_ms if heard_ms - end_ms <= QUESTION_REACH_MS else None


def _until_teacher(speech: Speech, answer: Turn, teacher: str) -> int | None:
    """None where another colleague goes on, or nobody does."""
    upcoming = speech.next_after(answer.end_ms)
    return upcoming[0] - answer.end_ms if upcoming and upcoming[1] == teacher else None


def _before_teacher(speech: Speech, teacher: str) -> list[int]:
    found = [_until_teacher(speech, turn, teacher) for turn in speech.turns if turn.peer != teacher]
    return [wait_ms for wait_ms in found if wait_ms is not None]


def _pauses(speech: Speech, teacher: str, asked_ms: set[int]) -> tuple[Pause, ...]:
    """Those that a colleague ends, and long ones whoever ends them."""
    found = []
    for _, end_ms in speech.of(teacher):
        upcoming = speech.next_after(end_ms)
        if end_ms in asked_ms or upcoming is None:
            continue
        start_ms, by = upcoming
        if start_ms > end_ms and (by != teacher or start_ms - end_ms >= LONG_PAUSE_MS):
            found.append(Pause(start_ms=end_ms, end_ms=start_ms, by=by))
    return tuple(found)


def _takeovers(speech: Speech) -> tuple[Takeover, ...]:
    """Both speak for longer than half a second, and the one who began later goes on alone."""
    found = []
    for place, (start, end, peer) in enumerate(speech.spans):
        for later, until, other in speech.spans[place + 1 :]:
            if later >= end:
                break
            if other != peer and later > start and until > end and end - later > TAKEOVER_MS:
                found.append(Takeover(at_ms=later, by=other, of=peer))
    return tuple(found)


def _longest_stretch(speech: Speech, teacher: str, unknown: Sequence[Span]) -> Span | None:
    """From the first to the last word of the teacher between two times when a colleague speaks for longer than a second."""
    others = [(start, end) for start, end, peer in speech.spans if peer != teacher and end - start > BRIEF_MS]
    best: Span | None = None
    for gap in gaps_between(union([*others, *unknown])):
        own = meeting(speech.of(teacher), [gap])
        if own and (best is None or own[-1][1] - own[0][0] > best[1] - best[0]):
            best = own[0][0], own[-1][1]
    return best


def _distribution(seconds: Sequence[float]) -> Distribution:
    return Distribution(colleagues=len(seconds), silent=sum(not each for each in seconds), gini=gini(seconds))


def _median_s(lengths_ms: Sequence[int]) -> float | None:
    return statistics.median(lengths_ms) / 1000 if lengths_ms else None
