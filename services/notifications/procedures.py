"""What procedures, their papers and their form's fields are called, so that messages use their names.

A published version never changes, so what was fetched once stays in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.chassis.json_types import Json
from infra.chassis.refusals import Refusal

if TYPE_CHECKING:
    from services.notifications.clients import ProcedureCatalog

CACHE_SIZE = 2000


@dataclass(frozen=True)
class Names:
    """One version's title and the names of its papers and fields, each ``{"vi": …, "en": …}``."""

    title: Mapping[str, str] = field(default_factory=dict)
    papers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: Json) -> Names:
        form = (definition.get("form") or {}).get("properties") or {}
        labels = {name: _label(schema) for name, schema in form.items()}
        papers = {paper["id"]: paper.get("name") or {} for paper in definition.get("requirements") or ()}
        return cls(definition.get("title") or {}, papers, labels)


def _label(schema: object) -> Mapping[str, str]:
    """What a field is called; a schema may also be true or false, and a label what an earlier release let pass."""
    label = schema.get("x-label") if isinstance(schema, Mapping) else None
    return (
        {language: text for language, text in label.items() if isinstance(text, str)}
        if isinstance(label, Mapping)
        else {}
    )


class Procedures:
    """Names of procedures in a language; the code itself where the catalogue has no such procedure."""

    def __init__(self) -> None:
        self._cache: dict[tuple[str, int], Names] = {}

    def names(self, data: Json, *, catalog: ProcedureCatalog) -> Names:
        """The names of the procedure an event is about; none for events that name no version."""
        code, version = data.get("procedure_code"), data.get("procedure_version")
        if not code or version is None:
            return Names()
        if (code, version) not in self._cache:
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[code, version] = _fetch(code, version, catalog)
        return self._cache[code, version]


def _fetch(code: str, version: int, catalog: ProcedureCatalog) -> Names:
    try:
        return Names.of(catalog.procedure(code=code, version=version))
    except Refusal as refusal:
        if refusal.name != "ProcedureNotFound":
            raise  # it does not answer: the handler is tried again later
        return Names()


def name_in(names: Mapping[str, str], language: str, otherwise: str) -> str:
    """The name in ``language``, in Vietnamese, or what it is otherwise known by."""
    return names.get(language) or names.get("vi") or otherwise
