"""A state-changing call as one step: idempotent by its command id, or by its natural key when it has none."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database


def run_idempotently(database: Database, command: Command | None, work: Callable[[Session], Json]) -> Json:
    """The answer of ``work`` in one transaction.

    Twins with different command ids, or none, may both find nothing and then collide on the natural key; the loser
    looks again and finds the winner's work.
    """
    try:
        return _run(database, command, work)
    except IntegrityError:
        return _run(database, command, work)


def _run(database: Database, command: Command | None, work: Callable[[Session], Json]) -> Json:
    if command is not None:
        return database.command(command, work)
    with database.session() as session:
        return work(session)
