"""Templates and static files: read once at the start, so that a request can never name a file of its own choosing."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import jinja2
from aiohttp import web
from babel.dates import format_date
from babel.numbers import format_decimal

from server.languages import ENGLISH, Languages
from server.pages.language import language_of
from server.session.beside import Translate

WEB = Path(__file__).parents[2] / "web"

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


class Templates:
    """One environment for each language: `_("…")` in a template is the sentence in that language."""

    def __init__(self, languages: Languages, folder: Path = WEB / "templates") -> None:
        self._languages = languages
        loader = jinja2.FileSystemLoader(folder)
        self._environments = {language: _environment(loader, languages, language) for language in languages.names}

    def page(self, request: web.Request, template: str, status: int = 200, **context: object) -> web.Response:
        context |= {"status": status, "path": request.path_qs if request.method == "GET" else request.path}
        environment = self._environments[self.language(request)]
        text = environment.get_template(template).render(context)
        return web.Response(text=text, content_type="text/html", status=status)

    def text(self, request: web.Request, template: str, context: Mapping[str, object]) -> str:
        """For a file that somebody takes along."""
        return self._environments[self.language(request)].get_template(template).render(context)

    def language(self, request: web.Request) -> str:
        return language_of(request, self._languages)

    def translator(self, request: web.Request) -> Translate:
        return self._languages.translator(self.language(request))


def _environment(loader: jinja2.BaseLoader, languages: Languages, language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translate = languages.translator(language)

    def plural(one: str, many: str, count: int) -> str:
        return translate(one if count == 1 else many)

    environment.install_gettext_callables(translate, plural, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"language": language, "languages": languages.names}
    locale = "en_GB" if language == ENGLISH else language
    environment.filters["decimal"] = lambda number: format_decimal(round(number, 1), format="#,##0.#", locale=locale)
    environment.filters["day"] = lambda ms: format_date(datetime.fromtimestamp(ms / 1000), "d MMMM", locale=locale)
    return environment


class StaticFiles:
    """GET /static/…: an exact name gives the bytes read at the start; the browser asks each time whether they are still the same."""

    def __init__(self, folder: Path = WEB / "static") -> None:
        self._files: dict[str, tuple[bytes, str, str]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                body = path.read_bytes()
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                self._files[path.relative_to(folder).as_posix()] = (body, kind, hashlib.sha256(body).hexdigest()[:32])

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/static/{name:.+}", self.get)]

    async def get(self, request: web.Request) -> web.Response:
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, kind, digest = found
        known = {tag.value for tag in request.if_none_match or ()}
        response = web.Response(status=304) if digest in known else web.Response(body=body, content_type=kind, charset=_charset(kind))
        response.etag = digest
        response.headers["Cache-Control"] = "no-cache"
        return response


def _charset(kind: str) -> str | None:
    return "utf-8" if kind.startswith("text/") else None
