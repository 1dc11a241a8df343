"""Removing a person's data: asked for by one, confirmed by another, carried out step by step and recorded.

Events stay as they are (they hold ids, decisions and commitments); what opens them goes: answers, words, papers
with their bytes, names. A crash between two steps leaves nothing behind: the duty looks again until every application
of the account says it was erased and every blob is gone. Then all services are notified, this one among them, and each
answers when nothing is left with it (see `forgetting`).
"""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import check_another
from infra.chassis.erased_subjects import record_erasure
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.applications.domain.actors import Act
from services.applications.domain.command_checks import not_before
from services.applications.domain.imported_history import SUBJECT, ImportedHistory
from services.applications.erasure.confirmations import confirmations
from services.applications.errors import ErasureNeedsTwoPersons, ErasureNotFound, OwnCase
from services.applications.event_store.store import Store
from services.applications.models import AnswerSet, Erasure, Party, application_view
from services.applications.private_data import pending_blobs, vault
from services.applications.private_data.blobs import Blobs, blobs_of


class Erasures:
    """The desk where erasures are asked for and confirmed, and the duty that carries them out."""

    name = "erasures"

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self.store, self.blobs, self.database = store, blobs, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> Erasures:
        return cls(Store.from_settings(settings), blobs_of(settings))

    def erase_subject(self, account_id: str, legal_basis: str, *, by: Actor, command: Command) -> Json:
        """Ask for an erasure, or confirm one somebody else asked for with the same legal basis.

        ``{erasure_id, account_id, state}`` with state ``asked`` or ``confirmed``; ``ErasureNeedsTwoPersons`` for the
        same person twice, ``OwnCase`` for oneself. The person of an imported history has no account: ``imported:`` and
        its id stand for it.
        """

        if account_id == by.account_id:
            raise OwnCase(reference=account_id)

        def work(session: Session) -> Json:
            waiting = select(Erasure).where(
                Erasure.account_id == account_id, Erasure.legal_basis == legal_basis, Erasure.confirmed_at.is_(None)
            )
            erasure = session.scalars(waiting.with_for_update()).first()
            if erasure is None:
                erasure = Erasure(
                    erasure_id=str(uuid4()),
                    account_id=account_id,
                    legal_basis=legal_basis,
                    asked_by=by.account_id,
                    asked_at=clock.now(),
                    confirmed_by=None,
                    confirmed_at=None,
                    finished_at=None,
                    report={},
                )
                session.add(erasure)
            else:
                check_another(erasure.asked_by, by.account_id, ErasureNeedsTwoPersons)
                erasure.confirmed_by, erasure.confirmed_at = by.account_id, clock.now()
            return erasure_view(erasure)

        return self.database.command(command, work)

    def erasure(self, erasure_id: str, *, by: Actor) -> Json:
        """How far an erasure has come, what it removed, and which services have confirmed it.

        ``{erasure_id, account_id, legal_basis, state, asked_by, asked_at, confirmed_by, …, services, complete}``.
        """
        with self.database.session() as session:
            erasure = session.get(Erasure, erasure_id)
            if erasure is None:
                raise ErasureNotFound(erasure_id=erasure_id)
            if erasure.account_id == by.account_id:
                raise OwnCase(reference=erasure_id)
            answers = confirmations(session, erasure_id)
            complete = all(answer["confirmed_at"] for answer in answers)
            return {**erasure_view(erasure), "services": answers, "complete": complete}

    def step(self) -> int:
        """One application of one confirmed erasure, or its last sweep."""
        with self.database.session() as session:
            due = (
                select(Erasure)
                .where(Erasure.confirmed_at.is_not(None), Erasure.finished_at.is_(None))
                .order_by(Erasure.asked_at)
            )
            erasure = session.scalars(due).first()
        if erasure is None:
            return 0
        self._remove_blobs(erasure.erasure_id)
        for application_id in self._left(erasure.account_id):
            self.store.transact(lambda session, key=application_id: self._erase(session, erasure.erasure_id, key))  # type: ignore[misc]
            self._remove_blobs(erasure.erasure_id)
            return 1
        self._take_over_what_is_under_way(erasure.erasure_id)
        self._remove_blobs(erasure.erasure_id)
        self._finish(erasure.erasure_id)
        return 1

    def _left(self, account_id: str) -> list[str]:
        if account_id.startswith(SUBJECT):
            return self._left_of_imported(account_id.removeprefix(SUBJECT))
        with self.database.session() as session:
            own_applications = set(
                session.scalars(select(Party.application_id).where(Party.applicant_id == account_id))
            )
            view = application_view
            listed = select(view.c.application_id).where(view.c.applicant_id == account_id, view.c.erased.is_(False))
            return sorted(own_applications | {key for key in session.scalars(listed) if not self.store.get(key).erased})

    def _left_of_imported(self, key: str) -> list[str]:
        with self.database.session() as session:
            there = session.scalar(select(AnswerSet.answers_id).where(AnswerSet.application_id == key).limit(1))
        return [key] if there and isinstance(self.store.aggregate(key), ImportedHistory) else []

    def _erase(self, session: Session, erasure_id: str, application_id: str) -> None:
        """One application: its event, its rows next to the stream, and a note of the blobs still to be removed."""
        erasure = session.get_one(Erasure, erasure_id)
        overwrite_what_is_deleted(session)
        papers = [paper.sha256 for paper in vault.papers(session, application_id).values() if paper.sha256]
        counts = vault.forget(session, application_id)
        application = self.store.aggregate(application_id)
        if not application.erased:
            application.erase_subject(
                erasure_id=erasure_id,
                asked_by=erasure.asked_by,
                legal_basis=erasure.legal_basis,
                by=self._act(erasure, application.modified_on, application_id),
            )
            self.store.record(application, session)
        report = dict(erasure.report)
        report["applications"] = sorted({*report.get("applications", []), application_id})
        report["removed"] = {name: report.get("removed", {}).get(name, 0) + count for name, count in counts.items()}
        report["blobs_left"] = sorted({*report.get("blobs_left", []), *papers})
        erasure.report = report

    def _act(self, erasure: Erasure, modified_on: datetime, application_id: str) -> Act:
        command_id = str(uuid5(NAMESPACE_URL, f"applications/erasure/{erasure.erasure_id}/{application_id}"))
        return Act(
            str(erasure.confirmed_by),
            "auditor",
            not_before(clock.now(), modified_on),
            f"erasure:{erasure.erasure_id}",
            command_id,
        )

    def _take_over_what_is_under_way(self, erasure_id: str) -> None:
        with self.database.session() as session:
            erasure = session.get_one(Erasure, erasure_id)
            sha256s = pending_blobs.claim_pending(session, erasure.account_id)
            erasure.report = {**erasure.report, "blobs_left": sorted({*erasure.report.get("blobs_left", []), *sha256s})}

    def _remove_blobs(self, erasure_id: str) -> None:
        """Remove what was noted, except papers somebody else handed in as well."""
        with self.database.session() as session:
            erasure = session.get_one(Erasure, erasure_id)
            left = list(erasure.report.get("blobs_left", []))
            shared = pending_blobs.in_use(session, left) if left else set()
        if not left:
            return
        removed = sum(self.blobs.remove(sha256) for sha256 in left if sha256 not in shared)
        with self.database.session() as session:
            erasure = session.get_one(Erasure, erasure_id)
            erasure.report = {
                **erasure.report,
                "blobs_left": [],
                "blobs_removed": erasure.report.get("blobs_removed", 0) + removed,
            }

    def _finish(self, erasure_id: str) -> None:
        with self.database.session() as session:
            erasure = session.get_one(Erasure, erasure_id)
            overwrite_what_is_deleted(session)
            applications = _all_of(session, erasure)
            record_erasure(session, erasure_id, erasure.account_id, applications)
            enqueue(
                session,
                "subject_erased.v1",
                erased_event_data(erasure, applications),
                subject=erasure.account_id,
                call_id=f"erasure:{erasure_id}",
            )
            erasure.finished_at = clock.now()
        forget_old_pages(self.database.engine)


def overwrite_what_is_deleted(session: Session) -> None:
    """SQLite leaves deleted bytes in its file unless told otherwise."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete=ON"))


def forget_old_pages(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, which still has the pages as they were."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()


def _all_of(session: Session, erasure: Erasure) -> list[str]:
    """Every application of the account, also those an earlier erasure went through."""
    own = select(application_view.c.application_id).where(application_view.c.applicant_id == erasure.account_id)
    return sorted({*erasure.report.get("applications", []), *session.scalars(own)})


def erased_event_data(erasure: Erasure, applications: list[str]) -> Json:
    """The data of ``subject_erased.v1`` about the whole account."""
    return {
        "account_id": erasure.account_id,
        "applicant_id": erasure.account_id,
        "application_id": None,
        "application_ids": applications,
        "erasure_id": erasure.erasure_id,
        "legal_basis": erasure.legal_basis,
        "asked_by": erasure.asked_by,
        "at": clock.now().isoformat(),
        "by": {"account_id": erasure.confirmed_by, "role": "auditor", "agency_code": None, "on_behalf_of": None},
    }


def erasure_view(erasure: Erasure) -> Json:
    state = "finished" if erasure.finished_at else "confirmed" if erasure.confirmed_at else "asked"
    return {
        "erasure_id": erasure.erasure_id,
        "account_id": erasure.account_id,
        "legal_basis": erasure.legal_basis,
        "state": state,
        "asked_by": erasure.asked_by,
        "asked_at": erasure.asked_at.isoformat(),
        "confirmed_by": erasure.confirmed_by,
        "confirmed_at": erasure.confirmed_at.isoformat() if erasure.confirmed_at else None,
        "finished_at": erasure.finished_at.isoformat() if erasure.finished_at else None,
        "report": {k: v for k, v in erasure.report.items() if k != "blobs_left"},
    }
