"""So much at once, then so much a second, for each client by itself."""

from __future__ import annotations

import pytest

from infra.front_door.rates import DEFAULT_RATES, MOST_BUCKETS, Buckets, Rate, rates_of


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    clock = Clock()
    buckets = Buckets({"search": Rate(3, 0.5)}, clock)
    assert [buckets.wait("search", "a") for _ in range(3)] == [0, 0, 0]
    assert buckets.wait("search", "a") == 2.0
    clock.now += 2
    assert buckets.wait("search", "a") == 0
    assert buckets.wait("search", "a") > 0


def test_clients_do_not_share_a_bucket() -> None:
    buckets = Buckets({"search": Rate(1, 1)}, Clock())
    assert buckets.wait("search", "a") == 0 and buckets.wait("search", "a") > 0
    assert buckets.wait("search", "b") == 0


def test_no_more_buckets_are_kept_than_there_is_room_for() -> None:
    buckets = Buckets({"search": Rate(1, 1)}, Clock())
    for number in range(MOST_BUCKETS + 10):
        buckets.wait("search", str(number))
    assert len(buckets._levels) == MOST_BUCKETS


def test_a_setting_lays_its_rates_over_the_default() -> None:
    rates = rates_of("search=5/0.5 tracking=1/2")
    assert rates["search"] == Rate(5, 0.5) and rates["tracking"] == Rate(1, 2)
    assert rates["sign-in"] == DEFAULT_RATES["sign-in"]


@pytest.mark.parametrize("text", ["searching=1/1", "search", "search=1", "search=a/b"])
def test_a_setting_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rates_of(text)
