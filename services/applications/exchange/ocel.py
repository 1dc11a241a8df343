"""Histories as object-centric event logs (OCEL 2.0, JSON): applications, officers, documents and payments as objects.

Events are written as they come, objects after them; memory holds only the ids of objects already seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from infra.chassis.json_types import Json

OBJECT_TYPES: dict[str, tuple[str, ...]] = {
    "application": ("reference", "procedure_code", "channel", "agency_code"),
    "officer": ("agency_code",),
    "document": ("requirement", "media_type"),
    "payment": ("amount", "currency", "method"),
    "resource": ("name",),  # whoever did it, as an older system states
}
ATTRIBUTES = ("version", "status", "role", "agency_code", "legal_basis", "position", "imported_at", "attributes")
PEOPLE = frozenset({"citizen", "system", "service"})


def ocel2(rows: Iterable[Json]) -> Iterator[str]:
    """One OCEL 2.0 document, in pieces. Rows of any number of applications, in any order that keeps each one's own."""
    yield '{"objectTypes":' + _json(_object_types()) + ',"events":['
    objects: dict[str, Json] = {}
    kinds: set[str] = set()
    for number, row in enumerate(rows):
        event = _event(row, objects)
        kinds.add(event["type"])
        yield ("," if number else "") + "\n" + _json(event)
    yield '],"eventTypes":' + _json(_event_types(kinds)) + ',"objects":['
    for number, entity in enumerate(objects.values()):
        yield ("," if number else "") + "\n" + _json(entity)
    yield "]}\n"


def _event(row: Json, objects: dict[str, Json]) -> Json:
    related = [_of(objects, row, "application", row["application_id"], row["facts"], "of")]
    by = row.get("by") or {}
    if by.get("role") and by["role"] not in PEOPLE:
        related.append(_of(objects, row, "officer", by["account_id"], by, "by"))
    facts = row["facts"]
    if facts.get("officer_id"):
        related.append(_of(objects, row, "officer", facts["officer_id"], by, "assigned to"))
    if facts.get("attachment_id"):
        related.append(_of(objects, row, "document", facts["attachment_id"], facts, "concerns"))
    if isinstance(facts.get("result"), Mapping) and facts["result"].get("result_id"):
        related.append(_of(objects, row, "document", facts["result"]["result_id"], {"requirement": "result"}, "issues"))
    if facts.get("payment_id"):
        paid = {"method": facts.get("method"), **(facts.get("amount") or {})}
        related.append(_of(objects, row, "payment", facts["payment_id"], paid, "settled by"))
    if row["kind"] == "ActivityImported":
        return _imported(row, objects, related)
    attributes = {"position": row.get("position"), "version": row["version"], "status": row.get("status"), **by}
    attributes["legal_basis"] = row.get("legal_basis")
    return _event_json(row, row["kind"], row["at"], attributes, related)


def _imported(row: Json, objects: dict[str, Json], related: list[tuple[str, str]]) -> Json:
    """An activity of an older system, under its own name and time."""
    facts = row["facts"]
    related = related[:1]
    if who := facts.get("resource"):
        related.append(_of(objects, row, "resource", who, {"name": who}, "by"))
    attributes = {"position": row.get("position"), "version": row["version"], "status": row.get("status")}
    attributes |= {
        "imported_at": row["at"],
        "attributes": _json(facts["attributes"]) if facts.get("attributes") else None,
    }
    return _event_json(row, facts["activity"], facts["occurred_at"], attributes, related)


def _event_json(row: Json, kind: str, at: str, attributes: Json, related: list[tuple[str, str]]) -> Json:
    return {
        "id": f"{row['application_id']}:{row['version']}",
        "type": kind,
        "time": at,
        "attributes": [
            {"name": name, "value": str(attributes[name])} for name in ATTRIBUTES if attributes.get(name) is not None
        ],
        "relationships": [{"objectId": key, "qualifier": qualifier} for key, qualifier in dict(related).items()],
    }


def _of(
    objects: dict[str, Json], row: Json, kind: str, own_id: str, facts: Mapping[str, object], qualifier: str
) -> tuple[str, str]:
    """Note an object at its first appearance; its attributes hold from then on."""
    key = f"{kind}:{own_id}"
    if key not in objects:
        facts_of_kind = [(name, facts[name]) for name in OBJECT_TYPES[kind] if facts.get(name) is not None]
        since = row["facts"].get("occurred_at") or row["at"]
        attributes = [{"name": name, "time": since, "value": str(value)} for name, value in facts_of_kind]
        objects[key] = {"id": key, "type": kind, "attributes": attributes, "relationships": []}
    return key, qualifier


def _object_types() -> list[Json]:
    return [{"name": kind, "attributes": _typed(names)} for kind, names in OBJECT_TYPES.items()]


def _event_types(kinds: set[str]) -> list[Json]:
    return [{"name": kind, "attributes": _typed(ATTRIBUTES)} for kind in sorted(kinds)]


def _typed(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": name, "type": "string"} for name in names]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
