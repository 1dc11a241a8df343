"""Files that servers and Compose read fit the code and each other; the rest of them is proved in containers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from infra.chassis import metrics
from infra.chassis.settings import SERVICES, Settings
from infra.cli.main import on_the_hub
from services.applications.transparency.notes import SigningKey
from services.identity.population import RegisterFile, register_of
from services.interchange.mirroring import node_reporting, watch

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
# What Compose 1.29 does not read (or reads otherwise than v2), wherever it is.
NEWER = {"name", "include", "develop", "start_interval", "required", "content", "post_start", "pre_stop", "version"}
SCALED = [*SERVICES, *(f"{service}-follower" for service in SERVICES)]


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_the_compose_file_stays_inside_what_compose_1_29_reads() -> None:
    assert not NEWER & set(keys(COMPOSE))


def test_every_service_has_its_doors_and_its_follower_in_the_compose_file() -> None:
    for service in SERVICES:
        assert COMPOSE["services"][service]["command"] == ["run", service]
        assert COMPOSE["services"][f"{service}-follower"]["command"] == ["run", service, "--follower"]


@pytest.mark.parametrize("service", SCALED)
def test_nothing_stands_in_the_way_of_scaling(service: str) -> None:
    definition = COMPOSE["services"][service]
    assert not {"container_name", "ports", "hostname"} & set(definition)


@pytest.mark.parametrize(
    "service", [*SCALED, "front_door", "callbacks", "migrate", "gateway", "mailbox", "texts", "witness"]
)
def test_our_containers_have_no_rights_to_spare(service: str) -> None:
    definition = COMPOSE["services"][service]
    assert definition["read_only"] is True
    assert definition["cap_drop"] == ["ALL"]
    assert definition["init"] is True
    assert "no-new-privileges:true" in definition["security_opt"]
    assert int(definition["stop_grace_period"].rstrip("s")) > 25, "longer than GRACE, after which a process ends itself"


def test_every_setting_that_names_a_secret_is_given_that_secret() -> None:
    for name, definition in COMPOSE["services"].items():
        mounted = set(definition.get("secrets", []))
        for setting, path in definition.get("environment", {}).items():
            if setting.endswith("_FILE"):
                assert path.removeprefix("/run/secrets/") in mounted, f"{name}: {setting}"


def test_every_secret_that_is_mounted_is_defined() -> None:
    mounted = {secret for definition in COMPOSE["services"].values() for secret in definition.get("secrets", [])}
    assert mounted == set(COMPOSE["secrets"])


def test_make_secrets_makes_every_secret_once_and_keeps_it(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "infra/docker/make-secrets"), str(tmp_path / "secrets")]
    subprocess.run([*command, "--origin", "portal.example/log"], check=True, capture_output=True)
    made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert set(COMPOSE["secrets"]) <= set(made)
    key = SigningKey.parse(made["audit_signing_key"])
    assert key.name == "portal.example/log" and made["audit_verifier_keys"] == f"{key.verifier}\n"
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    subprocess.run(command, check=True, capture_output=True)
    assert made == {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}


def test_the_broker_s_definitions_follow_the_table_and_passwords_stay(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "infra/docker/make-secrets"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    definitions, address = tmp_path / "broker_definitions", (tmp_path / "amqp_uri_payments").read_text()
    made = json.loads(definitions.read_text())
    assert {user["name"] for user in made["users"]} == {grant["user"] for grant in made["permissions"]}
    definitions.unlink()
    definitions.write_text(json.dumps({**made, "permissions": []}))  # what an older release made
    subprocess.run(command, check=True, capture_output=True)
    again = json.loads(definitions.read_text())
    assert again["permissions"] == made["permissions"]
    assert (tmp_path / "amqp_uri_payments").read_text() == address


def test_addresses_of_an_earlier_release_get_tls_and_those_somebody_wrote_stay(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "infra/docker/make-secrets"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    broker, database, own = (tmp_path / f"{name}" for name in (
        "amqp_uri_payments", "payments_database_url", "catalog_database_url"))  # fmt: skip
    with_tls = [broker.read_text(), database.read_text()]
    password = (tmp_path / "broker_password_payments").read_text().strip()
    addresses = {
        broker: f"amqp://payments:{password}@rabbitmq:5672//\n",
        database: with_tls[1].partition("?")[0] + "\n",
        own: "postgresql+psycopg://elsewhere/catalog\n",
    }
    for file, text in addresses.items():
        file.unlink()
        file.write_text(text)
    subprocess.run(command, check=True, capture_output=True)
    assert [broker.read_text(), database.read_text(), own.read_text()] == [*with_tls, addresses[own]]


def test_a_certificate_that_ends_soon_is_made_anew_where_the_authority_s_key_is(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "infra/docker/make-secrets"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    file = tmp_path / "rabbitmq_tls_certificate"
    short = ["openssl", "req", "-x509", "-key", str(tmp_path / "rabbitmq_tls_key"), "-subj", "/CN=x", "-days", "30"]
    ending = subprocess.run(short, check=True, capture_output=True, text=True).stdout
    file.unlink()
    file.write_text(ending)
    subprocess.run(command, check=True, capture_output=True)
    verify = ["openssl", "verify", "-CAfile", str(tmp_path / "tls_ca"), str(file)]
    assert file.read_text() != ending and subprocess.run(verify, check=False, capture_output=True).returncode == 0
    (tmp_path / "tls_ca_key").unlink()
    file.unlink()
    file.write_text(ending)
    subprocess.run(command, check=True, capture_output=True)
    assert file.read_text() == ending


def test_every_container_that_speaks_to_broker_or_database_verifies_them() -> None:
    for name, definition in COMPOSE["services"].items():
        settings, mounted = definition.get("environment", {}), set(definition.get("secrets", []))
        if any(setting.startswith(("AMQP_URI", *(f"{service.upper()}_DATABASE" for service in SERVICES)))
               for setting in settings):  # fmt: skip
            assert settings["SSL_CERT_FILE"] == "/run/secrets/tls_ca" and "tls_ca" in mounted, name


def test_no_two_containers_share_a_user_of_the_broker() -> None:
    mounted = [
        secret
        for name, container in COMPOSE["services"].items()
        if name != "tools"  # the same desk as migrate
        for secret in container.get("secrets", [])
        if secret.startswith("amqp_uri")
    ]
    assert len(mounted) == len(set(mounted)) > len(SCALED)


def test_alerts_speak_of_metrics_that_exist() -> None:
    assert metrics.door_seconds and node_reporting.reports_sent and watch.oldest_report  # importing registers them
    known_ids = {name for family in prometheus_client.REGISTRY.collect() for name in samples(family.name, family.type)}
    named = set(re.findall(r"\bportal_\w+", (ROOT / "infra/prometheus/alerts.yml").read_text()))
    assert named
    assert named <= known_ids, named - known_ids


def samples(name: str, kind: str) -> list[str]:
    """The names a metric's samples can have, whether or not it has been used yet."""
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
    return [name + ending for ending in endings.get(kind, [""])]


def test_a_follower_in_a_container_is_a_plain_process() -> None:
    """Its settings come from files; that must not make it a process on the event hub."""
    for service in SERVICES:
        definition = COMPOSE["services"][f"{service}-follower"]
        assert not on_the_hub(definition["command"], definition["environment"])


def test_only_the_follower_that_seals_can_sign_a_checkpoint() -> None:
    holders = [
        name for name, definition in COMPOSE["services"].items() if "audit_signing_key" in definition.get("secrets", [])
    ]
    assert holders == ["applications-follower"]


def test_the_documented_first_start_finds_a_population_register():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    register = register_of(Settings({**settings, "AMQP_URI": "amqp://rabbitmq"}))  # ends the process if there is none
    assert isinstance(register, RegisterFile)


def test_prometheus_asks_the_doors_and_the_follower_of_every_service_and_misses_each() -> None:
    jobs = {
        job["job_name"]: job["dns_sd_configs"][0]["names"]
        for job in yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text())["scrape_configs"]
        if "dns_sd_configs" in job
    }
    assert jobs["doors"] == list(SERVICES)
    assert jobs["followers"] == [f"{service}-follower" for service in SERVICES]
    missed = re.findall(
        r'absent\(up\{job="doors", compose_service="(\w+)"\}\)', (ROOT / "infra/prometheus/alerts.yml").read_text()
    )
    assert missed == list(SERVICES)


def test_the_front_door_s_image_has_the_contract_of_every_service() -> None:
    copied = re.findall(r"^COPY services/(\w+)/contract.json services/\1/contract.json$",
                        (ROOT / "infra/docker/Dockerfile").read_text(), re.MULTILINE)  # fmt: skip
    assert copied == list(SERVICES)
