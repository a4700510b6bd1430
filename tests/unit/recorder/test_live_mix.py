"""While a lesson runs: who speaks is heard whole though most packets are not decoded, and what comes too late is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from recorder.assembler import Frame
from recorder.frame_log import StreamLog
from recorder.live_mix import DELAY_NS, LiveMix
from recorder.opus import FRAME_SAMPLES, RATE_HZ, SILENCE, Decoder, Encoder, Samples
from recorder.timeline import Report
from server.bots.lines import HERE
from server.bots.speech import read_line
from server.media.ring import NO_LEVEL

PACKET_NS = 20_000_000
TRANSIT_NS = 30_000_000
UTC_NS = 1_800_000_000_000_000_000
FOREVER_NS = 1 << 62


def tone(frequency_hz: float, seconds: float, loudness: float = 0.3) -> Samples:
    return (loudness * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def still(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), dtype=np.float32)


def level_of(samples: Samples) -> int:
    power = float(np.mean(samples.astype(np.float64) ** 2))
    return 127 if power <= 0 else int(np.clip(round(-10 * np.log10(power)), 0, 127))


def frames_of(samples: Samples, *, levels: bool = True, first: int = 0) -> list[Frame]:
    """As a browser sends them: packet `first` + n is captured at that many times 20 ms."""
    encoder = Encoder()
    return [
        frame(first + number, encoder.encode(piece), level_of(piece) if levels else NO_LEVEL)
        for number, piece in enumerate(samples.reshape(-1, FRAME_SAMPLES))
    ]


def frame(number: int, payload: bytes, level: int, delay_ns: int = TRANSIT_NS) -> Frame:
    return Frame(
        sequence_begin=number,
        sequence_end=number + 1,
        timestamp=number * FRAME_SAMPLES,
        arrival_ns=number * PACKET_NS + delay_ns,
        key=True,
        level=level,
        payload=payload,
    )


def live(mix: LiveMix, voices: Sequence[Sequence[Frame]], seconds: float, source: str = "microphone") -> Samples:
    """Handed over as they arrive; mixed each 100 ms, and at the end without waiting."""
    logs = [StreamLog(f"p{number}", source, RATE_HZ) for number in range(len(voices))]
    arriving = sorted(((each, log) for log, voice in zip(logs, voices, strict=True) for each in voice), key=lambda pair: pair[0].arrival_ns)
    packets: list[bytes] = []
    now_ns = 0
    for each, log in arriving:
        while each.arrival_ns >= now_ns + 100_000_000:
            now_ns += 100_000_000
            packets += drained(mix, now_ns - DELAY_NS)
        mix.add_frame(log, each, each.arrival_ns)
    return hear([*packets, *drained(mix, int(seconds * 1e9))])


def drained(mix: LiveMix, until_ns: int) -> list[bytes]:
    packets: list[bytes] = []
    while more := mix.advance(until_ns):
        packets += more
    return packets


def hear(packets: list[bytes]) -> Samples:
    decoder = Decoder()
    return np.concatenate([decoder.decode(packet) for packet in packets])


def likeness_db(wanted: Samples, heard: Samples) -> float:
    return 10 * float(np.log10(np.sum(wanted**2) / np.sum((wanted - heard) ** 2)))


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


class Counted(Decoder):
    """Remembers how many packets all of them have decoded."""

    total = 0

    def decode(self, packet: bytes) -> Samples:
        Counted.total += 1
        return super().decode(packet)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    Counted.total = 0
    monkeypatch.setattr("recorder.mixer.Decoder", Counted)
    return Counted


@pytest.fixture(scope="module")
def conversation() -> list[Samples]:
    """Three people who take turns, 6 s: speech from espeak, not a tone."""
    voices = [still(6) for _ in range(3)]
    at = RATE_HZ // 2
    for turn, line in enumerate(("greta-hello", "lina-question", "omar-answer")):
        said = hear(list(read_line(HERE / "speech" / "en" / f"{line}.opus").packets))[: 2 * RATE_HZ]
        voices[turn % 3][at : at + len(said)] += said[: len(voices[0]) - at]
        at += len(said) - RATE_HZ // 3
    noise = np.random.default_rng(1)
    return [(voice + noise.standard_normal(len(voice)) * 1e-4).astype(np.float32) for voice in voices]


@pytest.mark.parametrize("gain", [1, 0.1], ids=["loud", "soft"])
def test_speech_is_as_whole_as_if_all_packets_were_decoded(conversation: list[Samples], counted: type[Counted], gain: float) -> None:
    voices = [frames_of((voice * gain).astype(np.float32)) for voice in conversation]
    without_levels = [[replace(each, level=NO_LEVEL) for each in voice] for voice in voices]
    everything = live(LiveMix(), without_levels, 6)
    of_all = counted.total
    heard = live(LiveMix(), voices, 6)
    assert counted.total - of_all < 0.6 * of_all
    assert likeness_db(everything, heard) > 20


def test_breath_before_a_word_and_its_soft_end_are_heard(counted: type[Counted]) -> None:
    word = np.concatenate((still(2), tone(3000, 0.06, 3e-4), tone(300, 0.4), tone(3000, 0.3, 3e-4), still(1.24)))
    heard = live(LiveMix(), [frames_of(word)], 4)
    assert counted.total < 60
    shift = 312 + TRANSIT_NS * RATE_HZ // 1_000_000_000
    assert loudness(heard[int(2.01 * RATE_HZ) + shift : int(2.05 * RATE_HZ) + shift]) > 1e-4
    assert loudness(heard[int(2.5 * RATE_HZ) + shift : int(2.7 * RATE_HZ) + shift]) > 1e-4


def test_nobody_speaks_and_nothing_is_encoded() -> None:
    noise = (np.random.default_rng(2).standard_normal(2 * RATE_HZ) * 1e-4).astype(np.float32)
    mix = LiveMix()
    log = StreamLog("p", "microphone", RATE_HZ)
    for each in frames_of(noise):
        mix.add_frame(log, each, each.arrival_ns)
    assert drained(mix, 2_000_000_000) == [SILENCE] * 100


def test_soft_music_of_a_shared_screen_is_heard() -> None:
    music = tone(500, 2, 4e-4)
    heard = live(LiveMix(), [frames_of(music)], 2, source="screen_sound")
    assert loudness(heard[RATE_HZ // 2 : RATE_HZ]) > 1e-4


def test_packet_that_was_repaired_in_time_is_heard_at_its_place() -> None:
    frames = frames_of(tone(440, 3))
    late = frame(50, frames[50].payload, frames[50].level, 400_000_000)
    mix = LiveMix()
    heard = live(mix, [[*frames[:50], late, *frames[51:]]], 3)
    assert mix.late_frames == 0
    assert np.array_equal(live(LiveMix(), [frames], 3), heard)


def test_packet_that_was_repaired_too_late_is_counted_and_moves_nothing() -> None:
    frames = frames_of(tone(440, 4))
    late = [frame(number, frames[number].payload, frames[number].level, 1_400_000_000) for number in (50, 51)]
    mix = LiveMix()
    heard = live(mix, [[*frames[:50], *late, *frames[52:]]], 4)
    assert mix.late_frames == 2
    assert likeness_db(live(LiveMix(), [frames], 4)[int(1.5 * RATE_HZ) :], heard[int(1.5 * RATE_HZ) :]) > 25
    assert loudness(heard[int(1.05 * RATE_HZ) : int(1.06 * RATE_HZ)]) < 0.02


def test_voice_that_came_all_too_late_is_counted_unless_it_was_silent() -> None:
    frames = frames_of(np.concatenate((tone(440, 1), still(1), tone(440, 2))))
    held = [frame(number, each.payload, each.level, 5_000_000_000) for number, each in enumerate(frames[:100])]
    others = frames_of(still(8))
    mix = LiveMix()
    live(mix, [[*frames[100:], *held], others], 8)
    assert 48 <= mix.late_frames <= 50


def test_voice_that_a_network_held_back_in_order_is_counted() -> None:
    frames = frames_of(tone(440, 5))
    held = [replace(each, arrival_ns=max(each.arrival_ns, 3_000_000_000)) if number >= 50 else each for number, each in enumerate(frames)]
    mix = LiveMix()
    heard = live(mix, [held, frames_of(still(5))], 5)
    assert 45 <= mix.late_frames <= 60
    assert loudness(heard[int(2.5 * RATE_HZ) : int(4.5 * RATE_HZ)]) > 0.15


def test_what_an_earlier_process_has_mixed_is_not_late() -> None:
    frames = frames_of(tone(440, 4))
    mix = LiveMix()
    mix.mixer.next_packet = 150
    heard = live(mix, [frames[50:]], 4)
    assert mix.late_frames == 0
    assert loudness(heard[: RATE_HZ // 2]) > 0.15


def test_word_whose_first_packet_had_to_be_repaired_is_heard_whole() -> None:
    """Before it a single packet in 400 ms, which came late, too."""
    mix, log = LiveMix(), StreamLog("p", "microphone", RATE_HZ)
    sent = [
        frame
        for frame in frames_of(np.concatenate((tone(440, 1), still(0.4), tone(440, 0.3), still(0.3))))
        if not 52 <= frame.sequence_end <= 70
    ]
    late = {50: 200_000_000, 70: 320_000_000}
    for number, each in enumerate(sent):
        here = replace(each, sequence_begin=number, sequence_end=number + 1)
        mix.add_frame(log, here, each.arrival_ns + late.get(each.timestamp // FRAME_SAMPLES, 0))
    for at_ns in (500_000_000, 5_500_000_000):
        report = Report(at_ns, UTC_NS + at_ns - TRANSIT_NS, at_ns * RATE_HZ // 1_000_000_000 - TRANSIT_NS * RATE_HZ // 1_000_000_000)
        log.reports.append(report)
        mix.add_report("p", report)
    heard = hear(drained(mix, 2_000_000_000))
    word = heard[int((1.4 + 0.03 + 0.02) * RATE_HZ) : int((1.7 + 0.03 - 0.02) * RATE_HZ)]
    assert loudness(word) > 0.18


def test_what_waits_for_too_long_is_counted() -> None:
    mix, log = LiveMix(), StreamLog("p", "microphone", RATE_HZ)
    payload = frames_of(tone(440, 0.02))[0].payload
    for number in range(2_100):
        mix.add_frame(log, frame(number, payload, 20), number * PACKET_NS)
    assert mix.late_frames == 100


def test_voice_that_is_dropped_is_not_heard_any_more() -> None:
    mix, log = LiveMix(), StreamLog("p", "microphone", RATE_HZ)
    for each in frames_of(tone(440, 2)):
        mix.add_frame(log, each, each.arrival_ns)
    first = drained(mix, 1_000_000_000)
    mix.drop(log)
    rest = hear([*first, *drained(mix, 2_000_000_000)])[int(1.1 * RATE_HZ) :]
    assert loudness(hear(first)[RATE_HZ // 2 :]) > 0.15
    assert loudness(rest) < 1e-4


def test_reports_place_a_voice_that_is_only_decoded_now_and_then() -> None:
    """Two words 8 s apart, and a sender whose packets take 200 ms longer than its reports say at first."""
    word = np.concatenate((tone(440, 0.2), still(7.8)))
    frames = frames_of(np.concatenate((word, word)))
    mix, log = LiveMix(), StreamLog("p", "microphone", RATE_HZ)
    packets: list[bytes] = []
    for each, following in pairwise([*frames, frames[-1]]):
        mix.add_frame(log, each, each.arrival_ns)
        if following.sequence_end % 100 == 50:
            report = Report(each.arrival_ns, UTC_NS + each.arrival_ns - TRANSIT_NS, each.timestamp)
            log.reports.append(report)
            mix.add_report("p", report)
        packets += drained(mix, each.arrival_ns - DELAY_NS)
    heard = hear([*packets, *drained(mix, 16_000_000_000)])
    loud = np.flatnonzero(np.abs(heard) > 0.1)
    second = loud[loud > 4 * RATE_HZ][0]
    assert abs(second - loud[0] - 8 * RATE_HZ) < 100
