import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.engine import Store


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: the tables take longer than most tests."""
    path: Path = tmp_path_factory.mktemp("empty") / "empty.db"

    async def make() -> None:
        async with Store(path):
            pass

    asyncio.run(make())
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty_database, tmp_path / "test.db"))


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    async with Store(database) as opened:
        yield opened
