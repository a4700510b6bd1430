"""One room: its peers, the policy, and who gets which packet.

Invariant: what the last `SetRoom` forbids leaves nobody from the moment `set_policy` returns. Time is an argument of every entry.
It must not know sockets of the server, other rooms, or why the policy is what it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from server.media import control, rtcp
from server.media.fan import StreamFan, StreamTime
from server.media.gates import Key, is_offered, is_open, may_receive
from server.media.ingress import InboundStream, MediaPacket
from server.media.peer import Peer
from server.media.publisher import Publisher, PublisherEvents
from server.media.recording import RoomRecording, Tape
from server.media.ring import NO_LEVEL
from server.media.rtp import CODECS, PICTURES
from server.media.same_room import SameRoomDetector
from server.media.sdp import SdpError
from server.media.showing import wants_of
from server.media.subscriber import Line, Offer, Subscriber, SubscriberEvents
from server.media.transport import Network

log = logging.getLogger(__name__)

QUALITY_EVERY_S = 2
REPORT_EVERY_NS = 900_000_000
AIM_EVERY_POLLS = 3

Emit = Callable[[msgspec.Struct], None]
Route = tuple[Subscriber, Line]


@dataclass(frozen=True, slots=True)
class RoomContext:
    network: Network
    tape: Tape
    emit: Emit
    now_ns: Callable[[], int]


@dataclass(slots=True)
class _Plan:
    """What the policy and the state of all connections come to; made anew at every change. `streams` are the best of each source."""

    streams: dict[Key, InboundStream] = field(default_factory=dict)
    loud: frozenset[str] = frozenset()  # with a loudspeaker: who hears nobody shares somebody else's device
    routes: dict[Key, list[Route]] = field(default_factory=dict)


class Room:
    def __init__(self, context: RoomContext, room: str) -> None:
        self._context = context
        self._policy: control.RoomPolicy | None = None
        self._peers: dict[str, Peer] = {}
        self._fans: dict[InboundStream, StreamFan] = {}
        self._plan = _Plan()
        self._pressure = 0
        self._polls = self._seconds = 0
        self._reported_ns: dict[Key, int] = {}
        self._recording = RoomRecording(context.tape, room)
        self._same_room = SameRoomDetector()
        self.id = room

    def set_policy(self, policy: control.RoomPolicy, now_ns: int) -> None:
        self._policy = policy
        self._apply(now_ns)
        self._context.emit(control.PolicyApplied(room=self.id, version=policy.version))

    def set_pressure(self, pressure: int) -> None:
        """How hard the worker works: what is left out for it shows with the next choice of layers."""
        self._pressure = pressure

    def start_peer(self, peer_id: str, session: str, now_ns: int) -> None:
        old = self._peers.get(peer_id)
        if old is not None and old.session == session:
            return
        if old is not None:
            old.close()
        peer = Peer(peer_id, session, self._subscriber(peer_id, session))
        if old is not None:
            peer.sources, peer.reading = old.sources, old.reading
        self._peers[peer_id] = peer
        self._apply(now_ns)

    def stop_peer(self, peer_id: str, now_ns: int) -> None:
        old = self._peers.pop(peer_id, None)
        if old is not None:
            old.close()
            self._same_room.forget(peer_id)
            self._apply(now_ns)

    def publish(self, message: control.PublishOffer, now_ns: int) -> None:
        """Raises `SdpError`; then the peer's media is as before."""
        peer = self._peer(message.peer, message.session)
        if message.offer < peer.last_offer:
            raise SdpError("stale_offer", "a later offer was already answered")
        if not peer.reading.takes(message.sdp, now_ns):
            raise SdpError("too_many_offers", "this page negotiates more than a page needs")
        publisher = peer.publisher or self._publisher(peer.id)
        try:
            answer, restarted = publisher.answer(message.sdp, message.sources)
        except SdpError:
            if peer.publisher is None:
                publisher.close()
            raise
        peer.publisher, peer.last_offer = publisher, message.offer
        peer.sources = publisher.ingress.sources()
        self._context.emit(
            control.PublishAnswer(room=self.id, peer=peer.id, session=peer.session, offer=message.offer, sdp=answer),
        )
        if restarted:
            peer.subscriber.restart_ice()
        self._apply(now_ns)

    def subscribe(self, message: control.SubscribeAnswer) -> None:
        """Raises `SdpError`; then the offer is still outstanding."""
        peer = self._peer(message.peer, message.session)
        if peer.wrong_answer and not peer.reading.takes(message.sdp, self._context.now_ns()):
            raise SdpError("too_many_answers", "this page answers wrongly again and again")
        peer.wrong_answer = True
        peer.subscriber.answer(message.offer, message.sdp)
        peer.wrong_answer = False

    def resend_offer(self, message: control.ResendOffer) -> None:
        self._peer(message.peer, message.session).subscriber.resend_offer()

    def report(self) -> control.RoomReport:
        return control.RoomReport(room=self.id, peers=tuple(peer.report() for peer in self._peers.values()))

    def tick(self, now_ns: int) -> None:
        """Every 20 ms."""
        for peer in self._peers.values():
            peer.subscriber.tick(now_ns)
            if peer.publisher is not None:
                peer.publisher.tick(now_ns)

    def poll(self, now_ns: int) -> None:
        """Every 100 ms: states that change by time passing."""
        changed = False
        for peer in self._peers.values():
            if peer.subscriber.transport.falls_silent(now_ns):
                peer.subscriber.restart_ice()
            if peer.publisher is not None:
                peer.publisher.falls_silent(now_ns)
            changed = peer.has_news() or changed
        self._polls += 1
        if changed:
            self._apply(now_ns)
        elif self._polls % AIM_EVERY_POLLS == 0:
            self._aim(now_ns)

    def every_second(self, now_ns: int) -> None:
        for fan in self._fans.values():
            fan.measure(now_ns)
        for peer in self._peers.values():
            if peer.publisher is not None:
                peer.publisher.every_second(now_ns)
        for key in self._plan.routes:
            if now_ns - self._reported_ns.get(key, 0) > REPORT_EVERY_NS:
                self._report_source(key, now_ns)
        for key in self._recording.needs_keyframe(now_ns):
            self._want_keyframe(key, now_ns)
        self._recording.every_second(now_ns)
        self._seconds += 1
        if self._seconds % QUALITY_EVERY_S == 0 and self._peers:
            peers = tuple(peer.quality(QUALITY_EVERY_S) for peer in self._peers.values())
            self._context.emit(control.RoomQuality(room=self.id, peers=peers))

    def close(self, now_ns: int) -> None:
        for peer in self._peers.values():
            peer.close()
        self._peers.clear()
        self._policy = None
        self._apply(now_ns)

    def _apply(self, now_ns: int) -> None:
        """Make connections, routes, recording and reports what policy and state come to. Called at every change of either."""
        self._plan = self._make_plan()
        self._keep_fans()
        self._aim(now_ns)
        for key in self._recording.update(self._policy, self._plan.streams, now_ns):
            self._want_keyframe(key, now_ns)
        published = ((peer.id, source) for peer in self._peers.values() for source in peer.sources)
        offered = [key for key in published if is_offered(self._policy, key)]
        for peer in list(self._peers.values()):
            peer.subscriber.want([key for key in offered if key[0] != peer.id])
            person = self._policy.people.get(peer.id) if self._policy else None
            if peer.publisher is not None and person is not None:
                peer.publisher.limit({"camera": person.camera_max_bps, "screen": person.screen_max_bps})
            report = peer.report()
            if report != peer.reported:
                peer.reported = report
                log.info("peer %s of room %s: publish %s, subscribe %s", peer.id, self.id, report.publish, report.subscribe)
                self._context.emit(control.PeerState(room=self.id, report=report))

    def _make_plan(self) -> _Plan:
        plan = _Plan()
        for peer in self._peers.values():
            if peer.publisher is not None and peer.publisher.transport.state != "closed":
                for source in CODECS:
                    if (stream := peer.publisher.ingress.best(source)) is not None:
                        plan.streams[peer.id, source] = stream
        plan.loud = frozenset(peer for peer, person in self._policy.people.items() if person.hears) if self._policy else frozenset()
        for peer in self._peers.values():
            for line in peer.subscriber.ready_lines():
                if line.key is not None and may_receive(self._policy, peer.id, line.key):
                    plan.routes.setdefault(line.key, []).append((peer.subscriber, line))
        return plan

    def _keep_fans(self) -> None:
        """One for each stream that there is, open if it may leave its publisher."""
        there: dict[InboundStream, Key] = {}
        for key in self._plan.streams:
            publisher = self._peers[key[0]].publisher
            there.update(dict.fromkeys(publisher.ingress.layers(key[1]) if publisher else (), key))
        for stream, fan in list(self._fans.items()):
            if stream not in there:
                fan.close()
                del self._fans[stream]
        self._reported_ns = {key: at_ns for key, at_ns in self._reported_ns.items() if key in self._plan.streams}
        for stream, key in there.items():
            if stream not in self._fans:
                self._fans[stream] = StreamFan(self._context.network.batch, stream, self._time_of(key[0]))
            self._fans[stream].is_open = is_open(self._policy, key)

    def _aim(self, now_ns: int) -> None:
        """Lets every line be fed by what it should get: the one voice, or the layer that its link carries."""
        routed: dict[Subscriber, list[Line]] = {}
        for routes in self._plan.routes.values():
            for subscriber, line in routes:
                routed.setdefault(subscriber, []).append(line)
        for peer in self._peers.values():
            lines = routed.get(peer.subscriber, [])
            for line in peer.subscriber.lines:
                if line not in lines:
                    line.out.stop()
            fans = {line.key: self._layers(line.key) for line in lines if line.key is not None}
            wants = wants_of(self._policy, fans, now_ns) if self._policy else []
            layers = peer.subscriber.downlink.choose(wants, now_ns, self._pressure)
            for line in lines:
                if line.key is not None:
                    self._feed(line, fans[line.key], layers.get(line.key), now_ns)

    def _feed(self, line: Line, fans: list[StreamFan], layer: int | None, now_ns: int) -> None:
        if line.out.source in PICTURES:
            fans = [fan for fan in fans if fan.stream.layer == layer]
        if not fans:
            line.out.stop()
            return
        waited_for = line.out.waits_for
        fans[-1].feed(line.out)
        if line.out.waits_for is not None and line.out.waits_for is not waited_for and line.key is not None:
            self._want_keyframe_of(line.key[0], fans[-1].stream, now_ns)

    def _layers(self, key: Key) -> list[StreamFan]:
        peer = self._peers.get(key[0])
        streams = peer.publisher.ingress.layers(key[1]) if peer is not None and peer.publisher is not None else []
        return [self._fans[stream] for stream in streams if stream in self._fans]

    def _on_packet(self, peer_id: str, packet: MediaPacket) -> None:
        now_ns, stream = packet.arrival_ns, packet.stream
        key = (peer_id, stream.source)
        fan = self._fans.get(stream)
        if fan is None or (self._plan.streams.get(key) is not stream and self._is_best(stream, peer_id)):
            self._apply(now_ns)
            fan = self._fans.get(stream)
        self._recording.on_packet(packet)
        if fan is None or not fan.is_open or packet.late:
            return
        if packet.level != NO_LEVEL and peer_id in self._plan.loud:
            for pair in self._same_room.hear(peer_id, packet.level, now_ns):
                self._context.emit(control.SameRoom(room=self.id, peers=pair))
        if not fan.forward(packet, now_ns):
            self._want_keyframe_of(peer_id, stream, now_ns)

    def _time_of(self, peer_id: str) -> StreamTime:
        publisher = self._peers[peer_id].publisher
        return publisher.timestamp_now if publisher is not None else lambda stream, now_ns: None

    def _on_report(self, peer_id: str, stream: InboundStream, report: rtcp.SenderReport, now_ns: int) -> None:
        key = (peer_id, stream.source)
        if self._plan.streams.get(key) is stream:
            self._recording.on_report(stream, report, now_ns)
            self._report_source(key, now_ns)

    def _report_source(self, key: Key, now_ns: int) -> None:
        peer = self._peers.get(key[0])
        if peer is None or peer.publisher is None or not is_open(self._policy, key):
            return
        self._reported_ns[key] = now_ns
        times = [(fan.stream, peer.publisher.timestamp_now(fan.stream, now_ns)) for fan in self._layers(key)]
        for subscriber, line in self._plan.routes.get(key, ()):
            for stream, timestamp in times:
                ours = line.out.timestamp_of(stream, timestamp) if timestamp is not None else None
                if ours is not None:
                    subscriber.report(line, ours, key[0], now_ns)

    def _want_keyframe(self, key: Key, now_ns: int) -> None:
        stream = self._plan.streams.get(key)
        if stream is not None:
            self._want_keyframe_of(key[0], stream, now_ns)

    def _want_keyframe_of(self, peer_id: str, stream: InboundStream, now_ns: int) -> None:
        peer = self._peers.get(peer_id)
        if peer is not None and peer.publisher is not None:
            peer.publisher.want_keyframe(stream, now_ns)

    def _is_best(self, stream: InboundStream, peer_id: str) -> bool:
        """Of two layers one is recorded."""
        publisher = self._peers[peer_id].publisher
        return publisher is not None and publisher.ingress.best(stream.source) is stream

    def _peer(self, peer_id: str, session: str) -> Peer:
        peer = self._peers.get(peer_id)
        if peer is None:
            raise SdpError("unknown_peer", "this peer was not started")
        if peer.session != session:
            raise SdpError("unknown_session", "the page was loaded again")
        return peer

    def _publisher(self, peer_id: str) -> Publisher:
        def on_packet(packet: MediaPacket) -> None:
            self._on_packet(peer_id, packet)

        def on_report(stream: InboundStream, report: rtcp.SenderReport, now_ns: int) -> None:
            self._on_report(peer_id, stream, report, now_ns)

        return Publisher(self._context.network, PublisherEvents(on_packet, on_report, self._on_change))

    def _subscriber(self, peer_id: str, session: str) -> Subscriber:
        def on_offer(offer: Offer) -> None:
            self._context.emit(
                control.SubscribeOffer(
                    room=self.id, peer=peer_id, session=session, offer=offer.number, sdp=offer.sdp, streams=offer.streams
                ),
            )

        def on_keyframe_wanted(key: Key, stream: InboundStream) -> None:
            if key in self._plan.routes:
                self._want_keyframe_of(key[0], stream, self._context.now_ns())

        return Subscriber(self._context.network, SubscriberEvents(on_offer, on_keyframe_wanted, self._on_change))

    def _on_change(self) -> None:
        self._apply(self._context.now_ns())
