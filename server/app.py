"""The server process: the one place where its parts are made and put together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from recorder.control import StorageChanged, Take, TracksWithdrawn, WithdrawTracks
from server.api.operators import Observed, operators_listener
from server.blobs.opening import open_mirror
from server.clock import Clock, SystemClock
from server.jobs.away import remove_left
from server.jobs.child import niced
from server.jobs.kinds import Job, order_of
from server.jobs.queue import Jobs
from server.jobs.runner import Runner
from server.jobs.worker import away_of
from server.keeping.keeping import Keeping, Needs
from server.keeping.ledger import Gone, Ledger, gone_tracks
from server.languages import Languages
from server.media.checks import Checks
from server.media.client import MediaClient
from server.media.control import FromWorker, StopPeer
from server.membership import Heard, Membership
from server.notify.channels import notifications
from server.notify.reports import Reports
from server.notify.rows import ended_since
from server.people.invitations import secret_of
from server.people.withdrawals import note_withdrawn, still_to_withdraw
from server.plans import load_plans
from server.review.news import News, about_recording
from server.review.own.did_you_try import ask_who_tried
from server.review.recorder_client import RecorderClient, Told
from server.review.reminding import Reminding
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.rooms.room import Outside
from server.rooms.rows import note_erased, sessions_of_decks, takes_to_erase
from server.settings import Settings
from server.signaling.media_events import MediaEvents
from server.site import Parts, Site
from server.store.engine import Closed, Store
from server.store.failures import NotSaved
from server.store.spare import Spare

log = logging.getLogger(__name__)

KEEP_CLOCK_S = 60
GARBAGE = (700, 10, 2)  # of Python's collector; its third number is 10 where nobody says otherwise
MISSED_MS = 24 * 3_600_000  # how far back the end of a session may lie that a server which was killed has not reported


class Server:
    """Everything that the server process owns. `run` until cancelled."""

    def __init__(self, settings: Settings, *, worker_socket: Path, recorder_socket: Path, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock(settings.data_path / "clock.json")
        self._spare = Spare(settings.data_path / "reserve.bin")
        self._store = Store(settings.database or settings.data_path / "microteach.db", self._spare.give_up)
        self._media = MediaClient(worker_socket, self._from_worker)
        self._checks = Checks(self._media.set_room, self._media.close_room, self._media.send)
        told = Told(changed=self._take_changed, deleted=self._take_erased, withdrawn=self._tracks_withdrawn, storage=self._storage_changed)
        self._recorder = RecorderClient(recorder_socket, told)
        self._ledger = Ledger(settings.keys_path)
        self._withdrawing = Withdrawing(self._store, self._recorder, self._clock, self._about_to_withdraw)
        outside = Outside(
            set_media=self._media.set_room,
            close_media=self._close_media,
            stop_peer=self._stop_peer,
            delete_take=self._delete_take,
            ended=lambda session: self._reports.session_ended(session),
        )
        self._member = Membership(settings, self._store, self._clock, self._adopted)
        self._mirror = open_mirror(settings, self._recorder, self._member.epoch_of, lambda: sessions_of_decks(self._store))
        self._rooms = Rooms(self._store, self._clock, outside, self._member.owning)
        self._rooms.at_once = settings.rooms_at_once
        self._media_events = MediaEvents(self._rooms)
        data, keys = settings.recordings_path, settings.keys_path
        makers = niced("recorder.produce")
        name = self._member.node if settings.redis else "server"
        order, at_once = (lambda job: order_of(job, data, keys)), settings.jobs_at_once
        work, only_of = self._work_on_any(), self._member.node if settings.redis and not settings.s3_bucket else ""
        self._runner = Runner(self._store, self._clock, makers, order, name=name, at_once=at_once, work=work, only_of=only_of)
        self._recorder.bring = self._mirror.fetch_product
        self._jobs = Jobs(self._store, self._clock, self._runner)
        self._news = News(self._member.tell_changed)
        self._member.join(self._rooms, self._mirror, Heard(renamed=self._rooms.heard_renamed, changed=self._news.heard), self._load)
        languages = Languages()
        self._notices, self._outbox = notifications(settings, self._store, self._clock, languages)
        self._reports = Reports(self._notices)
        self._keeping = Keeping(settings, self._needs(languages))
        self._parts = Parts(
            settings=settings,
            plans=load_plans(settings.plans_path),
            languages=languages,
            clock=self._clock,
            store=self._store,
            rooms=self._rooms,
            media=self._media,
            checks=self._checks,
            media_events=self._media_events,
            recorder=self._recorder,
            withdrawing=self._withdrawing,
            jobs=self._jobs,
            news=self._news,
            notices=self._notices,
            member=self._member,
            erasing=self._keeping.erasing,
        )

    def _work_on_any(self) -> Callable[[Job, Callable[[float], None]], Awaitable[dict[str, int]]] | None:
        """Where files are copied, a node makes films of recordings that it does not have, too."""
        if not self._settings.s3_bucket:
            return None
        folder = self._settings.data_path / "worker"
        remove_left(folder)
        away = away_of(self._settings, self._store, folder)

        async def work(job: Job, tell: Callable[[float], None]) -> dict[str, int]:
            return await (self._runner.work_here if job.take in self._recorder.takes else away.work)(job, tell)

        return work

    def _needs(self, languages: Languages) -> Needs:
        return Needs(
            store=self._store,
            clock=self._clock,
            rooms=self._rooms,
            withdrawing=self._withdrawing,
            notices=self._notices,
            ledger=self._ledger,
            secret=secret_of(self._settings.secret, self._settings.data_path / "secret"),
            day=languages.day,
            delete_take=self._delete_take,
            erase_files=self._mirror.erase_session,
            erase_deck=self._mirror.erase_deck,
            only_here=self._member.only_here,
        )

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Until cancelled. `ready` is called once pages are served."""
        async with self._store:
            await self._member.start()
            if self._member.members is None:
                await self._adopted(None)
            site = Site(self._parts)
            reminding = Reminding(self._clock, (site.consulting.remind_all, self._ask_who_tried))
            application = await site.application()
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._spare.keep(), name="room set aside")
                tasks.create_task(self._follow_clock(), name="clock")
                tasks.create_task(self._media.run(), name="media client")
                tasks.create_task(self._recorder.run(), name="recorder client")
                tasks.create_task(self._runner.run(), name="runner of jobs")
                tasks.create_task(self._jobs.run(), name="queue of jobs")
                tasks.create_task(self._outbox.run(), name="outbox")
                tasks.create_task(self._member.only_here("reminders", lambda: self._remind(reminding)), name="reminders")
                tasks.create_task(self._mirror.run(), name="copies of files")
                self._member.run_in(tasks)
                tasks.create_task(self._reports.run(), name="reports")
                for name, task in self._keeping.tasks():
                    tasks.create_task(task, name=name)
                runner = web.AppRunner(application, access_log=None, handle_signals=False)
                await runner.setup()
                numbers = await operators_listener(self._settings.metrics_listen, self._observed())
                try:
                    await self._listen(runner)
                    ready()
                    _tell_ready(self._settings)
                    await asyncio.Event().wait()
                finally:
                    await self._rooms.close()
                    await runner.cleanup()
                    await numbers.cleanup()
                    await self._member.leave()
                    await self._mirror.close()

    async def drain(self) -> None:
        """Before `run` is cancelled: what goes on here goes on elsewhere, if there is an elsewhere."""
        await self._member.drain()

    async def _listen(self, runner: web.AppRunner) -> None:
        settings = self._settings
        if settings.redis:
            host, _, port = settings.node_listen.rpartition(":")
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=_tls(settings)).start()

    async def _adopted(self, session: str | None) -> None:
        """A session, or all of them, is this node's: what is left to be destroyed in it is asked of the recorder here."""
        for take in await takes_to_erase(self._store, session):
            await self._delete_for_good(take)
        for wish in await still_to_withdraw(self._store, session):
            self._withdrawing.wish(wish)

    async def _remind(self, reminding: Reminding) -> None:
        for session in await ended_since(self._store, self._clock.now_ms() - MISSED_MS):
            self._reports.session_ended(session)
        await reminding.run()

    def _load(self) -> float:
        load = self._media_events.load
        return 0.9 if load is None else min(1.0, max(load.cpu_share, load.pressure / 3))

    def _observed(self) -> Observed:
        return Observed(
            store=self._store,
            rooms=self._rooms,
            media=self._media,
            recorder=self._recorder,
            checks=self._checks,
            load=lambda: self._media_events.load,
            member=self._member,
            mirror=self._mirror,
            mirrored=bool(self._settings.s3_bucket),
        )

    async def _follow_clock(self) -> None:
        """A machine's clock that was set is followed when nobody's time runs."""
        while isinstance(self._clock, SystemClock):
            for _ in range(KEEP_CLOCK_S):
                await asyncio.sleep(1)
                if not self._rooms.wait_for_time() and self._clock.follow():
                    self._rooms.clock_set()
            self._clock.keep()

    async def _ask_who_tried(self, now_ms: int) -> None:
        await ask_who_tried(self._store, self._notices, now_ms)

    def _from_worker(self, message: FromWorker) -> None:
        if not self._checks.take(message):
            self._media_events(message)

    def _take_changed(self, take: Take) -> None:
        self._withdrawing.take_changed(take.take)
        self._rooms.take_changed(take.take, take.state)
        self._news.tell(about_recording(take.take), "recording")
        if self._member.members is None:
            self._take_settled(take)
        else:
            self._tasks.create_task(self._take_settled_here(take), name=f"take {take.take}")

    async def _take_settled_here(self, take: Take) -> None:
        """What this node's recorder has of a lesson that went on elsewhere is not the whole of it."""
        try:
            if await self._member.epoch_of(take.room) is not None:
                self._take_settled(take)
        except (NotSaved, Closed) as error:
            log.error("take %s cannot be looked up: %s", take.take, type(error).__name__)

    def _take_settled(self, take: Take) -> None:
        self._jobs.take_changed(take)
        if take.state == "ready":
            self._reports.take_ready(take.take, take.room)

    def _delete_take(self, take: str) -> None:
        """With the decision to do so, all permissions have ended."""
        self._tasks.create_task(self._delete_for_good(take), name=f"deletion of {take}")
        self._jobs.take_deleted(take)
        self._news.tell(about_recording(take), "permissions")

    async def _delete_for_good(self, take: str) -> None:
        """Noted beside the keys before they go, so that no backup brings it back."""
        await asyncio.to_thread(self._ledger.note, Gone(what="take", id=take, at_ms=self._clock.now_ms()))
        self._recorder.delete(take)

    def _about_to_withdraw(self, wish: WithdrawTracks) -> None:
        self._ledger.note(*gone_tracks(wish, self._clock.now_ms()))

    def _take_erased(self, take: str) -> None:
        self._news.tell(about_recording(take), "recording")
        self._jobs.take_deleted(take)
        self._reports.take_erased(take)
        self._tasks.create_task(note_erased(self._store, take, self._clock.now_ms()), name=f"erased {take}")

    def _tracks_withdrawn(self, done: TracksWithdrawn) -> None:
        """Noted so that it is not asked for again after a restart."""
        self._tasks.create_task(note_withdrawn(self._store, done, self._clock.now_ms()), name=f"withdrawn {done.take}")

    def _storage_changed(self, storage: StorageChanged) -> None:
        self._rooms.disk_changed(storage.state)

    def _close_media(self, room: str) -> None:
        self._media.close_room(room)
        self._media_events.room_closed(room)

    def _stop_peer(self, room: str, seat: str) -> None:
        self._media.send(StopPeer(room=room, peer=seat))
        self._media_events.peer_stopped(room, seat)


def serve(settings: Settings, *, worker_socket: Path, recorder_socket: Path) -> int:
    """The server process's whole life. Returns its exit code."""
    server = Server(settings, worker_socket=worker_socket, recorder_socket=recorder_socket)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_signal(server))
    return 0


async def _until_signal(server: Server) -> None:
    """The second signal ends it at once."""
    running = asyncio.create_task(server.run(find_circles_soon), name="server")
    ending: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    async def end() -> None:
        try:
            await server.drain()
        except Exception:
            log.exception("handing over failed")
        running.cancel()

    def signalled() -> None:
        if ending:
            running.cancel()
        else:
            ending.append(loop.create_task(end(), name="end"))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def find_circles_soon() -> None:
    """What is there now stays, so the collector need not look at it; what people leave behind later is found soon, not after hours.

    A connection of aiohttp points in a circle. Its search of everything waits until there is a quarter more than after the last one;
    the second search here makes it forget how much there was.
    """
    gc.collect()
    gc.freeze()
    gc.collect()
    gc.set_threshold(*GARBAGE)


def _tell_ready(settings: Settings) -> None:
    if settings.log_format == "json":
        log.info("ready")
    else:
        print(f"Microteach is ready at {settings.url}", flush=True)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop
