"""What the database itself refuses, tried under the service's own role."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from services.applications.verification import verifier
from tests.service.transparency.stores import KEY, PostgresStores

APPEND_ONLY = (
    "stored_events",
    "event_mac",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_key",
    "audit_finding",
)
ROLE = "portal_audit_test"
READ_BY_AUDITORS = ("stored_events", "audit_leaf", "audit_node", "audit_checkpoint")


@pytest.fixture(scope="module")
def service_url(database_server: Any) -> Any:
    """A migrated database as the service's role sees it: not the owner's."""
    owner = database_server.make("applications")
    plain = "postgresql" + owner[owner.index("://") :]
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {ROLE}")
        connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'only-a-test'")
    worker = make_url(owner).set(username=ROLE, password="only-a-test").render_as_string(hide_password=False)
    upgrade(
        Settings({"APPLICATIONS_DATABASE_URL": worker, "APPLICATIONS_MIGRATION_DATABASE_URL": owner}), "applications"
    )
    yield worker
    database_server.drop(owner)
    admin = database_server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {ROLE}")


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {}"])
def test_the_service_cannot_change_or_remove_what_it_recorded(service_url: str, table: str, act: str) -> None:
    column = {"stored_events": "topic = ''", "audit_leaf": "leaf = ''", "audit_node": "hash = ''"}
    column |= {"audit_checkpoint": "note = ''", "audit_cosignature": "lines = ''", "audit_key": "verifier_key = ''"}
    column |= {"audit_finding": "kind = ''", "event_mac": "key_id = ''"}
    engine = create_engine(service_url)
    with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
        connection.execute(text(act.format(table, column[table])))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
    engine.dispose()


def test_the_service_can_record_and_read(service_url: str) -> None:
    engine = create_engine(service_url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO stored_events VALUES (gen_random_uuid(), 1, 'applications.Started', 'x')"))
        connection.execute(text("INSERT INTO audit_leaf VALUES (0, 1, 'x')"))
        assert connection.execute(text("SELECT count(*) FROM stored_events")).scalar() == 1
    engine.dispose()


def test_an_auditor_needs_no_more_than_to_read_what_the_guide_names(database_server: Any) -> None:
    stores = PostgresStores(database_server)
    store, role, tables = stores.empty(), "portal_auditor_test", ", ".join(READ_BY_AUDITORS)
    store.grow(300)
    store.seal()
    with store.raw() as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'only-a-test'")
        connection.execute(f"GRANT SELECT ON {tables} TO {role}")
    url = make_url(store.url).set(username=role, password="only-a-test").render_as_string(hide_password=False)
    command = [sys.executable, "-I", str(verifier.__file__), "log", url, "--json", "--key", str(KEY.verifier)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    guide = Path(verifier.__file__).with_name("README.md").read_text()
    with store.raw() as connection:
        connection.execute(f"REVOKE SELECT ON {tables} FROM {role}")
        connection.execute(f"DROP ROLE {role}")
    store.close()
    stores.drop()
    assert done.returncode == 0 and json.loads(done.stdout)["leaves"] == 300, done.stdout + done.stderr
    assert all(f"`{table}`" in guide for table in READ_BY_AUDITORS)


def test_on_sqlite_rows_are_guarded_too(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'applications.sqlite'}"
    upgrade(Settings({"APPLICATIONS_DATABASE_URL": url}), "applications")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO stored_events VALUES ('a', 1, 't', 'x')"))
        connection.execute(text("INSERT INTO audit_leaf VALUES (0, 1, 'x')"))
    for act in ("DELETE FROM audit_leaf", "UPDATE audit_leaf SET leaf = 'y'", "DELETE FROM stored_events"):
        with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
            connection.execute(text(act))
    engine.dispose()
