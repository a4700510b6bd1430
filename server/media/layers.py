"""Which layer of each picture a subscriber gets, for what its link carries.

Invariant: what is chosen never needs more than the budget; down at once, up only with room to spare that has lasted. Sound is subtracted
before. Time is an argument. It must not know packets, estimators or policies.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Place = Literal["screen", "large", "small"]

HEADROOM = 1.2  # what an upgrade needs of the budget, against what it costs
SETTLE_NS = 1_500_000_000
START_NS = 3_000_000_000  # while the estimate is being found nothing has to settle
FAILED_WITHIN_NS = 10_000_000_000
WAITS_NS = (10_000_000_000, 20_000_000_000, 40_000_000_000)
RETURN_WAITS_NS = (4_000_000_000, 8_000_000_000, 16_000_000_000)  # of a picture that rests altogether
FORGIVEN_AFTER_NS = 60_000_000_000

_NO_BAR_BPS = 1 << 62
_ORDER: dict[Place, int] = {"screen": 0, "large": 1, "small": 2}

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Want(Generic[Key]):
    """A picture that a subscriber should see, `best` the highest layer that is of use.

    `rates_bps[layer]` is what the layer needs, smoothed by the caller; None where it does not come.
    """

    key: Key
    place: Place
    rates_bps: tuple[int | None, ...]
    best: int


class LayerChooser(Generic[Key]):
    """For one subscriber. The result names every wanted picture; None rests."""

    def __init__(self) -> None:
        self._steps: dict[tuple[Key, int], _Step] = {}
        self._began_ns: int | None = None

    def choose(self, wants: Sequence[Want[Key]], budget_bps: int, now_ns: int, pressure: int = 0) -> dict[Key, int | None]:
        """`pressure` as in `WorkerLoad`: from 1 on small pictures rest, from 2 on upper layers too."""
        if self._began_ns is None:
            self._began_ns = now_ns
        settle_ns = SETTLE_NS if now_ns - self._began_ns >= START_NS else 0
        before, self._steps = self._steps, {}
        chosen: dict[Key, int | None] = {want.key: None for want in wants}
        used_bps, barred_bps = 0, _NO_BAR_BPS
        for want, below, layer, more_bps in _in_order(wants, pressure):
            step = self._steps[want.key, layer] = before.pop((want.key, layer), _Step(RETURN_WAITS_NS if below is None else WAITS_NS))
            if chosen[want.key] != below:
                step.rest()
            elif (step.runs or used_bps + more_bps < barred_bps) and step.goes(used_bps + more_bps, budget_bps, now_ns, settle_ns):
                chosen[want.key] = layer
                used_bps += more_bps
            elif now_ns < step.not_before_ns:  # what needs as much would fail as well
                barred_bps = min(barred_bps, used_bps + more_bps)
        # who goes and comes back soon has not become a safe choice meanwhile
        self._steps |= {
            key: _Step(step.waits_ns, refused=True, not_before_ns=step.not_before_ns, failures=step.failures)
            for key, step in before.items()
            if step.not_before_ns > now_ns
        }
        return chosen


def wanted_bps(wants: Sequence[Want[Key]]) -> int:
    """What the best choice would need."""
    return sum(ladder[-1][1] for want in wants if (ladder := _ladder(want)))


@dataclass(slots=True)
class _Step:
    """One layer of one picture, and what became of it so far."""

    waits_ns: Sequence[int]
    runs: bool = False
    refused: bool = False  # the budget did not hold it once, so it comes (back) with hysteresis only
    up_ns: int = 0
    roomy_ns: int | None = None
    not_before_ns: int = 0
    failures: int = 0

    def goes(self, need_bps: int, budget_bps: int, now_ns: int, settle_ns: int) -> bool:
        fits = need_bps <= budget_bps
        if self.runs:
            if not fits:
                self._fall(now_ns)
            elif now_ns - self.up_ns > FORGIVEN_AFTER_NS:
                self.failures = 0
        elif not self.refused:
            self.runs, self.up_ns = fits, now_ns
            self.refused = not fits
        elif need_bps * HEADROOM > budget_bps:
            self.roomy_ns = None
        else:
            if self.roomy_ns is None:
                self.roomy_ns = now_ns
            if now_ns - self.roomy_ns >= settle_ns and now_ns >= self.not_before_ns:
                self.runs, self.up_ns = True, now_ns
        return self.runs

    def rest(self) -> None:
        """What it builds on does not run."""
        self.runs, self.refused, self.roomy_ns = False, True, None

    def _fall(self, now_ns: int) -> None:
        self.rest()
        if now_ns - self.up_ns < FAILED_WITHIN_NS:
            self.not_before_ns = now_ns + self.waits_ns[min(self.failures, len(self.waits_ns) - 1)]
            self.failures += 1


def _in_order(wants: Sequence[Want[Key]], pressure: int) -> Iterator[tuple[Want[Key], int | None, int, int]]:
    """Want, the layer below (None for the first), the layer, and what it needs more than the one below."""
    ordered = sorted((want for want in wants if pressure == 0 or want.place != "small"), key=lambda want: _ORDER[want.place])
    ladders = [(want, _ladder(want)) for want in ordered]
    for rung in range(max((len(ladder) for _, ladder in ladders), default=0) if pressure < 2 else 1):
        for want, ladder in ladders:
            if rung < len(ladder):
                layer, rate_bps = ladder[rung]
                below, below_bps = ladder[rung - 1] if rung else (None, 0)
                yield want, below, layer, max(rate_bps - below_bps, 0)


def _ladder(want: Want[Key]) -> list[tuple[int, int]]:
    """What can be sent, from the lowest; a picture that comes only better than it is needed is still a picture."""
    flowing = [(layer, rate_bps) for layer, rate_bps in enumerate(want.rates_bps) if rate_bps is not None]
    return [step for step in flowing if step[0] <= want.best] or flowing[:1]
