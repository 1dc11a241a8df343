"""Ways to tamper with a store when one has all rights. Each gives the leaf indexes where it may be found."""

import random
import uuid
from collections.abc import Callable
from typing import Any

from services.applications.transparency.leaf import StoredRow, leaf_of
from services.applications.transparency.log import TILE_HEIGHT
from services.applications.transparency.merkle import Frontier, leaf_hash
from services.applications.transparency.notes import Checkpoint, SigningKey, sign
from tests.service.transparency.stores import KEY, ORIGIN, Store

Kind = Callable[[Store, random.Random], range]
BY_LEAF = "WHERE {id} = (SELECT notification_id FROM audit_leaf WHERE leaf_index = ?)"


def size_of(store: Store) -> int:
    return int(store.rows("SELECT count(*) FROM audit_leaf")[0][0])


def some(store: Store, chance: random.Random) -> int:
    return chance.randrange(size_of(store))


def only(index: int) -> range:
    return range(index, index + 1)


def event_at(store: Store, index: int) -> StoredRow:
    columns = "{id}, originator_id, originator_version, topic, state"
    row = store.rows(f"SELECT {columns} FROM {{events}} {BY_LEAF}", index)[0]
    return StoredRow(row[0], uuid.UUID(str(row[1])), row[2], row[3], bytes(row[4]))


def flipped(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]


def state_bit(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"UPDATE {{events}} SET state = ? {BY_LEAF}", flipped(event_at(store, index).state, chance), index)
    return only(index)


def state_emptied(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"UPDATE {{events}} SET state = ? {BY_LEAF}", chance.choice([b"", None]), index)
    return only(index)


def topic(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"UPDATE {{events}} SET topic = ? {BY_LEAF}", "applications.Rejected", index)
    return only(index)


def version(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"UPDATE {{events}} SET originator_version = ? {BY_LEAF}", 100_000 + chance.randrange(99), index)
    return only(index)


def application(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"UPDATE {{events}} SET originator_id = ? {BY_LEAF}", store.event_id(uuid.uuid4()), index)
    return only(index)


def notification(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"UPDATE {{events}} SET {{id}} = ? {BY_LEAF}", 10_000_000 + index, index)
    return only(index)


def states_swapped(store: Store, chance: random.Random) -> range:
    a, b = chance.sample(range(size_of(store)), 2)
    first, second = event_at(store, a), event_at(store, b)
    store.execute(f"UPDATE {{events}} SET state = ? {BY_LEAF}", second.state, a)
    store.execute(f"UPDATE {{events}} SET state = ? {BY_LEAF}", first.state, b)
    return only(min(a, b))


def events_reordered(store: Store, chance: random.Random) -> range:
    a, b = sorted(chance.sample(range(size_of(store)), 2))
    first, second = event_at(store, a).notification_id, event_at(store, b).notification_id
    for new, old in ((-1, first), (first, second), (second, -1)):
        store.execute("UPDATE {events} SET {id} = ? WHERE {id} = ?", new, old)
    return only(a)


def event_deleted(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute(f"DELETE FROM {{events}} {BY_LEAF}", index)
    return only(index)


def application_deleted(store: Store, chance: random.Random) -> range:
    removed = event_at(store, some(store, chance)).application_id
    first = store.rows("SELECT min({id}) FROM {events} WHERE originator_id = ?", store.event_id(removed))[0][0]
    index = store.rows("SELECT leaf_index FROM audit_leaf WHERE notification_id = ?", first)[0][0]
    store.execute("DELETE FROM {events} WHERE originator_id = ?", store.event_id(removed))
    return only(index)


def event_inserted(store: Store, chance: random.Random) -> range:
    accepted = {row[0] for row in store.rows("SELECT {id} FROM {events}")}
    free = chance.choice([n for n in range(-3, max(accepted)) if n not in accepted])
    row = (free, store.event_id(uuid.uuid4()), 1, "applications.Approved", b"slipped in")
    columns = "{id}, originator_id, originator_version, topic, state"
    store.execute(f"INSERT INTO {{events}} ({columns}) VALUES (?, ?, ?, ?, ?)", *row)
    return only(store.rows("SELECT min(leaf_index) FROM audit_leaf WHERE notification_id > ?", free)[0][0])


def events_truncated(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    last = event_at(store, index).notification_id
    store.execute("DELETE FROM {events} WHERE {id} >= ?", last)
    return only(index)


def leaf_bit(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    leaf = bytes(store.rows("SELECT leaf FROM audit_leaf WHERE leaf_index = ?", index)[0][0])
    store.execute("UPDATE audit_leaf SET leaf = ? WHERE leaf_index = ?", flipped(leaf, chance), index)
    return only(index)


def leaf_renumbered(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute("UPDATE audit_leaf SET notification_id = ? WHERE leaf_index = ?", 10_000_000 + index, index)
    return only(index)


def leaf_deleted(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute("DELETE FROM audit_leaf WHERE leaf_index = ?", index)
    return only(index)


def leaves_truncated(store: Store, chance: random.Random) -> range:
    index = some(store, chance)
    store.execute("DELETE FROM audit_leaf WHERE leaf_index >= ?", index)
    return only(index)


def leaf_appended(store: Store, chance: random.Random) -> range:
    size, last = size_of(store), store.rows("SELECT max({id}) FROM {events}")[0][0]
    leaf = leaf_of(StoredRow(last + 1, uuid.uuid4(), 1, "applications.Approved", b"invented"))
    store.execute("INSERT INTO audit_leaf VALUES (?, ?, ?)", size, last + 1, leaf)
    return only(size)


def event_and_leaf(store: Store, chance: random.Random) -> range:
    """Found between two checkpoints, or exactly where the published files are at hand."""
    index = some(store, chance)
    event = event_at(store, index)
    changed = StoredRow(event.notification_id, event.application_id, event.version, event.topic, b"forged")
    store.execute(f"UPDATE {{events}} SET state = ? {BY_LEAF}", changed.state, index)
    store.execute("UPDATE audit_leaf SET leaf = ? WHERE leaf_index = ?", leaf_of(changed), index)
    return between_checkpoints(store, index)


def event_leaf_and_nodes(store: Store, chance: random.Random) -> range:
    places = event_and_leaf(store, chance)
    rebuild_nodes(store)
    return places


def event_and_leaf_deleted(store: Store, chance: random.Random) -> range:
    """Everything after it moves up, so that indexes stay dense."""
    index = chance.randrange(size_of(store) - 1)
    places = between_checkpoints(store, index)
    store.execute(f"DELETE FROM {{events}} {BY_LEAF}", index)
    store.execute("DELETE FROM audit_leaf WHERE leaf_index = ?", index)
    store.execute("UPDATE audit_leaf SET leaf_index = -leaf_index WHERE leaf_index > ?", index)
    store.execute("UPDATE audit_leaf SET leaf_index = -leaf_index - 1 WHERE leaf_index < 0")
    rebuild_nodes(store)
    return places


def node_bit(store: Store, chance: random.Random) -> range:
    height, index, hashed = chance.choice(store.rows("SELECT height, node_index, hash FROM audit_node"))
    bent = flipped(bytes(hashed), chance)
    store.execute("UPDATE audit_node SET hash = ? WHERE height = ? AND node_index = ?", bent, height, index)
    return range(index << height, (index + 1) << height)


def node_deleted(store: Store, chance: random.Random) -> range:
    height, index = chance.choice(store.rows("SELECT height, node_index FROM audit_node"))
    store.execute("DELETE FROM audit_node WHERE height = ? AND node_index = ?", height, index)
    return range(index << height, (index + 1) << height)


def node_added(store: Store, chance: random.Random) -> range:
    store.execute("INSERT INTO audit_node VALUES (?, ?, ?)", 8, 77, chance.randbytes(32))
    return only(size_of(store))


def checkpoint_root(store: Store, chance: random.Random) -> range:
    size, note = a_checkpoint(store, chance)
    forged = Checkpoint(ORIGIN, size, chance.randbytes(32)).text + note[note.rindex("\n\n") + 1 :]
    return put_checkpoint(store, size, forged)


def checkpoint_signed_by_another_key(store: Store, chance: random.Random) -> range:
    size, note = a_checkpoint(store, chance)
    return put_checkpoint(store, size, sign(Checkpoint.parse(note), [SigningKey.generate(ORIGIN)]))


def checkpoint_garbage(store: Store, chance: random.Random) -> range:
    size, note = a_checkpoint(store, chance)
    return put_checkpoint(store, size, chance.choice(["", "nothing", note[:40], note.replace("— ", "- ")]))


def checkpoint_of_another_size(store: Store, chance: random.Random) -> range:
    sizes = [row[0] for row in store.rows("SELECT tree_size FROM audit_checkpoint")]
    a, b = chance.sample(sizes, 2)
    return put_checkpoint(store, a, store.rows("SELECT note FROM audit_checkpoint WHERE tree_size = ?", b)[0][0])


def last_checkpoint_deleted(store: Store, chance: random.Random) -> range:
    last, before = [
        row[0] for row in store.rows("SELECT tree_size FROM audit_checkpoint ORDER BY tree_size DESC LIMIT 2")
    ]
    store.execute("DELETE FROM audit_checkpoint WHERE tree_size = ?", last)
    return range(before, last)


def resealed_with_another_key(store: Store, chance: random.Random) -> range:
    state_bit(store, chance)
    reseal(store, SigningKey.generate(ORIGIN))
    return range(size_of(store))


def rebuild_nodes(store: Store) -> None:
    frontier, nodes = Frontier(), []
    for (leaf,) in store.rows("SELECT leaf FROM audit_leaf ORDER BY leaf_index"):
        nodes += [done for done in frontier.append(leaf_hash(bytes(leaf))) if done[0] % TILE_HEIGHT == 0]
    store.execute("DELETE FROM audit_node")
    for node in nodes:
        store.execute("INSERT INTO audit_node VALUES (?, ?, ?)", *node)


def reseal(store: Store, key: SigningKey) -> None:
    """Throw the log away and make it again from the events as they now are."""
    for table in ("audit_leaf", "audit_node", "audit_checkpoint", "audit_key"):
        store.execute(f"DELETE FROM {table}")
    store.seal(key)


def a_checkpoint(store: Store, chance: random.Random) -> tuple[int, str]:
    match: list[Any] = store.rows("SELECT tree_size, note FROM audit_checkpoint")
    size, note = chance.choice(match)
    return size, note


def put_checkpoint(store: Store, size: int, note: str) -> range:
    store.execute("UPDATE audit_checkpoint SET note = ? WHERE tree_size = ?", note, size)
    return only(size - 1)


def between_checkpoints(store: Store, index: int) -> range:
    before = store.rows("SELECT coalesce(max(tree_size), 0) FROM audit_checkpoint WHERE tree_size <= ?", index)
    after = store.rows("SELECT min(tree_size) FROM audit_checkpoint WHERE tree_size > ?", index)
    return range(before[0][0], after[0][0])


KINDS: list[Kind] = [
    state_bit, state_emptied, topic, version, application, notification, states_swapped, events_reordered,
    event_deleted, application_deleted, event_inserted, events_truncated, leaf_bit, leaf_renumbered, leaf_deleted,
    leaves_truncated, leaf_appended, event_and_leaf, event_leaf_and_nodes, event_and_leaf_deleted, node_bit,
    node_deleted, node_added, checkpoint_root, checkpoint_signed_by_another_key, checkpoint_garbage,
    checkpoint_of_another_size, last_checkpoint_deleted, resealed_with_another_key,
]  # fmt: skip
__all__ = ["KEY", "KINDS", "reseal"]
