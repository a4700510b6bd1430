"""A second device asks to be somebody: what is shown to whom, and how much of it there can be."""

from __future__ import annotations

import pytest

from server.errors import UserError
from server.people.claims import LASTS_MS, MOST_OF_ONE_SEAT, MOST_OPEN, Claims, seat_named
from server.session.state import Seat, State
from tests.fakes.played_session import PLANS


def test_only_the_device_that_asked_learns_the_answer() -> None:
    claims = Claims()
    claim, secret = claims.make("maria", 0)
    assert [(open_.claim, open_.seat) for open_ in claims.waiting(1)] == [(claim, "maria")]
    assert claims.look(claim, secret, 1) == "waiting"
    claims.answer(claim, yes=True)
    assert claims.waiting(2) == ()
    assert claims.look(claim, "guessed", 2) == "gone"
    assert claims.look(claim, claim, 2) == "gone"
    assert claims.look(claim, secret, 2) == "yes"
    assert claims.collect(claim) == "maria"
    assert claims.look(claim, secret, 3) == "gone", "a yes is good for one device"


def test_a_question_is_over_after_ten_minutes_and_cannot_be_answered_then() -> None:
    claims = Claims()
    claim, secret = claims.make("maria", 0)
    assert claims.deadline_ms() == LASTS_MS
    assert claims.seat_of(claim, LASTS_MS - 1) == "maria"
    assert claims.seat_of(claim, LASTS_MS) is None
    assert claims.look(claim, secret, LASTS_MS) == "gone"
    assert claims.forget_old(LASTS_MS)
    assert not claims.forget_old(LASTS_MS)
    assert len(claims) == 0


def test_a_flood_of_questions_stays_small_and_a_no_holds_for_a_while() -> None:
    claims = Claims()
    for _ in range(MOST_OF_ONE_SEAT):
        claim, _ = claims.make("maria", 0)
        claims.answer(claim, yes=False)
    with pytest.raises(UserError, match="too_many_claims"):
        claims.make("maria", LASTS_MS - 1)
    made = 0
    for number in range(1000):
        try:
            claims.make(f"seat {number}", 1)
            made += 1
        except UserError:
            pass
    assert made + MOST_OF_ONE_SEAT == len(claims) == MOST_OPEN
    claims.make("maria", LASTS_MS + 1)


def test_a_name_is_found_however_it_is_typed_and_never_a_simulated_colleague() -> None:
    seats = {
        "lina": Seat(seat="lina", teaches=False, leads=False, simulated=True),
        "maria": Seat(seat="maria", teaches=True, leads=False),
    }
    state = State(session="s", plan=PLANS["try-out"], created_ms=0, seats=seats)
    names = {"lina": "Lina", "maria": "María  Weiß"}
    assert seat_named(state, names, " maría WEISS ") == "maria"
    assert seat_named(state, names, "Lina") is None
    assert seat_named(state, names, "") is None
