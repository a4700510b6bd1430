"""Writes what is generated from the messages: the tables of docs/protocol.md and the types in web/static/js/protocol.js.

`python -m server.wire.document` writes, `--check` says whether they are current.
"""

from __future__ import annotations

import sys
import types
import typing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from server.wire import connections, course, examples, messages, pieces, view

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "protocol.md"
TYPES = ROOT / "web" / "static" / "js" / "protocol.js"
BEGIN = "<!-- generated from server/wire/messages.py: begin -->"
END = "<!-- generated: end -->"

Struct = type[msgspec.Struct]


def main() -> int:
    wanted = {DOCUMENT: _with_tables(DOCUMENT.read_text()), TYPES: javascript()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not current: python -m server.wire.document")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


def tables() -> str:
    """Markdown of every message by direction, with fields and an example, and of the pieces that they are made of."""
    lines: list[str] = []
    for title, union, found in (
        ("From the page", messages.FromPage, examples.FROM_PAGE),
        ("From the server", messages.ToPage, examples.TO_PAGE),
    ):
        lines += [f"### {title}", ""]
        for kind in get_args(union):
            example = next(one for one in found if type(one) is kind)
            lines += _message(kind, msgspec.json.encode(example).decode())
    lines += ["### Pieces", ""]
    for kind in _pieces():
        lines += [f"#### {kind.__name__}", "", *_doc(kind), *_fields(kind), ""]
    return "\n".join(lines).rstrip() + "\n"


def javascript() -> str:
    """The same as JSDoc types."""
    lines = ["// Every structure of the signaling protocol, as types: generated from server/wire/messages.py. See docs/protocol.md.", ""]
    names = (
        "Part",
        "Status",
        "FloorMode",
        "RecordingChoice",
        "Source",
        "MicrophoneUse",
        "CardKind",
        "UndoKind",
        "OfferState",
        "Rule",
        "ReadBy",
        "ReadFrom",
    )
    lines += [f"/** @typedef {{{_script_type(getattr(pieces, name))}}} {name} */" for name in names]
    lines += [f"/** @typedef {{{_script_type(getattr(connections, name))}}} {name} */" for name in ("Level", "Badge", "Way", "Sending")]
    for kind in (*get_args(messages.FromPage), *get_args(messages.ToPage), *_pieces()):
        lines += ["", "/**", f" * @typedef {{object}} {kind.__name__}"]
        tag = kind.__struct_config__.tag
        if tag:
            lines.append(f' * @property {{"{tag}"}} type')
        lines += [f" * @property {{{_script_type(hint)}}} {_script_name(kind, name)}" for name, hint in _hints(kind).items()]
        lines.append(" */")
    for name in ("FromPage", "ToPage"):
        union = " | ".join(kind.__name__ for kind in get_args(getattr(messages, name)))
        lines += ["", f"/** @typedef {{{union}}} {name} */"]
    return "\n".join([*lines, "", "export {};", ""])


def _with_tables(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def _message(kind: Struct, example: str) -> list[str]:
    return [f"#### `{kind.__struct_config__.tag}`", "", *_doc(kind), *_fields(kind), "", "```json", example, "```", ""]


def _doc(kind: Struct) -> list[str]:
    text = " ".join((kind.__doc__ or "").split()) if "__doc__" in vars(kind) else ""
    return [text, ""] if text else []


def _fields(kind: Struct) -> list[str]:
    rows = [f"| `{name}` | {_words(hint)} |" for name, hint in _hints(kind).items()]
    return ["| field | type |", "| --- | --- |", *rows] if rows else ["No fields."]


def _hints(kind: Struct) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in msgspec.structs.fields(kind)}


def _script_name(kind: Struct, name: str) -> str:
    """What a page may leave out stands in brackets; the server always says everything."""
    field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
    return f"[{name}]" if kind in get_args(messages.FromPage) and not field.required else name


def _pieces() -> list[Struct]:
    kinds = (kind for module in (pieces, course, view, connections) for kind in vars(module).values())
    found = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, pieces.Piece) and kind is not pieces.Piece)
    return list(dict.fromkeys(found))


def _limits(hint: Any) -> str:
    meta = next((one for one in get_args(hint)[1:] if isinstance(one, msgspec.Meta)), None)
    if meta is None:
        return ""
    what = "entries" if get_origin(get_args(hint)[0]) is dict else "characters"
    words = [f"at most {meta.max_length} {what}" if meta.max_length is not None else ""]
    words += [f"from {meta.ge}" if meta.ge is not None else "", f"of `{meta.pattern}`" if meta.pattern else ""]
    return ", ".join(word for word in words if word)


def _words(hint: Any) -> str:
    """A type in words, for a table."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        limits = _limits(hint)
        return _words(arguments[0]) + (f", {limits}" if limits else "")
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"object of {_words(arguments[1])} by {_words(arguments[0])}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_words(one) for one in arguments)
    return {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "null"}.get(
        hint
    ) or f"[{hint.__name__}](#{hint.__name__.lower()})"


def _script_type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return _script_type(arguments[0])
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin is tuple:
        inner = _script_type(arguments[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{_script_type(arguments[0])}, {_script_type(arguments[1])}>"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_script_type(one) for one in arguments)
    return {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}.get(hint) or str(hint.__name__)


if __name__ == "__main__":
    sys.exit(main())
