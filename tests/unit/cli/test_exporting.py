"""Pages of an export put together are one file."""

import io
import json
from typing import cast

from infra.chassis.wire_types import Cluster
from infra.cli.exporting import _as_one_document, _one_after_another, _pages


def document(events, objects):
    kinds = [{"name": kind, "attributes": []} for kind in {event["type"] for event in events}]
    types = [{"name": "application", "attributes": []}]
    return json.dumps({"objectTypes": types, "events": events, "eventTypes": kinds, "objects": objects})


def test_documents_become_one_with_every_object_told_once() -> None:
    officer = {"id": "officer-1", "type": "officer"}
    pages = [
        document([{"id": "1", "type": "Started"}, {"id": "2", "type": "Submitted"}], [{"id": "a"}, officer]),
        document([{"id": "3", "type": "Started"}], [{"id": "b"}, officer]),
        document([], []),
    ]
    file = io.StringIO()
    _as_one_document(iter(pages), file)
    complete = json.loads(file.getvalue())
    assert [event["id"] for event in complete["events"]] == ["1", "2", "3"]
    assert [entity["id"] for entity in complete["objects"]] == ["a", "officer-1", "b"]
    assert sorted(event_type["name"] for event_type in complete["eventTypes"]) == ["Started", "Submitted"]
    assert len(complete["objectTypes"]) == 1


def test_an_empty_log_is_still_a_document() -> None:
    file = io.StringIO()
    _as_one_document(iter([document([], [])]), file)
    assert json.loads(file.getvalue())["events"] == []


def test_pages_are_asked_for_until_there_is_none() -> None:
    class Applications:
        def __init__(self):
            self.applications, self.cursors = self, []

        def export(self, **expected):
            self.cursors.append(expected.get("cursor"))
            more = f"c{len(self.cursors)}" if len(self.cursors) < 3 else None
            return {"content": f"{len(self.cursors)}\n", "events": 2, "next_cursor": more}

    rpc, progress, file = Applications(), [], io.StringIO()
    _one_after_another(
        _pages(cast(Cluster, rpc), {"format": "jsonl"}, lambda done, total: progress.append((done, total))), file
    )
    assert file.getvalue() == "1\n2\n3\n" and rpc.cursors == [None, "c1", "c2"]
    assert progress == [(2, None), (4, None), (6, 6)]
