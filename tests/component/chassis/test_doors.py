"""What a door lets through and how it says no."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from nameko.exceptions import MethodNotFound, RemoteError, UnknownService
from nameko.standalone.rpc import ClusterRpcProxy


def refused(echo: Any, method: str, **arguments: Any) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        echo.call(method, **arguments)
    return caught.value


def test_a_call_that_fits_is_answered(echo):
    assert echo.call("shout", text="xin chào") == {"text": "XIN CHÀO"}


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [({}, "/text"), ({"text": 5}, "/text"), ({"text": "a", "surplus": 1}, "/surplus"), ({"text": "x" * 21}, "/text")],
)
def test_what_does_not_fit_the_contract_is_refused_with_a_pointer(echo, arguments, pointer):
    answer = refused(echo, "shout", **arguments)
    assert answer.exc_type == "InvalidRequest"
    assert pointer in answer.value


def test_ten_megabytes_are_refused_by_name_for_less_than_a_second_of_processor_time(echo):
    started = time.process_time()
    answer = refused(echo, "shout", text="x" * 10_000_000)
    assert answer.exc_type == "InvalidRequest"
    assert time.process_time() - started < 1
    assert len(answer.value) < 500


def test_positional_arguments_are_refused(echo):
    with ClusterRpcProxy({"AMQP_URI": echo.settings.amqp_uri}, timeout=60) as rpc, pytest.raises(RemoteError) as caught:
        rpc.echo.shout("xin chào")
    assert caught.value.exc_type == "InvalidRequest"


def test_refusals_speak_the_callers_language(echo):
    assert "thiếu trường bắt buộc" in refused(echo, "shout").value
    assert "a required member is missing" in refused(echo, "shout", language="en").value


def test_a_failure_leaves_without_detail_but_with_a_call_id(echo):
    answer = refused(echo, "fail")
    assert answer.exc_type == "InternalFailure"
    assert "echo.fail." in answer.value
    assert "must not leave" not in answer.value


def test_a_door_with_roles_needs_a_token(echo):
    assert refused(echo, "staff_only").exc_type == "Unauthenticated"


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "…"])
def test_a_bad_token_is_refused_by_name(echo, token):
    assert refused(echo, "staff_only", token=token).exc_type in {"Unauthenticated", "ServiceUnavailable"}


def test_the_same_command_twice_has_one_effect_and_one_answer(echo):
    command_id = str(uuid.uuid4())
    assert echo.call("count", command_id=command_id) == echo.call("count", command_id=command_id) == {"count": 1}
    assert echo.call("count", command_id=str(uuid.uuid4())) == {"count": 2}


def test_the_same_command_id_with_other_arguments_is_refused(echo):
    command_id = str(uuid.uuid4())
    echo.call("count", command_id=command_id, by=1)
    assert refused(echo, "count", command_id=command_id, by=2).exc_type == "CommandIdReused"


def test_unknown_services_and_methods_are_known_without_waiting(echo):
    started = time.monotonic()
    with ClusterRpcProxy({"AMQP_URI": echo.settings.amqp_uri}, timeout=60) as rpc:
        with pytest.raises(UnknownService):
            rpc.nobody.anything()
        with pytest.raises(MethodNotFound):
            rpc.echo.nothing()
    assert time.monotonic() - started < 30, "long before anybody would have stopped to wait"


def test_health_names_its_checks(echo):
    assert echo.call("health")["checks"]["echo database"] == "ok"


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"])
def test_text_that_no_database_keeps_is_refused_with_a_pointer(echo, text):
    answer = refused(echo, "shout", text=text)
    assert answer.exc_type == "InvalidRequest"
    assert "/text" in answer.value
