"""Whether a database has every migration this code knows: asked by each process that starts, so without Alembic.

Alembic and what it draws in are a tenth of what starting a service costs; only ``portal migrate`` works with them.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from sqlalchemy import text

from infra.chassis.contracts import service_folder
from infra.chassis.settings import Settings
from infra.chassis.storage.connections import engine_of

CHASSIS_VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
REVISION = re.compile(r'^(down_revision|revision) = (?:None|"([^"]+)")$', re.MULTILINE)
APPLIED = text("SELECT version_num FROM alembic_version")


class UnreadableRevision(ValueError):
    """A file among the migrations that does not say, literally, which revision it is and what it follows."""


def migrations_of(service: str) -> Path:
    """Where the migrations of ``service`` are."""
    return service_folder(service) / "migrations"


def at_head(settings: Settings, service: str) -> bool:
    """Whether the database has every migration this code knows."""
    engine = engine_of(settings.database_url(service))
    try:
        with engine.connect() as connection:
            if not connection.dialect.has_table(connection, "alembic_version"):
                return False
            return set(connection.scalars(APPLIED)) == known_heads(service)
    finally:
        engine.dispose()


@functools.cache
def known_heads(service: str) -> frozenset[str]:
    """The revisions that no other follows: the last of the service's own, and of the chassis' branch."""
    revisions, followed = set(), set()
    for folder in (migrations_of(service) / "versions", CHASSIS_VERSIONS):
        for file in folder.glob("*.py"):
            named = dict(REVISION.findall(file.read_text(encoding="utf-8")))
            if set(named) != {"revision", "down_revision"} or not named["revision"]:
                raise UnreadableRevision(str(file))
            revisions.add(named["revision"])
            followed.add(named["down_revision"])
    return frozenset(revisions - followed)
