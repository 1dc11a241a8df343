"""A flood of one costly door holds that door's places and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import eventlet
import pytest
from nameko.exceptions import RemoteError

from infra.chassis.access.admission import Admission, places_of
from infra.chassis.refusals import TooManyRequests
from infra.chassis.settings import SettingMissing, Settings

FLOOD = 40  # four times the workers


def lingering(echo: Any) -> int:
    """How many calls are inside the costly door."""
    return int(echo.container.service_cls.lingering)


@pytest.fixture
def flooded(echo: Any) -> Iterator[Callable[[], list[str]]]:
    """A door flooded by callers who wait; once opened, how each of them was answered."""

    def answer() -> str:
        try:
            echo.call("linger", timeout=30)
        except RemoteError as refused:
            return str(refused.exc_type)
        return "served"

    callers = [eventlet.spawn(answer) for _ in range(FLOOD)]
    places = echo.container.max_workers // 2

    def opened() -> list[str]:
        if not echo.container.service_cls.gate.ready():
            echo.container.service_cls.gate.send()
        return [caller.wait() for caller in callers]

    try:
        echo.until(lambda: lingering(echo) == places and sum(caller.dead for caller in callers) == FLOOD - places, 20)
        yield opened
    finally:
        opened()


def test_a_flood_is_refused_by_name_while_every_other_door_answers(echo, flooded):
    assert echo.call("shout", text="xin chào") == {"text": "XIN CHÀO"}
    assert echo.call("health")["checks"]["echo database"] == "ok"
    with pytest.raises(RemoteError) as refused:
        echo.call("linger", language="en")
    assert refused.value.exc_type == "TooManyRequests" and "Try again in 1 seconds" in refused.value.value
    answers = flooded()
    assert (answers.count("served"), answers.count("TooManyRequests")) == (5, FLOOD - 5)


def test_places_are_free_again_when_calls_have_ended(echo, flooded):
    flooded()
    assert echo.call("linger") == {}
    admission = next(extension for extension in echo.container.dependencies if isinstance(extension, Admission))
    assert admission.in_use == admission.at("linger").in_use == 0


class Container:
    service_name, max_workers = "echo", 10

    def __init__(self, **env: str) -> None:
        self.config = {"settings": Settings(env)}


def admission_of(**env: str) -> Admission:
    bound = Admission()
    bound.container = Container(**env)
    bound.setup()
    return bound


def taken_at(admission: Admission, door: str) -> int:
    """Enter a door until it refuses; how often it let somebody in."""
    for count in range(100):
        try:
            admission.at(door).__enter__()
        except TooManyRequests:
            return count
    raise AssertionError("never full")


def test_all_costly_doors_together_leave_workers_to_the_others():
    admission = admission_of()
    assert [taken_at(admission, door) for door in ("sign_in", "search", "track")] == [5, 1, 0]


def test_a_place_is_given_back_when_the_call_fails():
    admission = admission_of()
    with pytest.raises(ZeroDivisionError), admission.at("sign_in"):
        1 / 0  # noqa: B018
    assert admission.in_use == 0


def test_the_longer_the_line_the_later_one_is_asked_to_come_again():
    admission, pauses = admission_of(DOOR_PLACES="sign_in=1"), []
    admission.at("sign_in").__enter__()
    for _ in range(2_000):
        with pytest.raises(TooManyRequests) as refused:
            admission.at("sign_in").__enter__()
        pauses.append(refused.value.facts["seconds"])
    assert pauses == sorted(pauses) and (pauses[0], pauses[-1]) == (1, 30)


@pytest.mark.parametrize("value", ["sign_in", "sign_in=0", "sign_in=-1", "sign_in=many", "=4"])
def test_places_that_are_no_number_stop_the_start(value):
    with pytest.raises(SettingMissing, match="DOOR_PLACES"):
        places_of(Settings({"DOOR_PLACES": value}))
