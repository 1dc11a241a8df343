"""``portal doctor``: checks what the platform depends on and says what to do about each finding."""

from __future__ import annotations

import json
from collections.abc import Callable

import typer

from infra.chassis.settings import SettingMissing, Settings
from infra.cli.checks.broker import broker_findings
from infra.cli.checks.configuration import file_findings, setting_findings
from infra.cli.checks.connections import connection_findings
from infra.cli.checks.databases import all_database_findings, history_findings
from infra.cli.checks.finding import Finding
from infra.cli.checks.security import guard_findings, secret_findings
from infra.cli.checks.software import calendar_findings, clock_findings, pin_findings, version_findings
from infra.cli.checks.trust import trust_findings
from infra.cli.checks.wires import wire_findings

CONFIG = 78


def examine(settings: Settings, *, as_json: bool = False) -> int:
    """Print every finding. 0 when nothing is at fault, 78 when a setting is missing, else 1."""
    looks: list[Callable[[Settings], list[Finding]]] = [
        pin_findings,
        clock_findings,
        calendar_findings,
        version_findings,
        file_findings,
        secret_findings,
        trust_findings,
        wire_findings,
        setting_findings,
        all_database_findings,
        guard_findings,
        history_findings,
        connection_findings,
        broker_findings,
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
