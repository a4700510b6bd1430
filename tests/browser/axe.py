"""Accessibility of a page as axe-core sees it: WCAG 2.0 to 2.2, levels A and AA, and its best practices."""

from __future__ import annotations

import functools
from typing import Any, Final

import tasks
from tests.browser.driver import Page
from tests.requirements import require

# Colours that are still changing are not looked at. What runs for ever, or for a whole phase, is not waited for.
MOST_CHANGE_MS: Final = 2000
RUN_JS: Final = """async (most_ms) => {
    const soon = (animation) => animation.effect.getComputedTiming().endTime <= most_ms && animation.playState === "running";
    await Promise.allSettled(document.getAnimations().filter(soon).map(({ finished }) => finished));
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    const where = ({ target, failureSummary }) => `${target}: ${failureSummary}`;
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(where) }));
}"""


async def violations(page: Page) -> list[str]:
    """One line for each broken rule and element; in a world of its own, where the page's policy on scripts does not reach."""
    frame = (await page.cdp("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    context = (await page.cdp("Page.createIsolatedWorld", frameId=frame, worldName="axe"))["executionContextId"]
    await page.cdp("Runtime.evaluate", expression=_axe(), contextId=context)
    looked = f"({RUN_JS})({MOST_CHANGE_MS})"
    answer = await page.cdp("Runtime.evaluate", expression=looked, contextId=context, awaitPromise=True, returnByValue=True)
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    found: list[dict[str, Any]] = answer["result"]["value"]
    return [f"{rule['id']} ({rule['help']}): {node}" for rule in found for node in rule["nodes"]]


@functools.cache
def _axe() -> str:
    require("npm")
    return (tasks.npm_package("axe-core") / "axe.min.js").read_text()
