"""The address of a database: whole or refused by name, and never repeated with its password."""

from __future__ import annotations

import pytest

from infra.chassis.settings import SettingMissing
from infra.chassis.storage.connections import is_postgresql, parameters, schema_of

HOST = "postgresql+psycopg://portal:geheim@db/portal"


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "",
        "postgresql+psycopg://portal:geheim@db:notaport/portal",
        "postgresql+psycopg://portal:geheim@one:5432,two:5433/portal",
        "mysql://portal:geheim@db/portal",
        "oracle+nothing://portal:geheim@db/portal",
        f"{HOST}?nonsense=1",
        f"{HOST}?SSLMODE=require",
    ],
)
def test_an_address_that_cannot_be_used_ends_the_process_by_name_without_its_password(url: str) -> None:
    for ask in (is_postgresql, parameters, schema_of):
        if ask is is_postgresql and "?" in url:
            continue
        with pytest.raises(SettingMissing) as refused:
            ask(url)
        assert "database URL" in str(refused.value) and "geheim" not in str(refused.value)


def test_every_part_is_handed_on() -> None:
    query = "sslmode=verify-full&sslrootcert=/x%20y/ca.pem&connect_timeout=3&channel_binding=require"
    arguments = parameters(f"{HOST}?{query}", connect_timeout=5, application_name="portal")
    assert arguments["sslrootcert"] == "/x y/ca.pem" and arguments["channel_binding"] == "require"
    assert arguments["connect_timeout"] == "3" and arguments["application_name"] == "portal"
    several = parameters("postgresql+psycopg://portal@/portal?host=one:5432&host=two:5433")
    assert (several["host"], several["port"]) == ("one,two", "5432,5433")
    assert is_postgresql("postgres://portal@db/portal") and parameters("postgres://portal@db/portal")["host"] == "db"
    assert parameters("postgresql://portal@[::1]:5432/portal")["host"] == "::1"


@pytest.mark.parametrize(
    ("options", "schema"),
    [
        ("-csearch_path%3Dportal,public", "portal"),
        ("-c%20search_path%20%3D%20portal", "portal"),
        ("-c%20search_path%3D%22Cong%20DVC%22,public", "Cong DVC"),
        ("-c%20lock_timeout%3D5", ""),
    ],
)
def test_the_schema_is_the_first_of_the_search_path(options: str, schema: str) -> None:
    assert schema_of(f"{HOST}?options={options}") == schema
