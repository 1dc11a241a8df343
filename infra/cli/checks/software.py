"""Versions, clock, calendar, and what was published before a check existed."""

from __future__ import annotations

import importlib.metadata
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.cli.checks.finding import Finding

PINS = {"nameko": "2.14.1", "eventlet": "0.41", "kombu": "5.7", "eventsourcing": "9.5", "sqlalchemy": "2.1"}
OFFICIAL_CALENDAR = (
    "enter the government's decision with catalog.set_calendar_day (a swap: day_off and make_up), then confirm the "
    "year with as_published on {year}-01-01; or update the platform"
)
MOST_VERSIONS = 20  # unsound versions listed


def pin_findings(settings: Settings) -> list[Finding]:
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


def clock_findings(settings: Settings) -> list[Finding]:
    sane = datetime.now(UTC) > datetime(2025, 1, 1, tzinfo=UTC)
    advice = "" if sane else "set the clock (NTP): due dates depend on it"
    return [Finding("ok" if sane else "fault", f"clock {time.strftime('%Y-%m-%dT%H:%M:%S%z')}", advice)]


def calendar_findings(settings: Settings) -> list[Finding]:
    """Whether the holidays of this year and the next are known, and official by the time they should be."""
    this, findings = clock.now().astimezone(clock.OFFICE_ZONE).year, []
    state_of: Callable[[Settings, int], Json] = tool("catalog", "calendar_state")
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


def version_findings(settings: Settings) -> list[Finding]:
    """Procedure versions published before a check existed that would refuse them now."""
    unsound: list[str] = tool("catalog", "unsound_versions")(settings)
    advice = "an editor publishes a corrected version; running applications go on under the one they were filed under"
    return [Finding("note", f"published version {version}"[:500], advice) for version in unsound[:MOST_VERSIONS]]
