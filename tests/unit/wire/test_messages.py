from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest

from server.wire import document, examples, messages
from server.wire.codec import WireError, decode_from_page, decode_to_page, encode


def test_every_message_has_an_example_that_survives_the_way() -> None:
    for union, found in ((messages.FromPage, examples.FROM_PAGE), (messages.ToPage, examples.TO_PAGE)):
        assert {type(example) for example in found} == set(get_args(union))
    for sent in examples.FROM_PAGE:
        assert decode_from_page(msgspec.json.encode(sent)) == sent
    for shown in examples.TO_PAGE:
        assert decode_to_page(encode(shown)) == shown


def test_the_document_and_the_types_are_current() -> None:
    text = document.DOCUMENT.read_text()
    assert document.tables() in text
    assert document.TYPES.read_text() == document.javascript()


def test_the_examples_in_the_document_are_messages() -> None:
    blocks = re.findall(r"```json\n(.*?)\n```", document.DOCUMENT.read_text(), re.DOTALL)
    assert len(blocks) == len(examples.FROM_PAGE) + len(examples.TO_PAGE)
    for block in blocks:
        try:
            decode_from_page(block)
        except WireError:
            decode_to_page(block)


@pytest.mark.parametrize(
    ("text", "code", "ref"),
    [
        ("", "malformed", None),
        ("{" * 100_000, "malformed", None),
        ('{"type":"tap","ref":7}', "invalid", 7),
        ('{"type":"nothing","ref":7}', "unknown_type", 7),
        ('{"type":"nothing","ref":"7"}', "unknown_type", None),
        ('{"type":"ready","ref":1,"ready":1}', "invalid", 1),
        ('{"type":"ready","ref":99999999999999999999,"ready":true}', "invalid", None),
        ("[" * 200_000, "too_large", None),
    ],
)
def test_what_is_no_message_is_refused_by_code(text: str, code: str, ref: int | None) -> None:
    with pytest.raises(WireError) as error:
        decode_from_page(text)
    assert (error.value.code, error.value.ref) == (code, ref)
