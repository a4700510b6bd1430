from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.store.engine import Store
from tests.fakes.postgres import new_database


@pytest_asyncio.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """On both kinds of database."""
    if request.param == "sqlite":
        async with Store(tmp_path / "test.db") as opened:
            yield opened
    else:
        async with new_database() as url, Store(url) as opened:
            yield opened
