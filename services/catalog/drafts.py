"""What editors are still writing: stored as it is, finished or not, with what it lacks; then published or discarded.

A draft is nobody's offer: only editors see it, nothing is counted by it, and it may change. There is one per code.
"""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.contracts import Schema, contract_of
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest, VersionConflict
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.catalog import definitions, differences, versions
from services.catalog.errors import DraftNotFound
from services.catalog.models import Procedure, ProcedureChange, ProcedureDraft, ProcedureVersion
from services.catalog.offerings import Offerings, unknown_agencies

LARGEST = 1_000_000  # bytes of a draft as JSON
MOST_PROBLEMS = 200


class DraftEditor:
    """Keeps drafts, one per procedure code."""

    def __init__(self, database: Database, offerings: Offerings) -> None:
        self.database, self.offerings = database, offerings
        self.shape = Schema({"$ref": "#/definitions/procedure"}, contract_of("catalog").definitions)

    @classmethod
    def from_settings(cls, settings: Settings) -> DraftEditor:
        return cls(Database.at(settings.database_url("catalog")), Offerings.from_settings(settings))

    def save(
        self,
        definition: Json,
        expected_revision: int | None = None,
        reason: str | None = None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Keep a draft, finished or not: its outline, with ``problems``, what keeps it from publication.

        Refuses ``VersionConflict`` when somebody saved it since ``expected_revision`` (0: there was none).
        """
        if len(json.dumps(definition)) > LARGEST:
            raise InvalidRequest.at(
                "/definition", f"dài hơn {LARGEST} byte ở dạng JSON", f"longer than {LARGEST} bytes as JSON"
            )

        def work(session: Session) -> Json:
            procedure = versions.lock_procedures(session, [definition["code"]])[definition["code"]]
            stored = session.get(ProcedureDraft, procedure.code)
            _expect(stored, expected_revision)
            draft = stored or ProcedureDraft(code=procedure.code, revision=0, based_on=procedure.versions)
            self._write(draft, definition, reason, by)
            session.add(draft)
            _record_change(session, draft, "draft_saved", by, reason)
            return _outline(draft, procedure)

        return self.database.command(command, work)

    def _write(self, draft: ProcedureDraft, definition: Json, reason: str | None, by: Actor) -> None:
        problems = self._problems(definition)
        draft.revision += 1
        draft.definition, draft.problems = definition, problems
        draft.fingerprint = None if problems else definitions.fingerprint(definitions.complete(definition))
        draft.reason, draft.saved_at, draft.saved_by, draft.saved_by_name = reason, clock.now(), by.account_id, by.name

    def _problems(self, definition: Json) -> list[dict[str, str]]:
        """What is missing or does not make sense: ``[{"pointer", "problem", "en"}]``; none: it could be published."""
        wrong = [
            {"pointer": problem["pointer"], "problem": problem["vi"], "en": problem["en"]}
            for problem in self.shape.problems(definition)
        ]
        try:
            if not wrong:
                definitions.check_definition(definitions.complete(definition), root="")
        except InvalidRequest as refused:
            wrong = list(refused.problems)
        return wrong[:MOST_PROBLEMS]

    def drafts(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """Every draft by code: ``{"items": [outline], "next_cursor"}``."""
        after = key_of(cursor, str)
        query = select(ProcedureDraft, Procedure).join(Procedure, Procedure.code == ProcedureDraft.code)
        query = query.where(ProcedureDraft.code > after[0]) if after else query
        query = query.order_by(ProcedureDraft.code).limit(limit + 1)
        with self.database.session() as session:
            rows = session.execute(query).all()
            items = [_outline(draft, procedure) for draft, procedure in rows[:limit]]
        return {"items": items, "next_cursor": cursor_of(items[-1]["code"]) if len(rows) > limit else None}

    def draft(self, code: str) -> Json:
        """One draft: its outline, its ``definition``, and ``changes`` against the latest published version."""
        with self.database.session() as session:
            draft = _existing_draft(session, code)
            procedure = session.get_one(Procedure, code)
            latest = session.scalar(
                select(ProcedureVersion)
                .where(ProcedureVersion.code == code, ProcedureVersion.state == versions.PUBLISHED)
                .order_by(ProcedureVersion.effective_from.desc())
                .limit(1)
            )
            compared = latest is not None and draft.fingerprint is not None
            changes = (
                differences.between(latest.definition, definitions.complete(draft.definition))
                if latest is not None and compared
                else None
            )
            return {
                **_outline(draft, procedure),
                "definition": draft.definition,
                "compared_with": latest.version if latest is not None and compared else None,
                "changes": changes,
            }

    def publish(
        self,
        code: str,
        effective_from: str,
        expected_revision: int | None = None,
        reason: str | None = None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Publish what the draft holds, as ``Offerings.publish`` does; the draft is then gone.

        Refuses ``DraftNotFound``, ``VersionConflict``, and ``InvalidRequest`` with everything the draft still lacks.
        """

        def work(session: Session) -> Json:
            versions.lock_procedures(session, [code])
            draft = _existing_draft(session, code)
            _expect(draft, expected_revision)
            if draft.problems:
                raise InvalidRequest(
                    [{**problem, "pointer": f"/definition{problem['pointer']}"} for problem in draft.problems]
                )
            full = definitions.complete(draft.definition)
            published = self.offerings.published(session, full, effective_from, reason or draft.reason, by)
            return {**published, "unknown_agencies": unknown_agencies(session, full)}

        return self.database.command(command, work)

    def discard(
        self, code: str, reason: str, expected_revision: int | None = None, *, by: Actor, command: Command
    ) -> Json:
        """Throw a draft away, for a reason; the history keeps who did."""

        def work(session: Session) -> Json:
            procedure = versions.lock_procedures(session, [code])[code]
            draft = _existing_draft(session, code)
            _expect(draft, expected_revision)
            _record_change(session, draft, "draft_discarded", by, reason)
            session.delete(draft)
            return _outline(draft, procedure)

        return self.database.command(command, work)


def _existing_draft(session: Session, code: str) -> ProcedureDraft:
    draft = session.get(ProcedureDraft, code)
    if draft is None:
        raise DraftNotFound(code=code)
    return draft


def _expect(draft: ProcedureDraft | None, revision: int | None) -> None:
    current = draft.revision if draft else 0
    if revision is not None and revision != current:
        raise VersionConflict(expected=revision, current=current)


def _outline(draft: ProcedureDraft, procedure: Procedure) -> Json:
    """``outdated``: a version was published or proposed since the draft was begun."""
    title = draft.definition.get("title")
    return {
        "code": draft.code,
        "title": title.get("vi") if isinstance(title, dict) and isinstance(title.get("vi"), str) else None,
        "revision": draft.revision,
        "based_on": draft.based_on or None,
        "outdated": procedure.versions > draft.based_on,
        "saved_at": draft.saved_at.isoformat(),
        "saved_by": {"account_id": draft.saved_by, "name": draft.saved_by_name},
        "reason": draft.reason,
        "problems": draft.problems,
    }


def _record_change(session: Session, draft: ProcedureDraft, act: str, by: Actor, reason: str | None) -> None:
    session.add(
        ProcedureChange(
            code=draft.code,
            act=act,
            at=clock.now(),
            by_account=by.account_id,
            by_name=by.name,
            reason=reason,
            facts={"revision": draft.revision, "problems": len(draft.problems)},
        )
    )
