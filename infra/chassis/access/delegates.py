"""Who has ever been a delegate of whom: a service's own copy of the delegations that identity announces.

An ended delegation stays in it: whoever was entrusted with somebody's case does not handle it as staff afterwards.
Whether a delegation is in force is asked of identity, never read here.
"""

from __future__ import annotations

from sqlalchemy import Column, Exists, MetaData, String, Table, exists, or_
from sqlalchemy.orm import Session

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.storage.database import Database, insert_into

EVERYTHING = "*"  # a delegation for all procedures
_own = MetaData()

delegate = Table(
    "delegate",
    _own,
    Column("delegate_id", String(80), primary_key=True),
    Column("principal_id", String(80), primary_key=True),
    Column("procedure_code", String(80), primary_key=True),
)


def delegate_table(metadata: MetaData) -> None:
    """Add the table to a service's own."""
    delegate.to_metadata(metadata)


class DelegateRecorder:
    """Follows ``delegation_granted.v1`` of identity."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def delegation_granted(self, event: CloudEvent) -> None:
        """Remember the delegate; a repeat changes nothing."""
        data = event["data"]
        with self.database.handle_once("delegation_granted", event) as session:
            if session is not None:
                for code in data["scope"]:
                    row = {"delegate_id": data["delegate_account_id"], "principal_id": data["principal_account_id"]}
                    added = insert_into(session, delegate).values(**row, procedure_code=code)
                    session.execute(added.on_conflict_do_nothing())


def was_delegate(delegate_id: object, principal_id: object, procedure_code: object) -> Exists:
    """The condition that somebody has ever been a delegate in a procedure; arguments are values or columns."""
    row = delegate.c
    scope = or_(row.procedure_code == procedure_code, row.procedure_code == EVERYTHING)
    return exists().where(row.delegate_id == delegate_id, row.principal_id == principal_id, scope)


def has_been_delegate(session: Session, delegate_id: str, principal_id: str, procedure_code: str) -> bool:
    """The same for one person and one application."""
    row = delegate.c
    query = delegate.select().where(
        row.delegate_id == delegate_id,
        row.principal_id == principal_id,
        row.procedure_code.in_((procedure_code, EVERYTHING)),
    )
    return session.execute(query.limit(1)).first() is not None
