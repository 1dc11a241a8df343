"""Tables belong to a role that migrates and is no superuser, as in docker-compose.yml: what the server does with it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import SERVICES, Settings
from tests.support.servers import Databases

OWNER, WORKER, PASSWORD = "portal_owner_test", "portal_worker_test", "only-a-test"
# A row that is referred to is locked with the rights of the owner of its table: UPDATE is needed.
CANNOT_BE_LOCKED = """
SELECT referred.relname, constraints.conname FROM pg_constraint constraints
JOIN pg_class referred ON referred.oid = constraints.confrelid
WHERE constraints.contype = 'f' AND NOT has_table_privilege(referred.relowner, referred.oid, 'UPDATE')
"""


@pytest.fixture(params=SERVICES)
def owned(request: pytest.FixtureRequest, database_server: Databases) -> Iterator[URL]:
    """The URL, for its administrator, of a database migrated by a plain owner for a plain worker."""
    service, name = request.param, request.param.upper()
    url = make_url(database_server.make(service))
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as administrator:
        for role in (OWNER, WORKER):
            administrator.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        administrator.execute(f'ALTER DATABASE "{url.database}" OWNER TO {OWNER}')
        administrator.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
    owner, worker = (
        url.set(username=role, password=PASSWORD).render_as_string(hide_password=False) for role in (OWNER, WORKER)
    )
    upgrade(Settings({f"{name}_DATABASE_URL": worker, f"{name}_MIGRATION_DATABASE_URL": owner}), service)
    yield url.set(drivername="postgresql")
    database_server.drop(url.render_as_string(hide_password=False))
    admin = database_server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as administrator:
        for role in (OWNER, WORKER):
            administrator.execute(f"DROP ROLE {role}")


def test_every_row_that_is_referred_to_can_be_locked(owned: URL) -> None:
    with psycopg.connect(owned.render_as_string(hide_password=False)) as administrator:
        assert administrator.execute(CANNOT_BE_LOCKED).fetchall() == []
