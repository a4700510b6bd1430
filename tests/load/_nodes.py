"""Nodes of a cluster as server processes on this machine, with a PostgreSQL that syncs, a Redis, and what these two were asked to do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from tests.fakes.page import Page
from tests.fakes.postgres import Postgres, own_postgres
from tests.fakes.redis import RedisServer, redis_server
from tests.load._serving import Served, free_port, serving

SECRET: Final = "only for a bench, the same on all nodes"
STATEMENTS: Final = "shared_preload_libraries=pg_stat_statements"
TRANSACTION: Final = """
INSERT INTO bench_events (session, seq, body) VALUES (md5(random()::text), (random() * 1000000000)::bigint, repeat('x', 200));
"""
BENCH_S: Final = 5


@dataclass(frozen=True)
class Asked:
    """So far: commands of Redis, committed transactions and statements of PostgreSQL; CPU of them and of the nodes."""

    redis: int
    transactions: int
    statements: int
    nodes_s: float
    postgres_s: float
    redis_s: float

    def since(self, before: Asked) -> Asked:
        return Asked(**{each.name: getattr(self, each.name) - getattr(before, each.name) for each in fields(self)})


@dataclass(frozen=True)
class Nodes:
    served: list[Served]
    postgres: Postgres
    redis: RedisServer

    async def asked(self) -> Asked:
        told = await self.redis.ask("INFO", "commandstats")
        commands = sum(int(found) for found in re.findall(r"calls=(\d+)", told))
        transactions = await self.postgres.run("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'")
        statements = await self.postgres.run("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements")
        return Asked(
            redis=commands,
            transactions=int(transactions[0][0]),
            statements=int(statements[0][0]),
            nodes_s=sum(each.cpu_s for each in self.served if Path(f"/proc/{each.pid}").exists()),
            postgres_s=_cpu_s_of_all("postgres"),
            redis_s=_cpu_s_of_all("redis-server"),
        )

    def kill(self, number: int) -> None:
        os.kill(self.served[number].pid, signal.SIGKILL)


@contextlib.asynccontextmanager
async def running_nodes(folder: Path, count: int, plans: Path, people: int) -> AsyncIterator[Nodes]:
    async with contextlib.AsyncExitStack() as stack:
        postgres = stack.enter_context(own_postgres(STATEMENTS))
        await postgres.run("CREATE EXTENSION pg_stat_statements")
        redis = await stack.enter_async_context(redis_server())
        served = []
        for number in range(count):
            more = {
                "database": postgres.url(),
                "redis": redis.url,
                "secret": SECRET,
                "node": f"node-{number}",
                "node_listen": f"127.0.0.1:{free_port()}",
            }
            place = folder / f"node-{number}"
            place.mkdir()
            served.append(await stack.enter_async_context(serving(place, plans, people, more=more)))
        await asyncio.sleep(2)  # until they know of each other
        yield Nodes(served, postgres, redis)


def moved(link: str, url: str) -> str:
    """The same link at another node's address."""
    return re.sub(r"^https?://[^/]+", url, link)


async def retry_until_there(page: Page, within_s: float) -> None:
    """A page that is told to come back, or finds nobody, tries again each 100 ms. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                await page.connect()
                return
            except Exception:  # noqa: BLE001 -- refused, closed, moving: all the same to somebody who waits
                await page.disconnect()
                await asyncio.sleep(0.1)


async def capacities(nodes: Nodes) -> dict[str, float]:
    """What Redis and PostgreSQL do here when asked for nothing but small things: commands and transactions a second."""
    await nodes.postgres.run("CREATE TABLE bench_events (session text, seq bigint, body text, PRIMARY KEY (session, seq))")
    found = {"postgres_tx_per_s": await _pgbench(nodes.postgres)}
    found["redis_per_s"] = await _redis_benchmark(nodes.redis)
    return found


async def _pgbench(postgres: Postgres) -> float:
    program = shutil.which("pgbench") or str(max(Path("/usr/lib/postgresql").glob("*/bin/pgbench")))
    host = postgres.url().partition("host=")[2].partition("&")[0]
    asked = ["-n", "-h", host, "-U", "postgres", "-c", "16", "-j", "1", "-T", str(BENCH_S), "-f", "-", "postgres"]
    return await asyncio.to_thread(_said, [program, *asked], TRANSACTION, r"tps = ([\d.]+)")


async def _redis_benchmark(redis: RedisServer) -> float:
    program = shutil.which("redis-benchmark")
    if program is None:
        return 0.0
    asked = ["-p", str(redis.port), "-t", "set", "-n", "100000", "-c", "16", "-q"]
    return await asyncio.to_thread(_said, [program, *asked], "", r"SET: ([\d.]+) requests per second")


def _said(command: list[str], given: str, pattern: str) -> float:
    output = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    found = re.findall(pattern, output.stdout)
    return float(found[-1]) if found else 0.0


def _cpu_s_of_all(name: str) -> float:
    """Of all processes of this name below this one."""
    total, ours = 0.0, os.getpid()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = path.read_text()
            fields = text.rpartition(")")[2].split()
            if name.startswith(text[text.index("(") + 1 : text.rindex(")")]) and ours in _ancestors(int(path.parent.name)):
                total += (int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return total


def _ancestors(process: int) -> list[int]:
    found = []
    while process > 1:
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        found.append(process)
    return found
