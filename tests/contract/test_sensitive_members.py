"""Passwords, codes, tokens and secrets bear their mark in every contract, and no event carries any."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.chassis.contracts import contract_of
from infra.chassis.redaction import PLACEHOLDER
from infra.chassis.sensitive import MARK, is_sensitive
from infra.chassis.settings import SERVICES

SECRET = re.compile(r"passw|otp|token|secret|recovery|tracking_code|^(old|new)$")
RPCS = [(service, rpc) for service in SERVICES for rpc in contract_of(service).rpc]
SECRET_DOORS = [(service, rpc) for service, rpc in RPCS if contract_of(service).sensitive(rpc)]


def members(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every named member anywhere in a schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for part in schema.values():
            yield from members(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from members(part)


@pytest.mark.parametrize(("service", "rpc"), RPCS)
def test_every_secret_argument_is_marked(service: str, rpc: str) -> None:
    contract = contract_of(service)
    for name, schema in members(contract.rpc[rpc]["parameters"]):
        assert is_sensitive(schema, contract.definitions) or not SECRET.search(name), name


def test_the_doors_that_take_secrets_are_these() -> None:
    assert {f"{service}.{rpc}" for service, rpc in SECRET_DOORS} == {
        "applications.track",
        "identity.authorization",
        "identity.begin_authorization",
        "identity.change_password",
        "identity.client_token",
        "identity.complete_eid_sign_in",
        "identity.confirm_contact",
        "identity.confirm_otp",
        "identity.confirm_registration",
        "identity.decide_authorization",
        "identity.enrol_otp",
        "identity.openid_logout",
        "identity.openid_token",
        "identity.openid_userinfo",
        "identity.refresh",
        "identity.register_citizen",
        "identity.remember_browser",
        "identity.request_contact_change",
        "identity.reset_password",
        "identity.revoke_openid_token",
        "identity.sign_in",
        "identity.sign_in_to_authorize",
        "identity.sign_out",
        "interchange.classic_call",
        "interchange.dossier_by_person",
        "interchange.open_session",
        "oversight.rate_feedback",
        "oversight.reopen_feedback",
        "oversight.supplement_feedback",
        "oversight.track_feedback",
    }


@pytest.mark.parametrize(("service", "rpc"), SECRET_DOORS)
def test_of_each_call_the_secrets_are_dropped_and_the_rest_stays(service: str, rpc: str) -> None:
    contract = contract_of(service)
    arguments = {**contract.rpc[rpc]["example"]["parameters"], **dict.fromkeys(contract.sensitive(rpc), "canary")}
    stored = json.loads(contract.stored_call(rpc, json.dumps({"args": [], "kwargs": arguments}).encode()))
    assert stored["kwargs"] == {**arguments, **dict.fromkeys(contract.sensitive(rpc), PLACEHOLDER)}


@pytest.mark.parametrize("service", SERVICES)
def test_no_event_carries_a_secret(service: str) -> None:
    contract = contract_of(service)
    for schema in (contract.events, contract.consumes):
        assert f'"{MARK}"' not in json.dumps(schema)
        assert [name for name, _ in members(schema) if SECRET.search(name)] == []
