"""Each service's database: reachable, migrated, on time, not put back; and its history authentic."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.incarnations import known_rows, store_of
from infra.chassis.running.loader import installed, tool
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.inbox import sources_that_went_back
from infra.chassis.storage.revisions import at_head
from infra.chassis.storage.server_sessions import options_arrive, require_session
from infra.cli.checks.finding import Finding, one_line

CLOCKS_APART = 2.0  # seconds that the clocks of this machine and of a database may differ
DROPPED_OPTIONS = (
    "set lock_timeout, statement_timeout and idle_session_timeout for the database role (ALTER ROLE … SET …), or "
    "connect to PostgreSQL directly"
)


def all_database_findings(settings: Settings) -> list[Finding]:
    return [finding for service in installed() for finding in database_findings(settings, service)]


def database_findings(settings: Settings, service: str) -> list[Finding]:
    what = f"{service} database"
    if settings.embedded and not (settings.home / f"{service}.sqlite").exists():
        return [Finding("note", what, "none yet: any command that needs it makes it")]
    try:
        require_session(f"{service.upper()}_DATABASE_URL", url := settings.database_url(service))
        database = Database.at(url)
        apart = _seconds_apart(database)
    except SettingMissing as missing:
        return [Finding("setting", missing.message, "name the database of this service")]
    except Exception as error:
        return [Finding("fault", f"{what}: {one_line(error)}", f"check {service.upper()}_DATABASE_URL and the server")]
    if not at_head(settings, service):
        return [Finding("fault", f"{what} is not up to date", "run portal migrate")]
    findings = [Finding("ok", what), *_put_back(database, service)]
    if not options_arrive(url):
        findings.append(Finding("note", f"{what}: a pooler drops the options of connections", DROPPED_OPTIONS))
    if apart > CLOCKS_APART:
        findings.append(Finding("fault", f"{what}: its clock is {apart:.0f} s from ours", "set both clocks (NTP)"))
    if waiting := len(DeadLetters(database).ids()):
        findings.append(
            Finding("note", f"{service}: {waiting} dead letters wait", f"portal dead-letters list {service}")
        )
    return findings


def history_findings(settings: Settings) -> list[Finding]:
    """Whether what waits for its seal was recorded by the service itself."""
    if "applications" not in installed() or not _can_look(settings):
        return []
    bad = tool("applications", "unsealed_not_authentic")(settings)
    if bad is None:
        return [Finding("ok", "applications: events that wait for their seal are authentic")]
    what = f"applications: version {bad['version']} of {bad['application_id']} at position {bad['position']}"
    return [
        Finding("fault", f"{what} is not authentic: {bad['error']}", "change nothing; portal verify, and the auditors")
    ]


def _can_look(settings: Settings) -> bool:
    if settings.embedded and not (settings.home / "applications.sqlite").exists():
        return False
    try:
        Database.at(settings.database_url("applications")).ping()
        return at_head(settings, "applications")
    except (SettingMissing, SQLAlchemyError):  # reported by the check of databases
        return False


def _put_back(database: Database, service: str) -> list[Finding]:
    """Stores that were put back to an earlier day: this one, and the sources this service consumes."""
    with database.session() as session:
        store, rows = store_of(session), known_rows(session)
        sources = sources_that_went_back(session)
    latest = {row.stream: row for row in rows}
    findings = [
        Finding("fault", f"{service}: its database was put back ({stream})", "its follower begins a new incarnation")
        for stream, row in latest.items()
        if row.store != store
    ]
    advice = f"see to what was lost (portal sources redeliver), then portal sources acknowledge {service}"
    for row in sources:
        what = f"{service}: {row.stream} went back: position {row.first_position} after {row.highest_before}"
        findings.append(Finding("fault", f"{what}, {row.since:%Y-%m-%d %H:%M}", advice))
    return findings


def _seconds_apart(database: Database) -> float:
    """How far the clock of a database server is from that of this machine."""
    database.ping()
    if database.engine.dialect.name == "sqlite":
        return 0.0
    with database.session() as session:
        theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return abs((datetime.now(UTC) - theirs).total_seconds())
