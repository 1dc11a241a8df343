"""The door of this folder: an official record in, a procedure definition and findings out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

from infra.chassis.json_types import Json
from infra.chassis.text.vietnamese_text import readable
from services.catalog.importing.findings import Finding, Findings
from services.catalog.importing.portal import parse_portal
from services.catalog.importing.records import Layout, record_fingerprint
from services.catalog.importing.structured import parse_structured
from services.catalog.importing.text_faults import text_faults


def parse_record(record: Mapping[str, object], layout: Layout) -> tuple[Json, list[Finding]]:
    """The definition a record amounts to and its findings; never raises on what a record says.

    ``layout`` is "structured" (nested tables) or "portal" (run-on text); ``records.layout_of`` tells them apart. The
    letters are read as they are meant (composed, without invisible signs); ``source`` has them as given.
    """
    built, findings = {"structured": parse_structured, "portal": parse_portal}[layout](readable_record(dict(record)))
    built["source"] |= {"fingerprint": record_fingerprint(record), "record": dict(record)}
    faults = Findings(built["code"])
    for path, text, kind in text_faults(record):
        faults.add(path, text, kind)
    return built, [*findings, *faults.list()]


@overload
def readable_record(value: Json) -> Json: ...
@overload
def readable_record(value: object) -> object: ...
def readable_record(value: object) -> object:
    """The record with every text, names of fields too, in composed letters and without invisible signs."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {readable(str(name)): readable_record(value) for name, value in value.items()}
    return [readable_record(entry) for entry in value] if isinstance(value, list) else value
