"""Credentials for the operator's relay: as coturn checks them, for a time, and telling nothing about anybody."""

from __future__ import annotations

import base64
import hashlib
import hmac

from server.relay import Relays
from server.settings import Settings

URLS = ("turn:relay.school.example?transport=udp", "turns:relay.school.example:443?transport=tcp")
NOW_S = 1_795_900_000.7


def relays(secret: str = "a secret") -> Relays:
    return Relays(URLS, secret, 3600, lambda: NOW_S)


def test_without_a_relay_nobody_is_named_one() -> None:
    assert Relays.of(Settings()).give("room", "seat") is None


def test_coturn_comes_to_the_same_password() -> None:
    given = relays().give("room", "seat")
    assert given is not None
    expected = base64.b64encode(hmac.new(b"a secret", given.username.encode(), hashlib.sha1).digest()).decode()
    assert given.credential == expected
    assert int(given.username.partition(":")[0]) == int(NOW_S) + 3600
    assert (given.urls, given.lasts_s) == (URLS, 3600)


def test_a_seat_keeps_its_name_and_no_other_has_it() -> None:
    given = [relays().give(room, seat) for room, seat in (("r", "ana"), ("r", "ana"), ("r", "ben"), ("other", "ana"))]
    names = [one.username.partition(":")[2] for one in given if one]
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert not any("ana" in name for name in names)


def test_the_settings_say_how_long() -> None:
    given = Relays.of(Settings(turn_urls=URLS, turn_secret="a secret", turn_minutes=30)).give("room", "seat")
    assert given is not None
    assert given.lasts_s == 1800


def test_the_secret_is_not_shown() -> None:
    assert "canary" not in repr(relays("canary")) + repr(Settings(turn_urls=URLS, turn_secret="canary"))
