"""Events are signed by their source: over the whole CloudEvent, with its position (``id``), type and time.

The signature is in the event itself, as the extension attribute ``signature`` (a compact JWS over digests), so that
any consumer reads the payload as before and a dead letter can be replayed years later. Two digests are signed: of the
event, and of what is left of it when a person is erased (:func:`infra.chassis.redaction.redacted`); a message that was
redacted on its way still shows who published it. ``salt`` goes with the words: what stays cannot be used to guess them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.redaction import redacted
from infra.chassis.trust.key_list import KeyList
from infra.chassis.trust.signatures import (
    SignatureRefused,
    Signer,
    canonical_json,
    encoded,
    json_object,
    verify_signature,
)

EVENT_TYPE = "portal-event+jws"
SIGNATURE, SALT = "signature", "salt"


class EventRefused(Exception):
    """An event that its source did not publish like this; ``reason`` is a word for metrics."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class StaleEvent(EventRefused):
    """A genuine event that was signed too long ago: a replay, or one that waited longer than anything should."""


def signed_event(signer: Signer, event: Mapping[str, object]) -> Json:
    """The event as it goes out, signed now."""
    plain = {name: value for name, value in event.items() if name != SIGNATURE} | {SALT: secrets.token_urlsafe(16)}
    statement = {"iat": int(clock.now().timestamp()), "event": _digest(plain), "facts": _digest(redacted(plain))}
    return {**plain, SIGNATURE: signer.sign(EVENT_TYPE, canonical_json(statement))}


def check_event(keys: KeyList, event: Mapping[str, object], *, source: str, event_type: str, max_age: float) -> None:
    """Refuse what ``source`` did not publish as this type, or (:class:`StaleEvent`) did so too long ago."""
    check_claims(event, source=source, event_type=event_type)
    if not isinstance(token := event.get(SIGNATURE), str):
        raise EventRefused("unsigned", "the event has no signature")
    try:
        statement = json_object(verify_signature(token, EVENT_TYPE, keys.of(source)))
        digest = _digest({name: value for name, value in event.items() if name != SIGNATURE})
    except SignatureRefused as refused:
        raise EventRefused("foreign", f"not signed by {source}: {refused}") from refused
    except (TypeError, ValueError, RecursionError) as error:
        raise EventRefused("altered", "no JSON event") from error
    if digest not in (statement.get("event"), statement.get("facts")):
        raise EventRefused("altered", "the event is not the one that was signed")
    signed_at, now = statement.get("iat"), clock.now().timestamp()
    if not isinstance(signed_at, int):
        raise EventRefused("altered", "it does not say when it was signed")
    if now - signed_at > max_age:
        raise StaleEvent("stale", f"signed {(now - signed_at) / 86_400:.1f} days ago")


def check_claims(event: Mapping[str, object], *, source: str, event_type: str) -> None:
    """Refuse an event that does not even say that it is of this source and type."""
    if event.get("source") != f"/{source}" or not str(event.get("id")).startswith(f"{source}:"):
        raise EventRefused("source", f"not an event of {source}")
    if event.get("type") != event_type:
        raise EventRefused("type", f"no {event_type}")


def _digest(value: object) -> str:
    return encoded(hashlib.sha256(canonical_json(value)).digest())
