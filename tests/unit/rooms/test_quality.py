"""How good a connection is: what counts, in which direction, and that no badge flickers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import msgspec
import pytest

from server.media.control import PeerQuality, SentLayer
from server.rooms.quality import BETTER_MS, HOLD_MS, Judged, Steady, down_of, up_of
from server.wire.connections import Level, Quality

FINE = PeerQuality(
    peer="ana",
    session="m1",
    up_bps=900_000,
    up_loss=0.0,
    up_rtt_ms=40,
    up_jitter_ms=5,
    down_bps=2_000_000,
    down_loss=0.01,
    down_rtt_ms=40,
    estimate_bps=4_000_000,
    layers=(SentLayer(peer="maria", source="camera", layer=1, wanted=1),),
)
SEEN = Quality(session="m1", frozen={}, gaps={}, freezes=0, rtt_ms=40, sending="well")
EVERY_MS = 2_000
BEGAN_MS = 1_774_000_000_000
GOOD: list[Level] = ["good"]
FAIR: list[Level] = ["fair"]
POOR: list[Level] = ["poor"]


def peer(**changes: object) -> PeerQuality:
    return msgspec.structs.replace(FINE, **changes)


def seen(**changes: object) -> Quality:
    return msgspec.structs.replace(SEEN, **changes)


def resting(layer: int | None) -> tuple[SentLayer, ...]:
    return (SentLayer(peer="maria", source="camera", layer=layer, wanted=1),)


@pytest.mark.parametrize(
    ("counted", "noticed", "level"),
    [
        (FINE, None, "good"),
        (peer(up_loss=None, up_rtt_ms=None, up_jitter_ms=None), SEEN, "good"),
        (peer(up_loss=0.06), SEEN, "fair"),
        (peer(up_loss=0.2), SEEN, "poor"),
        (peer(up_rtt_ms=301), SEEN, "fair"),
        (peer(up_rtt_ms=900), SEEN, "poor"),
        (peer(up_jitter_ms=500), SEEN, "good"),
        (FINE, seen(sending="reduced"), "fair"),
        (peer(down_loss=0.5), seen(frozen={"maria": 90}), "good"),
    ],
)
def test_what_others_get_from_a_person(counted: PeerQuality, noticed: Quality | None, level: Level) -> None:
    assert up_of(counted, noticed) == level


@pytest.mark.parametrize(
    ("counted", "noticed", "level"),
    [
        (FINE, None, "good"),
        (peer(down_loss=0.06), SEEN, "fair"),
        (peer(down_loss=0.2), SEEN, "poor"),
        (FINE, seen(rtt_ms=900), "poor"),
        (FINE, seen(frozen={"maria": 15}), "fair"),
        (FINE, seen(frozen={"maria": 35}), "poor"),
        (FINE, seen(gaps={"maria": 6}), "fair"),
        (FINE, seen(frozen={"ben": 90}, gaps={"ben": 90}), "good"),
        (peer(estimate_bps=80_000), SEEN, "poor"),
        (peer(layers=resting(None)), SEEN, "fair"),
        (peer(layers=resting(0)), SEEN, "good"),
        (peer(up_loss=0.5), SEEN, "good"),
    ],
)
def test_what_a_person_gets_unless_it_comes_badly_from_somebody_whose_own_line_is_weak(
    counted: PeerQuality, noticed: Quality | None, level: Level
) -> None:
    assert down_of(counted, noticed, frozenset({"ben"}), 0) == level


def test_pictures_that_a_busy_server_holds_back_are_nobodys_weak_line() -> None:
    assert down_of(peer(layers=resting(None)), SEEN, frozenset(), 1) == "good"


def shown(levels: Iterable[Level]) -> list[Level]:
    """What is shown while these are heard, one each two seconds."""
    steady = Steady()
    told: list[Level] = []
    for count, level in enumerate(levels):
        steady.hear(level, BEGAN_MS + count * EVERY_MS)
        told.append(steady.level)
    return told


def test_one_bad_moment_is_not_shown() -> None:
    assert set(shown(["poor", "good", "poor", "poor", "good", "good"])) == {"good"}


def test_trouble_is_shown_once_it_has_lasted_and_the_mildest_of_it() -> None:
    assert shown(["poor", "fair", "poor"]) == ["good", "good", "fair"]
    assert shown(["poor", "poor", "poor"]) == ["good", "good", "poor"]


def test_a_line_that_wavers_does_not_flicker() -> None:
    wavering: list[Level] = [level for _ in range(30) for level in ("poor", "poor", "poor", "good", "good")]
    told = shown(wavering)
    changes = sum(one != other for one, other in itertools.pairwise(told))
    assert changes == 1


def test_whatever_is_shown_stays_for_a_while() -> None:
    told = shown([*FAIR * 3, *POOR * 4, *GOOD * 12])
    kept, since = [], 0
    for place in range(1, len(told)):
        if told[place] != told[place - 1]:
            kept.append((place - since) * EVERY_MS)
            since = place
    assert all(each_ms >= HOLD_MS for each_ms in kept[1:])
    assert told[-1] == "good"


def test_it_is_good_again_only_after_a_while() -> None:
    told = shown([*POOR * 4, *GOOD * 8])
    assert told.index("good", 3) - 4 >= BETTER_MS / EVERY_MS


def test_reduced_pictures_are_said_to_the_person_and_are_no_badge() -> None:
    judged = Judged()
    for count in range(6):
        judged.hear(peer(layers=resting(0)), frozenset(), 0, BEGAN_MS + count * EVERY_MS)
    assert judged.worst == "good"
    assert judged.own(0).pictures == "reduced"
    assert judged.own(2).pictures == "server_busy"


def test_a_page_that_says_nothing_more_has_no_trouble_any_more() -> None:
    judged = Judged()
    judged.page_says(seen(frozen={"maria": 80}, sending="slow_device"), BEGAN_MS)
    for count in range(5):
        judged.hear(FINE, frozenset(), 0, BEGAN_MS + count * EVERY_MS)
    assert (judged.down.level, judged.own(0).device) == ("poor", "slow")
    for count in range(5, 20):
        judged.hear(FINE, frozenset(), 0, BEGAN_MS + count * EVERY_MS)
    assert (judged.down.level, judged.own(0).device) == ("good", "fine")


def test_what_a_page_said_of_connections_that_are_gone_does_not_count() -> None:
    judged = Judged()
    judged.page_says(seen(session="m0", frozen={"maria": 80}), BEGAN_MS)
    for count in range(5):
        judged.hear(FINE, frozenset(), 0, BEGAN_MS + count * EVERY_MS)
    assert judged.down.level == "good"
