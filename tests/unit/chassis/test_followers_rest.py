"""A duty that goes by the clock rests after it found nothing; others have every round, and an end waits for none."""

from __future__ import annotations

from typing import Any

from infra.chassis.running.followers import Follower
from infra.chassis.settings import Settings


class Counting:
    def __init__(self, name: str, rest: float | None = None, work: int = 0) -> None:
        self.name, self.work, self.steps = name, work, 0
        if rest is not None:
            self.rest = rest

    def step(self) -> int:
        self.steps += 1
        return self.work


def follower(*duties: Any) -> Follower:
    settings = Settings({"ECHO_DATABASE_URL": "sqlite://", "AMQP_URI": "memory://"})
    return Follower(settings, "echo", list(duties))


def test_a_duty_that_found_nothing_rests_and_others_do_not() -> None:
    by_the_clock, by_commits = Counting("reminders", rest=60), Counting("relay")
    leader = follower(by_the_clock, by_commits)
    for _ in range(3):
        leader.once(resting=True)
    assert (by_the_clock.steps, by_commits.steps) == (1, 3)


def test_a_duty_that_finds_work_goes_on() -> None:
    busy = Counting("reminders", rest=60, work=1)
    leader = follower(busy)
    assert [leader.once(resting=True) for _ in range(3)] == [1, 1, 1]


def test_a_rest_ends() -> None:
    by_the_clock = Counting("reminders", rest=60)
    leader = follower(by_the_clock)
    leader.once(resting=True)
    leader._rests_until["reminders"] -= 61
    leader.once(resting=True)
    assert by_the_clock.steps == 2


def test_a_round_that_is_asked_for_has_every_duty() -> None:
    by_the_clock = Counting("reminders", rest=60)
    leader = follower(by_the_clock)
    leader.once(resting=True)
    leader.once()
    assert by_the_clock.steps == 2
