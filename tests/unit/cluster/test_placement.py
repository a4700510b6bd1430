"""Where a new session goes."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from server.cluster.coordination import Member
from server.cluster.placement import ABOUT_EQUAL, place
from tests.fakes.coordinations import member

members = st.builds(
    member,
    st.sampled_from("abcdefgh"),
    load=st.floats(0, 1),
    full=st.booleans(),
    draining=st.booleans(),
)


@given(st.lists(members, unique_by=lambda one: one.node), members, st.randoms(use_true_random=False))
def test_never_a_node_that_takes_no_more_and_none_only_if_there_is_no_other(known: list[Member], me: Member, draw: random.Random) -> None:
    able = {one.node for one in known if one.node != me.node and not (one.full or one.draining)}
    able |= {me.node} if not (me.full or me.draining) else set()
    chosen = place(known, me, draw)
    assert (chosen is None) == (not able)
    if chosen:
        assert chosen.node in able
        assert chosen == me or chosen in known


def test_about_as_free_it_stays_here() -> None:
    others = [member("b", load=0.3), member("c", load=0.3)]
    for _ in range(50):
        assert place(others, me := member("a", load=0.3 + ABOUT_EQUAL / 2), random.Random()) is me


def test_from_a_loaded_node_it_goes_to_a_free_one() -> None:
    others = [member("b", load=0.2), member("a", load=0.0)]
    chosen = place(others, member("a", load=0.8), random.Random(1))
    assert chosen and chosen.node == "b", "what the others say of this node is old"


def test_several_that_are_full_feed_the_free_ones_evenly_and_the_busy_ones_little() -> None:
    """Each knows only what was told at the last beat; within it 1000 sessions come."""
    draw = random.Random(7)
    others = [member("c", load=0.1), member("d", load=0.1), member("e", load=0.15), member("f", load=0.9)]
    chosen = Counter(place(others, member(name, load=0.95), draw) for name in "ab" for _ in range(500))
    by_name = Counter({one.node: count for one, count in chosen.items() if one})
    assert sum(by_name.values()) == 1000
    assert all(200 < by_name[name] < 500 for name in "cd")
    assert by_name["e"] > 50
    assert by_name["f"] < 50


def test_four_equal_nodes_keep_what_comes_to_each() -> None:
    nodes = [member(name, load=0.5) for name in "abcd"]
    for me in nodes:
        assert place(nodes, me, random.Random(3)) is me
