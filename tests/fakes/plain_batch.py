"""A batch that keeps what would leave instead of sealing it, and a stream's way through it to one line."""

from __future__ import annotations

from server.media.batch import Batch, Link
from server.media.egress import Outbound
from server.media.fan import StreamFan
from server.media.ingress import InboundStream, MediaPacket


class PlainBatch(Batch):
    def __init__(self) -> None:
        super().__init__({})
        self.left: list[tuple[Link, bytes]] = []

    def take(self) -> list[bytes]:
        left, self.left = self.left, []
        return [data for _, data in left]

    def _seal(self, link: Link, start: int, size: int) -> int:
        self.left.append((link, bytes(self._view[start : start + size])))
        return size


def open_link(link: Link) -> None:
    """As if there were a connection."""
    link.c.socket = 0


class Forwarding:
    """Whatever streams feed this one line: `rewrite` as the worker does it, for one packet after the other."""

    def __init__(self, out: Outbound, stream_time: dict[InboundStream, int] | None = None) -> None:
        self.batch = PlainBatch()
        self.out = out
        self._fans: dict[InboundStream, StreamFan] = {}
        self._times = stream_time or {}
        open_link(out.line.link)

    def rewrite(self, packet: MediaPacket, now_ns: int = 0) -> bytes | None:
        """None while it waits for a keyframe, or when the packet is from before its time."""
        fan = self.fan(packet.stream)
        fan.feed(self.out)
        fan.forward(packet, now_ns)
        sent = self.batch.take()
        return sent[0] if sent else None

    def fan(self, stream: InboundStream) -> StreamFan:
        if stream not in self._fans:
            self._fans[stream] = StreamFan(self.batch, stream, lambda stream, now_ns: self._times.get(stream))
        return self._fans[stream]
