"""Numbers for the operator in Prometheus' text format, on a listener of their own: how much there is to do, and how well it goes.

Counts only: no name, no id of a session or a person, no address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

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


class Metrics:
    """`load` gives the newest that the media worker has said of itself, None while there is none."""

    def __init__(self, rooms: Rooms, load: Callable[[], WorkerLoad | None]) -> None:
        self._rooms = rooms
        self._load = load

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.metrics)]

    async def metrics(self, _: web.Request) -> web.Response:
        body = written((*of_rooms(self._rooms), *of_worker(self._load())))
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
