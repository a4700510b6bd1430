"""The addresses of a session that are handed to people: for everybody, and for the one who leads."""

from __future__ import annotations

import io
from urllib.parse import quote, urlsplit

import segno
from aiohttp import web
from markupsafe import Markup

from server.pages.guard import is_local
from server.people.invitations import DOORS, Invitations, Kind

_DOOR_OF = {kind: door for door, kind in DOORS.items()}


class Links:
    """`public_url` empty: the address under which the page was asked for."""

    def __init__(self, invitations: Invitations, public_url: str) -> None:
        self._invitations = invitations
        self._public_url = public_url

    def path(self, session: str, kind: Kind) -> str:
        return f"/{_DOOR_OF[kind]}/{quote(self._invitations.make(session, kind))}"

    def address(self, request: web.Request, session: str, kind: Kind) -> str:
        return self.origin(request) + self.path(session, kind)

    def origin(self, request: web.Request) -> str:
        return self._public_url or f"{request.scheme}://{request.host}"

    def reach(self, request: web.Request) -> str:
        """What stands between these links and colleagues' cameras: `local`, `insecure`, or nothing."""
        parts = urlsplit(self.origin(request))
        if is_local(parts.netloc):
            return "local"
        return "" if parts.scheme == "https" else "insecure"


def qr_picture(link: str, title: str) -> Markup:
    picture = io.BytesIO()
    segno.make(link, micro=False).save(picture, kind="svg", xmldecl=False, svgns=True, scale=4, omitsize=True, title=title)
    return Markup(picture.getvalue().decode())
