"""What is around a message, and what every request's body is, checked before anything reads it."""

from __future__ import annotations

import json

import kombu.compression
from kombu.serialization import registry
from kombu.utils.json import dumps

from infra.chassis.json_limits import MAX_DEPTH, MAX_VALUES, members_marked, too_deep, too_many
from infra.chassis.messaging.quarantine import MAX_BODY
from infra.chassis.wire_types import BrokerMessage

MAX_HEADER = 64 * 1024
LONGEST_ID = 120  # characters of an event's id that an inbox holds


def refuse_compression() -> None:
    """No compressed body is ever expanded: a 200 KB gzip bomb is 200 MB of memory. Unknown encodings: quarantined."""
    kombu.compression._decoders.clear()


def plain_json_only() -> None:
    """JSON as everybody reads it: kombu makes dates, bytes and ids of members named ``__type__``, and fails at some.

    A member that stands twice is marked; the check of the contract refuses it by its place.
    """
    registry.register("json", dumps, _loads, content_type="application/json", content_encoding="utf-8")


def _loads(body: bytes | str | memoryview) -> object:
    return json.loads(bytes(body) if isinstance(body, memoryview) else body, object_pairs_hook=members_marked)


class MalformedEnvelope(Exception):
    """What is wrong with a message's envelope; the message is quarantined, not answered."""


class MalformedBody(Exception):
    """A body that no door takes, in an envelope that says whom to answer: ``problem`` has a pointer, vi and en."""

    def __init__(self, place: str, vi: str, en: str) -> None:
        super().__init__(en)
        self.problem = {"pointer": place, "vi": vi, "en": en}


def check_envelope(message: BrokerMessage, *, reply: bool) -> None:
    """Types, sizes and encodings of what is around the body, before anything reads it."""
    properties, headers = message.properties, message.headers
    if not isinstance(headers, dict) or len(repr(headers)) > MAX_HEADER:
        raise MalformedEnvelope("headers are no table or too large")
    if "compression" in headers:
        raise MalformedEnvelope("compressed bodies are not accepted")
    if len(message.body or b"") > MAX_BODY and not reply:
        raise MalformedEnvelope("body too large")
    if not isinstance(message.content_type, str):
        raise MalformedEnvelope("content type missing")
    stack = headers.get("nameko.call_id_stack", [])
    if (
        not isinstance(stack, list)
        or len(stack) > 100
        or not all(isinstance(call_id, str) and len(call_id) < 300 for call_id in stack)
    ):
        raise MalformedEnvelope("call_id_stack is no list of strings")
    for name in ("auth_token", "assertion", "language", "deadline", "traceparent", "source"):
        if not isinstance(headers.get(f"nameko.{name}", ""), str):
            raise MalformedEnvelope(f"header {name} is no string")
    if reply and not (isinstance(properties.get("reply_to"), str) and properties["reply_to"]):
        raise MalformedEnvelope("no reply_to")


def check_body(body: object, size: int) -> None:
    """What every request's body is: no larger than ``MAX_BODY`` bytes, with args and kwargs, not nested without end."""
    if size > MAX_BODY:
        raise MalformedBody("", f"yêu cầu lớn hơn {MAX_BODY} byte", f"the request is larger than {MAX_BODY} bytes")
    if not (isinstance(body, dict) and isinstance(body.get("args"), list) and isinstance(body.get("kwargs"), dict)):
        raise MalformedBody("", "thiếu args và kwargs", "it has no args and kwargs")
    for name, value in (*body["kwargs"].items(), ("args", body["args"])):
        if too_many(value):
            problem = f"nhiều hơn {MAX_VALUES} giá trị", f"more than {MAX_VALUES} values"
            raise MalformedBody(f"/{name}", *problem)
        if too_deep(value):
            raise MalformedBody(f"/{name}", f"lồng sâu quá {MAX_DEPTH} tầng", f"nested deeper than {MAX_DEPTH} levels")


def check_event_body(body: object) -> None:
    """What every event's body is: an envelope with an id and data, of bounded size."""
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("id"), str)
        or not isinstance(body.get("data"), dict)
        or too_many(body)
        or too_deep(body)
    ):
        raise MalformedEnvelope("not a CloudEvent")
    if len(body["id"]) > LONGEST_ID:
        raise MalformedEnvelope(f"the event's id is longer than {LONGEST_ID} characters")
