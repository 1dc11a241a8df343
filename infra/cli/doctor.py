"""``portal doctor``: looks at what the platform stands on and says what to do about each finding."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import typer

from infra.chassis import clock
from infra.chassis.database import Database
from infra.chassis.loader import installed
from infra.chassis.migrations import at_head
from infra.chassis.runner import broker_answers
from infra.chassis.settings import Settings

PINS = {"nameko": "2.14.1", "eventlet": "0.41", "kombu": "5.7", "eventsourcing": "9.5", "sqlalchemy": "2.1"}
Finding = tuple[str, str, str]  # verdict (ok, note, fault), what was looked at, what to do


def examine(settings: Settings) -> int:
    """Print every finding; 0 when nothing is at fault."""
    findings = [*_pins(), *_clock(), *_calendar(), *_settings(settings), *_databases(settings), *_broker(settings)]
    for verdict, looked_at, advice in findings:
        typer.echo(f"{verdict:5} {looked_at}{'  → ' + advice if advice else ''}")
    return 1 if any(verdict == "fault" for verdict, _, _ in findings) else 0


def _pins() -> list[Finding]:
    found: list[Finding] = []
    for name, wanted in PINS.items():
        have = importlib.metadata.version(name)
        fits = have == wanted or have.startswith(f"{wanted}.")
        found.append(
            (
                "ok" if fits else "fault",
                f"{name} {have}",
                "" if fits else f"install with constraints.txt: {wanted} is what was tested",
            )
        )
    if sys.version_info >= (3, 13):
        found.append(("fault", f"Python {sys.version.split()[0]}", "use 3.11 or 3.12: eventlet is not tested beyond"))
    return found


def _clock() -> list[Finding]:
    sane = date(2025, 1, 1).toordinal() * 86400 < time.time() + date(1970, 1, 1).toordinal() * 86400
    return [
        (
            "ok" if sane else "fault",
            f"clock {time.strftime('%Y-%m-%dT%H:%M:%S%z')}",
            "" if sane else "set the clock (NTP): due dates depend on it",
        )
    ]


def _calendar() -> list[Finding]:
    import holidays

    year = clock.now().year + 1
    days = holidays.country_holidays("VN", years=year)
    return [
        (
            "ok" if days else "fault",
            f"holidays of {year}: {len(days)}",
            "" if days else "update the holidays library, then catalog.set_calendar_day",
        )
    ]


def _settings(settings: Settings) -> list[Finding]:
    if settings.embedded:
        return [
            (
                "note",
                "embedded default: one process, in-memory broker, SQLite files",
                "messages on the way are lost when it stops; not for production",
            ),
            _writable(settings.home),
        ]
    found: list[Finding] = [("ok", f"environment {settings.environment}", "")]
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS"):
        found.append(
            ("fault", "POSTGRES_ENABLE_DB_FUNCTIONS is set", "unset it: readers that tail the log miss events")
        )
    if settings.development:
        found.append(("note", "PORTAL_ENVIRONMENT=development", "keys are made here; use production for real data"))
    return found


def _writable(home: Path) -> Finding:
    home.mkdir(parents=True, exist_ok=True)
    return (
        ("ok", f"PORTAL_HOME {home}", "")
        if os.access(home, os.W_OK)
        else ("fault", f"PORTAL_HOME {home}", "make it writable")
    )


def _databases(settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    for service in installed():
        if settings.embedded and not (settings.home / f"{service}.sqlite").exists():
            found.append(("note", f"{service} database", "none yet: any command that needs it makes it"))
            continue
        answered = _tried(lambda name=service: Database.at(settings.database_url(name)).ping())  # type: ignore[misc]
        if answered:
            found.append(
                ("fault", f"{service} database: {answered}", f"check {service.upper()}_DATABASE_URL and the server")
            )
            continue
        current = at_head(settings, service)
        found.append(("ok" if current else "fault", f"{service} database", "" if current else "run portal migrate"))
    return found


def _broker(settings: Settings) -> list[Finding]:
    if settings.embedded:
        return []
    answered = _tried(lambda: broker_answers(settings))
    return [
        (
            "fault" if answered else "ok",
            f"broker{': ' + answered if answered else ''}",
            "check AMQP_URI and the server" if answered else "",
        )
    ]


def _tried(look: Callable[[], object]) -> str:
    try:
        look()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    return ""
