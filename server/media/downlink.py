"""What one subscriber's link carries, and which layers therefore go to it.

Invariant: sound is never counted nor held back. Time is an argument. It must not know SRTP, rooms or why a picture is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.media.bandwidth import START_BPS, Estimator
from server.media.batch import Link
from server.media.gates import Key
from server.media.layers import LayerChooser, Want, wanted_bps
from server.media.native import new_account
from server.media.probing import Probe
from server.media.transport_cc import TransportFeedback

RTT_START_NS = 100_000_000
RTT_LEAST_NS = 20_000_000
RTT_MOST_NS = 1_000_000_000
_JUDGED_EACH_NS = 90_000_000
_COUNTED_EACH_NS = 1_000_000_000
_UNLIMITED_BPS = 1 << 40
_TRUSTING_NS = 3_000_000_000  # as sharp as can be from the first second on
_SPARE = 1.25  # a keyframe and a repair beside what flows


class Downlink:
    def __init__(self, link: Link) -> None:
        self._link = link
        self._estimator: Estimator | None = None
        self._chooser: LayerChooser[Key] = LayerChooser()
        self._account = new_account(link)
        self._judged_ns = 0
        self._lost = self._counted = 0
        self._reported_lost = self._reported = 0
        self._began_ns = 0
        self._other_bps = self._other_bytes = self._other_ns = 0
        self.chosen: Mapping[Key, int | None] = {}
        self.wanted: Mapping[Key, int | None] = {}
        self.rtt_ns = RTT_START_NS
        self.is_measured = False

    def begin_anew(self) -> None:
        """Another way, or the same one after a silence: what was known of it, and what was lost meanwhile, says nothing."""
        self._estimator = None
        self._chooser = LayerChooser()
        self._account = new_account(self._link)
        self._lost = self._counted = 0

    @property
    def estimate_bps(self) -> int | None:
        return self._estimator.estimate_bps if self._estimator is not None else None

    def choose(self, wants: Sequence[Want[Key]], now_ns: int, pressure: int) -> Mapping[Key, int | None]:
        """The layer of each picture, None for one that rests."""
        budget_bps = self._budget_bps(now_ns)
        self.chosen = self._chooser.choose(wants, budget_bps, now_ns, pressure)
        self.wanted = {want.key: want.best for want in wants}
        if self._estimator is not None:
            self._estimator.set_wanted(int(_SPARE * wanted_bps(wants)))
        return self.chosen

    def on_feedback(self, feedback: TransportFeedback, now_ns: int) -> None:
        """Browsers send one each 50 ms; judged are two or three together, since a judgement costs much more than what it is about."""
        if self._estimator is None:
            self._estimator, self._began_ns = Estimator(now_ns, self._account.new_line), now_ns
        account, count = self._account, len(feedback.arrivals_us)
        taken = account.take(feedback)
        while taken < count:
            self._judge(self._estimator, now_ns)
            taken = account.take(feedback, taken)
        if now_ns - self._judged_ns >= _JUDGED_EACH_NS and len(account):
            self._judge(self._estimator, now_ns)

    def _judge(self, estimator: Estimator, now_ns: int) -> None:
        account, self._judged_ns = self._account, now_ns
        digest = estimator.on_feedback(account.results, now_ns, account.untold_bytes)
        self._counted += digest.told
        self._lost += digest.told - digest.came
        account.settle()

    def on_rtt(self, rtt_ns: int) -> None:
        self.is_measured = True
        self.rtt_ns = min(max(rtt_ns, RTT_LEAST_NS), RTT_MOST_NS)
        if self._estimator is not None:
            self._estimator.on_rtt(rtt_ns)

    def on_loss(self, lost: int, expected: int) -> None:
        """From a receiver report, which knows voices too."""
        self._reported_lost += lost
        self._reported += expected

    def probe_due(self, now_ns: int) -> Probe | None:
        if self._estimator is None:
            return None
        self._count_others(now_ns)
        return self._estimator.probe_due(now_ns, self._other_bps)

    def _count_others(self, now_ns: int) -> None:
        """While pictures rest, what is sent is voices."""
        if now_ns - self._other_ns >= _COUNTED_EACH_NS:
            sent_bytes = int(self._link.c.sent_bytes)
            self._other_bps = (sent_bytes - self._other_bytes) * 8_000_000_000 // (now_ns - self._other_ns)
            self._other_bytes, self._other_ns = sent_bytes, now_ns

    def take_loss(self) -> float | None:
        """Since it was asked last; None where nobody said anything."""
        pairs = ((self._lost, self._counted), (self._reported_lost, self._reported))
        self._lost = self._counted = self._reported_lost = self._reported = 0
        return max((min(lost / counted, 1.0) for lost, counted in pairs if counted), default=None)

    def _budget_bps(self, now_ns: int) -> int:
        """Without feedback of the page there is no limit, nor in its first seconds as long as nothing speaks against it."""
        if self._estimator is None:
            return _UNLIMITED_BPS
        unknown = now_ns - self._began_ns < _TRUSTING_NS and self._estimator.estimate_bps >= START_BPS
        return _UNLIMITED_BPS if unknown else self._estimator.estimate_bps
