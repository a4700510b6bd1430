from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.engine import Store
from tests.fakes.stores import new_place


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Path | str]:
    async with new_place("sqlite", tmp_path) as place:
        yield place


@pytest.fixture
async def store(database: Path | str) -> AsyncIterator[Store]:
    async with Store(database) as opened:
        yield opened
