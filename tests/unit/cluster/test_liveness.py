"""What answers say of who lives; schedules of faults are in test_members."""

from __future__ import annotations

from server.cluster.coordination import BEAT_S, LEASE_S, Member
from server.cluster.liveness import MOST_GAP_S, Lease, Liveness
from tests.fakes.coordinations import member


def answers(liveness: Liveness, *said: tuple[float, list[Member]]) -> list[str]:
    """Each at its time, as if at once. The last one's restarted nodes."""
    restarted: list[str] = []
    for at_s, members in said:
        restarted = liveness.answered(members, asked_s=at_s, now_s=at_s)
    return restarted


def beats(node: str, number: int, run: str = "r1") -> Member:
    return member(node, run, beat=number)


def test_nothing_is_known_before_an_answer_and_long_after_the_last() -> None:
    liveness = Liveness()
    assert liveness.state("a", 0.0) == "unknown"
    answers(liveness, (10.0, [beats("a", 1)]))
    assert liveness.state("a", 10.0) == "alive"
    assert liveness.state("a", 10.0 + MOST_GAP_S) == "alive"
    assert liveness.state("a", 10.1 + MOST_GAP_S) == "unknown"


def test_a_lease_without_a_new_beat_does_not_keep_a_node_alive() -> None:
    """It does not wait for the lease to run out in Redis, and then as long again."""
    liveness = Liveness()
    for second in range(8):
        answers(liveness, (float(second), [beats("a", 1), beats("b", second)]))
    assert liveness.state("a", 7.0) == "dead"
    assert liveness.state("b", 7.0) == "alive"


def test_it_takes_longer_than_a_lease() -> None:
    liveness = Liveness()
    answers(liveness, *((at_s * BEAT_S, []) for at_s in range(6)))
    assert liveness.state("a", LEASE_S) == "unknown"
    answers(liveness, (LEASE_S + 0.1, []))
    assert liveness.state("a", LEASE_S + 0.1) == "dead"


def test_a_gap_begins_it_anew() -> None:
    for gap in ("outage", "forgotten", "pause"):
        liveness = Liveness()
        answers(liveness, (0.0, [beats("a", 1)]), (2.0, []), (4.0, []))
        if gap == "outage":
            liveness.unreachable()
        if gap == "forgotten":
            liveness.forgotten()
        after_s = 4.0 + (2 * MOST_GAP_S if gap == "pause" else BEAT_S)
        answers(liveness, (after_s, []), (after_s + 2.5, []))
        assert liveness.state("a", after_s + 2.5) == "unknown", gap
        answers(liveness, (after_s + LEASE_S + 0.1, []))
        assert liveness.state("a", after_s + LEASE_S + 0.1) == "dead", gap


def test_a_question_that_was_asked_before_says_nothing_about_later() -> None:
    """The answer came late: what counts is when it was asked."""
    liveness = Liveness()
    answers(liveness, (0.0, []), (2.4, []))
    liveness.answered([], asked_s=LEASE_S - 0.1, now_s=LEASE_S + 0.3)
    assert liveness.state("a", LEASE_S + 0.3) == "unknown"


def test_a_node_that_was_started_anew_is_noticed_once() -> None:
    liveness = Liveness()
    assert answers(liveness, (0.0, [beats("a", 7)])) == []
    assert answers(liveness, (1.0, [beats("a", 1, "r2")])) == ["a"]
    assert answers(liveness, (2.0, [beats("a", 2, "r2")])) == []


def test_who_left_is_not_alive_any_more_and_dead_after_a_lease() -> None:
    liveness = Liveness()
    answers(liveness, (0.0, [beats("a", 1)]), (1.0, []))
    assert liveness.state("a", 1.0) == "unknown"
    answers(liveness, (3.0, []), (LEASE_S + 0.1, []))
    assert liveness.state("a", LEASE_S + 0.1) == "dead"


def test_names_that_were_seen_once_are_forgotten() -> None:
    liveness = Liveness()
    for second in range(100):
        answers(liveness, (float(second), [beats(f"n{second}", 1)]))
    assert len(liveness._seen) <= 2 * LEASE_S + 1


def test_the_own_lease_is_lost_when_it_was_not_there_or_by_the_own_clock() -> None:
    lease = Lease()
    assert not lease.beaten("anew", sent_s=0.0), "the first"
    assert not lease.beaten("kept", sent_s=1.0)
    assert lease.beaten("anew", sent_s=2.0)
    assert not lease.beaten("kept", sent_s=3.0)
    assert lease.beaten("kept", sent_s=3.1 + LEASE_S), "whatever the clock of Redis says"
    assert lease.beaten("taken", sent_s=4.0 + LEASE_S)
