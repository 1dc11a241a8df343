"""The procedure definition as both layouts fill it in: one order of keys, one place for what records never say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.chassis.json_types import Json
from services.catalog.importing.channels import level_of
from services.catalog.importing.findings import Findings
from services.catalog.importing.records import record_fingerprint
from services.catalog.importing.words import says_nothing, slug, squeezed, vietnamese_only


def definition(
    *,
    record: Mapping[str, object],
    findings: Findings,
    layout: str,
    code: str,
    title: str,
    field: str,
    audience: list[str],
    authority: Mapping[str, object],
    ways: Json,
    requirements: Sequence[Mapping[str, object]],
    results: Sequence[Mapping[str, object]],
    laws: Sequence[Mapping[str, object]],
) -> Json:
    """A whole definition. `source` holds the record word for word, so nothing it says can be lost.

    Official records carry no English, no form, no legal maximum apart from the promise, no limits and no steps: those
    keys are None or empty, for an editor to fill, and fees are taken to be due at intake.
    """
    forms = any(requirement["form_file"] for requirement in requirements)
    level = level_of(ways["channels"], forms)
    findings.add("", f"mức độ {level}", "service_level_inferred")
    return {
        "code": code,
        "title": vietnamese_only(title),
        "field": {"code": slug(field) or "not-stated", **vietnamese_only(squeezed(field))},
        "level": level,
        "audience": audience,
        "authority": authority,
        "channels": ways["channels"],
        "legal_maximum": None,
        "fees": ways["fees"],
        "requirements": requirements,
        "form": None,
        "results": results,
        "legal_basis": laws,
        "limits": {"supplement_days": None, "payment_days": None},
        "steps": [],
        "source": {
            "layout": layout,
            "fingerprint": record_fingerprint(record),
            "languages": ["vi"],
            "proposals": ways["proposals"],
            "record": dict(record),
        },
    }


class Cells:
    """The text cells of a record by name; what is missing is "", what is no text is reported and left to the source."""

    def __init__(
        self, record: Mapping[str, object], findings: Findings, known_fields: frozenset[str], under: str = ""
    ) -> None:
        self._record, self._findings, self._under = record, findings, under
        for name in record:
            if name not in known_fields:
                findings.add(f"{under}/{pointer_token(name)}", str(record[name]), "field_unknown")

    def text(self, name: str) -> str:
        value = self._record.get(name, "")
        if isinstance(value, str):
            return value
        if value is not None:
            self._findings.add(f"{self._under}/{pointer_token(name)}", str(value), "field_wrong_type")
        return ""

    def keep(self, *names: str) -> None:
        """Free text without a place in the definition: stored in the source, with a finding where it says anything."""
        for name in names:
            text = self.text(name)
            if not says_nothing(text):
                self._findings.add(f"{self._under}/{pointer_token(name)}", text, "kept_as_text")


def pointer_token(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
