"""What a reply means; that none is mistaken for another is tested over real links."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from infra.front_door.amqp_link import AmqpLink, with_heartbeat
from infra.front_door.calls import Call, PlatformRefusal, result_of
from infra.front_door.local_link import LocalLink


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


class NextAttempt(BaseException):
    """The link pauses and would connect again."""


@pytest.mark.parametrize("link", [AmqpLink("amqp://nowhere"), LocalLink(Path("nowhere"))], ids=["amqp", "local"])
def test_a_link_tries_again_whatever_ended_its_connection(
    link: AmqpLink | LocalLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def session() -> None:
        raise KeyError("an answer that nobody foresaw")

    async def pause(_seconds: float) -> None:
        raise NextAttempt

    monkeypatch.setattr(link, "_session", session)
    monkeypatch.setattr(asyncio, "sleep", pause)
    with pytest.raises(NextAttempt):
        link._stay_connected().send(None)
