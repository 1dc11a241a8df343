"""``portal doctor``: checks what the platform depends on and says what to do about each finding."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import typer
from amqp.exceptions import AccessRefused
from kombu import Connection, Queue
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from infra.chassis import clock
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.handler_queues import QueueProbe, handler_queue
from infra.chassis.messaging.incarnations import known_rows, store_of
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.messaging.topology import handler_methods
from infra.chassis.migrations import at_head
from infra.chassis.running.loader import installed, service_class, tool
from infra.chassis.running.runner import broker_answers, workers_of
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import OVERFLOW, SPARE, Database
from infra.chassis.storage.inbox import sources_that_went_back
from infra.chassis.storage.server_sessions import options_arrive, require_session
from infra.cli.security_findings import account_facts, secret_findings, upload_facts
from infra.cli.trust_findings import trust_findings

OWN_USERS = "give each process its own user (infra/rabbitmq/users.json; infra/docker/make-secrets makes them)"
PINS = {"nameko": "2.14.1", "eventlet": "0.41", "kombu": "5.7", "eventsourcing": "9.5", "sqlalchemy": "2.1"}
CLOCKS_APART = 2.0  # seconds that the clocks of this machine and of a database may differ
OFFICIAL_CALENDAR = (
    "enter the government's decision with catalog.set_calendar_day (a swap: day_off and make_up), then confirm the "
    "year with as_published on {year}-01-01; or update the platform"
)
CONFIG = 78
FOLLOWER_CONNECTIONS = 4  # of a follower: its lease, what it does just now, a probe
STORE_SPARE = 2
FREE_CONNECTIONS = (
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
)
DROPPED_OPTIONS = (
    "set lock_timeout, statement_timeout and idle_session_timeout for the database role (ALTER ROLE … SET …), or "
    "connect to PostgreSQL directly"
)
MOST_VERSIONS = 20  # unsound versions listed
MOUNTED = re.compile("(_UR[LI]|_KEYS?|SECRET(_[A-Z]+)?|TOKEN|PASSWORD)$")  # settings that come as mounted files


class Finding(NamedTuple):
    """``verdict``: ok, note or fault; a fault of settings is ``setting``."""

    verdict: str
    looked_at: str
    advice: str = ""


def examine(settings: Settings, *, as_json: bool = False) -> int:
    """Print every finding. 0 when nothing is at fault, 78 when a setting is missing, else 1."""
    looks: list[Callable[[Settings], list[Finding]]] = [
        _pins,
        _clock,
        _calendar,
        _published_versions,
        _files,
        _secrets,
        _trust,
        _settings,
        _databases,
        _guards,
        _history,
        _connections,
        _broker,
    ]
    findings = [finding for check in looks for finding in _findings(check, settings)]
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for verdict, looked_at, advice in findings:
            label = "fault" if verdict == "setting" else verdict
            typer.echo(f"{label:5} {looked_at}{'  → ' + advice if advice else ''}")
    verdicts = {finding.verdict for finding in findings}
    return CONFIG if "setting" in verdicts else int("fault" in verdicts)


def _findings(check: Callable[[Settings], list[Finding]], settings: Settings) -> list[Finding]:
    try:
        return check(settings)
    except SettingMissing as missing:
        return [Finding("setting", missing.message, "name it, or take the name of its file away")]


def _pins(_settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    for name, version in PINS.items():
        have = importlib.metadata.version(name)
        fits = have == version or have.startswith(f"{version}.")
        advice = "" if fits else f"install with constraints.txt: {version} is what was tested"
        findings.append(Finding("ok" if fits else "fault", f"{name} {have}", advice))
    if sys.version_info >= (3, 13):
        findings.append(
            Finding("fault", f"Python {sys.version.split()[0]}", "use 3.11 or 3.12: eventlet breaks beyond")
        )
    return findings


def _clock(_settings: Settings) -> list[Finding]:
    sane = datetime.now(UTC) > datetime(2025, 1, 1, tzinfo=UTC)
    advice = "" if sane else "set the clock (NTP): due dates depend on it"
    return [Finding("ok" if sane else "fault", f"clock {time.strftime('%Y-%m-%dT%H:%M:%S%z')}", advice)]


def _calendar(settings: Settings) -> list[Finding]:
    """Whether the holidays of this year and the next are known, and official by the time they should be."""
    this, findings = clock.now().astimezone(clock.OFFICE_ZONE).year, []
    state_of: Callable[[Settings, int], dict[str, Any]] = tool("catalog", "calendar_state")
    for year, weight in ((this, "fault"), (this + 1, "note")):
        state = state_of(settings, year)
        what = f"holidays of {year}: {state['days']}, {'estimated' if state['estimated'] else 'official'}"
        if not state["days"]:
            findings.append(Finding(weight, what, "update the holidays library, or set the days with set_calendar_day"))
        elif state["estimated"] and state["should_be_decided"]:
            findings.append(Finding("note", what, OFFICIAL_CALENDAR.format(year=year)))
        else:
            findings.append(Finding("ok", what))
    return findings


def _published_versions(settings: Settings) -> list[Finding]:
    """Procedure versions published before a check existed that would refuse them now."""
    unsound: list[str] = tool("catalog", "unsound_versions")(settings)
    advice = "an editor publishes a corrected version; running applications go on under the one they were filed under"
    return [Finding("note", f"published version {version}"[:500], advice) for version in unsound[:MOST_VERSIONS]]


def _files(settings: Settings) -> list[Finding]:
    """Files that settings name and that hold nothing, or nothing that can be read."""
    findings = []
    for name in sorted(settings.env):
        if not name.endswith("_FILE") or not MOUNTED.search(name.removesuffix("_FILE")):
            continue
        try:
            settings.require(name.removesuffix("_FILE"))
        except SettingMissing as missing:
            findings.append(Finding("setting", missing.message, "write the value into it, or take the name away"))
    return findings


def _secrets(settings: Settings) -> list[Finding]:
    return [Finding(*facts) for facts in secret_findings(settings)]


def _guards(settings: Settings) -> list[Finding]:
    """Who could walk in: officials without a second factor, people that are made up, files nobody looked at."""
    try:
        return [Finding(*facts) for facts in (*account_facts(settings), *upload_facts(settings))]
    except SettingMissing:
        raise
    except Exception as error:  # the check of databases says more
        return [Finding("note", f"accounts could not be looked at: {_one_line(error)}", "see the identity database")]


def _trust(settings: Settings) -> list[Finding]:
    return [Finding(*finding) for finding in trust_findings(settings)]


def _settings(settings: Settings) -> list[Finding]:
    try:
        environment = settings.environment
    except SettingMissing as missing:
        return [Finding("setting", missing.message, "set PORTAL_ENVIRONMENT")]
    findings = [Finding("ok", f"environment {environment}")]
    if settings.flag("POSTGRES_ENABLE_DB_FUNCTIONS"):
        advice = "unset it: readers that tail the log miss events"
        findings.append(Finding("fault", "POSTGRES_ENABLE_DB_FUNCTIONS is set", advice))
    if settings.embedded:
        advice = "messages on the way are lost when it stops; not for production"
        findings.append(Finding("note", "embedded default: one process, in-memory broker, SQLite files", advice))
        return [*findings, _writable(settings)]
    if settings.development:
        advice = "keys are made here; use production for real data"
        return [*findings, Finding("note", "PORTAL_ENVIRONMENT=development", advice)]
    return findings


def _writable(settings: Settings) -> Finding:
    home = settings.home
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(nearest, os.W_OK)
    return Finding("ok" if writable else "fault", f"PORTAL_HOME {home}", "" if writable else "make it writable")


def _databases(settings: Settings) -> list[Finding]:
    return [finding for service in installed() for finding in _database(settings, service)]


def _database(settings: Settings, service: str) -> list[Finding]:
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
        return [Finding("fault", f"{what}: {_one_line(error)}", f"check {service.upper()}_DATABASE_URL and the server")]
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


def _history(settings: Settings) -> list[Finding]:
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


def _connections(settings: Settings) -> list[Finding]:
    """What all services may open on each server, in addition to what it takes."""
    if settings.embedded:
        return []
    needed: dict[str, int] = {}
    example: dict[str, Database] = {}
    for service in installed():
        try:
            url = settings.database_url(service)
        except SettingMissing:  # reported by the check of databases
            continue
        server = make_url(url).set(database=None, username=None, password=None).render_as_string()
        needed[server] = needed.get(server, 0) + connections_of(settings, service)
        example[server] = Database.at(url)
    return [_enough(example[server], count) for server, count in needed.items()]


def connections_of(settings: Settings, service: str) -> int:
    """The most that one process of a service and its follower open: pools, the event store's pool, the lease."""
    workers = workers_of(settings)
    doors, follower = workers + SPARE + OVERFLOW, FOLLOWER_CONNECTIONS
    return doors + follower + (workers + STORE_SPARE if service == "applications" else 0)


def _enough(database: Database, needed: int) -> Finding:
    try:
        with database.session() as session:
            limit = int(session.execute(text(FREE_CONNECTIONS)).scalar_one())
    except Exception as error:
        return Finding("note", f"connections: up to {needed}, of how many is not known ({_one_line(error)})")
    what = f"connections: up to {needed} of {limit} (max_connections without the reserved), one process of each service"
    advice = f"raise max_connections above {needed}, and further with every more process; or lower MAX_WORKERS"
    return Finding("ok", what) if needed <= limit else Finding("fault", what, advice)


def _broker(settings: Settings) -> list[Finding]:
    if settings.embedded:
        return []
    try:
        broker_answers(settings)
    except SettingMissing as missing:
        return [Finding("setting", missing.message, "name the broker: amqp://user:password@host:5672/vhost")]
    except Exception as error:
        return [Finding("fault", f"broker: {_one_line(error)}", "check AMQP_URI and the server")]
    users = [] if settings.development else _broker_user(settings)
    missing_queues = _missing_queues(settings)
    in_quarantine = [] if QUARANTINE in missing_queues else _quarantine(settings)
    if missing_queues:
        what = f"broker: {len(missing_queues)} queues missing ({', '.join(missing_queues[:3])} …)"
        return [Finding("fault", what, "run portal migrate"), *users, *in_quarantine]
    return [Finding("ok", "broker"), *users, *in_quarantine]


def _broker_user(settings: Settings) -> list[Finding]:
    """Whether our user of the broker may do more than its part: make a queue that is nobody's."""
    user = urlsplit(settings.amqp_uri).username
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        try:
            connection.channel().queue_declare(f"portal.probe.{uuid4()}", exclusive=True, auto_delete=True)
        except AccessRefused:
            return []
    return [Finding("fault", f"broker: user {user} may do everything, publish as any service included", OWN_USERS)]


def _quarantine(settings: Settings) -> list[Finding]:
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        lie = Queue(QUARANTINE, durable=True)(connection.channel()).queue_declare(passive=True).message_count
    advice = "portal dead-letters list, then replay or drop; what no list names came back to a queue that was gone"
    return [Finding("note", f"broker: messages in {QUARANTINE}: {lie}", advice)] if lie else []


def _missing_queues(settings: Settings) -> list[str]:
    """Queues of the services here that the broker does not have; nothing is declared by looking."""
    queues = [QUARANTINE, *[f"rpc-{name}" for name in installed()]]
    for name in installed():
        methods = handler_methods(service_class(name))
        queues += [handler_queue(source, kind, name, method).name for source, kind, method in methods]
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        line = QueueProbe(connection)
        return [name for name in queues if not line.has(name)]


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
