"""Who may import whom: docs/architecture.md, by reading the sources. Holds for the files there are and for those to come."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for package in ("server", "recorder") for path in (ROOT / package).rglob("*.py"))

# third party -> the only modules (with all below them) that import it
ONLY: dict[str, tuple[str, ...]] = {
    "aiohttp": (
        "server.doors",
        "server.pages",
        "server.api",
        "server.signaling",
        "server.app",
        "server.site",
        "server.notify",
        "server.people.oidc",
        "server.bots",
    ),
    "redis": ("server.cluster",),
    "aiortc": ("server.media", "server.bots", "recorder"),
    "av": ("server.media", "server.bots", "recorder"),
    "pylibsrtp": ("server.media.srtp",),
    "PIL": ("server.api.draw_slides", "recorder.lettering", "recorder.captions", "recorder.pictures"),
    "pypdfium2": ("server.api.draw_slides",),
    "babel": ("server.languages", "server.pages.rendering"),
    "jinja2": ("server.pages.rendering",),
    "segno": ("server.pages.links",),
    "sqlalchemy": (
        "server.store",
        "server.rooms",
        "server.people",
        "server.jobs",
        "server.review",
        "server.notify",
        "server.pages.join",
        "server.keeping",
        "server.cluster",
        "server.api.whose",
        "server.doctor",
    ),
    "asyncpg": ("server.store", "server.doctor"),
    "obstore": ("server.blobs",),
    "aiosmtplib": ("server.notify",),
    "joserfc": ("server.people.oidc",),
    "nh3": ("server.review.notes.markdown",),
    "markdown_it": ("server.review.notes.markdown",),
    "alembic": ("server.store",),
    "cryptography": ("server.media", "server.doctor", "recorder"),
    "numpy": ("server.bots", "recorder"),
}
# modules -> all that they may import beside the standard library
PURE: dict[str, tuple[str, ...]] = {
    "server.session": ("server.session", "server.wire", "msgspec"),
    "server.wire": ("server.session", "server.wire", "msgspec"),
    "server.bots": ("server.bots", "server.wire", "server.errors.UserError", "msgspec", "aiohttp", "aiortc", "aioice", "av", "numpy"),
}
# who puts the parts together, and so may import simulated colleagues
COMPOSITION = ("server.app", "server.site", "server.cli", "server.bots", "server.rehearsal")


def violations(module: str, imported: str) -> Iterator[str]:
    for purer, allowed in PURE.items():
        if (
            within(module, purer)
            and imported.split(".")[0] not in sys.stdlib_module_names
            and not any(within(imported, a) for a in allowed)
        ):
            yield f"{purer} imports only {', '.join(allowed)}"
    for library, places in ONLY.items():
        if within(imported, library) and not any(within(module, place) for place in places):
            yield f"only {', '.join(places)} import {library}"
    if within(module, "server.media") and within(imported, "server") and not within(imported, "server.media"):
        yield "server.media imports nothing of the server"
    if (
        within(module, "server")
        and not within(module, "server.media")
        and within(imported, "recorder")
        and not within(imported, "recorder.control")
    ):
        yield "the server imports only recorder.control"
    if within(module, "server.media") and within(imported, "recorder"):
        yield "server.media imports nothing outside itself"
    shared = ("server.media.control", "server.media.ring")
    if within(module, "recorder") and within(imported, "server") and not any(within(imported, each) for each in shared):
        yield "the recorder imports only server.media.control and server.media.ring"
    if within(imported, "server.pages") and not any(within(module, place) for place in (*COMPOSITION, "server.pages")):
        yield "only the composition root knows pages"
    if within(module, "server.pages") and within(imported, "server.api"):
        yield "pages and api stand side by side"
    if within(imported, "server.bots") and not any(within(module, place) for place in COMPOSITION):
        yield "only the composition root knows simulated colleagues"
    if within(imported, "tests") or within(imported, "tasks"):
        yield "the product imports no tests"
    if within(imported, "aiortc") and any(part.startswith("_") for part in imported.split(".")) and module != "server.media.dtls":
        yield "only server.media.dtls touches aiortc's private names"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_it_may(path: Path) -> None:
    module = module_name(path)
    found = [
        f"line {line}, {name}: {rule}"
        for line, name in imports(path.read_text(), module, is_package=path.stem == "__init__")
        for rule in violations(module, name)
    ]
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_aiortcs_private_attributes_are_touched_in_one_module_only(path: Path) -> None:
    if module_name(path) != "server.media.dtls":
        assert private_attributes(path.read_text(), "aiortc") == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("server.session.decide", "server.rooms.room"),
        ("server.wire.codec", "aiohttp"),
        ("server.media.worker", "server.errors"),
        ("server.media.worker", "recorder.control"),
        ("server.rooms.room", "recorder.take"),
        ("server.rooms.room", "aiohttp.web"),
        ("server.rooms.room", "redis.asyncio"),
        ("server.pages.take", "av"),
        ("recorder.take", "server.settings"),
        ("recorder.take", "server.media.worker"),
        ("server.media.egress", "pylibsrtp"),
        ("server.bots.peer", "aiortc.rtcdtlstransport._secret"),
        ("server.bots.door", "server.people.seats"),
        ("server.pages.start", "server.bots.trials"),
        ("server.api.slides", "PIL.Image"),
        ("server.api.slides", "pypdfium2"),
        ("server.session.schedule", "sqlalchemy"),
        ("server.api.recordings", "sqlalchemy.ext.asyncio"),
        ("server.rooms.room", "babel.dates"),
        ("server.api.claims", "server.pages.links"),
        ("server.pages.join", "server.api.calendar"),
    ],
)
def test_the_rules_bite(module: str, imported: str) -> None:
    assert list(violations(module, imported))


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("server.session.decide", "server.wire.messages"),
        ("server.session.decide", "dataclasses"),
        ("server.rooms.room", "recorder.control"),
        ("server.rooms.room", "server.media.client"),
        ("server.app", "server.bots.trials"),
        ("server.bots.behaviour", "server.wire.messages"),
        ("server.application", "server.appetite"),
        ("recorder.take", "server.media.ring"),
        ("server.media.worker", "aiortc"),
        ("server.api.draw_slides", "PIL.Image"),
        ("server.languages", "babel.messages.pofile"),
        ("server.api.claims", "server.doors.identity"),
    ],
)
def test_the_rules_let_pass_what_is_meant(module: str, imported: str) -> None:
    assert list(violations(module, imported)) == []


def test_relative_and_late_imports_are_seen() -> None:
    source = "from . import clock\nfrom ..media.control import Worker\ndef f():\n    import av\n"
    seen = {name for _, name in imports(source, "server.rooms.room", is_package=False)}
    assert seen == {"server.rooms.clock", "server.media.control.Worker", "av"}
    assert private_attributes("from aiortc import rtp\nrtp._secret()\nself._own()\n", "aiortc") == ["line 2: rtp._secret"]


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything imported; `from a import b` counts as a.b, which names the module or what is in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def private_attributes(source: str, library: str) -> list[str]:
    """`name._private` for names that came from `library`."""
    tree = ast.parse(source)
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                origin = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
                if within(origin, library):
                    names.add((alias.asname or alias.name).split(".")[0])
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and ast.unparse(node.value).split(".")[0].split("(")[0] in names
    ]
