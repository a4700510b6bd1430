"""Every test here needs Chromium and is marked `browser`; pictures of pages go to `.cache/screenshots`.

One whole path and what fails soonest run each time; the other journeys are marked `full`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.requirements import require

HERE = Path(__file__).parent
QUICK = {"test_driver", "test_material", "test_first_lesson", "test_room"}
SCREENSHOTS = HERE.parents[1] / ".cache" / "screenshots"

StartBrowser = Callable[..., Awaitable[Browser]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if item.path.stem not in QUICK:
                item.add_marker(pytest.mark.full)


@pytest.fixture(scope="session")
def chromium() -> Path:
    return require("chromium")


@pytest.fixture(scope="session")
def screenshots() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


@pytest.fixture
async def start_browser(chromium: Path) -> AsyncIterator[StartBrowser]:
    """`browser = await start_browser(camera=film, microphone=voice)`: one process each, all closed after the test."""
    async with AsyncExitStack() as closing:

        async def start(**options: object) -> Browser:
            return await closing.enter_async_context(Browser(**options))  # type: ignore[arg-type]

        yield start


@pytest.fixture
async def browser(start_browser: StartBrowser) -> Browser:
    return await start_browser()
