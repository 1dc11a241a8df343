"""docker-compose.yml, for real: built, brought up, looked into, scaled, and one application taken through it all."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.settings import SERVICES, Settings
from infra.cli.connection import Portal
from infra.cli.journey.journey import Journey
from infra.cli.journey.run import run_journey
from infra.rabbitmq.definitions import table, user_names
from tests.support.compose_stack import LONG_RUNNING, ROOT, Stack
from tests.support.readme_commands import taken_through_by_curl

pytestmark = pytest.mark.compose
IN_TIME = 300.0  # seconds from `up` to everything healthy: nineteen processes on two cores


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.compose("build")
        begun = time.monotonic()
        stack.up()
        stack.wait_until_healthy(IN_TIME)
        stack.took = time.monotonic() - begun
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="module")
def world(stack: Stack) -> dict[str, Any]:
    """The sample world, made by the operator's desk in its own container."""
    output = stack.compose("run", "--rm", "-T", "tools", "seed", "--json")
    return dict(json.loads(output.strip().splitlines()[-1]))


@pytest.fixture
def portal(stack: Stack) -> Iterator[Portal]:
    portal = Portal(Settings({"AMQP_URI": stack.amqp_uri, "PORTAL_ENVIRONMENT": "development"}))
    yield portal
    portal.close()


def test_everything_is_healthy_in_under_two_minutes(stack: Stack) -> None:
    running = {container.labels["com.docker.compose.service"] for container in stack.containers()}
    assert running >= LONG_RUNNING
    assert stack.took < IN_TIME


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_one_service_and_nothing_of_its_neighbours(stack: Stack, service: str) -> None:
    for variant in (service, f"{service}-follower"):
        assert stack.inside(variant, "ls", "services")[1].split() == [service]


@pytest.mark.parametrize("service", [*SERVICES, "callbacks"])
def test_a_container_has_no_rights_and_nothing_to_write_on(stack: Stack, service: str) -> None:
    assert stack.inside(service, "id", "-u")[1].strip() == "10001"
    assert stack.inside(service, "touch", "/app/mark")[0] != 0
    settings = stack.containers(service)[0].attrs["HostConfig"]
    assert settings["ReadonlyRootfs"] and settings["CapDrop"] == ["ALL"]


def test_a_service_can_neither_change_its_tables_nor_see_its_neighbours(stack: Stack) -> None:
    url = "open('/run/secrets/payments_database_url').read().strip().replace('+psycopg', '')"
    own = f"import psycopg; c = psycopg.connect({url}); "
    status, output = stack.inside("payments", "python", "-c", own + "c.execute('CREATE TABLE mark (id int)')")
    assert status != 0 and "permission denied" in output
    other = own.replace("connect(", "connect(dbname='identity', conninfo=")
    status, output = stack.inside("payments", "python", "-c", other)
    assert status != 0 and "permission denied for database" in output


def test_papers_are_shared_and_the_published_log_is_written_by_its_follower_only(stack: Stack) -> None:
    assert stack.inside("applications", "touch", "/var/lib/portal/papers/mark")[0] == 0
    assert stack.inside("applications-follower", "rm", "/var/lib/portal/papers/mark")[0] == 0
    assert stack.inside("applications-follower", "touch", "/var/lib/portal/tiles/mark")[0] == 0
    assert stack.inside("applications", "rm", "/var/lib/portal/tiles/mark")[0] != 0
    assert stack.inside("applications-follower", "rm", "/var/lib/portal/tiles/mark")[0] == 0


def test_the_brokers_users_are_those_of_the_table(stack: Stack) -> None:
    status, output = stack.inside("rabbitmq", "rabbitmqctl", "-q", "list_users", "--formatter", "json")
    assert status == 0
    assert sorted(user["user"] for user in json.loads(output)) == sorted(user_names(table()))


def test_one_application_goes_from_catalogue_to_result(stack: Stack, world: dict[str, Any], portal: Portal) -> None:
    steps: list[Any] = []
    answer = run_journey(Journey(portal, world, steps.append, stack.mails))
    assert answer["steps"] == len(steps) > 20


def test_one_application_goes_over_https_by_the_readmes_curl_commands(
    stack: Stack, world: dict[str, Any], tmp_path: Path
) -> None:
    taken_through_by_curl(stack.front_door, world, tmp_path, stack.folder / "tls_ca")


def test_single_sign_on_is_issued_at_the_address_of_the_front_door(stack: Stack) -> None:
    with urllib.request.urlopen(f"{stack.front_door}/.well-known/openid-configuration", timeout=10) as answer:
        document = json.load(answer)
    assert document["issuer"] == stack.front_door and document["token_endpoint"].startswith(stack.front_door + "/")


def test_three_applications_take_from_one_queue(stack: Stack, world: dict[str, Any], portal: Portal) -> None:
    assert stack.consumers("rpc-applications") == 1
    stack.up("--no-recreate", "--scale", "applications=3")
    stack.wait_until_healthy(IN_TIME)
    wait_until(lambda: stack.consumers("rpc-applications") == 3)
    assert run_journey(Journey(portal, world, lambda step: None, stack.mails))["reference"]


def test_prometheus_sees_every_process(stack: Stack) -> None:
    expected = {*SERVICES, *(f"{service}-follower" for service in SERVICES)}
    address = f"http://127.0.0.1:{stack.ports['PROMETHEUS']}/api/v1/query?query=up"
    deadline = time.monotonic() + 240
    while True:
        with urllib.request.urlopen(address, timeout=10) as answer:
            series = json.load(answer)["data"]["result"]
        up = {
            sample["metric"].get("compose_service", sample["metric"]["job"])
            for sample in series
            if sample["value"][1] == "1"
        }
        if up >= expected | {"broker"}:
            break
        assert time.monotonic() < deadline, f"not seen: {expected - up}"
        time.sleep(1)


def test_every_alert_fires_when_it_should(stack: Stack) -> None:
    output = stack.engine.containers.run(
        "prom/prometheus:v2.55.1",
        ["test", "rules", "/rules/alerts_test.yml"],
        entrypoint="promtool",
        remove=True,
        volumes={str(ROOT / "infra/prometheus"): {"bind": "/rules", "mode": "ro"}},
    )
    assert b"SUCCESS" in output


def test_a_witness_raises_the_alarm_when_yesterdays_dump_is_put_back(
    stack: Stack, world: dict[str, Any], portal: Portal
) -> None:
    """Near the end, because it takes the database of applications back in time."""
    witness = Witness(stack)
    sealed = portal.as_().applications
    wait_until(lambda: witness.name in sealed.checkpoint()["checkpoint"])
    yesterday = witness.tree_size(sealed.checkpoint()["origin"])
    checked = json.loads(stack.compose("run", "--rm", "-T", "tools", "verify", "--json"))
    assert checked["ok"] and checked["keys_given"] and checked["leaves"] >= yesterday
    databases = ("postgres", "sh", "-c")
    assert stack.inside(*databases, "pg_dump -U postgres -C applications > /tmp/yesterday.sql")[0] == 0
    run_journey(Journey(portal, world, lambda step: None, stack.mails))
    wait_until(lambda: witness.tree_size(sealed.checkpoint()["origin"]) > yesterday)
    assert witness.alarms() == []
    put_back = (
        'psql -U postgres -qc "DROP DATABASE applications WITH (FORCE)" && psql -U postgres -qf /tmp/yesterday.sql'
    )
    status, output = stack.inside(*databases, put_back)
    assert status == 0, output
    wait_until(witness.alarms)
    assert [(alarm["kind"], alarm["known_size"] > yesterday) for alarm in witness.alarms()] == [("rolled_back", True)]


class Witness:
    """The stack's witness, brought up next to it, and the sealer told of it as the guide for auditors says."""

    def __init__(self, stack: Stack) -> None:
        self.address = f"http://127.0.0.1:{stack.ports['WITNESS']}"
        stack.up("--no-deps", "witness")
        wait_until(lambda: self.ask("/healthz") is not None)
        key = str(self.ask("/healthz")).strip()
        self.name = f"— {key.split('+')[0]} "
        stack.env["AUDIT_WITNESSES"] = f"{key} http://witness:7380"
        stack.up("--no-deps", "applications-follower")

    def ask(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(self.address + path, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def tree_size(self, origin: str) -> int:
        """How many leaves the last checkpoint that it cosigned has."""
        return int((self.ask(f"/checkpoint?origin={origin}") or f"{origin}\n0\n").split("\n")[1])

    def alarms(self) -> list[dict[str, Any]]:
        return list(json.loads(self.ask("/alarms") or "[]"))


def wait_until(condition: Callable[[], Any], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.3)


def test_services_end_in_order_and_in_time(stack: Stack) -> None:
    """Last, because it stops them: each ends by itself with status 0; one that is killed has 137."""
    ours = [name for name in LONG_RUNNING if name.removesuffix("-follower") in SERVICES]
    stack.compose("stop", *ours)
    ended = {
        container.name: container.attrs["State"]["ExitCode"]
        for service in ours
        for container in stack.containers(service)
    }
    assert set(ended.values()) == {0}, ended
