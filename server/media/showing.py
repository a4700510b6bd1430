"""How large each picture is shown, as wishes for the choice of layers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.media.control import PersonPolicy, RoomPolicy
from server.media.fan import StreamFan
from server.media.gates import Key
from server.media.ingress import LOWER, UPPER
from server.media.layers import Place, Want
from server.media.rtp import PICTURES

_LOWER_BPS = 200_000
_WORTH = 1.2


def wants_of(policy: RoomPolicy, fans: Mapping[Key, Sequence[StreamFan]], now_ns: int) -> list[Want[Key]]:
    """Of the pictures among the keys, in their order. A layer that does not come at present cannot be chosen."""
    wants = []
    for key, layers in fans.items():
        person = policy.people.get(key[0])
        if key[1] not in PICTURES or person is None:
            continue
        place = _place(person, key)
        rates: list[int | None] = [None, None]
        for fan in layers:
            rates[fan.stream.layer] = fan.rate_bps(now_ns, _expected_bps(person, fan))
        lower_bps, upper_bps = rates[LOWER], rates[UPPER]
        if key[1] == "camera" and lower_bps and upper_bps and upper_bps < _WORTH * lower_bps:
            rates[UPPER] = None  # its publisher's line is so narrow that a few pictures a second come
        wants.append(Want(key, place, tuple(rates), LOWER if place == "small" else UPPER))
    return wants


def _place(person: PersonPolicy, key: Key) -> Place:
    if key[1] == "screen":
        return "screen"
    return "large" if person.camera_shown == "large" else "small"


def _expected_bps(person: PersonPolicy, fan: StreamFan) -> int:
    """Of a layer that has only just begun."""
    if fan.stream.layer == LOWER:
        return _LOWER_BPS
    return person.screen_max_bps if fan.stream.source == "screen" else person.camera_max_bps
