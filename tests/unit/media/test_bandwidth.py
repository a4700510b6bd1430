"""Pictures are as good as the link allows, soon after the start and after every change, and sound never waits behind them.

Every run is seeded and on a clock of its own; the promise is in each test's numbers.
"""

from __future__ import annotations

from statistics import mean

import pytest

from server.media.bandwidth import LEAST_BPS, PAUSE_NS, START_BPS, Estimator
from server.media.layers import LayerChooser, Want, wanted_bps
from server.media.results import Results
from server.media.transport_cc import REFERENCE_PERIOD_US
from tests.unit.media._link import MS, Link, Run, S


@pytest.mark.parametrize("rate_bps", [300_000, 1_000_000, 3_000_000])
def test_the_rate_of_a_link_is_found_within_five_seconds_and_kept(rate_bps: int) -> None:
    run = Run(Link(rate_bps))
    run.for_seconds(4)
    assert 0.7 <= mean(run.for_seconds(2)) / rate_bps <= 0.95
    run.for_seconds(4)
    later = run.for_seconds(10)
    assert 0.8 * mean(later) <= min(later) and max(later) <= 1.2 * mean(later), "no swinging"
    assert 0.7 <= mean(later) / rate_bps <= 1.0
    assert sum(run.queued_ms[60:]) / len(run.queued_ms[60:]) < 40, "sound would come late behind our own pictures"


def test_sharp_from_the_first_second() -> None:
    run = Run(Link(50_000_000), wanted_bps=3_000_000)
    assert run.for_seconds(0.1) == [START_BPS]
    assert run.for_seconds(0.9)[-1] >= 3_000_000


def test_a_deep_queue_at_the_start_is_emptied_before_the_pictures_get_better() -> None:
    run = Run(Link(300_000, queue_ms=1000))
    run.for_seconds(4)
    assert 0.7 <= mean(run.for_seconds(4)) / 300_000 <= 0.95
    assert max(run.queued_ms[50:]) < 200, "a probe and a frame"


@pytest.mark.parametrize("loss", [0.1, 0.2])
@pytest.mark.parametrize("jitter_ms", [0, 30])
def test_losses_that_are_not_ours_do_not_cost_the_picture(loss: float, jitter_ms: float) -> None:
    run = Run(Link(3_000_000, loss=loss, jitter_ms=jitter_ms))
    assert min(run.for_seconds(12)) >= 1_200_000


def test_losses_that_are_ours_end() -> None:
    """A link that drops what is over instead of letting it wait."""
    run = Run(Link(1_000_000, queue_ms=50))
    run.for_seconds(3)
    lost_before, sent_before = run.lost, run.sent
    assert 0.7 <= mean(run.for_seconds(5)) / 1_000_000 <= 1.0
    assert (run.lost - lost_before) / (run.sent - sent_before) < 0.02


@pytest.mark.parametrize("jitter_ms", [10, 30])
def test_jitter_is_no_queue(jitter_ms: float) -> None:
    run = Run(Link(3_000_000, jitter_ms=jitter_ms))
    run.for_seconds(5)
    assert min(run.for_seconds(10)) >= 1_800_000
    quiet = Run(Link(3_000_000, jitter_ms=jitter_ms), sends_bps=200_000)
    assert min(quiet.for_seconds(10)) >= START_BPS, "nor when little is sent"


@pytest.mark.parametrize("stall_ms", [0, 150])
def test_a_picture_that_needs_little_stays_when_the_link_becomes_slower_but_carries_it(stall_ms: float) -> None:
    """Each packet takes longer on the slower link, which looks like a queue for a moment; and pages stall."""
    run = Run(Link(100_000_000, stall_ms=stall_ms), wanted_bps=250_000, sends_bps=180_000)
    run.for_seconds(5)
    run.link.rate_bps = 600_000
    assert min(run.for_seconds(10)) >= 200_000


def test_less_is_sent_soon_after_the_link_gets_worse_and_more_soon_after_it_gets_better() -> None:
    run = Run(Link(3_000_000))
    run.for_seconds(6)
    run.link.rate_bps = 500_000
    run.for_seconds(5)
    assert max(run.for_seconds(4)) <= 500_000
    assert max(run.queued_ms[-10:]) < 60
    run.link.rate_bps = 3_000_000
    run.for_seconds(8)
    assert mean(run.for_seconds(2)) >= 2_000_000


def test_without_probes_it_gets_better_too_only_slower() -> None:
    run = Run(Link(3_000_000), probes=False)
    run.for_seconds(12)
    assert mean(run.for_seconds(2)) >= 2_400_000


def test_after_half_a_minute_of_silence_it_goes_on() -> None:
    run = Run(Link(3_000_000))
    run.for_seconds(6)
    run.link.down = True
    run.for_seconds(30)
    run.link.down = False
    run.for_seconds(5)
    assert min(run.for_seconds(3)) >= 2_000_000


def test_when_every_picture_rests_one_is_tried_again() -> None:
    """Sound is not counted, so nothing is heard of the link as long as no picture is sent."""
    run = Run(Link(100_000), probes=False)
    run.for_seconds(5)
    run.sends_bps = 0
    run.link.rate_bps = 2_000_000
    assert run.for_seconds(4)[-1] < 120_000
    run.probes = True
    run.for_seconds(10)
    assert 300_000 < run.estimator.estimate_bps < 600_000, "one, not all of them"
    run.sends_bps = 300_000
    run.for_seconds(3)
    assert run.estimator.estimate_bps > 1_000_000
    run.sends_bps = 0
    run.estimator.set_wanted(0)
    before = run.estimator.estimate_bps
    assert run.for_seconds(8)[-1] == before, "nothing is hoped for that nobody wants"


def test_feedback_may_be_lost() -> None:
    run = Run(Link(3_000_000, feedback_loss=0.1))
    run.for_seconds(5)
    assert min(run.for_seconds(8)) >= 2_000_000


def test_a_longer_way_is_no_queue_of_ours() -> None:
    """From Wi-Fi to mobile: 200 ms more for every packet, for good."""
    run = Run(Link(3_000_000))
    run.for_seconds(6)
    run.link.delay_ms += 200
    run.for_seconds(15)
    assert min(run.for_seconds(5)) >= 2_000_000


def test_what_is_sent_little_is_known_by_probes_alone() -> None:
    probed = Run(Link(3_000_000), sends_bps=200_000)
    assert 2_000_000 <= probed.for_seconds(8)[-1] <= 3_300_000
    unknown = Run(Link(3_000_000), sends_bps=200_000, probes=False)
    assert max(unknown.for_seconds(8)) == START_BPS


def test_people_behind_one_line_share_it() -> None:
    """The estimates may differ for a while, but nobody keeps the others' queue full."""
    link = Link(3_000_000)
    runs = [Run(link, seed=seed) for seed in range(3)]
    for millisecond in range(12_000):
        for at, run in enumerate(runs):
            run.millisecond() if millisecond >= at * 300 else run.sleep()
    late = [[estimate for seconds, estimate in run.trace if seconds > 6] for run in runs]
    assert sum(mean(estimates) for estimates in late) <= 3_300_000
    assert min(mean(estimates) for estimates in late) >= 150_000
    assert mean(runs[0].queued_ms[60:]) < 100


@pytest.mark.parametrize(("rate_bps", "small", "large"), [(800_000, 2, 0), (1_600_000, 5, 0), (4_000_000, 5, 1)])
def test_with_the_choice_of_layers_pictures_find_their_place_and_stay(rate_bps: int, small: int, large: int) -> None:
    room = [Want(name, "small", (200_000, None), 0) for name in "abcd"] + [Want("teacher", "large", (200_000, 1_500_000), 1)]
    run, chooser = Run(Link(rate_bps), wanted_bps=int(1.25 * wanted_bps(room))), LayerChooser[str]()
    chosen: dict[str, int | None] = {}
    changes = 0
    for _ in range(150):
        before, chosen = chosen, chooser.choose(room, run.estimator.estimate_bps, run.now_ns)
        changes += sum(before[key] != layer for key, layer in chosen.items()) if run.now_ns > run.began_ns + 5 * S else 0
        run.sends_bps = sum(want.rates_bps[layer] or 0 for want in room if (layer := chosen[want.key]) is not None)
        run.for_seconds(0.1)
    shown = [layer for layer in chosen.values() if layer is not None]
    assert len(shown) >= small and chosen["teacher"] == large
    assert changes <= 3
    assert mean(run.queued_ms[50:]) < 40


@pytest.mark.parametrize("seed", range(4))
def test_voices_do_not_pay_for_a_picture_that_the_link_cannot_carry(seed: int) -> None:
    room = [Want("teacher", "large", (170_000, 1_500_000), 1)]
    run, chooser = Run(Link(50_000_000), wanted_bps=int(1.25 * wanted_bps(room)), voices_bps=220_000, seed=seed), LayerChooser[str]()
    shown: list[int | None] = []

    def go(seconds: float) -> None:
        shown.clear()
        for _ in range(int(seconds * 10)):
            shown.append(chooser.choose(room, run.estimator.estimate_bps, run.now_ns)["teacher"])
            run.sends_bps = room[0].rates_bps[layer] if (layer := shown[-1]) is not None else 0
            run.for_seconds(0.1)

    go(6)
    run.link.rate_bps = 300_000
    run.link.queue_ms = 250
    go(5)
    run.voices_sent = run.voices_lost = 0
    go(60)
    assert run.voices_lost < 0.01 * run.voices_sent
    run.link.rate_bps = 3_000_000
    go(8)
    assert shown[-1] is not None
    go(4)
    assert shown[-1] == 1, "and it is back soon after the link is wide again"


def test_nothing_is_probed_for_more_than_is_wanted() -> None:
    run = Run(Link(3_000_000), wanted_bps=1_000_000)
    run.for_seconds(6)
    assert run.probed_bytes == 0
    run.estimator.set_wanted(2_000_000)
    run.for_seconds(6)
    assert 0 < run.probed_bytes < 100_000
    assert not run.estimator.is_limited


def test_probes_of_a_link_that_stays_slow_are_a_small_part_of_it() -> None:
    run = Run(Link(300_000))
    run.for_seconds(20)
    assert run.probed_bytes * 8 < 0.1 * 300_000 * 20


def test_a_link_that_carries_nothing_much_keeps_a_floor() -> None:
    run = Run(Link(40_000))
    run.for_seconds(8)
    assert run.estimator.estimate_bps >= LEAST_BPS
    run.link.rate_bps = 2_000_000
    run.for_seconds(12)
    assert run.estimator.estimate_bps >= 1_200_000


def test_the_receivers_clock_may_begin_again() -> None:
    estimator = Estimator(0)
    estimator.set_wanted(5_000_000)
    for number in range(100):
        now_ns = number * 100 * MS
        sent_ns = [now_ns + at * 10 * MS for at in range(10)]
        arrived_us = [(REFERENCE_PERIOD_US - 5_000_000 + at_ns // 1000) % REFERENCE_PERIOD_US for at_ns in sent_ns]
        results = [(sent, arrived, 1200, 0) for sent, arrived in zip(sent_ns, arrived_us, strict=True)]
        estimator.on_feedback(Results(results), now_ns + 150 * MS)
        estimator.probe_due(now_ns)
    assert estimator.estimate_bps >= 1_000_000


def test_what_makes_no_sense_is_survived() -> None:
    estimator = Estimator(0)
    estimator.set_wanted(5_000_000)
    estimator.on_rtt(-5)
    estimator.on_feedback(Results([]), 1)
    estimator.on_feedback(Results([(5, None, 100, 0)] * 50), 2)
    estimator.on_feedback(Results([(5, 5, 0, 0)] * 50), 3)
    estimator.on_feedback(Results([(9 * S, 0, 1200, 77), (1, REFERENCE_PERIOD_US - 1, 1200, 78)]), 3)
    for number in range(200):
        estimator.on_feedback(Results([(number, (number * 7919) % 1000, 1200, 0), (number, 0, 1, 0)]), number * PAUSE_NS // 60)
        estimator.probe_due(number * PAUSE_NS // 60)
        assert LEAST_BPS <= estimator.estimate_bps <= 20_000_000
