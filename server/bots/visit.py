"""What the process of a trial is told: plain data, read on both sides."""

from __future__ import annotations

import msgspec

from server.bots.door import Address


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """`invitation` is the token of a link for simulated colleagues. Without a `seed`
    each visit is a little different. They leave `guest_away_s` after the last real person, `after_end_s` after the session's end,
    `server_away_s` after the server, and at once when the process `stays_with` is gone."""

    address: Address
    invitation: str
    language: str
    count: int
    seed: int | None = None
    stays_with: int | None = None
    first_guest_s: float = 300.0
    guest_away_s: float = 120.0
    after_end_s: float = 60.0
    server_away_s: float = 60.0
    most_s: float = 7200.0
