"""What a node of a cluster says of itself while Redis and PostgreSQL go and come back, and when it ends; and what the doctor sees there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server.doctor.main import examine
from tests.fakes.cluster import Node, running_cluster
from tests.fakes.postgres import own_postgres
from tests.fakes.product import free_port
from tests.requirements import require

pytestmark = pytest.mark.full

BACK_S = 5.0  # all is as before so long after Redis came back
PATIENCE_S = 30.0


class Operator:
    """`numbers` is the node's own listener."""

    def __init__(self, numbers: str) -> None:
        self._url = f"http://{numbers}"

    async def asks(self, path: str) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as client, client.get(self._url + path) as answer:
            return answer.status, await answer.json()

    async def reasons(self) -> dict[str, str]:
        status, told = await self.asks("/readyz")
        found = {name: part["why"] for name, part in told["parts"].items() if not part["ok"]}
        assert (status == 200) is (not found)
        return found

    async def until(self, wanted: Callable[[dict[str, str]], bool], within_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(within_s):
            while not wanted(await self.reasons()):
                await asyncio.sleep(0.05)

    async def metric(self, name: str) -> float:
        async with aiohttp.ClientSession() as client, client.get(f"{self._url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(f"microteach_{name} "))


async def test_redis_and_postgres_go_and_come_back(tmp_path: Path) -> None:
    require("redis-server")
    numbers = f"127.0.0.1:{free_port(socket.SOCK_STREAM)}"
    operator = Operator(numbers)
    with own_postgres(durable=False) as postgres:
        database = await postgres.new_database()
        async with running_cluster(tmp_path, names=("a",), database=database, metrics_listen=numbers, advertise="127.0.0.1") as cluster:
            await operator.until(lambda reasons: not reasons)
            assert await operator.metric("members") == 1
            found = await doctor(cluster["a"], tmp_path)
            wanted = ("postgres", "schema", "database_clock", "node_clock", "redis", "redis_clock", "media_arrives", "port_answers")
            assert {code: found.get(code) for code in wanted} == dict.fromkeys(wanted, "ok")
            assert found["cluster_without_store"] == "warn"

            await cluster.redis.kill()
            await operator.until(lambda reasons: list(reasons) == ["redis"])
            assert await operator.metric("redis_up") == 0
            assert (await operator.asks("/healthz"))[0] == 200, "a node is not killed because Redis is away"
            assert (await doctor(cluster["a"], tmp_path))["redis_unreachable"] == "fail"
            await cluster.redis.start()
            await operator.until(lambda reasons: not reasons, BACK_S)

            postgres.stop()
            await operator.until(lambda reasons: list(reasons) == ["database"])
            assert (await operator.asks("/healthz"))[0] == 200
            postgres.start()
            await operator.until(lambda reasons: not reasons)


async def doctor(node: Node, folder: Path) -> dict[str, str]:
    """Code → level, on the node's own settings."""
    file = folder / "microteach.toml"
    values = {name: f'"{value}"' for name, value in node._settings.items() if name not in ("media_port", "sessions_at_once", "advertise")}
    values |= {"media_port": str(node.media_port), "advertise": '["127.0.0.1"]'}
    file.write_text("".join(f"{name} = {value}\n" for name, value in values.items()))
    return {finding.code: finding.level for finding in await asyncio.to_thread(examine, file, None)}
