"""The doctor names what is wrong with settings before anything starts on them."""

import json

import pytest
import time_machine

from infra.chassis.settings import Settings
from infra.cli.doctor import CONFIG, examine

SETTINGS = ["AMQP_URI", "PAYMENTS_DATABASE_URL", "VNPAY_HASH_SECRET", "SERVICE_CLIENT_SECRET_IDENTITY"]


def examined(capsys, **env: str) -> tuple[int, list[dict[str, str]]]:
    status = examine(Settings(env), as_json=True)
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "name", ["AMQP_URI", "PAYMENTS_DATABASE_URL", "VNPAY_HASH_SECRET", "SERVICE_CLIENT_SECRET_IDENTITY"]
)
@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\x00"])
def test_a_blank_or_unreadable_secret_file_is_a_fault_of_settings(tmp_path, capsys, name, content):
    file = tmp_path / "secret"
    file.write_bytes(content)
    status, findings = examined(capsys, PORTAL_HOME=str(tmp_path), **{f"{name}_FILE": str(file)})
    assert status == CONFIG
    assert any(finding["verdict"] == "setting" and name in finding["looked_at"] for finding in findings)


def test_a_short_secret_is_noted_and_not_repeated(tmp_path, capsys):
    status, findings = examined(capsys, PORTAL_HOME=str(tmp_path), VNPAY_HASH_SECRET="mười một chữ")
    assert status == 0
    noted = [finding for finding in findings if "VNPAY_HASH_SECRET" in finding["looked_at"]]
    assert [entry["verdict"] for entry in noted] == ["note"]
    assert "mười" not in json.dumps(findings, ensure_ascii=False)


@pytest.mark.parametrize(
    ("today", "year", "verdict"),
    [
        ("2026-11-30", 2026, "ok"),
        ("2026-11-30", 2027, "ok"),
        ("2026-12-01", 2027, "note"),
        ("2031-06-02", 2031, "note"),
    ],
)
def test_a_year_without_an_official_calendar_is_noted_from_december_on(tmp_path, capsys, today, year, verdict):
    with time_machine.travel(f"{today}T02:00:00Z", tick=False):
        _, findings = examined(capsys, PORTAL_HOME=str(tmp_path))
    (rows,) = [finding for finding in findings if f"holidays of {year}" in finding["looked_at"]]
    assert rows["verdict"] == verdict
    assert (f"{year}-01-01" in rows["advice"]) == (verdict == "note")
