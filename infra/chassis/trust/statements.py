"""Answers that hold only if their service signed them: on the broker, anybody might have answered.

The signature (a detached JWS) is in the answer next to what it is over: all of it, with when it was made and how
long it holds. ``nonce``: what the question carried; with it, an answer to an earlier question is none to this one.
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.trust.key_list import KeyList
from infra.chassis.trust.signatures import SignatureRefused, Signer, canonical_json, verify_detached

CLOCKS_APART = 10.0  # seconds two machines' clocks may differ


def signed_answer(signer: Signer, typ: str, answer: Mapping[str, object], lifetime: float) -> Json:
    """``answer`` with ``issued_at``, ``expires_at`` (epoch seconds) and ``signature``."""
    now = int(clock.now().timestamp())
    statement = {**answer, "issued_at": now, "expires_at": now + int(lifetime)}
    return {**statement, "signature": signer.sign_detached(typ, canonical_json(statement))}


def verified_answer(keys: KeyList, service: str, typ: str, answer: object, *, nonce: str | None = None) -> Json:
    """The answer, if ``service`` made it for this purpose and it still holds; :class:`SignatureRefused` otherwise."""
    if not isinstance(answer, dict):
        raise SignatureRefused("no answer")
    statement = {name: value for name, value in answer.items() if name != "signature"}
    try:
        verify_detached(answer.get("signature", ""), typ, canonical_json(statement), keys.of(service))
    except (TypeError, ValueError) as error:
        raise SignatureRefused("no JSON") from error
    now, issued_at, expires_at = clock.now().timestamp(), statement.get("issued_at"), statement.get("expires_at")
    if not (isinstance(issued_at, int) and isinstance(expires_at, int)):
        raise SignatureRefused("no validity")
    if not issued_at - CLOCKS_APART <= now <= expires_at + CLOCKS_APART:
        raise SignatureRefused("not valid now")
    if nonce is not None and statement.get("nonce") != nonce:
        raise SignatureRefused("an answer to another question")
    return statement
