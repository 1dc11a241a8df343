"""Independent oracles: RFC 6962 section 2.1 read aloud, recursive and slow; reading proofs and leaves back."""

import hashlib
import struct
from collections.abc import Sequence

from services.applications.transparency.leaf import MAGIC
from services.applications.transparency.merkle import node_hash

HEAD = struct.Struct(">Q16sQH")


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def tree_hash(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) <= 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    return subproof(m, leaves, True)


def subproof(m: int, leaves: list[bytes], complete: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if complete else [tree_hash(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], complete), tree_hash(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree_hash(leaves[:k])]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root a proof leads to; raises ValueError when it has the wrong length (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    at, last, hashed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ValueError("the inclusion proof is too long")
        if at & 1 or at == last:
            hashed = node_hash(sibling, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the inclusion proof is too short")
    return hashed


def notification_of(leaf: bytes) -> int:
    """The notification id a leaf speaks of; raises ValueError for bytes that are no leaf."""
    if len(leaf) < len(MAGIC) + HEAD.size or not leaf.startswith(MAGIC):
        raise ValueError("these bytes are no leaf of a portal event")
    return int(HEAD.unpack_from(leaf, len(MAGIC))[0])
