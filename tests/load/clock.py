"""P7: the clock that people see against the server's, on devices whose own clocks are wrong, before and after a kill of the server.

    python3 tasks.py bench clock [--json FILE]

The error of one sample is the time at which the figure on the screen changed, less the time at which it should have.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.browser.driver import Browser, Page
from tests.browser.people import Human, come_in, set_up
from tests.fakes.product import running_product

WATCHED_S: Final = 12
JUMP_MS: Final = 3_600_000
# what is wrong with the device's clock -> (ahead by ms, runs too fast by this part)
DEVICES: Final = {
    "right": (0, 0.0),
    "an hour ahead": (3_600_000, 0.0),
    "three days behind": (-3 * 86_400_000, 0.0),
    "500 ppm fast": (0, 5e-4),
}

WRONG_CLOCK_JS: Final = """(() => {
    const [ahead, fast] = [%f, %f];
    const wall = Date.now.bind(Date), steady = performance.now.bind(performance), origin = performance.timeOrigin, start = wall();
    window.trueNow = () => origin + steady();
    window.clockSetBy = 0;
    Date.now = () => wall() + ahead + window.clockSetBy + (wall() - start) * fast;
    performance.now = () => steady() * (1 + fast);
    Object.defineProperty(performance, "timeOrigin", { value: origin + ahead });
})()"""

WATCH_JS: Final = """(() => {
    window.figures = [];
    let last = "";
    new MutationObserver(() => {
        const text = document.getElementById("now-clock")?.innerText ?? "";
        const figure = /(\\d+):(\\d\\d)/.exec(text);
        if (text === last || !figure || !window.endsMs) return;
        if (last) window.figures.push(window.trueNow() - (window.endsMs - (figure[1] * 60 + Number(figure[2])) * 1000));
        last = text;
    }).observe(document.getElementById("now"), { subtree: true, childList: true, characterData: true });
    const keep = ({ detail: view }) => { window.endsMs = view.phase.ends_ms; last = ""; };
    window.microteach.signaling.addEventListener("view", keep);
})()"""


async def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench clock", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    errors = await measure()
    print(f"{'device whose clock is':<24}{'samples':>9}{'p50 ms':>9}{'p99 ms':>9}{'worst ms':>10}")
    for name, found in errors.items():
        print(f"{name:<24}{len(found):>9}{quantile(found, 0.5):>9.0f}{quantile(found, 0.99):>9.0f}{max(found):>10.0f}")
    together = [error for found in errors.values() for error in found]
    print(f"{'all':<24}{len(together):>9}{quantile(together, 0.5):>9.0f}{quantile(together, 0.99):>9.0f}{max(together):>10.0f}")
    if options.json:
        options.json.write_text(json.dumps({"P7": {"p50_ms": quantile(together, 0.5), "p99_ms": quantile(together, 0.99)}}))
    return 0


async def measure() -> dict[str, list[float]]:
    """Errors in ms, by device; some minutes of a lesson with a kill of the server and a clock that is set in the middle."""
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        browser = await stack.enter_async_context(Browser())
        lead = Human("Lead", await browser.page(person="lead"), browser)
        invitation = await set_up(lead, product, "twenty-minute-round")
        await come_in(lead, None, teaches=True, recording="leave-out")
        people: dict[str, Page] = {}
        for name, (ahead_ms, fast) in DEVICES.items():
            person = Human(name, await browser.page(person=name), browser)
            await person.page.cdp("Page.addScriptToEvaluateOnNewDocument", source=WRONG_CLOCK_JS % (ahead_ms, fast))
            await come_in(person, invitation, teaches=False, recording="leave-out")
            await person.page.eval(WATCH_JS)
            people[name] = person.page
        await lead.page.click("#action-advance")
        await lead.page.click("#action-start-lesson")
        await asyncio.sleep(WATCHED_S)
        product.kill("server")
        await product.ready()
        await asyncio.sleep(WATCHED_S)
        await people["right"].eval(f"window.clockSetBy = {JUMP_MS}")
        await asyncio.sleep(WATCHED_S)
        return {name: [abs(error) for error in await page.eval("window.figures")] for name, page in people.items()}


def quantile(values: Sequence[float], part: float) -> float:
    """Nearest rank."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
