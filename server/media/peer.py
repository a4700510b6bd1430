"""A person's page in a room as the worker sees it: one session word, up to two connections."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.media.control import PeerQuality, PeerReport, SentLayer, Source
from server.media.limits import Reading
from server.media.publisher import Publisher, UpQuality
from server.media.subscriber import Subscriber


@dataclass(eq=False, slots=True)
class Peer:
    """`sources` outlive a reload of the page until its next offer, so that the others keep their lines meanwhile.

    `reading` does too: it bounds what the page's offers and useless answers may cost.
    """

    id: str
    session: str
    subscriber: Subscriber
    publisher: Publisher | None = None
    sources: tuple[Source, ...] = ()
    reading: Reading = field(default_factory=Reading)
    wrong_answer: bool = False  # the last one
    last_offer: int = 0
    reported: PeerReport | None = None
    _sent_bytes: int = 0
    _looked_at: tuple[object, ...] = ()

    def has_news(self) -> bool:
        """Whether the state of a connection is another one than when it was asked last."""
        before, publisher = self._looked_at, self.publisher
        self._looked_at = (publisher.transport.state if publisher else "new", self.subscriber.transport.state)
        return self._looked_at != before

    def report(self) -> PeerReport:
        publish = self.publisher.transport.state if self.publisher else "new"
        return PeerReport(
            peer=self.id,
            session=self.session,
            publish=publish,
            subscribe=self.subscriber.transport.state,
            sources=self.publisher.ingress.sources() if self.publisher and publish != "closed" else (),
        )

    def quality(self, interval_s: int) -> PeerQuality:
        """Since it was asked last, `interval_s` ago."""
        downlink, sent_bytes = self.subscriber.downlink, self.subscriber.sent_bytes
        up = self.publisher.take_quality() if self.publisher is not None else UpQuality(0, None, None)
        before, self._sent_bytes = self._sent_bytes, sent_bytes
        rtt_ms = downlink.rtt_ns // 1_000_000 if downlink.is_measured else None
        return PeerQuality(
            peer=self.id,
            session=self.session,
            up_bps=8 * up.octets // interval_s,
            up_loss=up.loss,
            up_rtt_ms=rtt_ms,  # both connections take the same way
            up_jitter_ms=up.jitter_ms,
            down_bps=8 * max(sent_bytes - before, 0) // interval_s,
            down_loss=downlink.take_loss(),
            down_rtt_ms=rtt_ms,
            estimate_bps=downlink.estimate_bps,
            layers=tuple(
                SentLayer(peer=key[0], source=key[1], layer=layer, wanted=downlink.wanted.get(key))
                for key, layer in downlink.chosen.items()
            ),
        )

    def close(self) -> None:
        self.subscriber.close()
        if self.publisher is not None:
            self.publisher.close()
