from server.rate import FEW, Bucket, Buckets


def test_so_many_at_once_and_then_one_by_one() -> None:
    bucket = Bucket(2, 0.1, now_s=0)
    assert [bucket.take(0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(now_s) for now_s in (9.9, 10.1, 10.2)] == [False, True, False]


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(1, 1, now_s=100)
    assert bucket.take(100)
    assert not bucket.take(50)
    assert not bucket.take(50.5)


def test_each_key_has_its_own_and_the_number_of_keys_is_bounded() -> None:
    buckets = Buckets(1, 1, most=3)
    assert buckets.take("a", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)
    assert buckets.take("c", 0)
    assert not buckets.take("d", 0), "everybody else is in use"
    assert buckets.take("d", 5), "full ones are forgotten"
    assert len(buckets) == 1


def test_who_was_here_once_is_forgotten_long_before_there_are_too_many() -> None:
    buckets = Buckets(1, 1)
    for second in range(5_000):
        assert buckets.take(second, second)
    assert len(buckets) <= FEW


def test_those_in_use_are_kept_however_many_there_are() -> None:
    buckets = Buckets(1, 0.001)
    for key in range(5 * FEW):
        assert buckets.take(key, 0)
    assert not any(buckets.take(key, 1) for key in range(5 * FEW))
