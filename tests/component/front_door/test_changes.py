"""Feeds of changes: as an answer and as a stream, resumed without gap or double, and only of what one may see."""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from tests.support.front_door import FrontDoor, eventually

CODE = "3.000347"
STREAMS = 12  # at once


def started(door: FrontDoor, person: str = "citizen") -> dict[str, Any]:
    made = door.write("POST", "/applications", person, json={"procedure_code": CODE, "channel": "online"})
    document: dict[str, Any] = made.json()
    return document


def saved(door: FrontDoor, application_id: str) -> int:
    """The position of one more change."""
    path = f"/applications/{application_id}/answers"
    position: int = door.write("PUT", path, "citizen", json={"answers": {}}).json()["position"]
    return position


def position_of(door: FrontDoor, person: str, **query: Any) -> int:
    position: int = door.ask("GET", "/changes", person, params=query).json()["position"]
    return position


def changes_in(events: Iterator[dict[str, str]]) -> Iterator[dict[str, Any]]:
    for event in events:
        if event.get("event") == "change":
            change = json.loads(event["data"])
            assert event["id"] == str(change["position"])
            yield change


def test_a_stream_shows_what_happens_and_is_resumed_where_it_was_cut(door: FrontDoor) -> None:
    begin, application = position_of(door, "citizen"), started(door)
    with door.changes("citizen", after=begin) as events:
        first = next(changes_in(events))
        assert (first["kind"], first["application_id"]) == ("Started", application["application_id"])
        positions = [saved(door, application["application_id"]) for _ in range(3)]
        received = [change["position"] for change in itertools.islice(changes_in(events), 2)]
    positions += [saved(door, application["application_id"]) for _ in range(2)]
    with door.changes("citizen", after=received[-1]) as events:
        received += [change["position"] for change in itertools.islice(changes_in(events), 3)]
    assert received == positions


def test_many_streams_are_cut_and_resumed_and_none_misses_or_repeats_a_change(door: FrontDoor) -> None:
    begin, application = position_of(door, "citizen"), started(door)
    received: list[list[int]] = [[] for _ in range(STREAMS)]
    total = 1 + 8

    def follow(number: int) -> None:
        after = begin
        while len(received[number]) < total:  # each is cut after another number of changes
            with door.changes("citizen", after=after) as events:
                for change in itertools.islice(changes_in(events), 1 + number % 4):
                    received[number].append(change["position"])
                    after = change["position"]
                    if len(received[number]) == total:
                        break

    threads = [threading.Thread(target=follow, args=(number,)) for number in range(STREAMS)]
    for thread in threads:
        thread.start()
    positions = [application["position"], *(saved(door, application["application_id"]) for _ in range(8))]
    for thread in threads:
        thread.join(60)
    assert received == [positions] * STREAMS


def test_nobody_sees_the_changes_of_another_or_of_another_office(door: FrontDoor) -> None:
    begin, application = position_of(door, "neighbour"), started(door)
    position = saved(door, application["application_id"])
    document = eventually(lambda: _beyond(door, begin, position), "the feed has come so far")
    assert document["items"] == [] and document["resync"] is False
    refused = door.ask("GET", "/changes", "citizen", params={"agency_code": application["agency_code"]})
    assert refused.status_code == 403
    assert door.ask("GET", "/changes").status_code == 401


def _beyond(door: FrontDoor, begin: int, position: int) -> Any:
    document = door.ask("GET", "/changes", "neighbour", params={"after": begin}).json()
    return document if document["position"] >= position else None


def test_an_office_sees_what_is_handed_in_and_no_draft(door: FrontDoor) -> None:
    application = started(door)
    agency = application["agency_code"]
    position = saved(door, application["application_id"])
    document = eventually(
        lambda: _of_office(door, agency, application["position"] - 1, position), "the feed has come so far"
    )
    assert document["items"] == []


def _of_office(door: FrontDoor, agency: str, after: int, position: int) -> Any:
    query = {"agency_code": agency, "after": after}
    document = door.ask("GET", "/changes", "intake_officer", params=query).json()
    return document if document["position"] >= position else None


def test_a_position_that_the_log_does_not_have_is_told_to_load_again_and_ended(door: FrontDoor) -> None:
    with door.changes("citizen", after=10**12) as events:
        blocks = list(events)
    assert [block.get("event") for block in blocks if "event" in block] == ["resync"]
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "soon"}
    assert door.ask("GET", "/changes", "citizen", headers=headers).status_code == 400
    assert door.ask("GET", "/changes", "citizen", headers={"Last-Event-ID": "soon"}).status_code == 400


def test_a_stream_ends_with_its_session(door: FrontDoor) -> None:
    account = door.person("neighbour")
    credentials = {"username": account["username"], "password": account["password"]}
    signed_in = door.rpc("identity", "sign_in", **credentials).json()
    door.tokens["leaving"] = signed_in["access_token"]
    with door.changes("leaving") as events:
        next(events)
        signed_out = door.ask("POST", "/sessions/end", json={"refresh_token": signed_in["refresh_token"]})
        assert signed_out.status_code == 200
        assert [event["event"] for event in events if "event" in event] == ["end"]


def test_one_token_has_so_many_streams_and_no_more(door: FrontDoor) -> None:
    account = door.person("approver")
    credentials = {"username": account["username"], "password": account["password"]}
    door.tokens["greedy"] = door.rpc("identity", "sign_in", **credentials).json()["access_token"]
    headers = {"Accept": "text/event-stream", "Traceparent": uuid.uuid4().hex}
    opened = [door.ask("GET", "/changes", "greedy", headers=headers, stream=True) for _ in range(STREAMS + 1)]
    assert [answer.status_code for answer in opened] == [200] * STREAMS + [429]
    assert opened[-1].headers["retry-after"] == "30"
    for answer in opened:
        answer.close()
    eventually(lambda: _is_admitted(door, headers), "a stream that is closed leaves its place")


def _is_admitted(door: FrontDoor, headers: dict[str, str]) -> bool:
    with door.ask("GET", "/changes", "greedy", headers=headers, stream=True) as answer:
        return answer.status_code == 200
