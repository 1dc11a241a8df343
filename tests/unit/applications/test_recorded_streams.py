"""Streams recorded by every released version load for ever. The files under ``recorded/`` are never edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from eventsourcing.application import project_aggregate
from eventsourcing.persistence import DatetimeAsISO, DecimalAsStr, JSONTranscoder, StoredEvent, UUIDAsHex

from services.applications.domain.events import TOPICS
from services.applications.domain.events.base import ApplicationEvent
from services.applications.event_store.recorders import AllowedTopics, UnknownTopic
from services.applications.read_model.projection import applied
from services.applications.representation.application import application_as_json

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
def test_a_recorded_stream_gives_the_picture_it_gave_then(path):
    events = [mapper().to_domain_event(row) for row in stored(path)]
    expected = json.loads(path.with_name(f"{path.stem}.picture.json").read_text(encoding="utf-8"))
    result = application_as_json(project_aggregate(None, events))
    assert {key: result[key] for key in expected} == expected
    row = None
    for event in events:
        row = applied(row, cast(ApplicationEvent, event), event.originator_version)
    assert (row["status"], row["version"]) == (expected["status"], expected["version"])


def test_every_kind_of_event_has_been_recorded() -> None:
    assert {row.topic for path in STREAMS for row in stored(path)} == set(TOPICS)


def test_a_row_that_names_anything_else_is_not_loaded() -> None:
    for topic in ("os:system", "applications.Invented", "builtins:dict"):
        with pytest.raises(UnknownTopic):
            mapper().to_domain_event(StoredEvent(UUID(int=1), 1, topic, b"{}"))
