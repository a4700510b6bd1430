"""What holds for every request: security headers, same-origin writes, and errors told as pages in words."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from server.doors.headers import set_headers
from server.errors import UserError
from server.pages.rendering import Templates
from server.store.failures import NotSaved

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SAFE = {"GET", "HEAD", "OPTIONS"}
COMES_BACK_S = 2

_WORDS = {
    404: ("Nothing here", "This link leads nowhere. Perhaps a part of it is missing: copy the whole of it and try again."),
    403: ("Not from here", "This page was asked to do something by another site. Open it again by its own address."),
    405: ("Not possible", "This page cannot do that."),
    413: ("Too large", "That was more than this page can take."),
    503: ("One moment", "This is not possible just now. Please try again in a few seconds."),
}
_OTHER = ("Something went wrong", "The fault is ours, not yours. Please try again in a moment.")


def is_local(host: str) -> bool:
    """Whether a host[:port] names this very computer, so that nobody else can open a link with it."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in ("localhost", "[::1]") or name.startswith("127.")


def same_origin(request: web.Request) -> bool:
    """Whether the browser says that a page of our own sends this (Fetch Metadata; else the Origin header, RFC 6454)."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return site == "same-origin"
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == request.host


def guard(templates: Templates, *, secure: bool) -> Middleware:
    async def respond(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE and not same_origin(request):
            return _error(templates, request, 403, "cross_site")
        try:
            return await handler(request)
        except ConnectionError:
            raise  # the answer had begun and nobody is there any more
        except UserError as error:
            return _error(templates, request, error.status, error.code, error.message)
        except web.HTTPException as error:
            if error.status < 400:
                set_headers(error, secure=secure)
                raise
            return _error(templates, request, error.status, "http")
        except NotSaved as error:
            log.error("%s %s: the database: %s", request.method, request.match_info.route.resource, error.why)
            return _error(templates, request, 503, "not_saved")
        except Exception:
            log.exception("%s %s failed", request.method, request.match_info.route.resource)
            return _error(templates, request, 500, "fault")

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await respond(request, handler)
        if not response.prepared:
            set_headers(response, secure=secure)
        return response

    return middleware


def _error(templates: Templates, request: web.Request, status: int, code: str, message: str | None = None) -> web.Response:
    title, words = _WORDS.get(status, _OTHER)
    translate = templates.translator(request)
    words = translate(message or words)
    if "text/html" not in request.headers.get("Accept", "text/html"):
        response = web.json_response({"code": code, "message": words}, status=status)
    else:
        action = {"action_label": translate("Start page"), "action_url": "/"}
        response = templates.page(request, "error.html", status, title=translate(title), message=words, **action)
    if code == "moving":
        response.headers["Retry-After"] = str(COMES_BACK_S)
        if request.method in _SAFE:
            response.headers["Refresh"] = str(COMES_BACK_S)
    return response
