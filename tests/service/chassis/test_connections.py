"""Every connection gets all of its URL; one that cannot do its work is thrown away; ready means can write."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from infra.chassis import migrations
from infra.chassis.running.runner import workers_of
from infra.chassis.settings import SERVICES, SettingMissing, Settings
from infra.chassis.storage import connections
from infra.chassis.storage.database import WORKERS, Database
from infra.chassis.storage.leases import Lease
from infra.chassis.storage.revisions import at_head
from infra.cli.checks.connections import connection_findings
from services.applications.event_store.store import Store


@pytest.fixture
def url(fresh_database):
    made = fresh_database("applications")
    yield made
    for expected in list(Database._by_url):
        if make_url(expected).database == make_url(made).database:
            Database.forget(expected)


def settings_of(url):
    return Settings({"APPLICATIONS_DATABASE_URL": url, "PORTAL_ENVIRONMENT": "development", "HISTORY_KEYS": "k" * 32})


def with_(url, **query):
    return make_url(url).update_query_dict(query).render_as_string(hide_password=False)


def used_by_all(url):
    """What each kind of connection of a service tries to do."""
    settings = settings_of(url)

    def store():
        made = Store.from_settings(settings)
        try:
            list(made.streams.recorder.select_notifications(start=1, limit=1))
        finally:
            made.streams.close()
            Store._stores.pop(url, None)

    def lease():
        made = Lease(url)
        try:
            made._connect().close()
        finally:
            made.release()

    return {
        "tables": Database(url).ping,
        "event store": store,
        "lease": lease,
        "migrations": lambda: migrations.upgrade(settings, "applications"),
        "migrations seen": lambda: at_head(settings, "applications"),
    }


@pytest.mark.parametrize("kind", ["tables", "event store", "lease", "migrations", "migrations seen"])
def test_a_server_without_tls_is_refused_by_every_connection_that_asks_for_it(url, kind):
    with pytest.raises(Exception, match=r"(?i)ssl|couldn't get a connection"):
        used_by_all(with_(url, sslmode="require"))[kind]()


@pytest.mark.parametrize("kind", ["tables", "event store", "lease", "migrations", "migrations seen"])
def test_a_part_of_an_address_that_nobody_knows_is_named(url, kind):
    with pytest.raises(connections.UnknownConnectionPart, match="ssl_mode") as ended:
        used_by_all(with_(url, ssl_mode="require"))[kind]()
    assert str(make_url(url).password) not in ended.value.message or make_url(url).password is None


def test_of_several_hosts_the_one_that_answers_is_used_by_every_connection(url):
    parsed = make_url(url)
    hosts = parsed.set(host=None, port=None).update_query_pairs(
        [("host", "127.0.0.1:1"), ("host", f"{parsed.host}:{parsed.port}")]
    )
    address = hosts.render_as_string(hide_password=False)
    migrations.upgrade(settings_of(address), "applications")
    for use in used_by_all(address).values():
        use()


def test_options_of_the_address_hold_beside_ours(url):
    address = with_(url, options="-c work_mem=7MB -c statement_timeout=4321")
    with Database(address).session() as session:
        assert session.scalar(text("SHOW work_mem")) == "7MB"
        assert session.scalar(text("SHOW statement_timeout")) == "4321ms"
        assert session.scalar(text("SHOW lock_timeout")) == "5s"
    lease = Lease(address)
    with lease._connect() as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)
        assert connection.execute("SHOW idle_session_timeout").fetchone() == ("12s",)


def test_a_schema_of_the_address_holds_tables_and_events(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA portal"))
    address = with_(url, options="-c search_path=portal")
    migrations.upgrade(settings_of(address), "applications")
    assert at_head(settings_of(address), "applications")
    for use in used_by_all(address).values():
        use()
    with engine.connect() as connection:
        schemas = connection.execute(
            text("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('inbox', 'stored_events')")
        ).scalars()
        assert list(schemas) == ["portal"]
    engine.dispose()


@pytest.fixture
def read_only(url):
    """``read_only(True)``: new sessions of this database can only read."""
    plain = make_url(url).set(drivername="postgresql")
    admin = psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)

    def set_to(on):
        admin.execute("SET default_transaction_read_only = off")
        value = "on" if on else "off"
        admin.execute(f'ALTER DATABASE "{plain.database}" SET default_transaction_read_only = {value}')

    yield set_to
    set_to(False)
    admin.close()


def write(database):
    with database.session() as session:
        session.execute(
            text("INSERT INTO running_number (sequence, last) VALUES (:name, 1)"), {"name": str(time.monotonic_ns())}
        )


def test_a_database_that_was_read_only_for_a_while_is_written_to_at_once_afterwards(url, read_only):
    migrations.upgrade(settings_of(url), "applications")
    database = Database(url)
    read_only(True)
    with pytest.raises(Exception, match="read-only"):
        database.ping()
    failed = 0
    for _ in range(5):
        with pytest.raises(Exception, match="read-only"):
            write(database)
        failed += 1
    assert failed == 5
    read_only(False)
    database.ping()
    for _ in range(20):
        write(database)


def test_connections_that_turned_read_only_in_the_pool_do_not_make_it_unready_for_long(url, read_only):
    migrations.upgrade(settings_of(url), "applications")
    read_only(True)
    database = Database(url)
    with database.engine.connect(), database.engine.connect(), database.engine.connect():
        pass  # three sessions that can only read wait in the pool
    read_only(False)
    database.ping()
    for _ in range(20):
        write(database)


@pytest.mark.parametrize("workers", [4, 40])
def test_every_worker_of_a_service_finds_a_connection(url, workers):
    Database.size_pools(workers_of(Settings({"MAX_WORKERS": str(workers)})))
    try:
        database = Database(url)
    finally:
        Database.size_pools(WORKERS)
    together = threading.Barrier(workers)

    def work():
        with database.session() as session:
            session.scalar(text("SELECT 1"))
            together.wait(60)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken
    database.engine.dispose()


def test_a_service_without_workers_is_refused_by_name():
    with pytest.raises(SettingMissing, match="MAX_WORKERS"):
        workers_of(Settings({"MAX_WORKERS": "0"}))


@pytest.mark.parametrize(("workers", "verdict"), [("4", "ok"), ("400", "fault")])
def test_the_doctor_adds_up_what_the_server_must_hold(url, workers, verdict):
    urls = {f"{service.upper()}_DATABASE_URL": url for service in SERVICES}
    (finding,) = connection_findings(Settings({**urls, "MAX_WORKERS": workers}))
    assert finding.verdict == verdict
    pools = len(SERVICES) * (int(workers) + 4) + len(SERVICES) * 4 + 2 * (int(workers) + 2)  # two have event stores
    assert f"up to {pools} of" in finding.looked_at
