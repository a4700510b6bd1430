"""A person who has no pointer: Tab to the control, then Enter, Space, arrows or text."""

from __future__ import annotations

from typing import Final

from tests.browser.driver import BrowserError, Page

MOST_TABS: Final = 120
FOCUSED_JS: Final = "(selector) => document.activeElement?.matches(selector) ?? false"
SEEN_JS: Final = """() => {
    const element = document.activeElement;
    const faces = [element, ...(element.labels ?? [])].map((one) => getComputedStyle(one));
    const outlined = ({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    return faces.some((style) => outlined(style) || style.boxShadow !== "none");
}"""


async def go_to(page: Page, selector: str) -> None:
    """Raises BrowserError when Tab never arrives there, or when one cannot see that it has."""
    for _ in range(MOST_TABS):
        if await page.eval(FOCUSED_JS, selector):
            if not await page.eval(SEEN_JS):
                raise BrowserError(f"one cannot see that {selector} has the focus")
            return
        await page.press("Tab")
    raise BrowserError(f"Tab does not lead to {selector}; controls: {await page.controls()}")


async def press(page: Page, selector: str, key: str = "Enter") -> None:
    await go_to(page, selector)
    await page.press(key)


async def write(page: Page, selector: str, text: str) -> None:
    await go_to(page, selector)
    await page.press("Control+a")
    await page.cdp("Input.insertText", text=text)


async def choose(page: Page, selector: str) -> None:
    """One of several radio buttons, of which only one is a stop of Tab."""
    group = await page.eval("(selector) => `input[name='${document.querySelector(selector).name}']`", selector)
    await go_to(page, group)
    await page.press("Space")
    for _ in range(12):
        if await page.eval("(selector) => document.querySelector(selector).checked", selector):
            return
        await page.press("ArrowDown")
    raise BrowserError(f"arrow keys do not choose {selector}")
