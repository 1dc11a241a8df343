"""RFC 6962 Merkle trees: roots, inclusion and consistency proofs, and their verification.

Pure functions over hashes. Proofs are made from `node(height, index)`, the hash of the complete subtree over
leaves `index * 2**height` to `(index + 1) * 2**height - 1`; where those hashes come from is the caller's affair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

Node = Callable[[int, int], bytes]
EMPTY_ROOT = hashlib.sha256().digest()
HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The growing edge of a tree: one hash per complete subtree that has no right sibling yet.

    Appending is all it can do. `append` returns the subtrees the leaf completed as (height, index, hash).
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}")

    @classmethod
    def at(cls, size: int, node: Node) -> Frontier:
        """The edge of the tree of `size` leaves whose subtrees `node` knows."""
        return cls(size, [node(height, start >> height) for start, height in _peaks(0, size)])

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash."""
        height, index, completed = 0, self.size, []
        hashed = leaf
        while index & 1:
            hashed = node_hash(self.peaks.pop(), hashed)
            height, index = height + 1, index >> 1
            completed.append((height, index, hashed))
        self.peaks.append(hashed)
        self.size += 1
        return completed

    def root(self) -> bytes:
        return _joined(self.peaks) if self.peaks else EMPTY_ROOT


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Sibling hashes from leaf `index` up to the root of the tree of `size` leaves (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    low, high, path = 0, size, []
    while high - low > 1:
        split = low + _largest_power_below(high - low)
        if index < split:
            path.append(_range_hash(split, high, node))
            high = split
        else:
            path.append(_range_hash(low, split, node))
            low = split
    return path[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """Proof that the tree of `first` leaves is the beginning of that of `second` (RFC 6962 2.1.2)."""
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} leaves does not begin with one of {first}")
    if first in (0, second):
        return []
    low, high, path = 0, second, []
    while first != high:
        split = low + _largest_power_below(high - low)
        if first <= split:
            path.append(_range_hash(split, high, node))
            high = split
        else:
            path.append(_range_hash(low, split, node))
            low = split
    first_part = [] if low == 0 else [_range_hash(low, high, node)]
    return first_part + path[::-1]


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the second tree extends the first (RFC 9162 2.1.4.2)."""
    if first > second or first < 0:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    hashes = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not hashes:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _largest_power_below(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def _peaks(low: int, high: int) -> Iterable[tuple[int, int]]:
    """Complete subtrees (start, height) that make up the leaves from `low` to `high`, from the left."""
    while low < high:
        height = (high - low).bit_length() - 1
        yield low, height
        low += 1 << height


def _range_hash(low: int, high: int, node: Node) -> bytes:
    return _joined([node(height, start >> height) for start, height in _peaks(low, high)])


def _joined(peaks: Sequence[bytes]) -> bytes:
    hashed = peaks[-1]
    for peak in reversed(peaks[:-1]):
        hashed = node_hash(peak, hashed)
    return hashed
