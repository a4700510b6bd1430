"""What `microteach doctor` wants to know of a Redis. Imported only when the setting `redis` is given."""

from __future__ import annotations

import time
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from server.cluster.redis import BROKEN, WORDS

WAIT_S = 3.0
TRIALS = 5
SCRIPT = "return redis.call('TIME')[1]"


class RedisDown(Exception):
    """In words."""


@dataclass(frozen=True, slots=True)
class RedisFound:
    """`ahead_s`: how much its clock is ahead of ours. `evicts`: it throws away what it likes when it is full."""

    version: str
    answer_s: float
    ahead_s: float
    evicts: bool


async def look_at_redis(url: str) -> RedisFound:
    """Raises RedisDown."""
    client = Redis.from_url(url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S, retry=Retry(NoBackoff(), 0))
    try:
        info = await client.info("server")
        took = []
        for _ in range(TRIALS):
            began_s, wall_s = time.perf_counter(), time.time()
            told_s, told_us = await client.time()
            took.append(time.perf_counter() - began_s)
        await client.eval(SCRIPT, 0)
        policy = str((await client.info("memory")).get("maxmemory_policy", ""))
        ahead_s = told_s + told_us / 1e6 - (wall_s + took[-1] / 2)
        return RedisFound(str(info.get("redis_version", "0")), sorted(took)[TRIALS // 2], ahead_s, policy.startswith("allkeys"))
    except BROKEN as error:
        words = next((words for kind, words in WORDS if isinstance(error, kind)), type(error).__name__)
        raise RedisDown(words) from None  # its text may name the address
    finally:
        await client.aclose()
