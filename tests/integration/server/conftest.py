from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.cluster import TwoNodes, running_cluster
from tests.fakes.postgres import new_database
from tests.fakes.product import Product, running_product
from tests.requirements import long

ON_BOTH = {"test_claims", "test_doors", "test_exports", "test_pages", "test_sign_in", "test_signaling", "test_slides", "test_watchers"}
ON_TWO_NODES = {"test_claims", "test_doors", "test_pages", "test_signaling", "test_slides"}
EACH_TIME = {"test_signaling", "test_slides", "test_watchers"}  # the others with MT_LONG


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What these files say holds on either kind of database, and on two nodes as on one; only `--full` asks of all."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if "product" in metafunc.fixturenames and module in ON_BOTH:
        marks = [pytest.mark.full] if module in EACH_TIME else [pytest.mark.full, long]
        kinds = ["sqlite", pytest.param("postgresql", marks=marks)]
        kinds += [pytest.param("two nodes", marks=marks)] if module in ON_TWO_NODES else []
        metafunc.parametrize("product", kinds, indirect=True, scope="module")


@pytest.fixture(autouse=True)
def idle_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """What leads to two nodes leads there through this process: its sockets are no leak of a test."""
    yield
    running = getattr(request.node, "funcargs", {}).get("product")
    if isinstance(running, TwoNodes):
        running.idle()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    folder: Path = tmp_path_factory.mktemp("product")
    async with contextlib.AsyncExitStack() as stack:
        if getattr(request, "param", "sqlite") == "two nodes":
            yield TwoNodes(await stack.enter_async_context(running_cluster(folder)))
            return
        on_postgresql = getattr(request, "param", "sqlite") == "postgresql"
        settings = {"database": await stack.enter_async_context(new_database())} if on_postgresql else {}
        yield await stack.enter_async_context(running_product(folder, **settings))
