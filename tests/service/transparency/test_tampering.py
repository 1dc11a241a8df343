"""Whoever has all rights on the database can change anything in it, and cannot hide that."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.applications.verification.verifier import Key, Tiles, Verdict, verify_tiles
from tests.service.transparency import tampering
from tests.service.transparency.stores import KEY, SqliteStores, Store, many

PLACES = many("TAMPERING_PLACES", 2)
CLEAN = many("TAMPERING_CLEAN_STORES", 100)
SIZES = (1, 2, 7, 31, 64)
NOT_UTF_8 = object()
EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state")


@pytest.mark.parametrize("kind", tampering.KINDS, ids=lambda kind: kind.__name__)
def test_tampering_is_found_and_located(stores: Any, sealed: tuple[Store, Path], kind: tampering.Kind) -> None:
    found_and_located(stores, sealed, kind, PLACES)


def found_and_located(stores: Any, sealed: tuple[Store, Path], kind: tampering.Kind, places: int) -> None:
    for place in range(places):
        chance = random.Random(f"{kind.__name__} {place}")
        with stores.copy(sealed[0]) as store:
            touched = kind(store, chance)
            verdict = store.verify()
            assert not verdict.ok, (kind.__name__, place)
            first = verdict.first_bad
            assert first is not None and first.words("vi") and first.words("en")
            assert first.index is not None and first.index in touched, (place, touched, verdict.findings[:5])
            assert first.last is None or first.last in touched or first.kind.endswith("_missing")


@pytest.mark.parametrize("kind", [tampering.event_and_leaf, tampering.event_leaf_and_nodes], ids=lambda k: k.__name__)
def test_with_the_published_files_at_hand_the_place_is_exact(stores: Any, sealed: Any, kind: tampering.Kind) -> None:
    for place in range(PLACES):
        with stores.copy(sealed[0]) as store:
            kind(store, random.Random(place))
            changed = store.rows("SELECT {id} FROM {events} WHERE state = ?", b"forged")[0][0]
            verdict = store.verify(tiles=sealed[1])
            assert changed in [f.notification_id for f in verdict.findings if f.index == f.last or f.last is None]


def test_a_log_made_again_with_its_own_key_contradicts_what_was_published(stores: Any, sealed: Any) -> None:
    with stores.copy(sealed[0]) as store:
        index = 500
        store.execute(f"UPDATE {{events}} SET state = ? {tampering.BY_LEAF}", b"forged", index)
        tampering.reseal(store, KEY)
        assert store.verify().ok
        by_tiles, by_note = store.verify(tiles=sealed[1]), store.verify(checkpoints=[sealed[0].checkpoint()])
        assert not by_tiles.ok and by_tiles.first_bad and by_tiles.first_bad.index == index
        assert not by_note.ok and by_note.first_bad and by_note.first_bad.kind == "forked"


def test_yesterdays_dump_put_back_is_shorter_than_what_was_published(stores: Any, sealed: Any, tmp_path: Path) -> None:
    with stores.copy(sealed[0]) as yesterday:
        with stores.copy(yesterday) as today:
            today.grow(100, seed=77)
            today.seal()
            today.publish(tmp_path)
            checkpoint = today.checkpoint()
        assert yesterday.verify(tiles=sealed[1]).ok
        for verdict in (yesterday.verify(tiles=tmp_path), yesterday.verify(checkpoints=[checkpoint])):
            assert not verdict.ok and verdict.first_bad
            assert (verdict.first_bad.kind, verdict.first_bad.index, verdict.first_bad.last) == (
                "rolled_back",
                1000,
                1099,
            )


def test_dropping_the_tail_of_everything_is_seen_by_whoever_kept_a_checkpoint(stores: Any, sealed: Any) -> None:
    with stores.copy(sealed[0]) as store:
        store.execute("DELETE FROM audit_checkpoint WHERE tree_size > 500")
        store.execute("DELETE FROM audit_leaf WHERE leaf_index >= 500")
        store.execute("DELETE FROM audit_node WHERE (node_index + 1) * 256 > 500")
        store.execute("DELETE FROM {events} WHERE {id} > (SELECT max(notification_id) FROM audit_leaf)")
        verdict = store.verify(checkpoints=[sealed[0].checkpoint()])
        assert not verdict.ok and verdict.first_bad and verdict.first_bad.kind == "rolled_back"


def test_what_is_changed_says_which_part_of_the_event(stores: Any, sealed: Any) -> None:
    for kind, field in ((tampering.state_bit, "state"), (tampering.topic, "topic"), (tampering.version, "version")):
        with stores.copy(sealed[0]) as store:
            kind(store, random.Random(5))
            first = store.verify().first_bad
            assert first and first.kind == "event_changed" and first.fields == [field]


def test_a_changed_leaf_is_not_blamed_on_its_event(stores: Any, sealed: Any) -> None:
    with stores.copy(sealed[0]) as store:
        leaf = bytes(store.rows("SELECT leaf FROM audit_leaf WHERE leaf_index = 300")[0][0])
        store.execute("UPDATE audit_leaf SET leaf = ? WHERE leaf_index = 300", leaf[:-1] + bytes([leaf[-1] ^ 1]))
        verdict = store.verify()
        assert verdict.found == 1 and verdict.first_bad and verdict.first_bad.kind == "leaf_changed"


def test_a_changed_published_file_is_found(stores: Any, tmp_path: Path) -> None:
    store = stores.empty()
    store.grow(600)
    store.seal()
    store.publish(tmp_path)
    keys = [Key.parse(str(KEY.verifier))]
    for path in [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "keys"]:
        original = path.read_bytes()
        path.write_bytes(tampering.flipped(original, random.Random(path.name)))
        verdict = Verdict("log", "", keys_given=True)
        verify_tiles(Tiles(str(tmp_path)), keys, verdict, lambda _: None)
        assert not verdict.ok, path
        path.write_bytes(original)
    store.close()


@pytest.fixture(scope="module")
def loosely_typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteStores, Store]]:
    """SQLite keeps anything in any column."""
    stores = SqliteStores(tmp_path_factory.mktemp("loose"))
    store = stores.empty()
    store.grow(300)
    store.seal()
    yield stores, store
    store.close()


@pytest.mark.parametrize("value", ["", "x", b"", b"\xff" * 40, -1, 1 << 62, 1.5, NOT_UTF_8], ids=repr)
@pytest.mark.parametrize(
    ("column", "row", "places"),
    [
        *((f"stored_events.{name}", 100, range(99, 101)) for name in EVENT_COLUMNS),
        *((f"audit_leaf.{name}", 100, range(99, 101)) for name in ("notification_id", "leaf")),
        *((f"audit_node.{name}", 1, range(256)) for name in ("height", "node_index", "hash")),
        ("audit_checkpoint.note", 256, range(255, 256)),
    ],
)
def test_what_has_not_its_type_is_found_and_located(
    loosely_typed: tuple[SqliteStores, Store], column: str, row: int, places: range, value: Any
) -> None:
    stores, sealed = loosely_typed
    table, _, name = column.partition(".")
    with stores.copy(sealed) as store:
        arguments = "CAST(x'fffe41' AS TEXT)" if value is NOT_UTF_8 else "?"
        values = () if value is NOT_UTF_8 else (value,)
        key = store.rows(f"SELECT notification_id FROM audit_leaf WHERE leaf_index = {row}")[0][0]
        where = f"rowid = {key}" if table == "stored_events" else f"rowid = {row}"
        store.execute(f"UPDATE {table} SET {name} = {arguments} WHERE {where}", *values)
        first = store.verify().first_bad
        assert first is not None and first.words("vi") and (first.index in places or first.last in places)


def test_clean_stores_raise_no_alarm(stores: Any, tmp_path: Path) -> None:
    for number in range(CLEAN):
        with stores.emptied() as store:
            verdict = grown_and_verified(store, random.Random(number), number * 10, tmp_path / str(number))
            assert verdict.ok and verdict.events == verdict.leaves + verdict.unsealed, (number, verdict.findings)


def grown_and_verified(store: Store, chance: random.Random, seed: int, folder: Path) -> Verdict:
    """A store of any small size, sealed and published in any number of steps, with events still waiting."""
    for step in range(chance.randrange(1, 4)):
        count = chance.choice(SIZES) if step else chance.choice([*SIZES, 255, 256, 257, 300])
        store.grow(count, seed=seed + step, applications=chance.randrange(1, 30))
        store.seal()
        store.publish(folder)
    checkpoint = store.checkpoint()
    store.grow(chance.randrange(5), seed=seed + 9)
    return store.verify(tiles=folder, checkpoints=[checkpoint])
