"""Speech that was encoded beforehand: a line is its Opus packets of 20 ms, and how far the mouth is open in each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av

from server.bots.lines import HERE, Lines

PACKET_MS = 20
SILENCE = b"\xf8\xff\xfe"  # Opus: one frame of 20 ms, one channel
MOUTHS = 4
_PACKETS_PER_MOUTH = 6


@dataclass(frozen=True)
class Line:
    packets: tuple[bytes, ...]

    @property
    def duration_ms(self) -> int:
        return len(self.packets) * PACKET_MS

    @cached_property
    def mouths(self) -> tuple[int, ...]:
        """0 (closed) to MOUTHS - 1, for every 120 ms: with a variable bit rate, a packet is as large as its sound is rich."""
        sizes = [len(packet) for packet in self.packets]
        groups = [sizes[at : at + _PACKETS_PER_MOUTH] for at in range(0, len(sizes), _PACKETS_PER_MOUTH)]
        means = [sum(group) / len(group) for group in groups]
        least, most = min(means), max(means)
        return tuple(round((mean - least) / max(1.0, most - least) * (MOUTHS - 1)) for mean in means)

    def mouth_at(self, ms: int) -> int:
        index = ms // (_PACKETS_PER_MOUTH * PACKET_MS)
        return self.mouths[index] if 0 <= index < len(self.mouths) else 0


def read_speech(person: Lines, language: str) -> dict[str, Line]:
    """By key of the line."""
    return {key: read_line(HERE / "speech" / language / f"{person.key}-{key}.opus") for key in person.said}


def read_line(path: Path) -> Line:
    with av.open(str(path), "r") as container:
        return Line(tuple(bytes(packet) for packet in container.demux(audio=0) if packet.size))
