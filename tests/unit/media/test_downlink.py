"""What goes to one subscriber: everything at first, what its link carries from then on."""

from __future__ import annotations

from server.media.batch import Link
from server.media.control import PersonPolicy, RoomPolicy
from server.media.downlink import Downlink
from server.media.fan import StreamFan
from server.media.gates import Key
from server.media.ingress import LOWER, UPPER, InboundStream
from server.media.layers import Want
from server.media.showing import wants_of
from server.media.transport_cc import TransportFeedback
from tests.fakes.plain_batch import PlainBatch

S = 1_000_000_000
MS = 1_000_000
WANTS: list[Want[Key]] = [
    Want(("maria", "camera"), "large", (200_000, 1_500_000), UPPER),
    Want(("ben", "camera"), "small", (150_000, None), LOWER),
]


def carry(downlink: Downlink, link: Link, now_ns: int, until_ns: int, link_bps: int) -> None:
    """What is chosen goes over a link whose queue never ends."""
    free_ns = now_ns
    while now_ns < until_ns:
        chosen = downlink.choose(WANTS, now_ns, 0)
        sent_bps = sum((want.rates_bps[layer] or 0) for want in WANTS if (layer := chosen[want.key]) is not None)
        first, arrivals, count = int(link.c.next_cc), [], max(1, sent_bps // 80_000)
        for _ in range(count):
            link.note(now_ns, 1_000)
            free_ns = max(free_ns, now_ns) + 8_000 * S // link_bps
            arrivals.append((free_ns + 20 * MS) // 1_000)
            now_ns += 100 * MS // count
        downlink.on_feedback(TransportFeedback(first & 0xFFFF, 0, tuple(arrivals)), now_ns + 30 * MS)


def test_a_page_that_tells_nothing_gets_everything() -> None:
    downlink = Downlink(Link())
    assert downlink.choose(WANTS, S, 0) == {("maria", "camera"): UPPER, ("ben", "camera"): LOWER}
    assert downlink.estimate_bps is None
    assert downlink.take_loss() is None


def test_a_narrow_link_gets_the_small_pictures() -> None:
    link = Link()
    downlink = Downlink(link)
    carry(downlink, link, 0, 5 * S, link_bps=600_000)
    assert downlink.choose(WANTS, 5 * S, 0) == {("maria", "camera"): LOWER, ("ben", "camera"): LOWER}


def test_a_wide_link_is_sharp_from_the_first_second_on() -> None:
    link = Link()
    downlink = Downlink(link)
    for seconds in range(1, 9):
        carry(downlink, link, (seconds - 1) * S, seconds * S, link_bps=50_000_000)
        assert downlink.choose(WANTS, seconds * S, 0) == {("maria", "camera"): UPPER, ("ben", "camera"): LOWER}


def test_loss_is_that_of_pictures_or_of_a_receiver_report_whichever_is_worse() -> None:
    link = Link()
    downlink = Downlink(link)
    for _ in range(4):
        link.note(0, 1_000)
    downlink.on_feedback(TransportFeedback(0, 0, (1_000, None, 2_000, 3_000)), S)
    assert downlink.take_loss() == 0.25
    downlink.on_loss(5, 10)
    assert downlink.take_loss() == 0.5
    assert downlink.take_loss() is None


def test_what_nobody_sent_counts_nothing() -> None:
    downlink = Downlink(Link())
    downlink.on_feedback(TransportFeedback(40_000, 0, (1, 2, None)), S)
    assert downlink.take_loss() is None


def test_who_is_on_stage_is_wanted_large_and_what_does_not_come_cannot_be() -> None:
    streams = {
        layer: InboundStream("camera", layer + 1, 0, 0, layer=layer, heard_ns=10 * S if layer == LOWER else 2 * S)
        for layer in (LOWER, UPPER)
    }
    fans = [StreamFan(PlainBatch(), stream, lambda stream, now_ns: None) for stream in streams.values()]
    policy = RoomPolicy(
        version=1, people={"maria": PersonPolicy(camera=True, camera_shown="large", camera_max_bps=1_500_000), "ben": PersonPolicy()}
    )
    keys: dict[Key, list[StreamFan]] = {("maria", "camera"): fans, ("maria", "microphone"): [], ("ben", "camera"): []}
    large, small = wants_of(policy, keys, 10 * S)
    assert (large.place, large.best, large.rates_bps) == ("large", UPPER, (200_000, None))
    assert (small.place, small.best, small.rates_bps) == ("small", LOWER, (None, None))
    streams[UPPER].heard_ns = 10 * S
    assert wants_of(policy, keys, 10 * S)[0].rates_bps == (200_000, 1_500_000), (
        "what has only just begun is expected to be as large as it may"
    )


def test_after_a_silence_nothing_is_held_against_the_line() -> None:
    link = Link()
    downlink = Downlink(link)
    carry(downlink, link, 0, 5 * S, link_bps=100_000)
    assert downlink.choose(WANTS, 5 * S, 0)["maria", "camera"] != UPPER
    downlink.begin_anew()
    assert downlink.choose(WANTS, 30 * S, 0) == {("maria", "camera"): UPPER, ("ben", "camera"): LOWER}
    carry(downlink, link, 30 * S, 36 * S, link_bps=50_000_000)
    assert downlink.choose(WANTS, 36 * S, 0) == {("maria", "camera"): UPPER, ("ben", "camera"): LOWER}
