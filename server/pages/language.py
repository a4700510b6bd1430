"""In which language somebody reads: remembered on the device, else what the browser asks for."""

from __future__ import annotations

from aiohttp import web

from server.languages import Languages

COOKIE = "mt_language"
LASTS_S = 400 * 24 * 3600


def language_of(request: web.Request, languages: Languages) -> str:
    return languages.best(request.cookies.get(COOKIE, ""), request.headers.get("Accept-Language", ""))


class LanguagePages:
    def __init__(self, languages: Languages, *, secure: bool) -> None:
        self._languages = languages
        self._secure = secure

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/language", self.choose)]

    async def choose(self, request: web.Request) -> web.Response:
        form = await request.post()
        language = str(form.get("language", ""))
        response = web.HTTPSeeOther(own_path(str(form.get("back", ""))))
        if language in self._languages:
            response.set_cookie(COOKIE, language, max_age=LASTS_S, httponly=True, samesite="Lax", secure=self._secure, path="/")
        raise response


def own_path(back: str) -> str:
    """A path of this server; anything that could lead elsewhere becomes the start page."""
    safe = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and back.isascii()
    return back if safe and len(back) < 2000 else "/"
