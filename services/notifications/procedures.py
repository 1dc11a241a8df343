"""What procedures, their papers and their form's fields are called, so that letters speak of them by name.

A published version never changes, so what was asked once is kept in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.chassis.refusals import Refusal

KEPT = 2000


class Catalogue(Protocol):
    """Who knows the procedures (catalog)."""

    def procedure(self, *, code: str, version: int) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Names:
    """One version's title and the names of its papers and fields, each ``{"vi": …, "en": …}``."""

    title: Mapping[str, str] = field(default_factory=dict)
    papers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Names:
        form = (definition.get("form") or {}).get("properties") or {}
        labels = {name: schema.get("x-label") or {} for name, schema in form.items()}
        papers = {paper["id"]: paper.get("name") or {} for paper in definition.get("requirements") or ()}
        return cls(definition.get("title") or {}, papers, labels)


class Procedures:
    """Names of procedures in a language; the code itself where the catalogue has no such procedure."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Names] = {}

    def names(self, data: Mapping[str, Any], catalogue: Catalogue) -> Names:
        """What the procedure an event speaks of is called; nothing for events that name no version."""
        code, version = data.get("procedure_code"), data.get("procedure_version")
        if not code or version is None:
            return Names()
        if (code, version) not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[code, version] = _asked(code, version, catalogue)
        return self._kept[code, version]


def _asked(code: str, version: int, catalogue: Catalogue) -> Names:
    try:
        return Names.of(catalogue.procedure(code=code, version=version))
    except Refusal as refusal:
        if refusal.name != "ProcedureNotFound":
            raise  # it does not answer: the handler is tried again later
        return Names()


def called(names: Mapping[str, str], language: str, otherwise: str) -> str:
    """The name in ``language``, in Vietnamese, or what it is otherwise known by."""
    return names.get(language) or names.get("vi") or otherwise
