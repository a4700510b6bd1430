"""A browser is told of every loss until its sending less has not helped."""

from __future__ import annotations

import itertools

import pytest

from server.media.uplink_loss import UplinkLoss

STEP_NS = 80_000_000


class Line:
    def __init__(self) -> None:
        self.loss = UplinkLoss()
        self._steps = itertools.count()

    def goes_on(self, seconds: float, *, share: float, bps: float) -> bool:
        """Packets of 1,000 bytes; at least 60 packets a second, as voices have."""
        for _ in range(round(seconds * 1e9 / STEP_NS)):
            total = max(bps / 8_000, 60) * STEP_NS / 1e9
            self.loss.add(round(1_000 * total * share), round(1_000 * total), int(bps / 8 * STEP_NS / 1e9), next(self._steps) * STEP_NS)
        return self.loss.is_usual


def test_a_line_that_loses_whatever_is_sent() -> None:
    line = Line()
    assert not line.goes_on(5, share=0.0, bps=2e6)
    assert not line.goes_on(2, share=0.2, bps=1.5e6), "perhaps it is too much"
    assert not line.goes_on(0.5, share=0.2, bps=0.7e6), "perhaps by chance"
    assert line.goes_on(1.5, share=0.2, bps=0.6e6)
    assert line.goes_on(60, share=0.2, bps=2e6), "and now it may send more"


@pytest.mark.parametrize("share_after", [0.0, 0.05, 0.09])
def test_sending_less_has_helped(share_after: float) -> None:
    line = Line()
    line.goes_on(5, share=0.0, bps=2e6)
    line.goes_on(2, share=0.2, bps=1.5e6)
    assert not line.goes_on(60, share=share_after, bps=0.7e6)


def test_a_little_loss_changes_nothing() -> None:
    line = Line()
    line.goes_on(5, share=0.0, bps=2e6)
    line.goes_on(30, share=0.05, bps=2e6)
    assert not line.goes_on(30, share=0.05, bps=0.3e6)


def test_more_than_any_line_loses_by_itself_is_told() -> None:
    line = Line()
    line.goes_on(5, share=0.0, bps=2e6)
    assert not line.goes_on(30, share=0.5, bps=0.2e6)
    line.goes_on(5, share=0.0, bps=2e6)
    line.goes_on(2, share=0.2, bps=2e6)
    assert line.goes_on(2, share=0.2, bps=0.6e6)
    assert line.goes_on(0.5, share=0.5, bps=0.6e6)
    assert not line.goes_on(3, share=0.5, bps=0.6e6)


def test_a_line_that_is_good_again() -> None:
    line = Line()
    line.goes_on(2, share=0.2, bps=2e6)
    assert line.goes_on(3, share=0.2, bps=0.6e6)
    assert not line.goes_on(4, share=0.0, bps=2e6)
    assert not line.goes_on(2, share=0.2, bps=2e6), "judged anew"


def test_lossy_from_the_first_packet_on() -> None:
    line = Line()
    line.goes_on(1, share=0.2, bps=0.6e6)
    assert line.goes_on(3, share=0.2, bps=0.2e6)
