from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.postgres import new_database
from tests.fakes.product import Product, running_product

ON_BOTH = {"test_claims", "test_doors", "test_exports", "test_pages", "test_sign_in", "test_signaling", "test_slides", "test_watchers"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What these files say holds on either kind of database; only `--full` asks of both."""
    if "product" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in ON_BOTH:
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.full)]
        metafunc.parametrize("product", kinds, indirect=True, scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    folder: Path = tmp_path_factory.mktemp("product")
    async with contextlib.AsyncExitStack() as stack:
        on_postgresql = getattr(request, "param", "sqlite") == "postgresql"
        settings = {"database": await stack.enter_async_context(new_database())} if on_postgresql else {}
        yield await stack.enter_async_context(running_product(folder, **settings))
