"""A person's page in a room as the worker sees it: one session word, up to two connections."""

from __future__ import annotations

from dataclasses import dataclass

from server.media.control import PeerReport, Source
from server.media.publisher import Publisher
from server.media.subscriber import Subscriber


@dataclass(eq=False, slots=True)
class Peer:
    """`sources` outlive a reload of the page until its next offer, so that the others keep their lines meanwhile."""

    id: str
    session: str
    subscriber: Subscriber
    publisher: Publisher | None = None
    sources: tuple[Source, ...] = ()
    last_offer: int = 0
    reported: PeerReport | None = None

    def report(self) -> PeerReport:
        publish = self.publisher.transport.state if self.publisher else "new"
        return PeerReport(
            peer=self.id,
            session=self.session,
            publish=publish,
            subscribe=self.subscriber.transport.state,
            sources=self.publisher.ingress.sources() if self.publisher and publish != "closed" else (),
        )

    def close(self) -> None:
        self.subscriber.close()
        if self.publisher is not None:
            self.publisher.close()
