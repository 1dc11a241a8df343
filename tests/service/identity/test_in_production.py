"""Identity as production runs it: a process of its own, on RabbitMQ and PostgreSQL, with every secret given."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import eventlet
import pytest
from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.trust.key_files import new_private_key
from services.identity.population import SAMPLE
from services.identity.service import IdentityService
from tests.support.given_keys import given_keys

PASSWORD = "cây tre trăm đốt"
PORTAL = [sys.executable, "-m", "infra.cli.main"]
NEEDED = ("TRUST_ROOT", "SERVICE_KEYS", "SERVICE_SIGNING_KEY_IDENTITY", "IDENTITY_SIGNING_KEY", "POPULATION_REGISTER")


@pytest.fixture
def production(broker, fresh_database, tmp_path) -> dict[str, str]:
    """The environment of a production installation of identity, its database and its part of the broker made."""
    (tmp_path / "password").write_text(PASSWORD)
    arguments = {
        "AMQP_URI": broker,
        "IDENTITY_DATABASE_URL": fresh_database("identity"),
        "IDENTITY_SIGNING_KEY": new_private_key(),
        "POPULATION_REGISTER": str(SAMPLE),
        "SERVICE_CLIENT_SECRET_IDENTITY": "identity's own",
        "SERVICE_CLIENT_SECRET": "one of the others",
        "PORTAL_HOME": str(tmp_path / "never-made"),
        **given_keys(),
    }
    ours = {name: value for name, value in os.environ.items() if name.split("_")[0] not in {"PORTAL", "AMQP"}}
    settings = Settings(arguments)
    upgrade(settings, "identity")
    declare_topology(settings, [IdentityService], [contract_of("identity")])
    return {**ours, **arguments}


def portal(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PORTAL, *arguments], check=False, env=env, capture_output=True, text=True, timeout=240)


@contextlib.contextmanager
def running(env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen([*PORTAL, "run", "identity"], env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0, log.read_text()


def patiently(env: dict[str, str], door: str, **arguments: str) -> dict:
    """The answer of a door once the process behind it is up."""
    with eventlet.Timeout(240), ClusterRpcProxy({"AMQP_URI": env["AMQP_URI"]}, timeout=240) as rpc:
        while True:
            try:
                return getattr(rpc.identity, door)(**arguments)
            except Exception as error:
                if type(error).__name__ != "UnknownService":
                    raise
                eventlet.sleep(0.2)


def test_it_is_bootstrapped_run_and_signed_in_to(production, tmp_path):
    made = portal(production, "bootstrap", "--password-file", str(tmp_path / "password"))
    assert made.returncode == 0, made.stderr
    with running(production, tmp_path / "log"):
        assert patiently(production, "health")["status"] == "ok"
        signed_in = patiently(production, "sign_in", username="operator", password=PASSWORD)
        assert signed_in["expires_in"] == 600
        token = patiently(production, "client_token", client_id="identity", client_secret="identity's own")
        assert token["expires_in"] == 600
    log = (tmp_path / "log").read_text()
    for secret in (PASSWORD, "identity's own", signed_in["refresh_token"], signed_in["access_token"]):
        assert secret not in log
    assert not (tmp_path / "never-made").exists()


@pytest.mark.parametrize("missing", NEEDED)
def test_it_does_not_start_without_a_secret_and_says_which(production, missing):
    ended = portal({name: value for name, value in production.items() if name != missing}, "run", "identity")
    assert ended.returncode == 78
    assert missing in ended.stderr


def test_nobody_is_offered_as_a_sample(production, tmp_path):
    with running(production, tmp_path / f"log-{uuid4()}"), pytest.raises(Exception, match="NoSamplePeople"):
        patiently(production, "sample_people")
