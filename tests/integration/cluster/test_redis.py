"""Coordination in a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.cluster.redis import RedisCoordination
from tests.fakes.coordinations import CoordinationContract, Pair
from tests.fakes.redis import redis_server

SECRET = "s" * 32


class TestRedis(CoordinationContract):
    @pytest.fixture
    async def pair(self) -> AsyncIterator[Pair]:
        async with redis_server() as redis:
            a, b = RedisCoordination(redis.url, "a", SECRET), RedisCoordination(f"unix://{redis.socket}", "b", SECRET)
            try:
                yield Pair(a, b)
            finally:
                await a.close()
                await b.close()
