"""Histories as plain rows, from an evidence file: what exports, alarms and reports work on when there is no server.

A row: {"position", "application_id", "version", "kind", "at", "by": {"account_id", "role", "agency_code",
"on_behalf_of"}, "status", "reason", "legal_basis", "call_id", "command_id", "facts": {…}}; a running service tells
the same.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import overload

from infra.chassis.json_types import Json

CARRIED = ("timestamp", "by", "status", "reason", "legal_basis", "call_id", "command_id")
LEFT_OUT = ("originator_id", "originator_version", "originator_topic")


def enclosed_rows(bundle: Json) -> list[Json]:
    """The events of an evidence file, oldest first, with what opens their words put in place."""
    words = openings_of(bundle)
    return [_row(event, words) for event in bundle["events"]]


def _row(event: Json, words: Json) -> Json:
    stored: Json = json.loads(base64.b64decode(event["state"]))
    state = untagged_json(stored)
    facts = {name: value for name, value in state.items() if name not in (*CARRIED, *LEFT_OUT) and value is not None}
    row: Json = {
        "position": event["notification_id"],
        "application_id": event["application_id"],
        "version": event["version"],
        "kind": event["topic"].rpartition(".")[2],
        "at": state.get("timestamp"),
        **{name: state.get(name) for name in CARRIED if name != "timestamp"},
        "facts": facts,
    }
    return with_openings(row, words)


@overload
def untagged_json(value: Json) -> Json: ...
@overload
def untagged_json(value: object) -> object: ...
def untagged_json(value: object) -> object:
    """Stored JSON without the wrappers that name a value's type."""
    if isinstance(value, dict):
        if set(value) == {"_type_", "_data_"}:
            return untagged_json(value["_data_"])
        return {key: untagged_json(part) for key, part in value.items()}
    return [untagged_json(part) for part in value] if isinstance(value, list) else value


@overload
def with_openings(value: Json, words: Json) -> Json: ...
@overload
def with_openings(value: object, words: Json) -> object: ...
def with_openings(value: object, words: Json) -> object:
    """Sealed parts replaced by what opens them; None where it has been erased."""

    def opened(part: object) -> object:
        if isinstance(part, Mapping):
            if set(part) == {"statement_id", "commitment"}:
                return words.get(part["commitment"])
            return {key: opened(inner) for key, inner in part.items()}
        return [opened(inner) for inner in part] if isinstance(part, list) else part

    return opened(with_imported_details(value, lambda sealed: words.get(sealed["commitment"])))


def with_imported_details(
    value: object, details_of: Callable[[Mapping[str, str]], Mapping[str, object] | None]
) -> object:
    """What a line of an older system states (`said`) put in place: `resource` and `attributes`, None once erased."""
    if isinstance(value, Mapping):
        sealed = value.get("said")
        if isinstance(sealed, Mapping) and set(sealed) == {"line_id", "commitment"}:
            details = details_of(sealed) or {}
            rest = {key: part for key, part in value.items() if key != "said"}
            return {**rest, "resource": details.get("resource"), "attributes": details.get("attributes")}
        return {key: with_imported_details(part, details_of) for key, part in value.items()}
    return [with_imported_details(part, details_of) for part in value] if isinstance(value, list) else value


def openings_of(bundle: Json) -> Json:
    """What opens the commitments of an evidence file, by commitment."""
    opened = [opening for opening in bundle.get("openings", []) if not opening.get("erased")]
    return {openings["commitment"]: json.loads(base64.b64decode(openings["content"])) for openings in opened}
