"""P6: from the click on "Come in" to pictures in both directions, in real Chromium on the whole product; and thirty who come back at once.

    python3 tasks.py bench join [--joins N] [--people N] [--json FILE]

Ana's page is open; again and again somebody with an empty cache comes through the invitation. *First picture*: a frame of Ana is on that
person's screen. *Own picture confirmed*: a frame of that person is on Ana's. One computer, one clock. Then a storm: all people of a full
room load their page again in the same moment (without browsers: page, WebSocket, ICE, DTLS, SRTP), until each has a packet of another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.browser.driver import Browser, Page
from tests.fakes.product import Product, running_product
from tests.load._receiver import quantile
from tests.load._storm import storm

MOST_S: Final = 1.0
MOST_STORM_S: Final = 3.0
JOINS_OF_A_SESSION: Final = 25  # a session has thirty seats
WAIT_S: Final = 60.0
CLICKED_JS: Final = """addEventListener("submit", () => sessionStorage.setItem("clicked_ms", String(Date.now())), true);"""
FRAME_JS: Final = """(name) => new Promise((resolve) => {
    const look = () => {
        const video = [...document.querySelectorAll("video")].find(
            (each) => each.srcObject !== null && (each.getAttribute("aria-label") ?? "").startsWith(name),
        );
        if (video) video.requestVideoFrameCallback(() => resolve(Date.now()));
        else setTimeout(look, 5);
    };
    look();
})"""
SCRIPTS_JS: Final = """(() => {
    const files = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/static/"));
    const page = performance.getEntriesByType("navigation")[0];
    return { files: files.length, fetched: files.filter(({ transferSize }) => transferSize > 0).length, page_ms: page.responseEnd,
             loaded_ms: page.domContentLoadedEventEnd };
})()"""


@dataclass(frozen=True)
class Joined:
    """Seconds from the click. `files`: scripts and sheets of the room's page, `fetched`: those that were not in the cache."""

    first_picture_s: float
    confirmed_s: float
    files: int
    fetched: int
    loaded_s: float

    @property
    def both_s(self) -> float:
        return max(self.first_picture_s, self.confirmed_s)


async def joins(product: Product, count: int) -> list[Joined]:
    found: list[Joined] = []
    async with Browser() as theirs, Browser() as ours:
        invitation = lead = None
        for number in range(count):
            if number % JOINS_OF_A_SESSION == 0 or lead is None or invitation is None:
                lead = await theirs.page(person=f"lead {number}")
                invitation = await _lead(lead, product)
            found.append(await _join(ours, lead, invitation, f"Ben{number + 1}x"))
            one = found[-1]
            print(
                f"{number + 1:>6}{one.first_picture_s:>16.2f}{one.confirmed_s:>24.2f}{one.loaded_s:>16.2f}{one.files:>8}{one.fetched:>10}",
                flush=True,
            )
    return found


async def _lead(page: Page, product: Product) -> str:
    """Ana makes a session and comes in."""
    await page.goto(f"{product.url}/set-up?teachers=6&minutes=0&more=open")
    await page.click("#plan-twenty-minute-round")
    await page.click(name="Set up a session", role="button")
    invitation = str(await page.wait_for("document.getElementById('invitation-link')?.value", what="the invitation"))
    await _fill(page, "Ana")
    await page.click("#come-in")
    await page.wait_for("document.getElementById('room')?.hasAttribute('data-ready')", what="Ana's room", timeout_s=WAIT_S)
    return invitation


async def _join(browser: Browser, lead: Page, invitation: str, name: str) -> Joined:
    page = await browser.page(person=name)
    await page.preload(CLICKED_JS)
    await page.goto(invitation)
    await _fill(page, name)
    await asyncio.sleep(1)  # nobody is quicker
    confirmed = asyncio.create_task(lead.eval(FRAME_JS, name, timeout_s=WAIT_S))
    await page.click("#come-in")
    await page.wait_for("document.getElementById('room')?.hasAttribute('data-ready')", what="the room", timeout_s=WAIT_S)
    first_ms = await page.eval(FRAME_JS, "Ana", timeout_s=WAIT_S)
    confirmed_ms = await confirmed
    clicked_ms = int(await page.eval("sessionStorage.getItem('clicked_ms')"))
    told = await page.eval(SCRIPTS_JS)
    await page.close()
    return Joined(
        first_picture_s=(first_ms - clicked_ms) / 1000,
        confirmed_s=(confirmed_ms - clicked_ms) / 1000,
        files=told["files"],
        fetched=told["fetched"],
        loaded_s=told["loaded_ms"] / 1000,
    )


async def _fill(page: Page, name: str) -> None:
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone", timeout_s=WAIT_S)
    await page.fill("#name", name)
    await page.click("#teaches-no")
    if await page.eval("!!document.getElementById('recording-leave-out')"):
        await page.click("#recording-leave-out")


async def measure(options: argparse.Namespace) -> dict[str, float]:
    told: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="microteach-bench-") as folder:
        async with running_product(Path(folder)) as product:
            if options.joins:
                print("P6  Seconds from the click")
                print(
                    f"{'join':>6}{'first picture':>16}{'own picture confirmed':>24}{'page loaded':>16}{'files':>8}{'fetched':>10}",
                    flush=True,
                )
                found = await joins(product, options.joins)
                both = [one.both_s for one in found]
                told |= {"p50_s": quantile(both, 0.5), "p95_s": quantile(both, 0.95)}
                print(f"P6: both pictures after {told['p50_s']:.2f} s, 95 % after {told['p95_s']:.2f} s (at most {MOST_S:g})", flush=True)
            if options.people:
                came = await storm(product.url, options.people)
                told |= {"storm_p50_s": quantile(came, 0.5), "storm_p95_s": quantile(came, 0.95)}
                print(
                    f"P6: {options.people} people at once: first packet after {told['storm_p50_s']:.2f} s, "
                    f"95 % after {told['storm_p95_s']:.2f} s, the last after {max(came):.2f} s (95 % at most {MOST_STORM_S:g})"
                )
    print(f"load average {os.getloadavg()[0]:.1f}")
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench join", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--joins", type=int, default=20, help="0: none")
    parser.add_argument("--people", type=int, default=30, help="who come back at once; 0: none")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    told = asyncio.run(measure(options))
    if options.json:
        options.json.write_text(json.dumps({"P6": told}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
