"""Who is shown to speak when: near enough to what was said, whatever the microphone, the line and the room do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recorder.opus import FRAME_SAMPLES, RATE_HZ, Encoder
from recorder.talk import UNKNOWN, Levels, Times, Voice, find_segments, knows_levels, levels_of_samples, talk_of
from tests.fakes.conversation import (
    PACKET_MS,
    Conversation,
    Powers,
    by_colleagues,
    by_espeak,
    decoded,
    found_right,
    packets,
    powers_of,
    seconds_of,
    seconds_said,
    without_pauses,
)

MADE = (by_espeak, by_colleagues)
PAUSE = np.zeros(25)


def quiet(seconds: float) -> Powers:
    return np.zeros(int(seconds * 1000 / PACKET_MS))


def assert_found(conversation: Conversation, heard: Callable[[Powers], tuple[Times, Levels]]) -> None:
    right: list[bool] = []
    found_s = 0.0
    for peer in conversation.peers:
        segments = find_segments(*heard(conversation.powers(peer)))
        right += found_right(segments, conversation.of(peer))
        found_s += seconds_of(segments)
    said_s = seconds_said(conversation.utterances)
    assert len(right) >= 24
    assert sum(right) >= 0.95 * len(right)
    assert abs(found_s - said_s) <= 0.05 * said_s


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("noise_dbov", [None, -75, -65, -55, -50])
def test_begin_and_end_are_found_in_a_conversation_of_several_voices(made: Callable[[], Conversation], noise_dbov: float | None) -> None:
    assert_found(made(), lambda powers: packets(powers, noise_dbov))


@pytest.mark.parametrize("made", MADE)
def test_packets_that_are_left_out_in_silence_change_nothing(made: Callable[[], Conversation]) -> None:
    assert_found(made(), lambda powers: without_pauses(*packets(powers)))


@pytest.mark.parametrize("made", MADE)
def test_lost_and_late_packets_change_little(made: Callable[[], Conversation]) -> None:
    random = np.random.default_rng(8)

    def heard(powers: Powers) -> tuple[Times, Levels]:
        at_ms, levels = packets(powers)
        order = np.argsort(np.arange(len(at_ms)) + random.integers(0, 6, len(at_ms)), kind="stable")
        order = order[random.random(len(order)) > 0.05]
        return at_ms[order], levels[order]

    assert_found(made(), heard)


def test_decoded_sound_tells_the_same_as_the_browser_did() -> None:
    said = by_espeak()
    sound, encoder = said.sound("ana"), Encoder()
    levels = levels_of_samples(decoded([encoder.encode(piece) for piece in sound.reshape(-1, FRAME_SAMPLES)]))
    segments = find_segments(np.arange(len(levels), dtype=np.int64) * PACKET_MS, levels)
    assert all(found_right(segments, said.of("ana")))
    assert abs(seconds_of(segments) - seconds_said(said.of("ana"))) <= 0.05 * seconds_said(said.of("ana"))


def test_somebody_who_hardly_pauses_is_heard_all_the_time() -> None:
    powers = np.concatenate([part for each in by_colleagues().utterances for part in (powers_of(each.samples), PAUSE[:5])])
    assert seconds_of(find_segments(*packets(powers))) > 0.95 * len(powers) * PACKET_MS / 1000


@pytest.mark.parametrize("dbov", [-30, -45, -55, -70])
def test_noise_alone_is_nobody(dbov: float) -> None:
    assert find_segments(*packets(quiet(40), dbov)) == []


def test_typing_is_nobody() -> None:
    powers = quiet(40)
    powers[np.cumsum(np.random.default_rng(5).integers(4, 20, 150))] = 10**-3
    assert find_segments(*packets(powers, -65)) == []


@pytest.mark.parametrize("closed", ["silent packets", "no packets"])
def test_opening_a_microphone_in_a_noisy_room_is_not_speaking(closed: str) -> None:
    at_ms, levels = packets(quiet(60), -52)
    shut = (at_ms // 10_000) % 3 != 2
    levels[shut] = 127
    kept = ~shut if closed == "no packets" else np.ones(len(at_ms), dtype=np.bool_)
    assert find_segments(at_ms[kept], levels[kept]) == []


def test_one_word_of_a_microphone_that_is_open_only_for_it_is_found() -> None:
    yes = next(each for each in by_espeak().of("ana") if each.end_ms - each.start_ms < 500)
    [(start, end)] = find_segments(*packets(powers_of(yes.samples), None, offset_ms=60_000))
    assert abs(start - 60_000) <= 40
    assert abs(end - 60_000 - (yes.end_ms - yes.start_ms)) <= 40


def test_a_reconnect_in_the_middle_of_a_sentence_is_one_time() -> None:
    at_ms, levels = packets(by_espeak().powers("ana"))
    start, end = max(find_segments(at_ms, levels), key=lambda segment: segment[1] - segment[0])
    middle = (start + end) // 2
    before, after = at_ms < middle - 60, at_ms > middle + 60
    [talk] = talk_of([Voice("ana", [(at_ms[after], levels[after]), (at_ms[before], levels[before])])])
    [whole] = [segment for segment in talk.segments if segment[0] < end and segment[1] > start]
    assert abs(whole[0] - start) <= 40
    assert abs(whole[1] - end) <= 40


def test_whoever_says_nothing_is_there_with_no_time() -> None:
    voices = [Voice("quiet", [packets(quiet(5), -60)]), Voice("gone", [])]
    assert [(talk.peer, talk.segments) for talk in talk_of(voices)] == [("quiet", ()), ("gone", ())]


@pytest.mark.parametrize("later_ms", [-40, 0, 40])
def test_a_person_is_not_credited_with_what_the_microphone_hears_of_another_in_the_same_room(later_ms: int) -> None:
    said = by_colleagues()
    one, two, apart = said.peers[:3]
    room = {
        one: said.powers(one) + 0.04 * said.powers(two),
        two: said.powers(two) + 0.04 * said.powers(one),
        apart: said.powers(apart),
    }
    voices = [Voice(peer, [packets(powers, -58, offset_ms=later_ms if peer == two else 0)]) for peer, powers in room.items()]
    for talk in talk_of(voices):
        said_s = seconds_said(said.of(talk.peer))
        assert abs(seconds_of(talk.segments) - said_s) <= 0.08 * said_s


def test_people_who_often_speak_at_once_in_different_places_lose_nothing() -> None:
    said = by_colleagues()
    lines = [np.concatenate([part for each in said.of(peer) for part in (powers_of(each.samples), PAUSE)]) for peer in said.peers]
    voices = [Voice(peer, [packets(powers)]) for peer, powers in zip(said.peers, lines, strict=True)]
    assert [list(talk.segments) for talk in talk_of(voices)] == [find_segments(*voice.tracks[0]) for voice in voices]


def test_packets_without_a_level_say_nothing() -> None:
    at_ms, levels = packets(by_espeak().powers("ana"))
    levels[:] = UNKNOWN
    assert not knows_levels(levels)
    assert find_segments(at_ms, levels) == []
    assert find_segments(at_ms[:0], levels[:0]) == []


def test_levels_are_those_of_rfc_6464() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(FRAME_SAMPLES * 2) / RATE_HZ).astype(np.float32)
    assert levels_of_samples(sine).tolist() == [3, 3]
    assert levels_of_samples(sine * np.float32(0.1)).tolist() == [23, 23]
    assert levels_of_samples(np.zeros(FRAME_SAMPLES + 5, dtype=np.float32)).tolist() == [127]
    assert levels_of_samples(np.ones(FRAME_SAMPLES, dtype=np.float32)).tolist() == [0]
