"""Nonsense at every door of every service, made from its contract: a named refusal with a pointer, at once, and nothing
else: no failure, no record, no service that stops answering."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from nameko.exceptions import MethodNotFound, RemoteError, UnknownService

from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from tests.e2e.refusal_table import ROLES, example, roles_of, who
from tests.support.installation import AT_ONCE, Installation, RefusedCall, doors, rule_of
from tests.support.malformed_input import DEEP, HUGE, ODD, ODD_TO_SERVERS, bad_tokens, deep, malformed_calls, places

DOORS = doors()
PRIVATE = [(service, door) for service, door in DOORS if not rule_of(service, door).public]
NAMES = ["-".join(door) for door in DOORS]
# Doors anybody may call: what nobody needs an account for, and what proves itself by other means.
PUBLIC = {
    "identity": {"register_citizen", "sample_people", "sign_in", "refresh", "sign_out", "jwks", "access_endings",
                 "client_token", "agencies", "confirm_registration", "request_password_reset", "reset_password",
                 "openid_configuration", "openid_keys", "begin_authorization", "authorization", "sign_in_to_authorize",
                 "decide_authorization", "openid_token", "openid_userinfo", "revoke_openid_token", "openid_logout",
                 "begin_eid_sign_in", "complete_eid_sign_in"},
    "catalog": {"search", "suggest", "procedure", "versions", "compare", "quote", "due_date", "calendar",
                "calendar_changes", "provinces", "wards", "agencies", "agency", "export", "levels",
                "sample_procedures"},
    "applications": {"track", "checkpoint", "inclusion_proof", "consistency_proof"},
    "payments": {"gateway_callback"},
    "notifications": {"delivery_report"},
    "interchange": {"open_session", "classic_call"},
    "oversight": {"datasets", "dataset", "service_levels", "give_feedback", "track_feedback", "published_feedback",
                  "supplement_feedback", "rate_feedback", "reopen_feedback"},
}  # fmt: skip
FAILURES = {"InternalFailure", "UnserializableValueError", "MalformedRequest", "IncorrectSignature", "RpcTimeout"}


def knock(installation: Installation, service: str, door: str, arguments: dict[str, Any]) -> RefusedCall | Any:
    """The answer to somebody who may pass, or the refusal."""
    return installation.answer(service, door, who(service, door), "en", **arguments)


def must_point(reply: Any, pointer: str, about: str) -> None:
    assert isinstance(reply, RefusedCall), f"{about}: let through with {str(reply)[:200]}"
    assert reply.name == "InvalidRequest", f"{about}: {reply.name}: {reply.words[:300]}"
    assert re.search(rf"{re.escape(pointer)}(/[^ :]*)?: ", reply.words), f"{about}: {reply.words[:300]}"
    assert reply.cost < AT_ONCE, f"{about}: {reply.cost:.2f} s of processor time"
    assert len(reply.words) < 5_000, f"{about}: {len(reply.words)} characters"


def assert_lives(installation: Installation, service: str) -> None:
    health = installation.call(service, "health")
    assert health["status"] == "ok", health["checks"]


@pytest.mark.parametrize(("service", "door"), DOORS, ids=NAMES)
def test_what_does_not_fit_is_refused_by_its_place(installation: Installation, service: str, door: str) -> None:
    before = installation.recorded()
    for pointer, arguments, about in malformed_calls(service, door, example(service, door)):
        must_point(knock(installation, service, door, arguments), pointer, about)
    assert installation.recorded() == before


@pytest.mark.parametrize(("service", "door"), DOORS, ids=NAMES)
def test_odd_values_never_make_a_failure(any_installation: Installation, service: str, door: str) -> None:
    """What the contract lets pass; what it does not, the test above is about."""
    schema = contract_of(service).parameters(door)
    for name in contract_of(service).rpc[door]["parameters"].get("properties", {}):
        for value in ODD if any_installation.portal.settings.embedded else ODD_TO_SERVERS:
            arguments = {**example(service, door), name: value}
            reply = knock(any_installation, service, door, arguments) if schema.accepts(arguments) else None
            if isinstance(reply, RefusedCall):
                assert reply.name not in FAILURES, f"{name}={value!r:.60}: {reply.name}"
                assert reply.cost < AT_ONCE, f"{name}={value!r:.60}: {reply.name} for {reply.cost:.2f} s"


@pytest.mark.parametrize(("service", "door"), DOORS, ids=NAMES)
def test_arguments_are_given_by_name(installation: Installation, service: str, door: str) -> None:
    proxy = getattr(getattr(installation.rpc(who(service, door), "en"), service), door)
    with pytest.raises(RemoteError) as refused:
        proxy("by position", **example(service, door))
    assert refused.value.exc_type == "InvalidRequest" and "keyword arguments only" in str(refused.value)


@pytest.mark.parametrize("service", SERVICES)
def test_ten_megabytes_are_refused_at_once(any_installation: Installation, service: str) -> None:
    """One door of each service with a text in it; the value is not repeated."""
    door, name = HUGE[service]
    must_point(
        knock(any_installation, service, door, {**example(service, door), name: "x" * 10_000_000}), f"/{name}", door
    )


def test_more_than_any_request_may_weigh_is_refused_and_the_service_lives(any_installation: Installation) -> None:
    """As a whole: nobody looks into it for the place."""
    reply = any_installation.answer("catalog", "search", text="x" * 17_000_000)
    assert isinstance(reply, RefusedCall) and reply.name == "InvalidRequest", reply
    assert_lives(any_installation, "catalog")


@pytest.mark.parametrize("levels", DEEP)
@pytest.mark.parametrize("service", SERVICES)
def test_what_is_nested_too_deep_is_refused_and_the_service_lives(
    any_installation: Installation, service: str, levels: int
) -> None:
    door, name = HUGE[service]
    must_point(knock(any_installation, service, door, {**example(service, door), name: deep(levels)}), f"/{name}", door)
    assert_lives(any_installation, service)


@pytest.mark.parametrize(("service", "door"), PRIVATE, ids=["-".join(entry) for entry in PRIVATE])
def test_a_token_that_does_not_hold_opens_no_door(installation: Installation, service: str, door: str) -> None:
    for kind, token in bad_tokens(installation).items():
        if service != "identity" and door != PRIVATE_SAMPLE[service] and kind != "signed by a stranger":
            continue  # one door of each service is tried with all of them, every door with the most dangerous one
        before = installation.processor_time()
        with pytest.raises(RemoteError) as refused:
            getattr(getattr(installation.portal.as_(token), service), door)(**example(service, door))
        assert refused.value.exc_type == "Unauthenticated", kind
        assert installation.processor_time() - before < AT_ONCE, kind


PRIVATE_SAMPLE = {service: next(door for entry, door in PRIVATE if entry == service) for service in SERVICES}


def test_only_these_doors_are_public() -> None:
    entries = {
        entry: {door for service, door in DOORS if service == entry and rule_of(entry, door).public}
        for entry in SERVICES
    }
    assert entries == {service: {*expected, "health"} for service, expected in PUBLIC.items()}


@pytest.mark.parametrize("person", [None, *ROLES])
def test_every_role_passes_the_doors_of_its_rule_and_no_others(installation: Installation, person: str | None) -> None:
    """A surplus argument tells: whoever may pass is told of it, whoever may not never gets as far."""
    for service, door in DOORS:
        rule = rule_of(service, door)
        allowed = rule.public or bool(person and roles_of(person) & rule.roles)
        expected = "InvalidRequest" if allowed else "Forbidden" if person else "Unauthenticated"
        reply = installation.answer(service, door, person, surplus=1)
        assert isinstance(reply, RefusedCall) and reply.name == expected, f"{service}.{door}: {reply}"


def test_unknown_services_and_doors_are_named_at_once(any_installation: Installation) -> None:
    before = any_installation.processor_time()
    with pytest.raises(UnknownService):
        any_installation.rpc(None).khong_co.gi_ca()
    for service in SERVICES:
        with pytest.raises(MethodNotFound):
            getattr(any_installation.rpc(None), service).khong_co()
    assert any_installation.processor_time() - before < AT_ONCE


def test_an_odd_language_is_answered_in_vietnamese(installation: Installation) -> None:
    for language in ("", "fr", "EN-gb", "vi\n", "x" * 10_000, json.dumps({"language": "en"})):
        with pytest.raises(RemoteError) as refused:
            installation.portal.as_(None, language).applications.track(reference="H26.01", tracking_code="7KQ2M9XH4P")
        assert ("was not found" in str(refused.value)) == language.lower().startswith("en")


def test_every_place_of_every_contract_is_tried() -> None:
    """The generator reaches nested members as well; if it does not, nothing above means anything."""
    assert sum(len(places(service, door)) for service, door in DOORS) > 300
