"""The media worker process: one UDP port, one control socket, one ring, all rooms of one core.

It listens on the control socket; the newest server connection is the one that counts, and without any everything goes on with the last
policy. One thread, no disk but the ring that the supervisor made. `python -m server.media.worker --help`
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import itertools
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aioice.ice
import msgspec

from server.media import control, ice, udp
from server.media.dtls import new_certificate
from server.media.limits import Bucket
from server.media.load import LoadMeter, Totals
from server.media.recording import Tape
from server.media.ring import RingWriter
from server.media.room import Room, RoomContext
from server.media.sdp import SdpError, is_token
from server.media.transport import Network

TICK_S = 0.02
GARBAGE = (50_000, 20, 50)  # packets leave no cycles; looking for some each 700 objects cost 7 % of the worker
_POLL_TICKS = 5
_SECOND_TICKS = 50
_MAX_UNSENT_BYTES = 16 * 1024 * 1024
_TRACES_AT_ONCE = 10
_TRACES_PER_S = 0.1

log = logging.getLogger("server.media.worker")


class MediaWorker:
    """Make it inside a running loop with `start`; `close` leaves nothing behind."""

    def __init__(self, ring: RingWriter, port: int, addresses: tuple[str, ...], advertise_port: int = 0) -> None:
        """`advertise_port`: where others reach `port`, behind something that maps ports; 0: it is the same."""
        self.id = secrets.token_hex(8)
        self._udp = udp.UdpPort(port, self._receive)
        self._ice = ice.IceTable(self._udp.send)
        self._network = Network(
            self._udp.send,
            self._ice,
            new_certificate(),
            addresses,
            advertise_port or self._udp.port,
            batch=self._udp.batch,
            socket_of=self._udp.socket_of,
            flush_soon=self._udp.flush_soon,
        )
        self._ring = ring
        self._context = RoomContext(self._network, Tape(ring, self.id), self._emit, time.monotonic_ns)
        self._rooms: dict[str, Room] = {}
        self._server: asyncio.StreamWriter | None = None
        self._listener: asyncio.Server | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._load = LoadMeter(self._totals(time.monotonic_ns()))
        self._traces = Bucket()
        self.broken = 0  # what a boundary below had to catch
        self.port = self._udp.port

    @classmethod
    async def start(
        cls, ring: RingWriter, control_path: Path, port: int, addresses: tuple[str, ...], advertise_port: int = 0
    ) -> MediaWorker:
        worker = cls(ring, port, addresses, advertise_port)
        control_path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            worker._listener = await asyncio.start_unix_server(worker._serve, control_path)
        finally:
            os.umask(mask)
        worker._ticker = asyncio.create_task(worker._tick(), name="media-tick")
        return worker

    async def close(self) -> None:
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        listener.close()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        for room in self._rooms.values():
            room.close(time.monotonic_ns())
        self._rooms.clear()
        await asyncio.gather(*self._network.ending, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        self._udp.close()
        self._ring.close()
        await asyncio.sleep(0)

    def handle(self, message: control.ToWorker) -> None:
        """One message of the server. What does not fit is refused in an answer, it never raises."""
        try:
            _HANDLERS[type(message)](self, message, time.monotonic_ns())
        except SdpError as error:
            self._refuse(message, error)
        except Exception:  # task boundary: what one page said must not end the talk between server and worker
            if self._is_told():
                log.exception("a message about room %s broke", message.room)
            self._refuse(message, SdpError("worker_error", "the media worker could not make anything of this"))

    def report(self) -> control.Report:
        return control.Report(worker=self.id, rooms=tuple(room.report() for room in self._rooms.values()))

    def _set_room(self, message: control.SetRoom, now_ns: int) -> None:
        self._room(message.room).set_policy(message.policy, now_ns)

    def _close_room(self, message: control.CloseRoom, now_ns: int) -> None:
        room = self._rooms.pop(message.room, None)
        if room is not None:
            room.close(now_ns)
            log.info("room %s closed", message.room)

    def _start_peer(self, message: control.StartPeer, now_ns: int) -> None:
        if not is_token(message.peer):
            raise SdpError("bad_peer", "a peer's name must be an SDP token of at most 64 characters")
        self._room(message.room).start_peer(message.peer, message.session, now_ns)

    def _stop_peer(self, message: control.StopPeer, now_ns: int) -> None:
        if message.room in self._rooms:
            self._rooms[message.room].stop_peer(message.peer, now_ns)

    def _publish(self, message: control.PublishOffer, now_ns: int) -> None:
        self._known(message.room).publish(message, now_ns)

    def _subscribe(self, message: control.SubscribeAnswer, now_ns: int) -> None:
        self._known(message.room).subscribe(message)

    def _resend(self, message: control.ResendOffer, now_ns: int) -> None:
        self._known(message.room).resend_offer(message)

    def _room(self, room: str) -> Room:
        if room not in self._rooms:
            self._rooms[room] = Room(self._context, room)
            self._rooms[room].set_pressure(self._load.pressure)
            log.info("room %s opened", room)
        return self._rooms[room]

    def _known(self, room: str) -> Room:
        found = self._rooms.get(room)
        if found is None:
            raise SdpError("unknown_room", "this room is not here")
        return found

    def _refuse(self, message: control.ToWorker, error: SdpError) -> None:
        self._emit(
            control.MediaRefused(
                room=message.room,
                peer=getattr(message, "peer", ""),
                session=getattr(message, "session", ""),
                offer=getattr(message, "offer", 0),
                code=error.code,
                message=error.message,
            )
        )

    def _emit(self, message: msgspec.Struct) -> None:
        writer = self._server
        if writer is None or writer.is_closing():
            return
        writer.write(control.encode_frame(message))
        if writer.transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            log.warning("the server does not read; its connection is dropped")
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is not None:
            self._server.close()
        self._server = writer
        self._emit(self.report())
        log.info("server connected")
        try:
            while self._server is writer:
                self.handle(await control.read_frame(reader, control.to_worker))
        except control.FrameError as error:
            log.warning("server connection dropped: %s", error)
        except (asyncio.IncompleteReadError, ConnectionError):
            log.info("server disconnected")
        except Exception:  # task boundary: the server reconnects and sees from the report what came of its message
            log.exception("server connection broke")
        finally:
            if self._server is writer:
                self._server = None
            writer.close()

    def _receive(self, data: bytes, path: udp.Path) -> None:
        try:
            self._ice.receive(data, path, time.monotonic_ns())
        except Exception:  # task boundary: one peer's datagram must not end everybody's media
            if self._is_told():
                log.exception("a datagram broke")

    async def _tick(self) -> None:
        now_ns = time.monotonic_ns()
        for count in itertools.count(1):
            await asyncio.sleep(TICK_S)
            before_ns, now_ns = now_ns, time.monotonic_ns()
            self._load.tick(now_ns - before_ns - round(TICK_S * 1e9))
            try:
                if self._load.is_due(now_ns):
                    self._tell_load(now_ns)
            except Exception:  # task boundary: without its load the worker still works
                if self._is_told():
                    log.exception("the load cannot be told")
            for room in list(self._rooms.values()):
                try:
                    room.tick(now_ns)
                    if count % _POLL_TICKS == 0:
                        room.poll(now_ns)
                    if count % _SECOND_TICKS == 0:
                        room.every_second(now_ns)
                except Exception:  # task boundary: the other rooms go on
                    if self._is_told():
                        log.exception("room %s broke", room.id)

    def _tell_load(self, now_ns: int) -> None:
        before, reading = self._load.pressure, self._load.read(self._totals(now_ns))
        pressure = self._load.pressure
        if pressure != before:
            log.warning("pressure %d, was %d: %.2f of a core, ticks late by %.0f ms", pressure, before, reading.cpu_share, reading.late_ms)
            for room in self._rooms.values():
                room.set_pressure(pressure)
        self._emit(
            control.WorkerLoad(
                rooms=len(self._rooms),
                peers=sum(len(room.report().peers) for room in self._rooms.values()),
                cpu_share=reading.cpu_share,
                late_ms=reading.late_ms,
                received_per_s=reading.received_per_s,
                sent_per_s=reading.sent_per_s,
                unsent=reading.unsent,
                dropped=reading.dropped,
                pressure=pressure,
            )
        )

    def _totals(self, now_ns: int) -> Totals:
        port = self._udp
        return Totals(now_ns, time.process_time_ns(), port.received, port.sent, port.unsent, port.dropped)

    def _is_told(self) -> bool:
        """Something broke. Somebody who can repeat it must not fill the log."""
        self.broken += 1
        return self._traces.take(1, time.monotonic_ns(), per_s=_TRACES_PER_S, burst=_TRACES_AT_ONCE)


_HANDLERS: dict[type[Any], Callable[[MediaWorker, Any, int], None]] = {
    control.SetRoom: MediaWorker._set_room,
    control.CloseRoom: MediaWorker._close_room,
    control.StartPeer: MediaWorker._start_peer,
    control.StopPeer: MediaWorker._stop_peer,
    control.PublishOffer: MediaWorker._publish,
    control.SubscribeAnswer: MediaWorker._subscribe,
    control.ResendOffer: MediaWorker._resend,
}


def own_addresses() -> tuple[str, ...]:
    """All addresses of the machine that others may reach, the loopback one last."""
    found = [ipaddress.ip_address(text) for text in aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)]
    usable = [str(address) for address in found if not address.is_link_local and not address.is_loopback]
    return (*dict.fromkeys(usable), "127.0.0.1")


async def run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    addresses = tuple(arguments.advertise) or own_addresses()
    worker = await MediaWorker.start(RingWriter(arguments.ring), arguments.control, arguments.port, addresses, arguments.advertise_port)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    log.info("media worker %s ready on port %d at %d addresses", worker.id, worker.port, len(addresses))
    try:
        await stop.wait()
    finally:
        await worker.close()
        log.info("media worker %s ended", worker.id)


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m server.media.worker", description="Microteach media worker")
    parser.add_argument("--control", type=Path, required=True, metavar="SOCKET_PATH")
    parser.add_argument("--ring", type=Path, required=True, metavar="RING_PATH")
    parser.add_argument("--port", type=int, default=10_000)
    parser.add_argument("--advertise", type=_address, nargs="*", default=[], metavar="IP")
    parser.add_argument("--advertise-port", type=int, default=0, metavar="PORT")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    _run_on_fastest_loop(arguments)


def _run_on_fastest_loop(arguments: argparse.Namespace) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(run(arguments))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(arguments))


if __name__ == "__main__":
    main()
