"""What an open page is told: at once when its application has moved on since, else when it does; of one's own alone."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.component.front_door.test_changes import started
from tests.support.front_door import FrontDoor, events_in
from tests.support.page_requests import PlainVisitor


@pytest.fixture
def applicant(door: FrontDoor) -> PlainVisitor:
    return PlainVisitor(door).sign_in("citizen")


@contextlib.contextmanager
def listening(applicant: PlainVisitor, application: dict[str, Any], version: int) -> Iterator[Iterator[dict[str, str]]]:
    address = f"{applicant.portal.url}/vi/applications/{application['application_id']}/live?version={version}"
    with applicant.web.get(address, stream=True, timeout=30) as answer:
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream"), answer.text
        yield (event for event in events_in(answer) if "event" in event)


def test_what_changes_while_a_page_is_open_is_an_event(door: FrontDoor, applicant: PlainVisitor) -> None:
    application = started(door)
    with listening(applicant, application, application["version"]) as events:
        path = f"/applications/{application['application_id']}/answers"
        changed = door.write("PUT", path, "citizen", json={"answers": {}}).json()
        # What came before it may come as well: the feed is as far as the read model.
        event = next(event for event in events if event["id"] == str(changed["position"]))
        assert event["event"] == "change"


def test_what_changed_before_the_stream_began_is_said_first(door: FrontDoor, applicant: PlainVisitor) -> None:
    application = started(door)
    with listening(applicant, application, application["version"] - 1) as events:
        assert [event["event"] for event in itertools.islice(events, 1)] == ["resync"]


def test_a_stranger_hears_nothing(door: FrontDoor) -> None:
    neighbour, application = PlainVisitor(door).sign_in("neighbour"), started(door)
    answer = neighbour.get(f"/applications/{application['application_id']}/live?version=1")
    assert answer.status_code in (403, 404), answer.text
