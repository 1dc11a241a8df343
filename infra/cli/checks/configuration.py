"""Settings, the files that they name, and where the embedded default writes."""

from __future__ import annotations

import os
import re

from infra.chassis.settings import SettingMissing, Settings
from infra.cli.checks.finding import Finding

MOUNTED = re.compile("(_UR[LI]|_KEYS?|SECRET(_[A-Z]+)?|TOKEN|PASSWORD)$")  # settings that come as mounted files


def file_findings(settings: Settings) -> list[Finding]:
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


def setting_findings(settings: Settings) -> list[Finding]:
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
        return [*findings, writable(settings)]
    if settings.development:
        advice = "keys are made here; use production for real data"
        return [*findings, Finding("note", "PORTAL_ENVIRONMENT=development", advice)]
    return findings


def writable(settings: Settings) -> Finding:
    home = settings.home
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    writable = os.access(nearest, os.W_OK)
    return Finding("ok" if writable else "fault", f"PORTAL_HOME {home}", "" if writable else "make it writable")
