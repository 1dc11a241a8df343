"""The sample catalogue of this project's own writing, for development, demonstrations and tests."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path

from infra.chassis.json_types import Json

FOLDER = Path(__file__).parent / "samples"


def definitions(agency_code: str) -> list[Json]:
    """Every sample procedure, by code, with ``agency_code`` as the competent agency."""
    samples = deepcopy(_sample_definitions())
    for definition in samples:
        definition["authority"]["agency_codes"] = [agency_code]
    return samples


@cache
def _sample_definitions() -> list[Json]:
    read = [
        definition
        for path in sorted(FOLDER.glob("*.json"))
        for definition in json.loads(path.read_text(encoding="utf-8"))
    ]
    return sorted(read, key=lambda definition: str(definition["code"]))
