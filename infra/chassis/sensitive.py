"""What may not rest: members that a contract marks ``"writeOnly": true`` (passwords, codes, tokens, secrets).

They reach the door that needs them and nothing that is stored: no quarantine, no dead letter, no fingerprint of a
command, no line of a log. Of a call only what its door's contract names is stored; a value under a name that no
contract knows (a misspelt ``password``) may be anything. Events carry nothing of the kind (``tests/contract``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from infra.chassis.json_types import Json
from infra.chassis.redaction import PLACEHOLDER, TOKEN, UUID, storable, with_token_claims

MARK = "writeOnly"
CREDENTIALS = re.compile(r"auth|token|assertion|cookie|secret|passw", re.IGNORECASE)  # in names of headers


def is_sensitive(schema: object, definitions: Mapping[str, object]) -> bool:
    """Whether a member with this schema is marked, itself, in what it refers to or in one of its forms."""
    return any(form.get(MARK) is True for form in _forms(schema, definitions))


def sensitive_members(schema: Json, definitions: Mapping[str, object]) -> frozenset[str]:
    """Names of the members of an object that are marked."""
    members = schema.get("properties", {})
    return frozenset(name for name, member in members.items() if is_sensitive(member, definitions))


def without_sensitive(value: object, schema: object, definitions: Mapping[str, object]) -> object:
    """``value`` with a dash for every member that is marked, however deep; what the schema does not name stays."""
    forms = list(_forms(schema, definitions))
    if any(form.get(MARK) is True for form in forms):
        return PLACEHOLDER
    if isinstance(value, dict):
        named = [form["properties"] for form in forms if "properties" in form]
        return {
            name: _inner(inner, [members[name] for members in named if name in members], definitions)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        items = [form["items"] for form in forms if isinstance(form.get("items"), dict)]
        return [_inner(inner, items, definitions) for inner in value]
    return value


def stored_call(body: bytes, parameters: Json | None, definitions: Mapping[str, object]) -> bytes:
    """The body of an RPC as it may rest. ``parameters``: what its door takes, ``None`` for a door that nobody knows.

    Of a body that nobody can read, its size.
    """
    try:
        call = json.loads(body)
        arguments = call["kwargs"] if isinstance(call, dict) else None
    except (ValueError, KeyError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        return json.dumps({"withheld_bytes": len(body)}).encode()
    named = (parameters or {}).get("properties", {})
    kwargs = {
        name: without_sensitive(value, named[name], definitions) if name in named else PLACEHOLDER
        for name, value in arguments.items()
    }
    args = [PLACEHOLDER] if call.get("args") else []
    return without_tokens(json.dumps({"args": args, "kwargs": kwargs})).encode()


def stored_headers(headers: Json) -> dict[str, str]:
    """Headers as they may rest: without credentials. An access token opens doors; only the ids in it stay."""
    stored = {
        storable(name, 200): without_tokens(storable(value, 2000))
        for name, value in headers.items()
        if not CREDENTIALS.search(str(name))
    }
    if marks := UUID.findall(with_token_claims(str(headers.get("nameko.auth_token", "")))):
        stored["ids_in_token"] = " ".join(marks)
    return stored


def without_tokens(text: str) -> str:
    """``text`` with a dash for every access token in it."""
    return TOKEN.sub(PLACEHOLDER, text) if "eyJ" in text else text


def _inner(value: object, schemas: list[object], definitions: Mapping[str, object]) -> object:
    return without_sensitive(value, {"allOf": schemas}, definitions) if schemas else value


def _forms(schema: object, definitions: Mapping[str, object]) -> Iterator[Json]:
    """The schema, what it refers to and what it is composed of."""
    if not isinstance(schema, dict):
        return
    yield schema
    if isinstance(reference := schema.get("$ref"), str):
        yield from _forms(definitions.get(reference.rpartition("/")[2]), definitions)
    for composition in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(composition, []):
            yield from _forms(part, definitions)
