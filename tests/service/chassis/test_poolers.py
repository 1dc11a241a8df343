"""Through PgBouncer: what needs a session says so before it serves, and a lead that cannot be held is not ready."""

from __future__ import annotations

import os
import subprocess
import sys

import prometheus_client
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from infra.chassis import migrations
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.leases import LOSSES, STEADY, Lease, Superseded
from infra.chassis.storage.server_sessions import SessionNeeded, options_arrive, require_session
from infra.chassis.storage.tables import ALL
from infra.cli.checks.databases import database_findings
from tests.support.pooler import pooled

CONFIG = 78


@pytest.fixture
def url(fresh_database):
    address = fresh_database("catalog")
    yield address
    Database.forget(address)


def portal(broker, address, tmp_path, *arguments, service="CATALOG"):
    names = {
        "AMQP_URI": broker,
        f"{service}_DATABASE_URL": address,
        "PORTAL_HOME": str(tmp_path),
        "START_PATIENCE": "20",
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "infra.cli.main", *arguments],
        env={**os.environ, "PORTAL_ENVIRONMENT": "development", **names},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("run", "catalog", "--follower"), ("run", "catalog"), ("migrate", "catalog")])
def test_what_needs_a_session_ends_by_name_in_both_languages(broker, url, tmp_path, arguments):
    migrations.upgrade(Settings({"CATALOG_DATABASE_URL": url}), "catalog")
    with pooled(url, "transaction") as address:
        ended = portal(broker, address, tmp_path, *arguments)
    assert ended.returncode == CONFIG, ended.stderr[-2000:]
    assert "CATALOG_DATABASE_URL" in ended.stderr
    assert "không giữ phiên (pool_mode = transaction)" in ended.stderr
    assert "keeps no session (pool_mode = transaction)" in ended.stderr


@pytest.mark.parametrize("arguments", [("verify",), ("rebuild", "applications"), ("sign-history",)])
def test_commands_that_read_histories_end_by_name_too(broker, url, tmp_path, arguments):
    migrations.upgrade(Settings({"APPLICATIONS_DATABASE_URL": url}), "applications")
    with pooled(url, "transaction") as address:
        ended = portal(broker, address, tmp_path, *arguments, service="APPLICATIONS")
    assert ended.returncode == CONFIG, ended.stderr[-2000:]
    assert "APPLICATIONS_DATABASE_URL" in ended.stderr and "(pool_mode = transaction)" in ended.stderr


@pytest.mark.parametrize(
    ("mode", "ignore", "why"),
    [("statement", "options", "not allowed in statement pooling"), ("transaction", "", "startup parameter: options")],
)
def test_each_kind_of_pooler_without_sessions_is_named(url, mode, ignore, why):
    with pooled(url, mode, ignore) as address, pytest.raises(SessionNeeded) as ended:
        require_session("CATALOG_DATABASE_URL", address)
    assert why in ended.value.message


def test_the_server_itself_and_a_pooler_of_sessions_are_taken(url):
    assert require_session("CATALOG_DATABASE_URL", url) and options_arrive(url)
    with pooled(url, "session") as address:
        assert require_session("CATALOG_DATABASE_URL", address)
        assert not options_arrive(address)


def test_a_pooler_that_drops_the_options_of_the_address_is_refused(url):
    with pooled(url, "session") as address:
        named = make_url(address).update_query_dict({"options": "-c search_path=portal"})
        with pytest.raises(SessionNeeded, match="drops options"):
            require_session("CATALOG_DATABASE_URL", named.render_as_string(hide_password=False))


def test_the_doctor_names_the_pooler(url):
    with pooled(url, "transaction") as address:
        (finding,) = database_findings(Settings({"CATALOG_DATABASE_URL": address}), "catalog")
    assert finding.verdict == "setting" and "keeps no session" in finding.looked_at


def test_a_lead_that_cannot_be_held_is_not_ready_and_is_counted(url):
    """A pooler whose mode changes while the process runs: another's transactions get the server with our lock."""
    engine = create_engine(url)
    ALL[0].metadata.create_all(engine)
    engine.dispose()
    lease = Lease(url, 60.0)
    lease.check_steady()
    database = make_url(url).database
    for _ in range(LOSSES):
        lease._tried_at = float("-inf")
        assert lease.acquire()
        lease._session, lease._renewed_at = -1, lease._renewed_at - 30.0
        lease._renew()
        assert lease.epoch is None, "the lock is on a session that is not ours any more"
    with pytest.raises(Superseded, match="lost"):
        lease.check_steady()
    assert prometheus_client.REGISTRY.get_sample_value("portal_lease_losses_total", {"database": database}) == LOSSES
    lease._tried_at = float("-inf")
    assert lease.acquire()
    with pytest.raises(Superseded, match="lost"):
        lease.check_steady()
    lease._leading_since -= STEADY
    lease.check_steady()
    lease.release()


def test_an_orderly_end_is_no_loss(url):
    engine = create_engine(url)
    ALL[0].metadata.create_all(engine)
    engine.dispose()
    for _ in range(LOSSES):
        lease = Lease(url, 60.0)
        assert lease.acquire()
        lease.release()
    lease.check_steady()
