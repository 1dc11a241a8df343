"""Which key may speak for which service: a list signed by the installation's root key, given as a file.

The root's public key is a file as well, and its private key need not be on any machine that serves: whoever answers on
the broker cannot bring a key of their own. The list is read again while a process runs (a key it does not know, or a
minute later), so that a key is replaced without a stop: the new one is listed next to the old, then used, then the old
one taken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from infra.chassis.trust.signatures import (
    SignatureRefused,
    Signer,
    canonical_json,
    decoded,
    encoded,
    json_object,
    key_id,
    raw,
    verify_signature,
)

LIST_TYPE = "service-keys+jws"
READ_AGAIN = 60.0  # seconds
READ_AT_MOST_EVERY = 2.0  # seconds, however many unknown keys are shown


def signed_list(root: Signer, keys: list[tuple[str, Ed25519PublicKey]], *, issued_at: int, expires_at: int) -> str:
    """The list as a file: a compact JWS over ``{"iat", "exp", "keys": [{"service", "kid", "x"}]}``."""
    rows = [{"service": service, "kid": key_id(key), "x": encoded(raw(key))} for service, key in keys]
    return root.sign(LIST_TYPE, canonical_json({"iat": issued_at, "exp": expires_at, "keys": rows}))


def verified_list(root: Ed25519PublicKey, text: str, now: float) -> tuple[dict[str, tuple[str, Ed25519PublicKey]], int]:
    """``({key id: (service, key)}, when the list ends)``; :class:`SignatureRefused` for one the root did not sign."""
    root_id = key_id(root)
    fields = json_object(verify_signature(text.strip(), LIST_TYPE, lambda kid: root if kid == root_id else None))
    try:
        expires_at = int(fields["exp"])
        rows = [(str(row["service"]), Ed25519PublicKey.from_public_bytes(decoded(row["x"]))) for row in fields["keys"]]
    except (KeyError, TypeError, ValueError) as error:
        raise SignatureRefused("no list of keys") from error
    if expires_at <= now:
        raise SignatureRefused("the list of keys has ended")
    return {key_id(key): (service, key) for service, key in rows}, expires_at


class KeyList:
    """The verified list of this process."""

    def __init__(self, root: Ed25519PublicKey, read: Callable[[], str]) -> None:
        self._root, self._read = root, read
        self._text = read()
        self._keys, self.expires_at = verified_list(root, self._text, time.time())
        self._read_at = time.monotonic()

    def of(self, *services: str) -> Callable[[str], Ed25519PublicKey | None]:
        """Looks keys up by their id, among those that may speak for one of ``services``."""

        def key_of(kid: str) -> Ed25519PublicKey | None:
            row = self._row_of(kid)
            return row[1] if row and row[0] in services else None

        return key_of

    def service_of(self, kid: str) -> str | None:
        """For which service the key of this id speaks."""
        row = self._row_of(kid)
        return row[0] if row else None

    def _row_of(self, kid: str) -> tuple[str, Ed25519PublicKey] | None:
        age = time.monotonic() - self._read_at
        if age > READ_AGAIN or (kid not in self._keys and age > READ_AT_MOST_EVERY):
            self._read_again()
        return self._keys.get(kid) if time.time() < self.expires_at else None

    def _read_again(self) -> None:
        """What cannot be read or verified just now (somebody replaces the file) leaves the list that is there."""
        self._read_at = time.monotonic()
        try:
            text = self._read()
            if text != self._text:
                self._keys, self.expires_at = verified_list(self._root, text, time.time())
                self._text = text
        except (SignatureRefused, SystemExit, OSError) as error:
            self.last_error: object = error
