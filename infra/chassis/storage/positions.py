"""How far each follower has come, as a row in its own transaction."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.storage.database import Database
from infra.chassis.storage.reads import Read
from infra.chassis.storage.tables import relay_position

OF_ONE = Read(select(relay_position.c.position).where(relay_position.c.name == bindparam("name")))


def position_of(session: Session, name: str) -> int:
    """How far the follower called ``name`` has come (0: nowhere yet)."""
    return int(session.scalar(OF_ONE.statement, {"name": name}) or 0)


def position_now(database: Database, name: str) -> int:
    """The same without a transaction: whether there is anything to do is asked again and again."""
    rows = database.rows(OF_ONE, name=name)
    return int(rows[0].position) if rows else 0


def advance(session: Session, name: str, position: int) -> None:
    """Note how far a follower has come, in the transaction of what it did."""
    updated = session.connection().execute(
        relay_position.update().where(relay_position.c.name == name).values(position=position, at=clock.now())
    )
    if not updated.rowcount:
        session.execute(relay_position.insert().values(name=name, position=position, at=clock.now()))
