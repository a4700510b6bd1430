"""Whatever people write, a page gets text and a few harmless kinds of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.review.notes.markdown import TAGS, Element, Rich, to_html, to_plain, to_tree, tree_of

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](//evil.example)",
    "[x](/me/data)",
    "[x](vbscript:x)",
    "[x](&#106;avascript:alert(1))",
    "<javascript:alert(1)>",
    "![x](https://evil.example/x.png)",
    '[x](https://a.example/"onmouseover="alert(1))',
    '[x](https://a.example "title\\" onclick=alert(1)")',
    "`<b>`<svg/onload=alert(1)>",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<a href='https://a.example' onclick=alert(1)>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<\x00script>",
    "*" * 5000,
    "[" * 5000,
    "> " * 3000 + "x",
    "- " * 3000 + "x",
    "`" * 4999,
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:24].encode("unicode_escape").decode())
def test_hostile_text_is_harmless(text: str) -> None:
    harmless(text)


PIECES = st.sampled_from(
    [*"*_`[]()<>!#&;:\"'\\\n\t -+=1.\x00", "**", "```", "](", "https://a.example", "javascript:", "<script>", "&#x3c;", "é", "\u202e"]
)


TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=40).map("".join))


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS, min_size=5, max_size=5))
def test_any_text_is_harmless(texts: list[str]) -> None:
    for text in texts:
        harmless(text)


def harmless(text: str) -> None:
    html = to_html(text)
    assert set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", html)) <= TAGS
    assert not re.search(r"<[^>]*\son\w+\s*=", html)
    assert all(link.lower().startswith(("http://", "https://")) for link in re.findall(r'href="([^"]*)"', html))
    for element in elements(tree_of(html)):
        assert element.tag in TAGS
        assert not element.href or element.href.lower().startswith(("http://", "https://"))


def test_what_can_be_written() -> None:
    tree = to_tree("Very **good**, *really*\nsee [this](https://a.example/b)\n\n- one\n- `two`\n\n1. a")
    assert shape(tree) == [
        ["p", "Very ", ["strong", "good"], ", ", ["em", "really"], ["br"], "\nsee ", ["a", "this"]],
        ["ul", ["li", "one"], ["li", ["code", "two"]]],
        ["ol", ["li", "a"]],
    ]
    assert [each.href for each in elements(tree) if each.href] == ["https://a.example/b"]
    assert 'rel="noopener nofollow"' in to_html("[this](https://a.example/b)")


def test_what_looks_like_markup_and_is_none_stays_as_it_was_written() -> None:
    for text in ("2 < 3 && 4 > 3", "# no heading", "<b>not bold</b>", "> said Ana", "[x](javascript:alert(1))"):
        assert shape(to_tree(text)) == [["p", text]]


def test_the_tree_is_what_the_page_expects() -> None:
    assert msgspec.to_builtins(to_tree("a *b*")) == ({"tag": "p", "children": ("a ", {"tag": "em", "children": ("b",)})},)


def elements(tree: Sequence[Rich]) -> Iterator[Element]:
    for each in tree:
        if isinstance(each, Element):
            yield each
            yield from elements(each.children)


def shape(tree: Sequence[Rich]) -> list[object]:
    return [each if isinstance(each, str) else [each.tag, *shape(each.children)] for each in tree]


def test_plain_text_is_the_words_alone() -> None:
    assert to_plain("- Wait **three** seconds\n- `ask`") == "Wait three seconds ask"
