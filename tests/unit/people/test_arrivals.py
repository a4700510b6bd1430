"""Who came back from the provider and is still asked something."""

from __future__ import annotations

from server.people.arrivals import LASTS_MS, MOST, Arrivals
from server.people.oidc import AtProvider

MARIA = AtProvider(issuer="https://id.example", subject="1", name="Maria")


def test_an_arrival_is_found_by_its_key_for_some_minutes_until_it_is_answered() -> None:
    arrivals = Arrivals()
    arrivals.add("key", MARIA, "/me", 0)
    found = arrivals.look("key", LASTS_MS - 1)
    assert found
    assert (found.who, found.path) == (MARIA, "/me")
    assert arrivals.look("key", LASTS_MS) is None
    assert arrivals.look("", 0) is None
    arrivals.end("key")
    assert arrivals.look("key", 0) is None


def test_many_who_never_answer_take_no_room_for_ever() -> None:
    arrivals = Arrivals()
    for number in range(MOST + 10):
        arrivals.add(str(number), MARIA, "/", 0)
    assert len(arrivals) == MOST
    assert arrivals.look("9", 0) is None
    assert arrivals.look(str(MOST + 9), 0)
    arrivals.add("later", MARIA, "/", LASTS_MS)
    assert len(arrivals) == 1
