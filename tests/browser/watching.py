"""What really arrives at a person's page: packets of somebody's sound, the picture of a slide, every view that was ever sent."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from tests.browser.people import Human

Colour = tuple[int, int, int]

# Everything that the server told this page, as text: what must not be known must not be in it.
KEEP_ALL_JS: Final = """(() => {
    window.told = [];
    window.microteach.signaling.addEventListener("view", ({ detail }) => window.told.push(JSON.stringify(detail)));
})()"""

BYTES_JS: Final = """async (name) => {
    const { media } = window.microteach;
    const seat = window.lastView.people.find((person) => person.name === name).seat;
    const tracks = media.streams.get(seat)?.getAudioTracks().map(({ id }) => id) ?? [];
    const stats = [...(await media.connections.subscriber.getStats()).values()];
    const arrives = ({ type, trackIdentifier }) => type === "inbound-rtp" && tracks.includes(trackIdentifier);
    return stats.filter(arrives).reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
}"""

COLOUR_JS: Final = """() => {
    const image = document.getElementById("slide");
    if (!image.checkVisibility() || !image.complete || !image.naturalWidth) return null;
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


async def keep_all(*people: Human) -> None:
    for person in people:
        await person.page.eval(KEEP_ALL_JS)


async def was_told(person: Human, text: str) -> bool:
    """Whether these words were ever in a view that this page got, shown or not."""
    return bool(await person.page.eval("(text) => window.told.some((view) => view.includes(text))", text))


async def sound_bytes(person: Human, whom: str, seconds: float = 2.0) -> int:
    """What arrives of somebody's microphone in so many seconds."""
    before = await person.page.eval(BYTES_JS, whom)
    await asyncio.sleep(seconds)
    return int(await person.page.eval(BYTES_JS, whom) - before)


async def sees_colour(person: Human, colour: Colour) -> None:
    """Until the slide that is shown has this colour in its middle."""
    js = f"(wanted) => ({COLOUR_JS})()?.every((part, index) => Math.abs(part - wanted[index]) < 12)"
    await person.page.wait_for(js, list(colour), what=f"a slide of colour {colour} for {person.name}")


def slides_pdf(path: Path, colours: Sequence[Colour]) -> Path:
    """A PDF with one page for each colour."""
    first, *others = [Image.new("RGB", (640, 360), colour) for colour in colours]
    written = io.BytesIO()
    first.save(written, "PDF", save_all=True, append_images=others)
    path.write_bytes(written.getvalue())
    return path


async def choose_file(person: Human, selector: str, path: Path) -> None:
    """As in the browser's own dialog."""
    root = (await person.page.cdp("DOM.getDocument", depth=0))["root"]["nodeId"]
    node = (await person.page.cdp("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
    await person.page.cdp("DOM.setFileInputFiles", nodeId=node, files=[str(path)])
