"""Which coordination the settings ask for. Redis' library is an extra, needed only by who has the setting `redis`."""

from __future__ import annotations

from server.cluster.coordination import Coordination
from server.cluster.memory import Hub
from server.settings import Settings, SettingsError


def coordination_of(settings: Settings, node: str) -> Coordination:
    """Raises SettingsError. `node` is this node's name."""
    if not settings.redis:
        return Hub().node(node)
    try:
        from server.cluster.redis import RedisCoordination
    except ImportError as error:
        raise SettingsError("redis: its library is missing, install microteach[cluster]") from error
    try:
        return RedisCoordination(settings.redis, node, settings.secret)
    except (ValueError, TypeError) as error:
        raise SettingsError("redis: not an address of a Redis, as redis://:PASSWORD@HOST:6379/0") from error
