"""Loss is repaired, and nobody can make us work or send without bound."""

from __future__ import annotations

from server.media.repair import GIVE_UP_AFTER, KEYFRAME_INTERVAL_NS, MAX_MISSING, MS, KeyframeRequests, NackList, ResendBudget


def test_reordering_is_not_asked_for() -> None:
    nacks = NackList()
    assert nacks.gap(10, 12, 0)
    assert nacks.due(10 * MS) == []
    nacks.arrived(10)
    assert nacks.due(20 * MS) == [11]


def test_asked_again_ever_more_slowly_and_given_up() -> None:
    nacks = NackList()
    nacks.gap(1, 2, 0)
    asked = [now for now in range(0, 10_000, 10) if nacks.due(now * MS)]
    assert len(asked) == GIVE_UP_AFTER
    assert asked[:7] == [20, 70, 120, 170, 220, 270, 320]
    assert asked[-1] > 2_500, "the recorder can wait for seconds"
    assert len(nacks) == 0


def test_what_is_asked_for_in_vain_holds_up_who_watches() -> None:
    nacks = NackList()
    nacks.gap(1, 2, 5 * MS)
    first = next(now for now in range(10, 10_000, 10) if nacks.due(now * MS) is not None and nacks.stuck_ns)
    assert nacks.stuck_ns == 5 * MS, "since then: a keyframe that has come meanwhile is enough"
    assert 400 < first < 800
    assert len(nacks) == 1, "the recording goes on waiting"


def test_too_many_holes_are_not_repaired() -> None:
    nacks = NackList()
    assert not nacks.gap(0, MAX_MISSING + 1, 0)
    assert len(nacks) == 0


def test_keyframe_requests_are_throttled_not_lost() -> None:
    requests = KeyframeRequests()
    assert not requests.due(0)
    requests.want()
    assert requests.due(0)
    requests.want()
    assert not requests.due(KEYFRAME_INTERVAL_NS - 1)
    assert requests.due(KEYFRAME_INTERVAL_NS)
    requests.want()
    requests.came()
    assert not requests.due(10 * KEYFRAME_INTERVAL_NS)


def test_one_resend_per_number_and_round_trip() -> None:
    budget = ResendBudget()
    assert budget.spend(1, 5, 1000, 100 * MS, 0)
    assert not budget.spend(1, 5, 1000, 100 * MS, 99 * MS)
    assert budget.spend(1, 6, 1000, 100 * MS, 99 * MS)
    assert budget.spend(1, 5, 1000, 100 * MS, 100 * MS)


def test_nack_storm_costs_at_most_a_quarter() -> None:
    budget = ResendBudget()
    sent = resent = 0
    for number in range(20_000):
        sent += 1_000
        budget.earn(1_000)
        for again in range(5):
            if budget.spend(1, number + again, 1_000, 1, number * 10):
                resent += 1_000
    assert resent <= sent // 4 + 64_000
