"""What a reply means; that none is mistaken for another is tested over real links."""

from __future__ import annotations

import json

import pytest

from infra.front_door.amqp_link import with_heartbeat
from infra.front_door.calls import Call, PlatformRefusal, result_of


def test_a_result_is_given_back_as_it_is() -> None:
    assert result_of(b'{"result": {"a": [1, null]}, "error": null}') == {"a": [1, None]}


def test_a_refusal_has_its_name_text_and_facts() -> None:
    error = {"exc_type": "VersionConflict", "value": "lời", "exc_args": ["lời", {"current": 3}], "exc_path": "x"}
    with pytest.raises(PlatformRefusal) as refused:
        result_of(json.dumps({"result": None, "error": error}).encode())
    assert (refused.value.name, refused.value.text, refused.value.facts) == ("VersionConflict", "lời", {"current": 3})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"error": {"value": 1}}', b'{"error": 1}', b'{"error": null}']
)
def test_a_reply_nobody_can_read_is_a_failure_inside(body: bytes) -> None:
    with pytest.raises(PlatformRefusal) as refused:
        result_of(body)
    assert refused.value.name == "InternalFailure"


def test_a_call_goes_out_as_utf_8_and_a_lone_surrogate_escaped() -> None:
    assert "đổi" in Call("s", "m", {"t": "đổi"}, {}, 1).body().decode()
    assert json.loads(Call("s", "m", {"t": "\ud800"}, {}, 1).body()) == {"args": [], "kwargs": {"t": "\ud800"}}


def test_the_broker_is_asked_for_heartbeats_unless_its_uri_says_how_often() -> None:
    assert with_heartbeat("amqp://a/b") == "amqp://a/b?heartbeat=10"
    assert with_heartbeat("amqp://a/b?x=1") == "amqp://a/b?x=1&heartbeat=10"
    assert with_heartbeat("amqp://a/b?heartbeat=3") == "amqp://a/b?heartbeat=3"
