"""What lines of an older system state about people: stored next to the stream with a salt, put back in place to read.

An event holds `{"line_id", "commitment"}` under the name `said`; readers see `resource` and `attributes` there, both
None once erased.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import overload

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.applications.models import AnswerSet
from services.applications.private_data import vault
from services.applications.representation.enclosed import with_imported_details


def keep_details(
    session: Session, application_id: str, resource: str | None, attributes: Mapping[str, str]
) -> dict[str, str]:
    """Store what a line states: `{"line_id", "commitment"}`. It is stored with the answers, and is erased like them."""
    sealed = vault.keep_answers(session, application_id, {"resource": resource, "attributes": dict(attributes)})
    return {"line_id": sealed["answers_id"], "commitment": sealed["commitment"]}


class ImportedDetails:
    """What lines of some imported histories state."""

    def __init__(self, details: Mapping[str, Json]) -> None:
        self.by_id = details

    @classmethod
    def of(cls, session: Session, application_ids: Sequence[str]) -> ImportedDetails:
        if not application_ids:
            return cls({})
        query = select(AnswerSet.answers_id, AnswerSet.value).where(AnswerSet.application_id.in_(application_ids))
        return cls({row.answers_id: row.value for row in session.execute(query)})

    @overload
    def in_place(self, value: Json) -> Json: ...
    @overload
    def in_place(self, value: object) -> object: ...
    def in_place(self, value: object) -> object:
        return with_imported_details(value, lambda sealed: self.by_id.get(sealed["line_id"]))
