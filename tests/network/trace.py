"""What a room's page notices of its connections and does about it, for whoever asks why something took long."""

from __future__ import annotations

from typing import Any, Final, Protocol

TRACE_JS: Final = """() => {
    const { media, signaling } = window.microteach;
    const kept = window.traced = [];
    const note = (what) => kept.push([performance.timeOrigin + performance.now(), what]);
    for (const type of ["doubt", "relief"]) media.addEventListener(type, () => note(type));
    media.addEventListener("condition", () => note(`media ${media.condition}`));
    signaling.addEventListener("condition", () => note(`signaling ${signaling.condition}`));
    signaling.addEventListener("message", ({ detail: { type } }) => type !== "connections" && note(`<- ${type}`));
    let before = "";
    setInterval(() => {
        const { publisher, subscriber } = media.connections ?? {};
        const now = `publisher ${publisher?.connectionState}, ${publisher?.signalingState}; subscriber ${subscriber?.connectionState}`;
        if (now !== before) note(before = now);
    }, 20);
}"""


class Asked(Protocol):
    async def eval(self, js: str, *args: object) -> Any: ...


async def trace(page: Asked) -> None:
    """From now on."""
    await page.eval(TRACE_JS)


async def tell(name: str, page: Asked, since_ms: float) -> None:
    """Prints what was since this moment (UTC ms)."""
    for at_ms, what in await page.eval("window.traced"):
        if at_ms > since_ms:
            print(f"   {name} {(at_ms - since_ms) / 1000:+.2f} s: {what}")
