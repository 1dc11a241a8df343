"""The stored audit log: reading subtrees for proofs, adding leaves, nodes and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, func, insert, select

from infra.chassis import clock
from services.applications.transparency import merkle
from services.applications.transparency.merkle import Frontier, leaf_hash
from services.applications.transparency.tables import (
    audit_checkpoint,
    audit_cosignature,
    audit_key,
    audit_leaf,
    audit_node,
)

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


class LogDamaged(Exception):
    """The stored log lacks or contradicts something it once had."""


@dataclass(frozen=True)
class Head:
    """How far the log has got: leaves sealed, and the notification id of the last one."""

    size: int = 0
    notification_id: int = 0


class StoredLog:
    """The log in one database connection. Nodes are read tile-wise and kept for the life of this object."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def head(self) -> Head:
        query = select(audit_leaf.c.leaf_index, audit_leaf.c.notification_id)
        last = self.connection.execute(query.order_by(audit_leaf.c.leaf_index.desc()).limit(1)).first()
        return Head(last.leaf_index + 1, last.notification_id) if last else Head()

    def leaves(self, start: int, end: int) -> list[bytes]:
        """The stored leaves from `start` to `end` (exclusive); all of them must be there."""
        of = audit_leaf.c.leaf_index
        query = select(audit_leaf.c.leaf).where(of >= start, of < end).order_by(of)
        hashes = [bytes(leaf) for leaf in self.connection.execute(query).scalars()]
        if len(hashes) != end - start:
            raise LogDamaged(f"of leaves {start} to {end - 1} only {len(hashes)} are stored")
        return hashes

    def node(self, size: int, height: int, index: int) -> bytes:
        """Hash of a complete subtree within the first `size` leaves."""
        level, within = divmod(height, TILE_HEIGHT)
        first = index << within
        hashes = self._tile(size, level, first >> TILE_HEIGHT)
        offset = first & (TILE_WIDTH - 1)
        return merkle.root_of(hashes[offset : offset + (1 << within)])

    def root(self, size: int) -> bytes:
        """Root of the first `size` leaves, from what is stored."""
        return self.frontier(size).root()

    def frontier(self, size: int) -> Frontier:
        return Frontier.at(size, partial(self.node, size))

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        return merkle.inclusion_proof(index, size, partial(self.node, size))

    def consistency_proof(self, first: int, second: int) -> list[bytes]:
        return merkle.consistency_proof(first, second, partial(self.node, second))

    def add(self, start: int, leaves: Sequence[tuple[int, bytes]], nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Store leaves (notification id, bytes) from index `start` on, and completed subtrees."""
        rows = [
            {"leaf_index": start + n, "notification_id": notification, "leaf": leaf}
            for n, (notification, leaf) in enumerate(leaves)
        ]
        self.connection.execute(insert(audit_leaf), rows)
        if nodes:
            node_rows = [{"height": height, "node_index": index, "hash": hashed} for height, index, hashed in nodes]
            self.connection.execute(insert(audit_node), node_rows)

    def checkpoint(self, size: int | None = None) -> str | None:
        """The latest signed note, or that of exactly `size` leaves."""
        query = select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.tree_size.desc()).limit(1)
        if size is not None:
            query = query.where(audit_checkpoint.c.tree_size == size)
        return self.connection.execute(query).scalar()

    def checkpoint_within(self, size: int) -> str | None:
        """The latest signed note over at most `size` leaves."""
        of = audit_checkpoint.c.tree_size
        query = select(audit_checkpoint.c.note).where(of <= size).order_by(of.desc()).limit(1)
        return self.connection.execute(query).scalar()

    def cosignatures(self, size: int) -> list[str]:
        """The signature lines witnesses gave for the checkpoint of so many leaves."""
        query = select(audit_cosignature.c.lines).where(audit_cosignature.c.tree_size == size)
        return list(self.connection.execute(query.order_by(audit_cosignature.c.witness)).scalars())

    def add_checkpoint(self, size: int, note: str) -> None:
        row = {"tree_size": size, "note": note, "sealed_at": clock.now()}
        self.connection.execute(insert(audit_checkpoint), row)

    def index_of(self, notification_ids: Sequence[int]) -> dict[int, int]:
        """Leaf index by notification id, for those that are sealed."""
        query = select(audit_leaf.c.notification_id, audit_leaf.c.leaf_index)
        rows = self.connection.execute(query.where(audit_leaf.c.notification_id.in_(notification_ids)))
        return {row.notification_id: row.leaf_index for row in rows}

    def verifier_keys(self) -> list[str]:
        """Every verifier key that ever signed, oldest first."""
        return list(self.connection.execute(select(audit_key.c.verifier_key).order_by(audit_key.c.since)).scalars())

    def remember_keys(self, keys: Sequence[str]) -> None:
        known_keys = set(self.verifier_keys())
        for key in keys:
            if key not in known_keys:
                self.connection.execute(insert(audit_key).values(verifier_key=key, since=clock.now()))

    def checkpoints(self) -> int:
        return self.connection.execute(select(func.count()).select_from(audit_checkpoint)).scalar_one()

    def tile(self, size: int, level: int, index: int) -> list[bytes]:
        """The hashes of one tile of the tree of `size` leaves: up to 256 subtrees of 256**level leaves each."""
        return self._tile(size, level, index)

    def _tile(self, size: int, level: int, index: int) -> list[bytes]:
        start, available = index << TILE_HEIGHT, size >> (TILE_HEIGHT * level)
        end = min(start + TILE_WIDTH, available)
        tile = self._tiles.get((level, index))
        if tile is None or len(tile) < end - start:
            tile = self._tiles[(level, index)] = self._read_tile(level, start, end)
            if len(self._tiles) > 64:
                self._tiles.pop(next(iter(self._tiles)))
        return tile[: end - start]

    def _read_tile(self, level: int, start: int, end: int) -> list[bytes]:
        if level == 0:
            return [leaf_hash(leaf) for leaf in self.leaves(start, end)]
        height, of = level * TILE_HEIGHT, audit_node.c.node_index
        query = select(audit_node.c.hash).where(audit_node.c.height == height, of >= start, of < end).order_by(of)
        hashes = [bytes(hashed) for hashed in self.connection.execute(query).scalars()]
        if len(hashes) != end - start:
            raise LogDamaged(f"of the nodes {start} to {end - 1} at height {height} only {len(hashes)} are stored")
        return hashes
