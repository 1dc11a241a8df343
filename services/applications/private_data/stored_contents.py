"""What is stored next to one application's stream, read from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.applications.models import Paper
from services.applications.private_data import vault
from services.applications.representation.opened_application import Sealed


class StoredContents:
    """Read once each, when first asked for."""

    def __init__(self, session: Session, application_id: str) -> None:
        self.session, self.application_id = session, application_id

    @property
    def applicant_name(self) -> str | None:
        return vault.names(self.session, [self.application_id]).get(self.application_id)

    def statement(self, sealed: Sealed) -> str | None:
        return self._statements.get(sealed["statement_id"])

    def answers(self, sealed: Sealed) -> Mapping[str, object] | None:
        return vault.answers(self.session, sealed["answers_id"])

    def paper(self, paper_id: str, commitment: str) -> Json | None:
        paper = self._papers.get(paper_id)
        return vault.opened_paper(paper) if paper else None

    @cached_property
    def _statements(self) -> dict[str, str]:
        return vault.statements(self.session, self.application_id)

    @cached_property
    def _papers(self) -> dict[str, Paper]:
        return vault.papers(self.session, self.application_id)
