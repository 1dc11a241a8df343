"""The log as CloudEvents for subscribers who pull: in pages, without gap or double, for auditors alone."""

from __future__ import annotations

from typing import Any

from tests.component.front_door.test_resources import CODE, drafted
from tests.support.front_door import FrontDoor

BATCH = "application/cloudevents-batch+json"


def test_the_log_is_pulled_as_cloudevents_page_by_page_without_gap_or_double(door: FrontDoor) -> None:
    drafted(door, door.ask("GET", f"/procedures/{CODE}").json())
    page, pulled = "/events?after=0&limit=2", list[dict[str, Any]]()
    while page:
        answer = door.ask("GET", page, "auditor")
        assert answer.status_code == 200 and answer.headers["content-type"] == BATCH
        pulled += answer.json()
        page = answer.links.get("next", {}).get("url", "")
    listed = door.ask("GET", "/application-events?after=0&limit=500", "auditor").json()["items"]
    assert [event["data"]["position"] for event in pulled][: len(listed)] == [item["position"] for item in listed]
    assert len(pulled) > 2 and len({event["id"] for event in pulled}) == len(pulled)
    first, item = pulled[0], listed[0]
    assert (first["specversion"], first["source"], first["type"]) == ("1.0", "/applications", "applications.Started")
    assert (first["id"], first["time"], first["subject"], first["data"]) == (
        str(item["position"]),
        item["at"],
        item["application_id"],
        item,
    )
    end = door.ask("GET", f"/events?after={pulled[-1]['id']}", "auditor")
    assert end.json() == [] and "link" not in end.headers


def test_the_log_is_for_auditors(door: FrontDoor) -> None:
    refused = door.ask("GET", "/events", "citizen")
    assert refused.status_code == 403 and refused.json()["name"] == "Forbidden"
