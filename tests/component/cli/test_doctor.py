"""The doctor names what is wrong with settings before anything starts on them."""

import json

import pytest
import time_machine

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.cli.checks.security import confirmation_findings, people_findings, secret_findings, upload_findings
from infra.cli.doctor import CONFIG, examine
from services.identity.accounts import Accounts, Registration
from services.identity.models import Account, SprayedName
from services.identity.offices import Offices
from services.identity.population import SAMPLE, RegisterFile
from services.identity.spraying import MOST_NAMES

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


PRODUCTION = {"PORTAL_ENVIRONMENT": "production", "AMQP_URI": "embedded://nobody"}


@pytest.mark.parametrize("secret", ["change-me", "guest-secret", "Password123!", "portal_admin_test_2026"])
def test_a_secret_that_is_tried_first_is_a_fault_in_production(secret):
    facts = secret_findings(Settings({**PRODUCTION, "SMS_TOKEN": secret}))
    assert [verdict for verdict, looked_at, _ in facts if "tried" in looked_at] == ["fault"] and secret not in str(
        facts
    )


def test_one_secret_for_two_purposes_is_a_fault_in_production_and_no_secret_of_chance_is():
    chance = "Jm9-test-k2vTq0xL_8sDp3"
    env = {**PRODUCTION, "VNPAY_HASH_SECRET": chance, "SERVICE_CLIENT_SECRET_IDENTITY": chance}
    ((verdict, looked_at, _),) = secret_findings(Settings(env))
    assert verdict == "fault" and "the same" in looked_at
    assert secret_findings(Settings({**env, "VNPAY_HASH_SECRET": chance[::-1]})) == []


def test_officials_without_a_second_factor_and_fictional_people_are_faults_in_production(tmp_path):
    env = {**PRODUCTION, "IDENTITY_DATABASE_URL": f"sqlite:///{tmp_path / 'identity.sqlite'}"}
    settings, register = Settings(env), RegisterFile(SAMPLE)
    upgrade(settings, "identity")
    assert people_findings(settings) == []
    accounts, person = Accounts(Database.at(settings.database_url("identity")), register), register.people()[0]
    born = person.birth_date.isoformat()
    claims = Registration(person.citizen_number, person.full_name, born, "0901234567", "a@example.vn")
    account_id = accounts.register_citizen(claims, "bốn con mèo ngủ trưa")["account_id"]
    offices, operator = Offices(accounts.database), Actor("operator", "", frozenset({"operator"}))
    assert [facts[:2] for facts in people_findings(settings)] == [
        ("fault", f"accounts of fictional people: {account_id}")
    ]
    offices.create_agency("H01", "Cơ quan", by=operator)
    offices.appoint(account_id, "H01", ["case_officer"], by=operator)
    assert people_findings(settings)[0][:2] == ("fault", f"officials without a second factor: {account_id}")
    development = Settings({**env, "PORTAL_ENVIRONMENT": "development"})
    assert [facts[0] for facts in people_findings(development)] == ["note"]
    with accounts.database.session() as session:
        session.get_one(Account, account_id).otp_confirmed_at = clock.now()
    assert people_findings(development) == []
    Database.forget(settings.database_url("identity"))


def test_a_source_that_tries_many_names_is_noted(tmp_path):
    settings = Settings({**PRODUCTION, "IDENTITY_DATABASE_URL": f"sqlite:///{tmp_path / 'identity.sqlite'}"})
    upgrade(settings, "identity")
    with Database.at(settings.database_url("identity")).session() as session:
        for number in range(MOST_NAMES):
            session.add(SprayedName(source_digest="s", name_digest=str(number), last_at=clock.now()))
    (finding,) = people_findings(settings)
    assert finding[:2] == ("note", "sources that failed at many user names today: 1")
    Database.forget(settings.database_url("identity"))


def test_production_that_confirms_no_contact_point_is_a_fault():
    off = Settings({**PRODUCTION, "CONTACT_CONFIRMATION": "off"})
    assert [facts[0] for facts in confirmation_findings(off)] == ["fault"]
    assert confirmation_findings(Settings(PRODUCTION)) == []


def test_production_without_a_scanner_is_noted():
    assert [facts[0] for facts in upload_findings(Settings(PRODUCTION))] == ["note"]
    assert upload_findings(Settings({**PRODUCTION, "VIRUS_SCANNER": "tcp://scanner:3310"})) == []
