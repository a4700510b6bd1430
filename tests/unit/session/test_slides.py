"""Slides and a shared screen: who may show, who sees, and when they go."""

import pytest

from server.session.commands import AddDeck, SetHere, ShareScreen, ShowSlide, TakeSeat
from server.session.evolve_acts import MOST_STILLS, SAME_STILL_MS
from server.session.policy import media_policy
from server.session.showing import may_see_deck
from tests.fakes.played_session import PlayedSession


@pytest.fixture
def played() -> PlayedSession:
    """Maria teaches first, Ben second; both brought slides."""
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.must(AddDeck(seat="maria", deck="fractions", pages=3))
    played.must(AddDeck(seat="ben", deck="volcanoes", pages=2))
    played.aside(decks={"fractions": "Fractions", "volcanoes": "Volcanoes"})
    return played


def show(played: PlayedSession, seat: str, deck: str | None, page: int = 0) -> None:
    played.must(ShowSlide(seat=seat, deck=deck, page=page))


def shown(played: PlayedSession, reader: str = "ana") -> tuple[str, int, int, str] | None:
    slide = played.view(reader).slide
    return (slide.deck, slide.page, slide.pages, slide.seat) if slide else None


def test_ones_own_slides_are_tried_before_and_shown_to_all(played: PlayedSession) -> None:
    show(played, "ben", "volcanoes", 1)
    assert shown(played, "maria") == ("volcanoes", 1, 2, "ben")
    show(played, "maria", "fractions")
    assert shown(played) == ("fractions", 0, 3, "maria")
    assert played.refused(ShowSlide(seat="ben", deck=None, page=0)) == "not_allowed"
    show(played, "maria", None)
    assert shown(played) is None


def test_everybody_sees_the_list_of_their_own_slides_only(played: PlayedSession) -> None:
    assert [(deck.deck, deck.title, deck.pages) for deck in played.view("maria").decks] == [("fractions", "Fractions", 3)]
    assert played.view("ana").decks == ()


@pytest.mark.parametrize(("deck", "page"), [("volcanoes", 0), ("nothing", 0), ("fractions", 3), ("fractions", -1)])
def test_only_pages_that_one_has_can_be_shown(played: PlayedSession, deck: str, page: int) -> None:
    assert played.refused(ShowSlide(seat="maria", deck=deck, page=page)) == "no_slide"


def test_in_a_round_its_teacher_alone_shows(played: PlayedSession) -> None:
    show(played, "ben", "volcanoes")
    played.begin_lesson()
    assert shown(played) is None, "what was tried before is gone"
    assert played.refused(ShowSlide(seat="ben", deck="volcanoes", page=0)) == "not_allowed"
    show(played, "maria", "fractions")
    played.go_to("feedback")
    show(played, "maria", "fractions", 2)
    assert shown(played) == ("fractions", 2, 3, "maria"), "she may point at it in the talk too"


def test_slides_go_with_the_round(played: PlayedSession) -> None:
    played.begin_lesson()
    show(played, "maria", "fractions")
    while played.state.position.round == 0:
        played.pass_deadline()
    assert shown(played) is None
    show(played, "ben", "volcanoes")
    assert shown(played) == ("volcanoes", 0, 2, "ben")


def test_the_slides_of_the_lesson_are_there_to_pick_from_while_colleagues_write(played: PlayedSession) -> None:
    played.begin_lesson()
    played.now_ms += 4_000
    show(played, "maria", "fractions", 0)
    show(played, "maria", "fractions", 0)
    played.now_ms += 6_000
    show(played, "maria", "fractions", 1)
    assert played.view("ana").stills == ()
    played.go_to("writing")
    show(played, "maria", "fractions", 2)
    assert [(still.deck, still.page, still.at_ms) for still in played.view("ana").stills] == [
        ("fractions", 0, 4_000),
        ("fractions", 1, 10_000),
    ]
    played.go_to("feedback")
    assert played.view("ana").stills == ()


def test_stills_stay_few_however_often_somebody_leafs_through(played: PlayedSession) -> None:
    def kept() -> int:
        return len(played.state.stills)

    played.begin_lesson()
    for _ in range(3):
        show(played, "maria", "fractions", 0)
        show(played, "maria", None)
    assert kept() == 1
    played.now_ms += SAME_STILL_MS
    show(played, "maria", "fractions", 0)
    assert kept() == 2
    for number in range(MOST_STILLS):
        show(played, "maria", "fractions", 1 + number % 2)
    assert kept() == MOST_STILLS


def test_a_slide_that_stands_when_the_lesson_begins_is_the_first(played: PlayedSession) -> None:
    played.advance()
    show(played, "maria", "fractions", 1)
    played.start_lesson()
    played.go_to("writing")
    assert [(still.page, still.at_ms) for still in played.view("ana").stills] == [(1, 0)]


def test_a_deck_is_its_owners_until_it_was_shown(played: PlayedSession) -> None:
    assert may_see_deck(played.state, "maria", "fractions")
    assert not may_see_deck(played.state, "ana", "fractions")
    assert not may_see_deck(played.state, "stranger", "fractions")
    played.begin_lesson()
    show(played, "maria", "fractions")
    assert may_see_deck(played.state, "ana", "fractions")
    played.go_to("closing") if len(played.state.order) == 1 else played.go_to("writing")
    assert may_see_deck(played.state, "ana", "fractions")
    assert not may_see_deck(played.state, "ana", "volcanoes")
    assert not may_see_deck(played.state, "stranger", "fractions")


def test_who_does_not_teach_brings_no_slides_and_nobody_brings_too_many(played: PlayedSession) -> None:
    assert played.refused(AddDeck(seat="ana", deck="mine", pages=1)) == "not_allowed"
    for number in range(4):
        played.must(AddDeck(seat="maria", deck=f"more-{number}", pages=1))
    assert played.refused(AddDeck(seat="maria", deck="one-more", pages=1)) == "too_many"
    played.must(AddDeck(seat="maria", deck="fractions", pages=3))


def screens(played: PlayedSession) -> list[str]:
    return [seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.screen]


def test_one_screen_at_a_time(played: PlayedSession) -> None:
    assert played.refused(ShareScreen(seat="ana", on=True)) == "not_allowed"
    played.must(ShareScreen(seat="ben", on=True))
    assert screens(played) == ["ben"]
    assert played.view("ana").screen == "ben"
    assert played.refused(ShareScreen(seat="maria", on=True)) == "screen_taken"
    played.must(ShareScreen(seat="maria", on=False))
    assert screens(played) == ["ben"], "not hers to end"
    played.must(ShareScreen(seat="ben", on=False))
    assert screens(played) == []


def test_a_screen_goes_with_the_round(played: PlayedSession) -> None:
    played.begin_lesson()
    assert played.refused(ShareScreen(seat="ben", on=True)) == "not_allowed"
    played.must(ShareScreen(seat="maria", on=True))
    while played.state.position.round == 0:
        assert screens(played) == ["maria"]
        played.pass_deadline()
    assert screens(played) == []


def test_a_screen_outlives_a_line_that_is_back_at_once(played: PlayedSession) -> None:
    played.begin_lesson()
    played.must(ShareScreen(seat="maria", on=True))
    played.leave("maria")
    played.now_ms += 1_000
    played.must(SetHere(seat="maria", here=True, since_ms=played.now_ms))
    assert screens(played) == ["maria"]
    played.leave("maria")
    played.pass_deadline()
    assert screens(played) == [], "and goes with who is gone"


def test_who_will_not_teach_after_all_shows_nothing_any_more(played: PlayedSession) -> None:
    show(played, "ben", "volcanoes")
    played.must(ShareScreen(seat="ben", on=True))
    played.must(TakeSeat(seat="ben", teaches=False, leads=False))
    assert shown(played) is None
    assert played.view("ana").screen is None
    assert not media_policy(played.state, played.now_ms).people["ben"].screen
    played.must(ShareScreen(seat="maria", on=True))
