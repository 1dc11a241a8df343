"""Whose dossiers they are: found by a keyed digest of the identity number, shown to that person, removed at erasure.

The number itself is in the records as they came and nowhere else. An account's digest is learned when it is registered,
so that an erased account's dossiers can still be found when identity knows nothing of it any more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page, page
from infra.chassis.erased_subjects import is_erased
from infra.chassis.event_store.history_keys import HistoryKeys
from infra.chassis.json_types import Json
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from services.interchange.domain.classic import without_people
from services.interchange.errors import DossierNotFound
from services.interchange.mirroring.mirror import view_of
from services.interchange.mirroring.own_dossier_events import case_of, publish_all_of
from services.interchange.mirroring.person_digests import subject_of
from services.interchange.mirroring.tables import MirroredDossier, MirroredPerson, MirroredStatement, PersonAccount

if TYPE_CHECKING:
    from services.interchange.clients import AccountDirectory


def forget_person(session: Session, account_id: str, _marks: set[str]) -> dict[str, int]:
    """Of an erased account's dossiers the facts of the case are left, and nothing more of them is taken."""
    subject = session.scalar(select(PersonAccount.subject).where(PersonAccount.account_id == account_id))
    if subject is None:
        return {}
    keys = list(session.scalars(select(MirroredPerson.dossier_id).where(MirroredPerson.subject == subject)))
    for dossier in session.scalars(select(MirroredDossier).where(MirroredDossier.dossier_id.in_(keys))):
        dossier.erased, dossier.salt = True, b""
    contents = 0
    for statement in session.scalars(select(MirroredStatement).where(MirroredStatement.dossier_id.in_(keys))):
        statement.content = without_people(json.loads(statement.content))
        contents += 1
    session.execute(delete(MirroredPerson).where(MirroredPerson.subject == subject))
    session.execute(delete(PersonAccount).where(PersonAccount.account_id == account_id))
    return {"mirrored_dossier": len(keys), "mirrored_statement": contents, "person_account": 1}


class OwnDossiers:
    """A citizen's dossiers in other systems."""

    def __init__(self, database: Database, keys: HistoryKeys) -> None:
        self.database, self.keys = database, keys

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url("interchange")), HistoryKeys.from_settings(settings))

    def account_registered(self, event: CloudEvent, identity: AccountDirectory) -> None:
        """``account_registered.v1``: which dossiers are the account's, now and from now on."""
        account_id = event["data"]["account_id"]
        try:
            number = identity.citizen_number(account_id=account_id)["citizen_number"]
        except Refusal as refusal:
            if refusal.name != "AccountNotFound":
                raise
            return  # erased meanwhile: nothing is to be known of it
        with self.database.handle_once("account_registered", event) as session:
            if session is None or number is None or is_erased(session, account_id):
                return
            subject = subject_of(self.keys, number)
            row = {"account_id": account_id, "subject": subject}
            session.execute(insert_into(session, PersonAccount.__table__).on_conflict_do_nothing(), [row])
            publish_all_of(session, subject)

    def dossier_by_person(self, number: str, identity_number: str) -> Json:
        """A dossier for who knows its number and the identity number of a person whose it is; nobody's name.

        ``DossierNotFound`` alike for an unknown number and for somebody else's. Where two sources use the same number
        for the same person, the one that changed last.
        """
        subjects = [subject_of(self.keys, identity_number, key_id) for key_id in self.keys.key_ids]
        own = select(MirroredPerson.dossier_id).where(MirroredPerson.subject.in_(subjects))
        table = MirroredDossier
        query = select(table).where(table.dossier_id.in_(own), table.number == number, table.has_content)
        with self.database.session() as session:
            row = session.scalars(query.order_by(table.position.desc()).limit(1)).first()
            if row is None:
                raise DossierNotFound(source="?", number=number)
            return case_of(row)

    def my_dossiers(self, limit: int, cursor: str | None, *, by: Actor) -> Page[Json]:
        """Where they are handled and how far they are, by source and number."""
        own = (
            select(MirroredPerson.dossier_id)
            .join(PersonAccount, PersonAccount.subject == MirroredPerson.subject)
            .where(PersonAccount.account_id == by.account_id)
        )
        query = select(MirroredDossier).where(MirroredDossier.dossier_id.in_(own), MirroredDossier.has_content)
        with self.database.session() as session:
            keys = (MirroredDossier.source, MirroredDossier.number)
            return page(session, query, keys, view_of, limit=limit, cursor=cursor)
