"""Templates: one environment for each language, what stands in them and how numbers and days are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import jinja2
from aiohttp import web
from babel.dates import format_date
from babel.numbers import format_decimal

from server.languages import ENGLISH, Languages
from server.pages.language import language_of
from server.pages.static_files import WEB, StaticFiles
from server.session.beside import Translate


class Templates:
    """One environment for each language: `_("…")` in a template is the sentence in that language."""

    def __init__(self, languages: Languages, folder: Path = WEB / "templates", static: StaticFiles | None = None) -> None:
        """With `static`, pages name its files at the addresses at which a browser keeps them."""
        self._languages = languages
        self._static = static
        loader = jinja2.FileSystemLoader(folder)
        self._environments = {language: _environment(loader, languages, language) for language in languages.names}

    def page(self, request: web.Request, template: str, status: int = 200, **context: object) -> web.Response:
        context |= {"status": status, "path": request.path_qs if request.method == "GET" else request.path}
        language = self.language(request)
        text = self._environments[language].get_template(template).render(context)
        if self._static is not None:
            text = self._static.addressed(text, language)
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
