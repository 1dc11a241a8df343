"""The door of this folder: an official record in, a procedure definition and findings out."""

from __future__ import annotations

from typing import Any

from services.catalog.importing.findings import Finding
from services.catalog.importing.portal import parse_portal
from services.catalog.importing.records import Layout
from services.catalog.importing.structured import parse_structured


def parse_record(record: dict[str, Any], layout: Layout) -> tuple[dict[str, Any], list[Finding]]:
    """The definition a record amounts to and its findings; never raises on what a record says.

    `layout` is "structured" (nested tables) or "portal" (run-on text); `records.layout_of` tells them apart.
    """
    return {"structured": parse_structured, "portal": parse_portal}[layout](record)
