"""What every message is: a frozen struct, tagged by `type`, that refuses unknown fields."""

from __future__ import annotations

import msgspec

from server.wire.pieces import Count


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True, omit_defaults=False):
    pass


class Command(Message, frozen=True, kw_only=True):
    """A message that is answered by `accepted` or `error` with the same `ref`, once its effect is on disk."""

    ref: Count
