"""Two pages and one film: whatever is done on both, and however late it arrives, all end at the same place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.review.together import Act, ActKind, Playhead, after, position_at

KINDS: tuple[ActKind, ...] = ("play", "pause", "seek", "rate")


def act(kind: ActKind, position_ms: int, version: int, rate: float = 1.0) -> Act:
    return Act(act=kind, position_ms=position_ms, version=version, rate=rate)


def moved(playhead: Playhead, kind: ActKind, position_ms: int, now_ms: int, *, seat: str = "maria", rate: float = 1.0) -> Playhead:
    found = after(playhead, act(kind, position_ms, playhead.version, rate), seat, now_ms)
    assert found is not None
    return found


def test_it_plays_on_from_where_somebody_pressed_play() -> None:
    playing = moved(Playhead(), "play", 5_000, 1_000_000)
    assert (playing.playing, playing.leader) == (True, "maria")
    assert position_at(playing, 1_003_000) == 8_000


def test_it_plays_as_fast_as_was_said_last() -> None:
    fast = moved(moved(Playhead(), "play", 0, 1_000), "rate", 2_000, 3_000, rate=2.0)
    assert position_at(fast, 4_000) == 4_000
    elsewhere = moved(fast, "seek", 60_000, 5_000, seat="ben")
    assert (elsewhere.playing, elsewhere.rate, elsewhere.leader) == (True, 2.0, "ben")


def test_it_rests_where_somebody_stopped_it() -> None:
    resting = moved(moved(Playhead(), "play", 0, 1_000), "pause", 7_000, 8_000)
    assert position_at(resting, 999_000) == 7_000
    assert not moved(resting, "seek", 3_000, 9_000).playing


def test_who_was_later_has_lost() -> None:
    """Both press at what they see; the second one's page is told where the film is instead."""
    seen = moved(Playhead(), "play", 0, 1_000)
    first = moved(seen, "pause", 4_000, 5_000, seat="ben")
    assert after(first, act("seek", 60_000, seen.version), "maria", 5_010) is None


def test_what_a_page_says_is_kept_within_bounds() -> None:
    far = moved(Playhead(), "play", -5, 1_000, rate=100.0)
    assert (far.position_ms, far.rate) == (0, 4.0)
    assert moved(far, "seek", 10**15, 2_000).position_ms == 24 * 3_600_000


def test_a_clock_that_is_set_back_makes_no_version_twice() -> None:
    first = moved(Playhead(), "play", 0, 5_000)
    second = moved(first, "pause", 1, 1_000)
    assert second.version > first.version
    assert position_at(first, 1_000) == 0


class Page:
    """As web/static/js/playhead.js: acts at once, sends one after the other, and follows what is told while nothing is on its way."""

    def __init__(self, seat: str) -> None:
        self.seat = seat
        self.place = Playhead()
        self.waiting: list[Act] = []
        self.sent: Act | None = None
        self.told: Playhead | None = None

    def press(self, kind: ActKind, position_ms: int, rate: float) -> None:
        self.waiting.append(act(kind, position_ms, 0, rate))

    def send(self) -> Act | None:
        if self.sent is None and self.waiting:
            self.sent = act_with(self.waiting.pop(0), self.place.version)
            return self.sent
        return None

    def answered(self, place: Playhead, won: bool) -> None:
        self.sent, self.place = None, place
        if not won:
            self.waiting = []
        if not self.waiting and self.told:
            told, self.told = self.told, None
            self.hear(told)

    def hear(self, place: Playhead) -> None:
        if self.sent or self.waiting:
            self.told = place
        elif place.version > self.place.version:
            self.place = place


def act_with(made: Act, version: int) -> Act:
    return Act(act=made.act, position_ms=made.position_ms, rate=made.rate, version=version)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("press", "send", "arrive", "answer", "tell", "wait")),
        st.integers(0, 1),
        st.sampled_from(KINDS),
        st.integers(0, 600_000),
        st.sampled_from((0.5, 1.0, 2.0)),
    ),
    max_size=60,
)


@given(STEPS)
def test_any_order_of_acts_and_any_delay_end_at_the_same_place(steps: list[tuple[str, int, ActKind, int, float]]) -> None:
    pages = (Page("maria"), Page("ben"))
    film, now_ms = Playhead(), 1_000
    coming: list[list[Act]] = [[], []]
    answers: list[list[tuple[Playhead, bool]]] = [[], []]
    news: list[list[Playhead]] = [[], []]

    def arrive(who: int) -> None:
        nonlocal film
        found = after(film, coming[who].pop(0), pages[who].seat, now_ms)
        answers[who].append((found or film, found is not None))
        if found:
            film = found
            for each in news:
                each.append(film)

    def step(what: str, who: int) -> None:
        if what == "send" and (sent := pages[who].send()):
            coming[who].append(sent)
        elif what == "arrive" and coming[who]:
            arrive(who)
        elif what == "answer" and answers[who]:
            pages[who].answered(*answers[who].pop(0))
        elif what == "tell" and news[who]:
            pages[who].hear(news[who].pop(0))

    for what, who, kind, position_ms, rate in steps:
        now_ms += 7
        if what == "press":
            pages[who].press(kind, position_ms, rate)
        step(what, who)
    for _ in range(4 * len(steps) + 4):
        for what in ("send", "arrive", "answer", "tell"):
            for who in (0, 1):
                step(what, who)
    assert pages[0].place == pages[1].place == film
