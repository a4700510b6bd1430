"""Bytes to messages and back. Every refusal is a `WireError` with a stable code; nothing else is raised."""

from __future__ import annotations

import msgspec

from server.wire.messages import MAX_MESSAGE_BYTES, FromPage, ToPage

_encoder = msgspec.json.Encoder()
_from_page: msgspec.json.Decoder[FromPage] = msgspec.json.Decoder(FromPage)
_to_page: msgspec.json.Decoder[ToPage] = msgspec.json.Decoder(ToPage)


class WireError(Exception):
    """A message that is not of the protocol. `ref` is the one it carried, if that much could be read."""

    def __init__(self, code: str, message: str, ref: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ref = ref


def encode(message: ToPage) -> str:
    return _encoder.encode(message).decode()


def decode_from_page(text: str | bytes) -> FromPage:
    if len(text) > MAX_MESSAGE_BYTES:
        raise WireError("too_large", f"A message may have {MAX_MESSAGE_BYTES} bytes.")
    try:
        return _from_page.decode(text)
    except msgspec.ValidationError as error:
        code = "unknown_type" if "Invalid value" in str(error) and "$.type" in str(error) else "invalid"
        raise WireError(code, str(error), _ref_of(text)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise WireError("malformed", "This is not JSON.") from error


def decode_to_page(text: str | bytes) -> ToPage:
    """For tests, tools and documentation. Raises msgspec's errors."""
    return _to_page.decode(text)


class _Ref(msgspec.Struct):
    ref: int | None = None


_decode_ref = msgspec.json.Decoder(_Ref).decode


def _ref_of(text: str | bytes) -> int | None:
    try:
        ref = _decode_ref(text).ref
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return ref if ref is not None and 0 <= ref < 2**53 else None
