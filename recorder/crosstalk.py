"""Several people in one physical room: each of their microphones hears whoever speaks, and only the loudest one is that person's.

Told from levels alone, as `server.media.same_room` does while a session runs: they rise within 50 ms and go up and down
alike. Over the internet the same words come back later or not at all. Pure; it must not know packets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOT_MS = 20
WINDOW_MS = 1_000
STEP_MS = 100
TOGETHER_MS = 60
ALIKE = 0.8
VARIED_DB = 3.0
MOSTLY = 0.5
ENOUGH_MS = 2_000
_SILENCE_DBOV = -90.0
_NEAR_MS = 160

Segments = list[tuple[int, int]]
Curve = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Microphone:
    """What one microphone seems to say, and its levels in dBov, in order of time."""

    segments: Segments
    at_ms: NDArray[np.int64]
    dbov: Curve


def without_crosstalk(voices: Sequence[Microphone]) -> list[Segments]:
    """The segments of each voice less what it only heard of a louder one in the same room."""
    lost: list[Segments] = [[] for _ in voices]
    spans = [_span(voice) for voice in voices if voice.segments]
    since = min((start for start, _ in spans), default=0)
    until = max((end for _, end in spans), default=0)
    curves: dict[int, Curve] = {}
    for one in range(len(voices)):
        for two in range(one + 1, len(voices)):
            middles = _shared(voices[one].segments, voices[two].segments)
            if len(middles) * STEP_MS < ENOUGH_MS:
                continue
            for index in (one, two):
                if index not in curves:
                    curves[index] = _curve(voices[index], since, until)
            for middle, quieter in _alike(middles - since, curves[one], curves[two]):
                lost[two if quieter else one].append((middle + since - STEP_MS // 2, middle + since + STEP_MS // 2))
    return [_less(voice.segments, gone) for voice, gone in zip(voices, lost, strict=True)]


def _span(voice: Microphone) -> tuple[int, int]:
    margin = WINDOW_MS + TOGETHER_MS
    return voice.segments[0][0] - margin, voice.segments[-1][1] + margin


def _shared(one: Segments, two: Segments) -> NDArray[np.int64]:
    """Middles of each 100 ms in which both seem to speak."""
    middles: list[int] = []
    at = 0
    for start, end in one:
        while at < len(two) and two[at][1] <= start:
            at += 1
        for begin, stop in two[at:]:
            if begin >= end:
                break
            middles.extend(range(max(start, begin) + STEP_MS // 2, min(end, stop) + STEP_MS // 2, STEP_MS))
    return np.array(middles, dtype=np.int64)


def _curve(voice: Microphone, since: int, until: int) -> Curve:
    """A level for each 20 ms; where there is no packet it is silent. A lost one is as loud as the one before."""
    count = (until - since) // SLOT_MS + 1
    curve = np.full(count, np.nan)
    place = (voice.at_ms - since) // SLOT_MS
    inside = (place >= 0) & (place < count)
    curve[place[inside]] = voice.dbov[inside]
    alone = np.flatnonzero(np.isnan(curve[1:]) & ~np.isnan(curve[:-1])) + 1
    curve[alone] = curve[alone - 1]
    heard: Curve = np.maximum(np.nan_to_num(curve, nan=_SILENCE_DBOV), _SILENCE_DBOV)
    return heard


def _alike(middles: NDArray[np.int64], one: Curve, two: Curve) -> list[tuple[int, bool]]:
    """Of these middles those where one is the echo of the other, and whether the quieter is the second."""
    places = middles // SLOT_MS
    half, shift = WINDOW_MS // SLOT_MS // 2, TOGETHER_MS // SLOT_MS
    window = np.arange(-half, half)
    inside = (places >= half + shift) & (places < min(len(one), len(two)) - half - shift)
    middles, places = middles[inside], places[inside]
    mine = one[places[:, None] + window]
    best = np.full(len(places), -1.0)
    for late in range(-shift, shift + 1):
        best = np.maximum(best, _correlation(mine, two[places[:, None] + window + late]))
    matched = best >= ALIKE
    if not len(matched) or matched.mean() < MOSTLY or matched.sum() * STEP_MS < ENOUGH_MS:
        return []
    near = np.arange(-_NEAR_MS // SLOT_MS, _NEAR_MS // SLOT_MS + 1)
    louder = one[places[:, None] + near].mean(axis=1) >= two[places[:, None] + near].mean(axis=1)
    return list(zip(middles[matched].tolist(), louder[matched].tolist(), strict=True))


def _correlation(one: Curve, two: Curve) -> Curve:
    """Of each row with the same row; −1 where either hardly changes."""
    a = one - one.mean(axis=1, keepdims=True)
    b = two - two.mean(axis=1, keepdims=True)
    spread = np.sqrt((a * a).mean(axis=1) * (b * b).mean(axis=1))
    varied = (a.std(axis=1) >= VARIED_DB) & (b.std(axis=1) >= VARIED_DB)
    return np.where(varied, (a * b).mean(axis=1) / np.maximum(spread, 1e-9), -1.0)


def _less(segments: Segments, gone: Segments) -> Segments:
    left: Segments = []
    gone = sorted(gone)
    for begin, stop in segments:
        for start, end in gone:
            if begin < end and start < stop:
                left.append((begin, start))
                begin = end
        left.append((begin, stop))
    return [(begin, stop) for begin, stop in left if begin < stop]
