"""A whole catalogue on SQLite in memory, for tests that need no server."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Engine

from infra.chassis.access.actors import Actor
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.revisions import CHASSIS_VERSIONS, migrations_of
from services.catalog.agencies import AgencyRegister
from services.catalog.calendars import Calendars
from services.catalog.drafts import DraftEditor
from services.catalog.exports import Exports
from services.catalog.imports import Imports
from services.catalog.offerings import Offerings
from services.catalog.places import Places
from services.catalog.search import SearchEngine
from tests.support.tables_in_memory import copy_of

BY = Actor("5b0d3c9e-0000-4000-8000-000000000001", "Nguyễn Thị Mẫu", frozenset({"catalog_editor"}))
NOBODY = Actor("")
_numbers = itertools.count()


@dataclass
class Catalogue:
    """The use cases of the catalogue on one database."""

    database: Database
    four_eyes: bool = False

    @cached_property
    def offerings(self) -> Offerings:
        return Offerings(self.database, development=True, four_eyes=self.four_eyes)

    @cached_property
    def search(self) -> SearchEngine:
        return SearchEngine(self.database)

    @cached_property
    def calendars(self) -> Calendars:
        return Calendars(self.database, self.offerings)

    @cached_property
    def places(self) -> Places:
        return Places()

    @cached_property
    def agencies(self) -> AgencyRegister:
        return AgencyRegister(self.database)

    @cached_property
    def drafts(self) -> DraftEditor:
        return DraftEditor(self.database, self.offerings)

    @cached_property
    def exports(self) -> Exports:
        return Exports(self.database)

    @cached_property
    def imports(self) -> Imports:
        return Imports(self.database, four_eyes=self.four_eyes)


def catalogue(*, four_eyes: bool = False, database: Database | None = None) -> Catalogue:
    """An empty catalogue; on a fresh database in memory unless one is given."""
    return Catalogue(database or fresh_database(), four_eyes)


def fresh_database() -> Database:
    """A database in memory with the tables of this service's own migrations."""
    return copy_of("catalog", migrated)


def migrated(engine: Engine) -> None:
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for versions in (CHASSIS_VERSIONS, migrations_of("catalog") / "versions"):
            for path in sorted(versions.glob("0*.py")):
                _module(path).upgrade()


def command(name: str = "catalog.test") -> Command:
    """A command nobody has sent before."""
    return Command.of(str(uuid4()), name, BY.account_id, {"number": next(_numbers)})


def _module(path):
    import importlib.util

    spec = importlib.util.spec_from_file_location(f"migration_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
