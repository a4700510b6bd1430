"""What a person gets of another one's picture, and of all voices, seen from inside the page: each decoded picture, the browser's figures.

Times are UTC ms of the machine, which all browsers and the test share.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

from tests.browser.driver import Page

FROZEN_MS: Final = 500.0

# `pictures` are [time, width]; `looks` are figures of the connections since they began, every 500 ms.
WATCH_JS: Final = """(name) => {
    const kept = window.watched = { pictures: [], looks: [] };
    const now = () => performance.timeOrigin + performance.now();
    const shown = () => document.querySelector(`[aria-label^='${name}']`)?.srcObject?.getVideoTracks()[0];
    let followed = null;
    const follow = async (track) => {
        followed = track;
        const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            kept.pictures.push([now(), value.codedWidth]);
            value.close();
        }
    };
    const total = (reports, field) => reports.reduce((sum, report) => sum + (report[field] ?? 0), 0);
    const look = async () => {
        const track = shown();
        if (track && track !== followed) void follow(track);
        const connections = window.microteach.media.connections;
        if (!connections) return;
        const incoming = [...(await connections.subscriber.getStats()).values()];
        const outgoing = [...(await connections.publisher.getStats()).values()];
        const voices = incoming.filter(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
        const face = incoming.filter(({ type, trackIdentifier }) => type === "inbound-rtp" && trackIdentifier === track?.id);
        const sent = outgoing.filter(({ type }) => type === "outbound-rtp");
        const path = outgoing.find(({ type, nominated }) => type === "candidate-pair" && nominated);
        kept.looks.push({
            at: now(),
            voices: voices.length,
            ...Object.fromEntries(
                ["packetsReceived", "packetsLost", "packetsDiscarded", "concealedSamples", "silentConcealedSamples", "totalSamplesReceived"]
                    .map((field) => [`voice_${field}`, total(voices, field)]),
            ),
            ...Object.fromEntries(
                ["packetsReceived", "packetsLost", "retransmittedPacketsReceived", "bytesReceived", "framesDecoded", "framesDropped",
                    "keyFramesDecoded", "freezeCount", "totalFreezesDuration", "nackCount", "pliCount"]
                    .map((field) => [`face_${field}`, total(face, field)]),
            ),
            sent: sent.map(({ kind, rid, bytesSent, framesEncoded, frameWidth }) => ({ kind, rid, bytesSent, framesEncoded, frameWidth })),
            up_estimate: path?.availableOutgoingBitrate ?? null,
            states: [connections.publisher.connectionState, connections.subscriber.connectionState],
        });
    };
    setInterval(() => void look(), 500);
    void look();
}"""


@dataclass(frozen=True)
class Seen:
    """What one person got between two moments. `widths`: (time since the beginning, width) whenever the width changed."""

    window_ms: float
    pictures: int
    frozen_ms: float
    longest_ms: float
    widths: tuple[tuple[float, int], ...]
    looks: tuple[dict[str, Any], ...]

    @property
    def frozen(self) -> float:
        """The share of the time in stretches of more than half a second without a new picture."""
        return self.frozen_ms / self.window_ms

    @property
    def fps(self) -> float:
        return self.pictures / self.window_ms * 1_000

    @property
    def voices(self) -> int:
        return int(self.looks[-1]["voices"]) if self.looks else 0

    def gain(self, figure: str) -> float:
        """What a figure grew by. One of a connection that was made anew counts from 0; `packetsLost` may fall by what came late."""
        grown = 0.0
        for before, after in itertools.pairwise(self.looks):
            more = float(after[figure]) - float(before[figure])
            grown += more if more >= 0 or figure.endswith("packetsLost") else float(after[figure])
        return grown

    @property
    def voices_heard(self) -> float:
        """The share of sound that was really sent and not made up by the browser where a packet was missing."""
        made_up = self.gain("voice_concealedSamples") - self.gain("voice_silentConcealedSamples")
        return 1 - made_up / max(1.0, self.gain("voice_totalSamplesReceived"))

    @property
    def voice_packets(self) -> float:
        """The share of voice packets that arrived at all."""
        came, lost = self.gain("voice_packetsReceived"), self.gain("voice_packetsLost")
        return came / max(1.0, came + lost)

    def __str__(self) -> str:
        parts = [f"{self.fps:.1f} pictures/s", f"frozen {self.frozen:.1%} (longest {self.longest_ms:.0f} ms)"]
        parts.append(f"voices {self.voices_heard:.2%} heard, {self.voice_packets:.2%} of packets")
        figures = (
            "nackCount",
            "pliCount",
            "keyFramesDecoded",
            "retransmittedPacketsReceived",
            "packetsLost",
            "packetsReceived",
            "freezeCount",
        )
        parts += [f"{name} {self.gain(f'face_{name}'):.0f}" for name in figures]
        parts.append(f"{self.gain('face_bytesReceived') * 8 / self.window_ms:.0f} kbit/s")
        parts.append("widths " + " ".join(f"{at / 1000:.1f}s:{width}" for at, width in self.widths))
        return ", ".join(parts)


# (since, UTC ms) => when the last stretch of more than a second without a picture ended; null: not three seconds ago yet.
WATCHED_BACK_JS: Final = """(since) => {
    const now = performance.timeOrigin + performance.now();
    const times = [since, ...window.watched.pictures.map(([at]) => at).filter((at) => at >= since), now];
    let back = since;
    for (let place = 1; place < times.length; place++) if (times[place] - times[place - 1] > 1000) back = times[place];
    return back !== now && now - back > 3000 ? back : null;
}"""


async def watch(page: Page, whom: str) -> None:
    """From now on. A page watches one person."""
    await page.eval(WATCH_JS, whom)


async def seen(page: Page, begin_ms: float, end_ms: float) -> Seen:
    kept = await page.eval("window.watched")
    return summed(kept["pictures"], kept["looks"], begin_ms, end_ms)


def summed(pictures: list[list[float]], looks: list[dict[str, Any]], begin_ms: float, end_ms: float) -> Seen:
    inside = [(at, int(width)) for at, width in pictures if begin_ms <= at <= end_ms]
    moments = [begin_ms, *(at for at, _ in inside), end_ms]
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    widths = [(at - begin_ms, width) for number, (at, width) in enumerate(inside) if number == 0 or inside[number - 1][1] != width]
    return Seen(
        window_ms=end_ms - begin_ms,
        pictures=len(inside),
        frozen_ms=sum(gap for gap in gaps if gap > FROZEN_MS),
        longest_ms=max(gaps),
        widths=tuple(widths),
        looks=tuple(look for look in looks if begin_ms <= look["at"] <= end_ms),
    )


def over_time(seen: Seen) -> str:
    """A line for each second or so: how the figures grew."""
    return "\n".join(f"    {_second(before, after)}" for before, after in itertools.pairwise(seen.looks[::2]))


def _second(before: dict[str, Any], after: dict[str, Any]) -> str:
    def grown(name: str) -> str:
        return f"{after[name] - before[name]:+.0f}"

    names = ("framesDecoded", "framesDropped", "packetsReceived", "packetsLost", "nackCount", "pliCount", "keyFramesDecoded")
    kbps = (after["face_bytesReceived"] - before["face_bytesReceived"]) * 8 / (after["at"] - before["at"])
    sent = " ".join(
        f"{each['kind']}-{each.get('rid', '')} {each['bytesSent'] // 1000} kB {each.get('frameWidth', '')}" for each in after["sent"]
    )
    face = " ".join(f"{name} {grown(f'face_{name}')}" for name in names)
    return f"{kbps:5.0f} kbit/s, {face}, voices lost {grown('voice_packetsLost')}, sends {sent}, {' '.join(after['states'])}"
