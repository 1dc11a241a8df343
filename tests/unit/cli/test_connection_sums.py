"""The doctor counts the connections to one server together, however its address is written."""

from __future__ import annotations

import pytest

from infra.chassis.settings import SERVICES, Settings
from infra.cli.checks.connections import connections_of, server_of


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://a:b@db.example/identity",
        "postgresql://c:d@DB.example:5432/catalog?sslmode=require",
        "postgres://e@db.example/payments?application_name=x&connect_timeout=3",
        "postgresql+psycopg://a:b@/identity?host=db.example",
    ],
)
def test_an_address_is_that_of_its_server(url: str) -> None:
    assert server_of(url) == "db.example:5432"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("postgresql+psycopg://a@db.example:5433/x", "db.example:5433"),
        ("postgresql+psycopg://a@/x?host=one:5432&host=two:5433", "one:5432,two:5433"),
        ("postgresql+psycopg://a@/x?host=/run/postgresql", "/run/postgresql:5432"),
    ],
)
def test_other_servers_are_others(url: str, server: str) -> None:
    assert server_of(url) == server


def test_the_pools_of_event_stores_count() -> None:
    settings = Settings({"MAX_WORKERS": "10"})
    needed = {service: connections_of(settings, service) for service in SERVICES}
    assert {service for service, count in needed.items() if count == 18 + 12} == {"applications", "interchange"}
    assert {count for service, count in needed.items() if count != 30} == {18}
