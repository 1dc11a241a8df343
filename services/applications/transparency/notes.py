"""Signed notes and checkpoints as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature), Ed25519.

A note is text ending in a newline, an empty line, then one line per signature: `— name base64(key id, signature)`.
A checkpoint is a note whose text is origin, tree size and base64 root, one per line.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 1, 4
SIGNATURE_MARK = "— "


class NotANote(ValueError):
    """The text is no signed note, checkpoint or key."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key with a name: `name+hash+base64(algorithm, key)`."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return _key_id(self.name, self.algorithm, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_b64(bytes([self.algorithm]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        name, key_id, key_text = _three_parts(text.strip())
        key = cls(name, key_text[0], key_text[1:])
        if len(key_text) != 33 or key.key_id.hex() != key_id:
            raise NotANote("the key does not fit its own hash")
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether a signature (without key id) is this key's over the note text."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            if len(signature) != 72:
                return False
            message, signature = _cosigned(text, struct.unpack(">Q", signature[:8])[0]), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key with a name: `PRIVATE+KEY+name+hash+base64(algorithm, seed)`."""

    name: str
    seed: bytes
    algorithm: int = ED25519

    @classmethod
    def generate(cls, name: str, algorithm: int = ED25519) -> SigningKey:
        if not name or any(c.isspace() or c == "+" for c in name):
            raise NotANote(f"a key name has neither spaces nor plus signs: {name!r}")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw(), algorithm)

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        prefix = "PRIVATE+KEY+"
        if not text.startswith(prefix):
            raise NotANote(f"a signing key begins with {prefix}")
        name, key_id, key_text = _three_parts(text.strip().removeprefix(prefix))
        key = cls(name, key_text[1:], key_text[0])
        if len(key_text) != 33 or key.verifier.key_id.hex() != key_id:
            raise NotANote("the signing key does not fit its own hash")
        return key

    def reveal(self) -> str:
        """The secret text that `parse` reads."""
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{_b64(bytes([self.algorithm]) + self.seed)}"

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier})"

    @property
    def verifier(self) -> VerifierKey:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.algorithm, public)

    def signature_line(self, text: str, timestamp: int = 0) -> str:
        """One signature line over the note text; `timestamp` (Unix seconds) is part of a cosignature."""
        private, stamped = Ed25519PrivateKey.from_private_bytes(self.seed), b""
        if self.algorithm == COSIGNATURE:
            stamped = struct.pack(">Q", timestamp) + private.sign(_cosigned(text, timestamp))
        signature = stamped or private.sign(text.encode())
        return f"{SIGNATURE_MARK}{self.name} {_b64(self.verifier.key_id + signature)}\n"


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: its origin, how many leaves it has and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    @classmethod
    def parse(cls, note: str) -> Checkpoint:
        """Read the text of a note; extension lines are passed over."""
        lines = split(note)[0].split("\n")
        try:
            size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (IndexError, ValueError, binascii.Error) as error:
            raise NotANote("the note is no checkpoint") from error
        if not lines[0] or str(size) != lines[1] or size < 0 or len(root) != 32:
            raise NotANote("the note is no checkpoint")
        return cls(lines[0], size, root)


def sign(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> str:
    """The checkpoint as a note signed by every key; two keys while one replaces the other."""
    return checkpoint.text + "\n" + "".join(key.signature_line(checkpoint.text) for key in keys)


def split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Text and signatures (name, key id, signature) of a note."""
    text, mark, signed = note.rpartition("\n\n")
    if not mark or not signed.endswith("\n"):
        raise NotANote("the note has no signatures")
    return text + "\n", [_signature(line) for line in signed[:-1].split("\n")]


def signers(note: str, trusted: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Which trusted keys signed a note. Unknown keys are passed over; a bad signature of a known one raises."""
    text, signatures = split(note)
    names = []
    for name, key_id, signature in signatures:
        for key in trusted:
            if (key.name, key.key_id) == (name, key_id):
                if not key.verifies(text, signature):
                    raise NotANote(f"the signature of {name} is not valid")
                names.append(key)
    return names


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, signature = line.removeprefix(SIGNATURE_MARK).partition(" ")
    try:
        raw = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotANote("a signature line is malformed") from error
    if not line.startswith(SIGNATURE_MARK) or not space or not name or len(raw) < 5:
        raise NotANote("a signature line is malformed")
    return name, raw[:4], raw[4:]


def _cosigned(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _key_id(name: str, algorithm: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def _three_parts(text: str) -> tuple[str, str, bytes]:
    try:
        name, key_id, key_text = text.split("+", 2)
        raw = base64.b64decode(key_text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NotANote("a key is written name+hash+base64") from error
    if not name or not raw:
        raise NotANote("a key is written name+hash+base64")
    return name, key_id, raw


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
