"""How far each follower has come, as a row in its own transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.storage.tables import relay_position


def position_of(session: Any, name: str) -> int:
    """How far the follower called ``name`` has come (0: nowhere yet)."""
    return int(session.scalar(select(relay_position.c.position).where(relay_position.c.name == name)) or 0)


def advance(session: Any, name: str, position: int) -> None:
    """Note how far a follower has come, in the transaction of what it did."""
    updated = session.execute(
        relay_position.update().where(relay_position.c.name == name).values(position=position, at=clock.now())
    )
    if not updated.rowcount:
        session.execute(relay_position.insert().values(name=name, position=position, at=clock.now()))
