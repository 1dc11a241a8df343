"""What only asks is answered in the command's own process, by the same doors: nothing is started for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nameko.exceptions import MethodNotFound, RemoteError, UnknownService

from infra.chassis.migrations import upgrade
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.cli.connection import PortalInProcess
from infra.cli.official_session import official_session
from infra.embedded.platform import Platform

OPERATOR = {"username": "operator", "password": "mật khẩu dài để thử 1"}
SERVICES_ASKED = ("identity", "applications")
UNUSED = {
    "psycopg",
    "psycopg_pool",
    "alembic",
    "infra.embedded.broker",
    "infra.chassis.running.followers",
}
PROGRAM = """
import sys
from infra.cli.main import patch
patch()
from infra.chassis.settings import Settings
from infra.embedded.in_process import DoorsInProcess
doors = DoorsInProcess(Settings({"PORTAL_HOME": sys.argv[1]}))
for service in sys.argv[2:]:
    assert doors.answer(service, "health", {}, {})["result"]["status"] == "ok"
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose first operator can sign in."""
    home = tmp_path_factory.mktemp("questions")
    credentials = {f"PORTAL_{name.upper()}": value for name, value in OPERATOR.items()}
    settings = Settings({"PORTAL_HOME": str(home), **credentials})
    for service in SERVICES_ASKED:
        upgrade(settings, service)
    tool("identity", "bootstrap")(settings, full_name="Quản trị hệ thống", **OPERATOR)
    Database.forget_all()
    return settings


@pytest.fixture(autouse=True)
def no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts one fails."""

    def start(*_about: Any) -> None:
        raise AssertionError("a platform was started")

    monkeypatch.setattr(Platform, "migrate", start)


def test_a_question_is_answered_by_its_door_and_only_the_services_asked_have_a_database(operator: Settings) -> None:
    with official_session("operator", operator) as rpc:
        assert rpc.identity.whoami()["roles"] == ["operator"]
        assert rpc.applications.health()["status"] == "ok"
    assert {file.name for file in operator.home.glob("*.sqlite")} == {f"{service}.sqlite" for service in SERVICES_ASKED}


def test_roles_and_contract_are_the_doors(operator: Settings) -> None:
    with official_session("operator", operator) as rpc:
        with pytest.raises(RemoteError) as refused:
            rpc.applications.history(application_id="H01-20260101-0000001")
        assert refused.value.exc_type == "Forbidden"
        with pytest.raises(RemoteError) as refused:
            rpc.applications.checkpoint(of="yesterday")
        assert refused.value.exc_type == "InvalidRequest"


def test_a_refusal_comes_in_the_language_asked_for(operator: Settings) -> None:
    texts = []
    for language in ("vi", "en"):
        settings = Settings({**operator.env, "PORTAL_LANGUAGE": language})
        with official_session("operator", settings) as rpc, pytest.raises(RemoteError) as refused:
            rpc.applications.history(application_id="H01-20260101-0000001")
        texts.append(str(refused.value.value))
    assert texts[0] != texts[1]


def test_whoever_cannot_sign_in_is_refused(operator: Settings) -> None:
    stranger = Settings({**operator.env, "PORTAL_PASSWORD": "một mật khẩu khác"})
    with pytest.raises(RemoteError) as refused, official_session("operator", stranger):
        pass
    assert refused.value.exc_type == "Unauthenticated"


def test_a_token_is_verified_by_the_key_of_identity(operator: Settings) -> None:
    forged = Settings({**operator.env, "PORTAL_TOKEN": "eyJhbGciOiJFZDI1NTE5In0.e30.c2ln"})
    with official_session("operator", forged) as rpc, pytest.raises(RemoteError) as refused:
        rpc.applications.history(application_id="H01-20260101-0000001")
    assert refused.value.exc_type == "Unauthenticated"


def test_what_is_no_door_and_what_is_no_service_is_called_so(operator: Settings) -> None:
    portal = PortalInProcess(operator)
    with pytest.raises(MethodNotFound):
        portal.as_().applications.neighbours()
    with pytest.raises(UnknownService):
        portal.as_().treasury.open()
    portal.close()


def test_what_changes_something_brings_the_platform_up(operator: Settings) -> None:
    changing = official_session("operator", operator, asks_only=False)
    with pytest.raises(AssertionError, match="a platform was started"), changing:
        pass


def test_without_credentials_the_platform_makes_the_officials(tmp_path: Path) -> None:
    first = official_session("auditor", Settings({"PORTAL_HOME": str(tmp_path)}))
    with pytest.raises(AssertionError, match="a platform was started"), first:
        pass


def test_a_question_on_sqlite_imports_neither_the_client_of_another_database_nor_a_broker(operator: Settings) -> None:
    command = [sys.executable, "-c", PROGRAM, str(operator.home), *SERVICES_ASKED]
    imported = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "services.applications.service" in imported
    assert imported & UNUSED == set()
