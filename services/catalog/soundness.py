"""Published versions that today's checks would refuse: what was taken in before a check existed.

They stay, since a published version never changes and applications are pinned to it; *applications* counts the nearest
promise above that can be counted. An editor publishes a corrected version.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import Database
from services.catalog import definitions, versions
from services.catalog.models import ProcedureVersion

AT_A_TIME = 200


def unsound_versions(settings: Settings) -> list[str]:
    """``code/version: pointer problem; …`` of every published version with a problem; none without a database."""
    if settings.embedded and not (settings.home / "catalog.sqlite").exists():  # looking makes no database
        return []
    try:
        return found_in(Database.at(settings.database_url("catalog")))
    except (SettingMissing, SQLAlchemyError):  # reported of the database itself
        return []


def found_in(database: Database) -> list[str]:
    published = select(ProcedureVersion).where(ProcedureVersion.state == versions.PUBLISHED)
    ordered = published.order_by(ProcedureVersion.code, ProcedureVersion.version)
    with database.session() as session:
        rows = session.scalars(ordered.execution_options(yield_per=AT_A_TIME))
        checked = ((row, list(definitions.problems_in(definitions.complete(row.definition)))) for row in rows)
        return [f"{row.code}/{row.version}: {_sentence(problems)}" for row, problems in checked if problems]


def _sentence(problems: list[definitions.Problem]) -> str:
    return "; ".join(f"{problem['pointer']} {problem['problem']}" for problem in problems)
