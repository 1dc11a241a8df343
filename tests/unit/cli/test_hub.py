"""Which commands live on the event hub is decided before anything is imported."""

import pytest

from infra.cli.main import on_the_hub

REAL = ({"AMQP_URI": "amqp://x"}, {"AMQP_URI_FILE": "/run/secrets/amqp"}, {"CATALOG_DATABASE_URL": "sqlite://"})


@pytest.mark.parametrize("env", REAL)
def test_a_follower_on_real_servers_is_a_plain_process(env):
    assert not on_the_hub(["run", "catalog", "--follower"], env)
    assert not on_the_hub(["run", "--follower", "catalog"], env)


def test_the_embedded_default_lives_on_the_hub_with_its_followers() -> None:
    assert on_the_hub(["run", "--follower"], {})
    assert on_the_hub(["run"], {"AMQP_URI": ""})


@pytest.mark.parametrize("env", REAL)
def test_doors_live_on_the_hub(env):
    assert on_the_hub(["run", "catalog"], env)


@pytest.mark.parametrize("command", [["verify"], ["verify", "evidence.json"], ["rebuild", "applications"], ["diagram"]])
def test_long_reading_does_not(command):
    assert not on_the_hub(command, {})


@pytest.mark.parametrize("command", [["history", "verify"], ["demo", "--json"]])
def test_everything_else_does(command):
    assert on_the_hub(command, {})


@pytest.mark.parametrize("command", [[], ["--help"], ["history", "--help"]])
def test_help_needs_no_hub(command):
    assert not on_the_hub(command, {})
