"""The server process: the one place where its parts are made and put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
from pathlib import Path

from aiohttp import web

from recorder.control import StorageChanged, Take, TracksWithdrawn
from server.api.agreement import AgreementApi
from server.api.archive import ArchiveApi
from server.api.calendar import CalendarApi
from server.api.claims import ClaimsApi
from server.api.consultations import Addresses, ConsultationsApi
from server.api.exports import ExportsApi
from server.api.live import LiveApi
from server.api.news import NewsApi
from server.api.note_board import NoteBoard
from server.api.notes import NotesApi
from server.api.own_view import OwnViewApi
from server.api.products import ProductsApi
from server.api.questions import QuestionsApi
from server.api.recordings import RecordingsApi
from server.api.reviews import ReviewsApi
from server.api.sending import Sending
from server.api.slides import SlidesApi
from server.api.talk import TalkApi
from server.api.together import TogetherApi
from server.api.watchers import Pages, WatchersApi
from server.api.withdrawals import WithdrawalsApi
from server.bots.door import local_address
from server.bots.trials import SimulatedColleagues
from server.clock import Clock, SystemClock
from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity
from server.doors.recordings import RecordingDoor
from server.jobs.child import niced
from server.jobs.kinds import order_of
from server.jobs.queue import Jobs
from server.jobs.runner import Runner
from server.languages import Languages
from server.media.client import MediaClient
from server.media.control import FromWorker, StopPeer
from server.notify.channels import notifications
from server.notify.reports import Reports
from server.notify.rows import ended_since
from server.pages.compare import ComparePages
from server.pages.formats import FormatPages
from server.pages.guard import guard, same_origin
from server.pages.join import JoinPages
from server.pages.language import LanguagePages
from server.pages.links import Links, qr_picture
from server.pages.me import MePages
from server.pages.my_data import MyDataPages
from server.pages.my_voice import MyVoicePages
from server.pages.on_paper import PaperPages
from server.pages.questions import QuestionPages
from server.pages.recognising import Recognising
from server.pages.recording import RecordingPages
from server.pages.rendering import StaticFiles, Templates
from server.pages.reviews import ReviewPages
from server.pages.room import RoomPages
from server.pages.set_up import SetUpPages
from server.pages.start import StartPages
from server.pages.throttle import throttle
from server.pages.watch_link import WatchLinkPages
from server.people.invitations import Invitations, load_secret
from server.people.withdrawals import note_withdrawn, still_to_withdraw
from server.plans import load_plans
from server.review.archive_gathering import Gathering
from server.review.consulting import Consulting
from server.review.news import News, about_recording
from server.review.recorder_client import RecorderClient, Told
from server.review.reminding import Reminding
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.rooms.room import Outside
from server.rooms.rows import note_erased, takes_to_erase
from server.settings import Settings
from server.signaling.dispatch import Dispatch
from server.signaling.media_events import MediaEvents
from server.signaling.socket import Socket
from server.store.engine import Store
from server.store.spare import Spare

log = logging.getLogger(__name__)

MOST_FORM_BYTES = 64 * 1024
KEEP_CLOCK_S = 60
MISSED_MS = 24 * 3_600_000  # how far back the end of a session may lie that a server which was killed has not reported


class Server:
    """Everything that the server process owns. `run` until cancelled."""

    def __init__(self, settings: Settings, *, worker_socket: Path, recorder_socket: Path, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock(settings.data_path / "clock.json")
        self._plans = load_plans(settings.plans_path)
        self._spare = Spare(settings.data_path / "reserve.bin")
        self._store = Store(settings.data_path / "microteach.db", self._spare.give_up)
        self._media = MediaClient(worker_socket, self._from_worker)
        told = Told(changed=self._take_changed, deleted=self._take_erased, withdrawn=self._tracks_withdrawn, storage=self._storage_changed)
        self._recorder = RecorderClient(recorder_socket, told)
        self._withdrawing = Withdrawing(self._store, self._recorder, self._clock)
        outside = Outside(
            set_media=self._media.set_room,
            close_media=self._close_media,
            stop_peer=self._stop_peer,
            delete_take=self._delete_take,
            ended=lambda session: self._reports.session_ended(session),
        )
        self._rooms = Rooms(self._store, self._clock, outside)
        self._media_events = MediaEvents(self._rooms)
        data, keys = settings.recordings_path, settings.keys_path
        makers = niced("recorder.produce")
        self._runner = Runner(self._store, self._clock, makers, lambda job: order_of(job, data, keys), at_once=settings.jobs_at_once)
        self._jobs = Jobs(self._store, self._clock, self._runner)
        self._news = News()
        self._languages = Languages()
        self._notices, self._outbox = notifications(settings, self._store, self._clock, self._languages)
        self._reports = Reports(self._notices)

    async def run(self) -> None:
        async with self._store:
            await self._rooms.find_all()
            for take in await takes_to_erase(self._store):
                self._recorder.delete(take)
            for wish in await still_to_withdraw(self._store):
                self._withdrawing.wish(wish)
            for session in await ended_since(self._store, self._clock.now_ms() - MISSED_MS):
                self._reports.session_ended(session)
            application = await self._application()
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._spare.keep(), name="room set aside")
                tasks.create_task(self._follow_clock(), name="clock")
                tasks.create_task(self._media.run(), name="media client")
                tasks.create_task(self._recorder.run(), name="recorder client")
                tasks.create_task(self._runner.run(), name="runner of jobs")
                tasks.create_task(self._jobs.run(), name="queue of jobs")
                tasks.create_task(self._outbox.run(), name="outbox")
                tasks.create_task(self._reminding.run(), name="reminders")
                tasks.create_task(self._reports.run(), name="reports")
                runner = web.AppRunner(application, access_log=None, handle_signals=False)
                await runner.setup()
                try:
                    await web.TCPSite(runner, self._settings.host, self._settings.port, ssl_context=_tls(self._settings)).start()
                    print(f"Microteach is ready at {self._settings.url}", flush=True)
                    await asyncio.Event().wait()
                finally:
                    await self._rooms.close()
                    await runner.cleanup()

    async def _follow_clock(self) -> None:
        """A machine's clock that was set is followed when nobody's time runs."""
        while isinstance(self._clock, SystemClock):
            for _ in range(KEEP_CLOCK_S):
                await asyncio.sleep(1)
                if not self._rooms.wait_for_time() and self._clock.follow():
                    self._rooms.clock_set()
            self._clock.keep()

    def _from_worker(self, message: FromWorker) -> None:
        self._media_events(message)

    def _take_changed(self, take: Take) -> None:
        self._withdrawing.take_changed(take.take)
        self._rooms.take_changed(take.take, take.state)
        self._news.tell(about_recording(take.take), "recording")
        self._jobs.take_changed(take)
        if take.state == "ready":
            self._reports.take_ready(take.take, take.room)

    def _delete_take(self, take: str) -> None:
        """With the decision to do so, all permissions have ended."""
        self._recorder.delete(take)
        self._jobs.take_deleted(take)
        self._news.tell(about_recording(take), "permissions")

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

    async def _application(self) -> web.Application:
        secure = self._settings.secure
        languages = self._languages
        templates = Templates(languages)
        invitations = Invitations(load_secret(self._settings.data_path / "secret"))
        links = Links(invitations, self._settings.public_url)
        identity = Identity(self._store, secure=secure)
        doorkeeper = Doorkeeper(self._store, self._rooms, identity, invitations)
        making = throttle(self._settings.sessions_at_once, behind_proxy=bool(self._settings.public_url))
        app = web.Application(middlewares=[guard(templates, secure=secure), making], client_max_size=MOST_FORM_BYTES)
        dispatch = Dispatch(self._media, self._clock)
        here = local_address(self._settings.host, self._settings.port, self._settings.tls_cert)
        simulated = SimulatedColleagues(here, lambda session: invitations.make(session, "simulated"))
        app.on_shutdown.append(lambda _: simulated.close())
        slides = SlidesApi(self._store, doorkeeper, self._clock, self._settings.data_path / "slides")
        await slides.prepare()
        door = RecordingDoor(self._store, identity, self._clock, self._news)
        news = NewsApi(self._news, door, identity, same_origin=same_origin)
        app.on_shutdown.append(lambda _: news.close())
        sending = Sending(door, self._news)
        products = ProductsApi(self._rooms, self._recorder, door, self._jobs, sending, translator=templates.translator)
        live = LiveApi(self._store, self._recorder, identity)
        app.on_shutdown.append(lambda _: live.close())
        recognising = Recognising(self._settings, self._store, self._clock, self._rooms, self._notices, templates, identity, links)
        for part in (
            StaticFiles(),
            LanguagePages(languages, secure=secure),
            StartPages(templates, self._store, self._rooms, identity, links, self._plans, self._clock, simulated.place),
            recognising,
            MePages(templates, self._store, identity, self._clock, recognising.account.part),
            SetUpPages(templates, self._rooms, links, self._plans),
            FormatPages(templates, self._plans),
            JoinPages(templates, doorkeeper, identity, links, self._clock),
            RoomPages(templates, self._store, doorkeeper, links),
            RecordingPages(templates, self._store, self._rooms, door),
            MyVoicePages(templates, self._store, doorkeeper, identity, self._withdrawing),
            RecordingsApi(
                self._store,
                self._rooms,
                self._recorder,
                door,
                self._withdrawing,
                sending,
                translator=templates.translator,
                products=products.look,
            ),
            products,
            TalkApi(self._rooms, self._recorder, door, translator=templates.translator),
            news,
            ComparePages(templates, self._store, self._rooms, door),
            PaperPages(templates, self._store, self._rooms, self._recorder, door, self._clock),
            ExportsApi(
                self._store,
                self._rooms,
                self._recorder,
                door,
                self._clock,
                translator=templates.translator,
                public_url=self._settings.public_url,
            ),
            OwnViewApi(self._store, self._rooms, door, identity, self._clock, self._news, translator=templates.translator),
            *self._watching(templates, identity, links, door),
            *self._my_data(templates, identity),
            *self._asking(templates, identity, links, door),
            *self._noting(templates, doorkeeper, links, door),
            *self._together(templates, doorkeeper, identity, links, door, news),
            WithdrawalsApi(self._store, self._rooms, doorkeeper, identity, self._withdrawing),
            live,
            ClaimsApi(self._store, doorkeeper, identity, self._clock, secure=secure),
            CalendarApi(doorkeeper, self._settings.public_url),
            slides,
            Socket(
                self._media,
                self._media_events,
                dispatch,
                admit=doorkeeper.admit_device,
                same_origin=same_origin,
                translator=templates.translator,
            ),
        ):
            app.add_routes(part.routes())
        return app

    def _noting(
        self, templates: Templates, doorkeeper: Doorkeeper, links: Links, door: RecordingDoor
    ) -> tuple[NotesApi, QuestionsApi, QuestionPages]:
        """What people write about a recording, and ask before a lesson."""
        store, clock = self._store, self._clock
        board = NoteBoard(
            store,
            clock,
            self._news,
            self._notices,
            translator=templates.translator,
            language=templates.language,
            origin=links.origin,
        )
        return (
            NotesApi(store, self._rooms, self._recorder, door, clock, board),
            QuestionsApi(store, doorkeeper, board),
            QuestionPages(templates, doorkeeper),
        )

    def _together(
        self, templates: Templates, doorkeeper: Doorkeeper, identity: Identity, links: Links, door: RecordingDoor, line: NewsApi
    ) -> tuple[ConsultationsApi, TogetherApi]:
        """Talking about a recording, with both at the same place of it."""
        store, clock, news, notices = self._store, self._clock, self._news, self._notices
        addresses = Addresses(
            invitation=lambda session: links.path(session, "invitation"),
            origin=links.origin,
            language=templates.language,
            translator=templates.translator,
        )
        return (
            ConsultationsApi(store, self._rooms, door, clock, news, notices, self._plans, addresses),
            TogetherApi(store, doorkeeper, identity, clock, news, line, notices),
        )

    def _asking(
        self, templates: Templates, identity: Identity, links: Links, door: RecordingDoor
    ) -> tuple[ReviewsApi, AgreementApi, ReviewPages]:
        """Consultants: asked, answering, reminded."""
        store, rooms, clock, secret = self._store, self._rooms, self._clock, load_secret(self._settings.data_path / "secret")
        consulting = Consulting(store, rooms, clock, self._news, self._notices, secret=secret, day=self._languages.day)
        self._reminding = Reminding(consulting, clock)
        pages, translator = Pages(origin=links.origin, qr=qr_picture, language=templates.language), templates.translator
        return (
            ReviewsApi(store, rooms, door, clock, consulting, pages, translator=translator),
            AgreementApi(store, rooms, self._recorder, door, clock, translator=translator),
            ReviewPages(templates, store, rooms, identity, clock, consulting, links),
        )

    def _watching(self, templates: Templates, identity: Identity, links: Links, door: RecordingDoor) -> tuple[WatchersApi, WatchLinkPages]:
        """How others come to a recording."""
        pages = Pages(origin=links.origin, qr=qr_picture, language=templates.language)
        return (
            WatchersApi(self._store, self._rooms, door, self._clock, self._news, self._notices, pages),
            WatchLinkPages(templates, self._store, self._rooms, identity, self._clock, self._news, self._notices),
        )

    def _my_data(self, templates: Templates, identity: Identity) -> tuple[MyDataPages, ArchiveApi]:
        gathering = Gathering(self._store, self._rooms, self._recorder, self._jobs, self._settings.data_path / "slides")
        return (
            MyDataPages(templates, gathering, identity),
            ArchiveApi(gathering, identity, self._clock, translator=templates.translator, render=templates.text),
        )


def serve(settings: Settings, *, worker_socket: Path, recorder_socket: Path) -> int:
    """The server process's whole life. Returns its exit code."""
    server = Server(settings, worker_socket=worker_socket, recorder_socket=recorder_socket)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_signal(server))
    return 0


async def _until_signal(server: Server) -> None:
    running = asyncio.create_task(server.run(), name="server")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


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
