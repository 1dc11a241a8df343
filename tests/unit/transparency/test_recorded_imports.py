"""Imported histories recorded by every released version load for ever. The files under `recorded/` are never edited."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.application import project_aggregate
from eventsourcing.persistence import DatetimeAsISO, DecimalAsStr, JSONTranscoder, StoredEvent, UUIDAsHex

from services.applications.domain.imported_history import TOPICS
from services.applications.event_store.recorders import AllowedTopics
from services.applications.representation.imported_history import imported_history_as_json

STREAMS = sorted((Path(__file__).parent / "recorded").rglob("*.jsonl"))


def mapper() -> AllowedTopics:
    transcoder = JSONTranscoder()
    for transcoding in (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO()):
        transcoder.register(transcoding)
    return AllowedTopics(transcoder)


def stored(path: Path) -> list[StoredEvent]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        StoredEvent(UUID(row["originator_id"]), row["originator_version"], row["topic"], row["state"].encode())
        for row in rows
    ]


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_import_gives_the_picture_it_gave_then(path: Path) -> None:
    result = imported_history_as_json(project_aggregate(None, [mapper().to_domain_event(row) for row in stored(path)]))
    expected = json.loads(path.with_name(f"{path.stem}.picture.json").read_text(encoding="utf-8"))
    assert {key: result[key] for key in expected} == expected


def test_every_kind_of_imported_event_has_been_recorded() -> None:
    assert {row.topic for path in STREAMS for row in stored(path)} == set(TOPICS)
