"""The listener for whoever runs this node: numbers, whether it is well, a connection for trial. At an address that people do not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from server.api.health import Health, Timed, whether
from server.api.metrics import Figures, Metrics
from server.api.trial import Trials
from server.blobs.mirror import Mirror
from server.media.checks import Checks
from server.media.client import MediaClient
from server.media.control import WorkerLoad
from server.membership import Membership
from server.review.recorder_client import RecorderClient
from server.rooms.registry import Rooms
from server.store.engine import Store
from server.store.probing import jobs_by_state, sessions_by_state, write_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """`load`: the newest that the media worker has said of itself, None while there is none. `mirrored`: files are copied somewhere."""

    store: Store
    rooms: Rooms
    media: MediaClient
    recorder: RecorderClient
    checks: Checks
    load: Callable[[], WorkerLoad | None]
    member: Membership
    mirror: Mirror
    mirrored: bool


async def operators_listener(address: str, of: Observed) -> web.AppRunner:
    """`address` is host:port, empty: nowhere. To be cleaned up by the caller."""
    write = Timed(lambda: write_nothing(of.store))
    health = Health(
        {
            "database": write,
            "media": whether(lambda: of.media.connected, "the media worker is not there"),
            "recorder": whether(lambda: of.recorder.connected, "the recorder is not there"),
            "disk": whether(lambda: of.rooms.disk != "full", "the disk is full: nothing is recorded"),
            "redis": whether(lambda: _reaches_redis(of.member), "Redis does not answer: rooms go on, nothing is taken over"),
            "name": whether(
                lambda: not _name_taken(of.member), "another node has this one's name: change the setting `node` of one of them"
            ),
            "draining": whether(lambda: not of.member.draining, "this node ends: new people come in at others"),
        }
    )
    metrics = Metrics(of.rooms, lambda: of.load() if of.media.connected else None, _figures(of, health, write))
    application = web.Application()
    application.add_routes([*metrics.routes(), *health.routes(), *Trials(of.checks).routes()])
    application.on_cleanup.append(health.close)
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    if address:
        host, _, port = address.rpartition(":")
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    return runner


def _figures(of: Observed, health: Health, write: Timed) -> Figures:
    members = of.member.members
    return Figures(
        ready=health.is_ready,
        write_s=lambda: write.took_s,
        sessions=lambda: sessions_by_state(of.store),
        jobs=lambda: jobs_by_state(of.store),
        draining=lambda: of.member.draining,
        redis_reachable=(lambda: members.numbers().reachable) if members else None,
        duties=of.member.duties,
        members=(lambda: members.numbers().members) if members else None,
        files_behind=(lambda: of.mirror.behind().files) if of.mirrored else None,
        behind_s=(lambda: of.mirror.behind().seconds) if of.mirrored else None,
    )


def _reaches_redis(member: Membership) -> bool:
    return member.members is None or member.members.reachable


def _name_taken(member: Membership) -> bool:
    return member.members is not None and member.members.numbers().name_taken
