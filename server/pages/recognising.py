"""How somebody is the same person on another device: all pages about that, put together from what the server has."""

from __future__ import annotations

from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity
from server.notify.notices import Notices
from server.pages.account import AccountPages
from server.pages.arriving import Arriving
from server.pages.at_provider import BACK, AtProviderPages
from server.pages.devices import DevicePages
from server.pages.links import Links
from server.pages.mail_links import MailLinks
from server.pages.rendering import Templates
from server.pages.sign_in import SignInPages
from server.people.oidc import Provider
from server.rooms.registry import Rooms
from server.settings import Settings
from server.store.engine import Store


class Recognising:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        rooms: Rooms,
        notices: Notices,
        templates: Templates,
        identity: Identity,
        links: Links,
    ) -> None:
        behind_proxy, name = bool(settings.public_url), settings.provider_name
        mail = MailLinks(store, clock, notices, origin=settings.url, behind_proxy=behind_proxy)
        arriving = Arriving(store, identity, clock)
        self.account = AccountPages(templates, store, identity, rooms, mail, name)
        self._routes = [
            *self.account.routes(),
            *SignInPages(templates, store, clock, arriving, mail, name).routes(),
            *DevicePages(templates, store, identity, clock, links, self.account).routes(),
        ]
        if settings.oidc_issuer:
            provider = Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.url + BACK, clock)
            secure = settings.secure
            there = AtProviderPages(templates, store, clock, arriving, provider, name=name, secure=secure, behind_proxy=behind_proxy)
            self._routes += there.routes()

    def routes(self) -> list[web.RouteDef]:
        return self._routes
