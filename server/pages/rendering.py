"""Templates and static files: read once at the start, so that a request can never name a file of its own choosing."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

import jinja2
from aiohttp import web

WEB = Path(__file__).parents[2] / "web"

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")


class Templates:
    def __init__(self, folder: Path = WEB / "templates") -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def page(self, template: str, status: int = 200, **context: object) -> web.Response:
        context["status"] = status
        text = self._environment.get_template(template).render(context)
        return web.Response(text=text, content_type="text/html", status=status)


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
