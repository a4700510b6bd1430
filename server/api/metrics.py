"""Numbers for the operator in Prometheus' text format, on a listener of their own: how much there is to do, and how well it goes.

Counts only: no name, no id of a session or a person, no address.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server.media.control import WorkerLoad
from server.rooms.lines import counted
from server.rooms.quality import LEVELS
from server.rooms.registry import Rooms

PREFIX = "microteach_"
COUNT_S = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the parts of a node know beside its rooms; None: there is no such part here. `write_s`: how long the last write took."""

    ready: Callable[[], Awaitable[bool]] | None = None
    write_s: Callable[[], float | None] | None = None
    sessions: Callable[[], Awaitable[Mapping[str, int]]] | None = None
    jobs: Callable[[], Awaitable[Mapping[str, int]]] | None = None
    redis_reachable: Callable[[], bool] | None = None
    members: Callable[[], int] | None = None
    draining: Callable[[], bool] | None = None
    files_behind: Callable[[], int] | None = None
    behind_s: Callable[[], float] | None = None
    duties: Callable[[], Mapping[str, bool]] | None = None


class Metrics:
    """`load` gives the newest that the media worker has said of itself, None while there is none."""

    def __init__(self, rooms: Rooms, load: Callable[[], WorkerLoad | None], figures: Figures | None = None) -> None:
        self._rooms = rooms
        self._load = load
        self._figures = figures or Figures()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.metrics)]

    async def metrics(self, _: web.Request) -> web.Response:
        body = written((*of_rooms(self._rooms), *of_worker(self._load()), *await of_node(self._figures)))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def of_rooms(rooms: Rooms) -> Iterator[Metric]:
    levels, totals = counted(rooms.lines), rooms.totals
    yield gauge("rooms", "Sessions in memory.", len(rooms.lines))
    yield gauge("pages", "Pages that are open in them.", rooms.pages)
    yield gauge("recordings", "Lessons that are being recorded.", rooms.recording)
    yield gauge("full", "1 while nobody new is let in.", rooms.full)
    connections = GaugeMetricFamily(PREFIX + "connections", "People by how good their connection is.", labels=["level"])
    for level in LEVELS:
        connections.add_metric([level], levels[level])
    yield connections
    weak = {"fair": totals.fair_ms / 1000, "poor": totals.poor_ms / 1000, "lost": totals.lost_ms / 1000}
    yield counter("weak_seconds", "Time that people had a weak connection.", weak)
    yield counter("reconnects", "Connections that were made anew.", totals.reconnects)
    yield counter("freezes", "Pictures that stood still, as pages count them.", totals.freezes)


def of_worker(load: WorkerLoad | None) -> Iterator[Metric]:
    yield gauge("media_up", "1 while the media worker says how it is.", load is not None)
    if load is None:
        return
    yield gauge("media_rooms", "Rooms in the media worker.", load.rooms)
    yield gauge("media_peers", "People with connections in it.", load.peers)
    yield gauge("media_cpu_share", "How much of one core it uses.", load.cpu_share)
    yield gauge("media_tick_late_seconds", "The worst lateness of its 20 ms tick in two seconds.", load.late_ms / 1000)
    yield gauge("media_received_packets_per_second", "Datagrams in.", load.received_per_s)
    yield gauge("media_sent_packets_per_second", "Datagrams out.", load.sent_per_s)
    yield gauge("media_unsent_packets", "Datagrams that the kernel did not take, in two seconds.", load.unsent)
    yield gauge("media_dropped_packets", "Datagrams that the kernel dropped before they were read, in two seconds.", load.dropped)
    yield gauge("media_pressure", "0 all is well, 1 small pictures rest, 2 large ones too, 3 nobody new.", load.pressure)


async def of_node(figures: Figures) -> list[Metric]:
    """Whoever asks for numbers gets those that there are, also while the database is away."""
    found = []
    if figures.ready:
        found.append(gauge("ready", "1 while new people can come in here; /readyz says why not.", await figures.ready()))
    if figures.write_s and (write_s := figures.write_s()) is not None:
        found.append(gauge("database_write_seconds", "How long the last trial of a write took.", write_s))
    if figures.redis_reachable:
        found.append(gauge("redis_up", "1 while Redis answers.", figures.redis_reachable()))
    if figures.members:
        found.append(gauge("members", "Nodes that live, as far as this one knows.", figures.members()))
    if figures.draining:
        found.append(gauge("draining", "1 while this node hands over its rooms.", figures.draining()))
    if figures.files_behind:
        found.append(gauge("files_behind", "Closed files that are not in the store yet.", figures.files_behind()))
    if figures.behind_s:
        found.append(gauge("files_behind_seconds", "How long the oldest of them waits.", figures.behind_s()))
    if figures.duties:
        duties = GaugeMetricFamily(PREFIX + "duty", "1 while this node has what only one of them does.", labels=["duty"])
        for duty, held in sorted(figures.duties().items()):
            duties.add_metric([duty], held)
        found.append(duties)
    tables = (("stored_sessions", "Sessions in the database.", figures.sessions), ("jobs", "Films and pictures to make.", figures.jobs))
    for name, help_, count in tables:
        if count and (counts := await _in_time(count)) is not None:
            states = GaugeMetricFamily(PREFIX + name, help_, labels=["state"])
            for state, number in sorted(counts.items()):
                states.add_metric([state], number)
            found.append(states)
    return found


async def _in_time(count: Callable[[], Awaitable[Mapping[str, int]]]) -> Mapping[str, int] | None:
    try:
        async with asyncio.timeout(COUNT_S):
            return await count()
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with the database, the other numbers are told
        log.warning("the database gives no numbers: %s", type(error).__name__)
        return None


def gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, help_, value=value)


def counter(name: str, help_: str, value: float | Mapping[str, float]) -> Metric:
    """Several by level."""
    if not isinstance(value, Mapping):
        return CounterMetricFamily(PREFIX + name, help_, value=value)
    family = CounterMetricFamily(PREFIX + name, help_, labels=["level"])
    for level, part in value.items():
        family.add_metric([level], part)
    return family


def written(metrics: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Counted(list(metrics)))
    return generate_latest(registry)


class _Counted(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
