"""What is thrown at doors: wrong, missing and surplus arguments made from a contract, odd values, tokens that lie."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.chassis.contracts import contract_of, pointer
from tests.support.installation import Installation, claims_in, header_of, signed_token

UNFIT: tuple[Any, ...] = ({"x": [1]}, [[]], 1.5, True, "\x00", "a\ud800b")
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**63 - 1, 10**30, -(10**30), 1.0, 2.0**63, 1e308, "", " ", "x", "0",
    "\u202e\ufeff", "%s' OR 1=1 --", "../../etc",
    "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    "2016-12-31T23:59:60Z", "9998-12-31T00:00:00Z",
    "9998-12-31", "2026-02-30", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}",
    "urn:uuid:00000000-0000-0000-0000-000000000000", [], {}, [None], {"": None},
)  # fmt: skip
# What PostgreSQL takes differently from SQLite: integers by the width of their column, texts, days.
ODD_TO_SERVERS = (-1, 2**31, 2**63 - 1, "\u202e\ufeff", "x", "9998-12-31", "9998-12-31T00:00:00Z")
# A door of each service with a text in it.
HUGE = {"identity": ("sign_in", "username"), "catalog": ("search", "text"), "applications": ("start", "procedure_code"),
        "payments": ("ledger", "account"), "notifications": ("preview", "key"),
        "oversight": ("index", "unit"), "interchange": ("mirrored", "number")}  # fmt: skip
DEEP = (50, 100, 500)


def deep(levels: int) -> list[Any]:
    """A list in a list in a list."""
    rows: list[Any] = []
    for _ in range(levels):
        rows = [rows]
    return rows


def malformed_calls(service: str, door: str, example: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(where the refusal must point, arguments, in words): one fault at a time in otherwise good arguments."""
    schema, entry = contract_of(service).parameters(door), contract_of(service).rpc[door]["parameters"]
    yield "/khong_co", {**example, "khong_co": 1}, "surplus"
    yield "/~1a~0", {**example, "/a~": 1}, "surplus with a name to be escaped"
    for name in entry.get("required", []):
        yield f"/{name}", {key: value for key, value in example.items() if key != name}, f"{name} missing"
    for name in entry.get("properties", {}):
        tried = 0
        for value in UNFIT:
            arguments = {**example, name: value}
            if (tried < 3 and not schema.accepts(arguments)) or value in UNFIT[-2:]:
                tried += 1
                yield f"/{name}", arguments, f"{name}={value!r}"
    for path in places(service, door):
        if len(path) > 1:
            yield pointer(list(path)), _with(example, path, "\x00"), f"{path} NUL"


def places(service: str, door: str) -> list[tuple[str, ...]]:
    """Every place within the example where there is a text."""
    return list(_texts(contract_of(service).rpc[door]["example"]["parameters"], ()))


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, str):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _texts(inner, (*path, str(key)))


def _with(example: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed: Any = json.loads(json.dumps(example))
    inner = changed
    for step in path[:-1]:
        inner = inner[int(step) if isinstance(inner, list) else step]
    inner[int(path[-1]) if isinstance(inner, list) else path[-1]] = value
    return dict(changed)


_made: dict[int, dict[str, str]] = {}


def bad_tokens(installation: Installation) -> dict[str, str]:
    """Tokens that do not hold, by what is wrong with them. The person they speak of may pass."""
    if id(installation) not in _made:
        _made[id(installation)] = dict(_lies(installation))
    return _made[id(installation)]


def _lies(installation: Installation) -> Iterator[tuple[str, str]]:
    good = installation.token("auditor")
    own = (installation.home / "secrets" / "identity-signing-key.pem").read_text()
    header, claims, now = header_of(good), claims_in(good), int(time.time())
    everything = claims | {"roles": ["citizen", "auditor", "operator", "service", "approver"]}
    head, body, signature = good.split(".")
    yield "no token at all", " "
    yield "not a token", "xin chào"
    yield "only dots", ".."
    yield "very long", "a" * 30_000
    yield "signed by a stranger", signed_token(stranger(), everything, header)
    elsewhere = header | {"jku": "http://127.0.0.1:9/"}
    yield "a stranger's key named in the header", signed_token(stranger(), everything, elsewhere)
    yield "unknown key", signed_token(stranger(), everything, header | {"kid": "khong-co"})
    yield "no algorithm", f"{_part(header | {'alg': 'none'})}.{_part(everything)}."
    yield "no algorithm, old signature", f"{_part(header | {'alg': 'none'})}.{body}.{signature}"
    yield "signed with the public key as a secret", f"{_part(header | {'alg': 'HS256'})}.{body}.{signature}"
    yield "claims changed", f"{head}.{_part(everything)}.{signature}"
    yield "signature cut", good[:-10]
    yield "expired", signed_token(own, claims | {"exp": now - 3600, "iat": now - 7200}, header)
    yield "not yet valid", signed_token(own, claims | {"nbf": now + 3600}, header)
    yield "for another audience", signed_token(own, claims | {"aud": "somewhere else"}, header)
    yield "of another issuer", signed_token(own, claims | {"iss": "somebody"}, header)
    yield "no subject", signed_token(own, {name: value for name, value in claims.items() if name != "sub"}, header)
    yield "no expiry", signed_token(own, {name: value for name, value in claims.items() if name != "exp"}, header)
    yield "another kind of token", signed_token(own, claims, header | {"typ": "JWT"})
    yield "roles that are no list", signed_token(own, claims | {"roles": 7}, header)
    yield "agencies that are no table", signed_token(own, claims | {"agencies": [1]}, header)
    yield "a subject that is no text", signed_token(own, claims | {"sub": {"id": 1}}, header)


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@cache
def stranger() -> str:
    """The private key of somebody who is not identity."""
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return Ed25519PrivateKey.generate().private_bytes(*form).decode()
