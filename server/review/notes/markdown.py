"""People's text with a little markup, made safe: emphasis, lists, links and code. Two walls: a parser that knows no HTML, then nh3.

Pages get it as a tree and make nodes of it themselves, since their policy lets nobody set markup. Links lead to http and https only.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

import msgspec
import nh3
from markdown_it import MarkdownIt

TAGS = frozenset({"p", "br", "em", "strong", "ul", "ol", "li", "a", "code", "pre"})
RULES = ("list", "fence", "backticks", "emphasis", "link", "autolink", "escape", "newline", "entity")
DEEPEST = 20
REMEMBERED = 2_000
SCHEMES = ("http://", "https://")


class Element(msgspec.Struct, frozen=True, omit_defaults=True):
    tag: str
    children: tuple[Rich, ...] = ()
    href: str = ""


Rich = str | Element


def to_html(text: str) -> str:
    return nh3.clean(
        _parser().render(text),
        tags=set(TAGS),
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, name, value: value if name == "rel" or (name == "href" and _leads_out(value)) else None,
        url_schemes={"http", "https"},
        link_rel="noopener nofollow",
    )


@functools.lru_cache(maxsize=REMEMBERED)
def to_tree(text: str) -> tuple[Rich, ...]:
    """The same as `to_html`. Lately asked ones are remembered: a list of notes is asked for at each change of one."""
    return tree_of(to_html(text))


def to_plain(text: str) -> str:
    """Its words alone, in one line."""
    return " ".join(" ".join(_words(to_tree(text))).split())


def _words(tree: Sequence[Rich]) -> Iterator[str]:
    for each in tree:
        if isinstance(each, str):
            yield each
        else:
            yield from _words(each.children)


def tree_of(clean_html: str) -> tuple[Rich, ...]:
    builder = _Builder()
    builder.feed(clean_html)
    builder.close()
    return builder.result()


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "breaks": True, "maxNesting": DEEPEST}).enable(list(RULES))
    parser.validateLink = _leads_out  # type: ignore[method-assign]
    return parser


def _leads_out(url: str) -> bool:
    return url.lower().startswith(SCHEMES)


class _Builder(HTMLParser):
    """From what nh3 has cleaned, which is well-formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, str, list[Rich]]] = [("", "", [])]

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._open[-1][2].append(Element(tag))
            return
        self._open.append((tag, dict(attrs).get("href") or "", []))

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1][0] == tag:
            tag, href, children = self._open.pop()
            self._open[-1][2].append(Element(tag, _without_breaks(tag, children), href))

    def handle_data(self, data: str) -> None:
        self._open[-1][2].append(data)

    def result(self) -> tuple[Rich, ...]:
        while len(self._open) > 1:
            self.handle_endtag(self._open[-1][0])
        return _without_breaks("", self._open[0][2])


def _without_breaks(tag: str, children: list[Rich]) -> tuple[Rich, ...]:
    """Line breaks between blocks are layout of the markup, not text."""
    if tag in ("", "ul", "ol", "li"):
        return tuple(child for child in children if not isinstance(child, str) or child.strip("\n"))
    return tuple(children)
