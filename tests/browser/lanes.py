"""What journeys with a divided group ask of a page: who can be heard there at all, and how loud somebody arrives."""

from __future__ import annotations

import asyncio
from typing import Final

from tests.browser.material import TONES_JS
from tests.browser.people import Human

SILENT_BYTES: Final = 400  # a packet or two on their way when the group was divided
PLAYED_OUT_S: Final = 1.5  # what browsers have still to play

ALL_BYTES_JS: Final = """async () => {
    const stats = [...(await window.microteach.media.connections.subscriber.getStats()).values()];
    return stats.filter(({ type }) => type === "inbound-rtp").reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
}"""
STREAM_OF_JS: Final = (
    "(name) => window.microteach.media.streams.get(window.lastView.people.find((person) => person.name === name).seat) ?? null"
)


async def arrives(person: Human, seconds: float = 2.0) -> int:
    """Bytes of sound and picture, from anybody, that come to this page in so many seconds."""
    before = int(await person.page.eval(ALL_BYTES_JS))
    await asyncio.sleep(seconds)
    return int(await person.page.eval(ALL_BYTES_JS)) - before


async def level(person: Human, whom: str, hz: float, seconds: float = 2.0) -> float:
    """How loud the marker tone of somebody is in what this page gets from them, shown or not; 0 if there is nothing."""
    js = f"""async (name, hz, seconds) => {{
        const stream = ({STREAM_OF_JS})(name);
        return stream?.getAudioTracks().length ? (await ({TONES_JS})(stream, [hz], seconds))[hz] : 0;
    }}"""
    return float(await person.page.eval(js, whom, hz, seconds, timeout_s=seconds + 20))
