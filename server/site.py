"""Every address of the server and what answers there, put together from the server's parts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from server.api.agreement import AgreementApi
from server.api.archive import ArchiveApi
from server.api.between_nodes import Signing
from server.api.calendar import CalendarApi
from server.api.claims import ClaimsApi
from server.api.connection import ConnectionApi
from server.api.consultations import Addresses, ConsultationsApi
from server.api.exports import ExportsApi
from server.api.far_files import nobody
from server.api.forwarding import Forwarding
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
from server.api.whose import Whose
from server.api.withdrawals import WithdrawalsApi
from server.bots.door import local_address
from server.bots.trials import SimulatedColleagues
from server.clock import Clock
from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity
from server.doors.recordings import RecordingDoor
from server.jobs.queue import Jobs
from server.keeping.erasing import Erasing
from server.languages import Languages
from server.logs import launched
from server.media.checks import Checks
from server.media.client import MediaClient
from server.membership import Membership
from server.notify.notices import Notices
from server.pages.compare import ComparePages
from server.pages.erasing import ErasingPages
from server.pages.formats import FormatPages
from server.pages.guard import guard, same_origin
from server.pages.join import JoinPages
from server.pages.language import LanguagePages
from server.pages.links import Links, qr_picture
from server.pages.me import MePages
from server.pages.my_data import MyDataPages
from server.pages.my_voice import MyVoicePages
from server.pages.on_paper import PaperPages
from server.pages.proxies import said_by
from server.pages.questions import QuestionPages
from server.pages.recognising import Recognising
from server.pages.recording import RecordingPages
from server.pages.rendering import Templates
from server.pages.reviews import ReviewPages
from server.pages.room import RoomPages
from server.pages.set_up import SetUpPages
from server.pages.start import StartPages
from server.pages.static_files import StaticFiles
from server.pages.throttle import throttle
from server.pages.watch_link import WatchLinkPages
from server.people.invitations import Invitations, secret_of
from server.relay import Relays
from server.review.archive.gathering import Gathering
from server.review.consulting.acts import Consulting
from server.review.news import News
from server.review.recorder_client import RecorderClient
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.session.plan import Plan
from server.settings import Settings
from server.signaling.dispatch import Dispatch
from server.signaling.media_events import MediaEvents
from server.signaling.socket import Socket
from server.store.engine import Store

MOST_FORM_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the server is made of, behind its addresses."""

    settings: Settings
    plans: Mapping[str, Plan]
    languages: Languages
    clock: Clock
    store: Store
    rooms: Rooms
    media: MediaClient
    checks: Checks
    media_events: MediaEvents
    recorder: RecorderClient
    withdrawing: Withdrawing
    jobs: Jobs
    news: News
    notices: Notices
    member: Membership
    erasing: Erasing


class Answers(Protocol):
    def routes(self) -> list[web.RouteDef]: ...


class Site:
    """`consulting` reminds consultants without being asked by anybody."""

    def __init__(self, parts: Parts) -> None:
        settings, store = parts.settings, parts.store
        secret = secret_of(settings.secret, settings.data_path / "secret")
        self._parts = parts
        self._secure = settings.secure
        self._static = StaticFiles()
        self._templates = Templates(parts.languages, static=self._static)
        self._invitations = Invitations(secret)
        self._links = Links(self._invitations, settings.public_url)
        self._identity = Identity(store, secure=self._secure)
        self._doorkeeper = Doorkeeper(store, parts.rooms, self._identity, self._invitations)
        self._door = RecordingDoor(store, self._identity, parts.clock, parts.news)
        self._line = NewsApi(parts.news, self._door, self._identity, same_origin=same_origin)
        self._live = LiveApi(store, parts.recorder, self._identity)
        self._slides = SlidesApi(store, self._doorkeeper, parts.clock, settings.data_path / "slides")
        here = local_address(settings.host, settings.port, settings.tls_cert, settings.media_port)
        trial = (sys.executable, *launched("server.bots.main", [], settings.log_format, node=settings.node))
        self._simulated = SimulatedColleagues(here, lambda session: self._invitations.make(session, "simulated"), trial)
        self.consulting = Consulting(store, parts.rooms, parts.clock, parts.news, parts.notices, secret=secret, day=parts.languages.day)

    async def application(self) -> web.Application:
        settings = self._parts.settings
        await self._slides.prepare()
        making = throttle(settings.sessions_at_once, behind_proxy=bool(settings.public_url), shared=self._parts.member.members)
        outer, among = guard(self._templates, secure=self._secure), self._among_nodes()
        front = [outer, said_by(settings.proxies)] if settings.proxies else [outer]
        middlewares = [*front, among.arriving, among.once(making), among.passing_on] if among else [*front, making]
        app = web.Application(middlewares=middlewares, client_max_size=MOST_FORM_BYTES)
        app.on_shutdown.append(self._close)
        if among:
            app.on_shutdown.append(among.close)
        for each in (*self._everywhere(among), *self._sessions(), *self._recording(), *self._studio(), *self._consultants()):
            app.add_routes(each.routes())
        return app

    def _among_nodes(self) -> Forwarding | None:
        settings, owners = self._parts.settings, self._parts.member.shared
        if owners is None:
            return None
        inner_port = int(settings.node_listen.rpartition(":")[2])
        return Forwarding(Signing(settings.secret), Whose(self._parts.store, self._invitations), owners, inner_port)

    async def _close(self, _: web.Application) -> None:
        """Everybody who waits for something is let go."""
        await asyncio.gather(self._simulated.close(), self._line.close(), self._live.close())

    def _everywhere(self, among: Forwarding | None) -> Sequence[Answers]:
        """The start, and who one is."""
        parts, templates, identity = self._parts, self._templates, self._identity
        store, clock, rooms, links = parts.store, parts.clock, parts.rooms, self._links
        recognising = Recognising(parts.settings, store, clock, rooms, parts.notices, templates, identity, links)
        gathering = Gathering(store, rooms, parts.recorder, parts.jobs, parts.settings.data_path / "slides")
        return (
            self._static,
            LanguagePages(parts.languages, secure=self._secure),
            StartPages(templates, store, rooms, identity, links, parts.plans, clock, self._simulated.place),
            recognising,
            MePages(templates, store, identity, clock, recognising.account.part),
            MyDataPages(templates, gathering, identity),
            ErasingPages(templates, parts.erasing, self._doorkeeper, identity),
            ArchiveApi(gathering, identity, clock, among.ask if among else nobody, translator=templates.translator, render=templates.text),
            self._line,
        )

    def _sessions(self) -> Sequence[Answers]:
        """From a format to the room."""
        parts, templates, identity, doorkeeper = self._parts, self._templates, self._identity, self._doorkeeper
        store, clock, links, relays = parts.store, parts.clock, self._links, Relays.of(parts.settings)
        return (
            SetUpPages(templates, parts.rooms, links, parts.plans),
            FormatPages(templates, parts.plans),
            JoinPages(templates, doorkeeper, identity, links, clock),
            RoomPages(templates, store, doorkeeper, links),
            ConnectionApi(doorkeeper, parts.checks, relays),
            ClaimsApi(store, doorkeeper, identity, clock, secure=self._secure),
            CalendarApi(doorkeeper, parts.settings.public_url),
            self._slides,
            Socket(
                parts.media,
                parts.media_events,
                Dispatch(parts.media, clock, relays=relays),
                admit=doorkeeper.admit_device,
                relay=relays.give,
                same_origin=same_origin,
                translator=templates.translator,
            ),
        )

    def _recording(self) -> Sequence[Answers]:
        """A recording: its page, its bytes, what is made from it and what is taken out of it."""
        parts, templates, door = self._parts, self._templates, self._door
        store, rooms, recorder, withdrawing = parts.store, parts.rooms, parts.recorder, parts.withdrawing
        translator, sending = templates.translator, Sending(door, parts.news)
        products = ProductsApi(rooms, recorder, door, parts.jobs, sending, translator=translator)
        recordings = RecordingsApi(store, rooms, recorder, door, withdrawing, sending, translator=translator, products=products.look)
        return (
            RecordingPages(templates, store, rooms, door, parts.clock, keep_days=parts.settings.keep_recordings_days),
            recordings,
            products,
            self._live,
            TalkApi(rooms, recorder, door, translator=translator),
            MyVoicePages(templates, store, self._doorkeeper, self._identity, withdrawing),
            WithdrawalsApi(store, rooms, self._doorkeeper, self._identity, withdrawing),
            ComparePages(templates, store, rooms, door),
            PaperPages(templates, store, rooms, recorder, door, parts.clock),
            ExportsApi(store, rooms, recorder, door, parts.clock, translator=translator, public_url=parts.settings.public_url),
        )

    def _studio(self) -> Sequence[Answers]:
        """What people write about a recording, and who may watch it."""
        parts, templates, door = self._parts, self._templates, self._door
        store, rooms, clock, news, notices = parts.store, parts.rooms, parts.clock, parts.news, parts.notices
        translator, links = templates.translator, self._links
        board = NoteBoard(
            store,
            clock,
            news,
            notices,
            about_to_delete=parts.erasing.about_note,
            translator=translator,
            language=templates.language,
            origin=links.origin,
        )
        return (
            NotesApi(store, rooms, parts.recorder, door, clock, board),
            QuestionsApi(store, self._doorkeeper, board),
            QuestionPages(templates, self._doorkeeper),
            OwnViewApi(store, rooms, door, self._identity, clock, news, translator=translator),
            WatchersApi(store, rooms, door, clock, news, notices, self._pages()),
            WatchLinkPages(templates, store, rooms, self._identity, clock, news, notices),
        )

    def _consultants(self) -> Sequence[Answers]:
        """Consultants: asked and answering, or in a call over the same film."""
        parts, templates, door, links = self._parts, self._templates, self._door, self._links
        store, rooms, clock, news, notices = parts.store, parts.rooms, parts.clock, parts.news, parts.notices
        translator, consulting = templates.translator, self.consulting
        addresses = Addresses(
            invitation=lambda session: links.path(session, "invitation"),
            origin=links.origin,
            language=templates.language,
            translator=translator,
        )
        return (
            ReviewsApi(store, rooms, door, clock, consulting, self._pages(), translator=translator),
            AgreementApi(store, rooms, parts.recorder, door, clock, translator=translator),
            ReviewPages(templates, store, rooms, self._identity, clock, consulting, links),
            ConsultationsApi(store, rooms, door, clock, news, notices, parts.plans, addresses),
            TogetherApi(store, self._doorkeeper, self._identity, clock, news, self._line, notices),
        )

    def _pages(self) -> Pages:
        return Pages(origin=self._links.origin, qr=qr_picture, language=self._templates.language)
