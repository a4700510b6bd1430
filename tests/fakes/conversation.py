"""A conversation whose every word has a known begin and end, as each browser's microphone would bring it: levels, and sound."""

from __future__ import annotations

import functools
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recorder.opus import FRAME_SAMPLES, RATE_HZ, Decoder
from recorder.talk import Levels, Times
from server.bots.lines import LANGUAGES, read_lines
from server.bots.speech import read_speech
from tests.browser.material import speech_wav

PACKET_MS = 20
NOISE_DBOV = -55.0
LEAST_GAP_MS = 800  # of one person: what is nearer is one time
SAYINGS = (
    "Good morning everybody.",
    "Today we look at how a question changes what a class does next.",
    "Yes.",
    "Who spoke first, and how long did the teacher wait?",
    "I think it gets bigger because we cut it again.",
    "Write it down, then compare with your neighbour.",
)
VOICES = {"teacher": "en-gb", "ana": "en-us", "ben": "de", "cleo": "en-gb+f3"}

Samples = NDArray[np.float32]
Powers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Utterance:
    peer: str
    start_ms: int
    end_ms: int
    samples: Samples


@dataclass(frozen=True, slots=True)
class Conversation:
    utterances: tuple[Utterance, ...]
    duration_ms: int

    @property
    def peers(self) -> list[str]:
        return list(dict.fromkeys(each.peer for each in self.utterances))

    def of(self, peer: str) -> list[Utterance]:
        return [each for each in self.utterances if each.peer == peer]

    def powers(self, peer: str) -> Powers:
        """Of each 20 ms, without any noise."""
        powers = np.zeros(self.duration_ms // PACKET_MS)
        for each in self.of(peer):
            own = powers_of(each.samples)
            powers[each.start_ms // PACKET_MS :][: len(own)] += own
        return powers

    def sound(self, peer: str, noise_dbov: float = NOISE_DBOV) -> Samples:
        """With the noise of the room."""
        random = np.random.default_rng(len(peer))
        sound = random.standard_normal(self.duration_ms * RATE_HZ // 1000, dtype=np.float32) * np.float32(10 ** (noise_dbov / 20))
        for each in self.of(peer):
            sound[each.start_ms * RATE_HZ // 1000 :][: len(each.samples)] += each.samples
        return sound


@functools.cache
def by_espeak(seed: int = 1) -> Conversation:
    """Four voices, each saying everything once. Skips the test where espeak-ng is missing."""
    said = {peer: [_spoken(speech_wav(text, voice=voice, seconds=8.0)) for text in SAYINGS] for peer, voice in VOICES.items()}
    return _conversation(said, seed)


@functools.cache
def by_colleagues(seed: int = 1) -> Conversation:
    """The speech of the simulated colleagues, in all their languages."""
    lines = [(f"{person.key}-{language}", read_speech(person, language)) for language in LANGUAGES for person in read_lines(language)]
    return _conversation({peer: [_trimmed(decoded(line.packets)) for line in speech.values()] for peer, speech in lines}, seed)


def packets(powers: Powers, noise_dbov: float | None = NOISE_DBOV, *, offset_ms: int = 7) -> tuple[Times, Levels]:
    """Times and levels of one packet each 20 ms as a browser says them, in a room with this noise. None: a perfectly silent one."""
    even = np.random.default_rng(len(powers)).normal(1, (2 / FRAME_SAMPLES) ** 0.5, len(powers))
    noise = 0.0 if noise_dbov is None else 10 ** (noise_dbov / 10)
    dbov = 10 * np.log10(np.maximum(powers + noise * even, 1e-13))
    return np.arange(len(powers), dtype=np.int64) * PACKET_MS + offset_ms, np.clip(np.round(-dbov), 0, 127).astype(np.uint8)


def without_pauses(at_ms: Times, levels: Levels) -> tuple[Times, Levels]:
    """With discontinuous transmission: after 200 ms of quiet one packet each 400 ms."""
    sent, quiet = [], 0
    for level in levels.tolist():
        quiet = quiet + 1 if level > 48 else 0
        sent.append(quiet <= 10 or (quiet - 10) % 20 == 0)
    return at_ms[sent], levels[sent]


def powers_of(samples: Samples) -> Powers:
    padded = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
    powers: Powers = np.mean(padded * padded, axis=1, dtype=np.float64)
    return powers


def decoded(packets: Sequence[bytes]) -> Samples:
    decoder = Decoder()
    return np.concatenate([decoder.decode(packet) for packet in packets])


def found_right(segments: Sequence[tuple[int, int]], utterances: Sequence[Utterance], tolerance_ms: int = 200) -> list[bool]:
    """Of each utterance whether its begin and its end were both found; pauses inside of it are no matter."""
    right = []
    for said in utterances:
        inside = [segment for segment in segments if segment[0] < said.end_ms and segment[1] > said.start_ms]
        near = inside and abs(inside[0][0] - said.start_ms) <= tolerance_ms and abs(inside[-1][1] - said.end_ms) <= tolerance_ms
        right.append(bool(near))
    return right


def seconds_of(spans: Sequence[tuple[int, int]]) -> float:
    return sum(end - start for start, end in spans) / 1000


def seconds_said(utterances: Sequence[Utterance]) -> float:
    return seconds_of([(each.start_ms, each.end_ms) for each in utterances])


def _conversation(said: dict[str, list[Samples]], seed: int) -> Conversation:
    """In a random order; one person begins up to half a second before the other has ended, or up to three seconds after."""
    random = np.random.default_rng(seed)
    order = [(peer, samples) for peer, sounds in said.items() for samples in sounds]
    at_ms, free_ms = 1_000.0, dict.fromkeys(said, 0)
    utterances = []
    for place in random.permutation(len(order)).tolist():
        peer, samples = order[place]
        start_ms = round(max(at_ms, free_ms[peer]) / PACKET_MS) * PACKET_MS
        end_ms = start_ms + len(samples) * 1000 // RATE_HZ
        utterances.append(Utterance(peer, start_ms, end_ms, samples))
        free_ms[peer] = end_ms + LEAST_GAP_MS
        at_ms = end_ms + random.uniform(-500, 3_000)
    ends_ms = max(each.end_ms for each in utterances) // 1000 * 1000 + 3_000
    return Conversation(tuple(sorted(utterances, key=lambda each: each.start_ms)), ends_ms)


def _spoken(path: Path) -> Samples:
    with wave.open(str(path), "rb") as file:
        return _trimmed(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32))


def _trimmed(samples: Samples) -> Samples:
    """To half of what is possible, from the first to the last sample above 2 % of that."""
    scaled = samples * np.float32(0.5 / np.abs(samples).max())
    loud = np.flatnonzero(np.abs(scaled) > 0.01)
    return scaled[loud[0] : loud[-1] + 1]
