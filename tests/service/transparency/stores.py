"""Stores to seal and to tamper with: events as the recorder keeps them, the audit tables, raw access to both."""

import contextlib
import os
import random
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.transparency.history_keys import HistoryKeys
from services.applications.transparency.log import StoredLog
from services.applications.transparency.notes import SigningKey
from services.applications.transparency.sealer import Sealer
from services.applications.transparency.stored_rows import EventTable
from services.applications.transparency.tiles import TileFolder, TilePublisher
from services.applications.verification.verifier import Database as ReadOnly
from services.applications.verification.verifier import Key, Tiles, Verdict, verify_database

ORIGIN = "portal.invalid/applications"
KEY = SigningKey.generate(ORIGIN)
HISTORY_KEY = "key-of-these-tests-alone-" + "0" * 16
MACS = HistoryKeys([HISTORY_KEY])
FILLED = (
    "stored_events",
    "event_mac",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_key",
)
TOPICS = ("applications.Started", "applications.Submitted", "applications.Accepted", "applications.Approved")


class Store:
    """One database with events and their log, touched the way someone with all rights would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.id = "rowid" if self.sqlite else "notification_id"
        self.database = Database(url)

    @classmethod
    def make(cls, url: str) -> "Store":
        """A migrated database whose guards are off, as for someone with all rights."""
        upgrade(Settings({"APPLICATIONS_DATABASE_URL": url}), "applications")
        store = cls(url)
        if store.sqlite:
            for (name,) in store.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                store.execute(f"DROP TRIGGER {name}")
        return store

    @contextlib.contextmanager
    def raw(self) -> Iterator[Any]:
        if self.sqlite:
            with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection, connection:
                yield connection
        else:
            with psycopg.connect("postgresql" + self.url[self.url.index("://") :]) as postgresql:
                postgresql.execute("SET session_replication_role = replica")  # triggers do not fire
                yield postgresql

    def execute(self, query: str, *values: Any) -> None:
        with self.raw() as connection:
            connection.execute(self._in_dialect(query), values)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.raw() as connection:
            return list(connection.execute(self._in_dialect(query), values))

    def _in_dialect(self, query: str) -> str:
        query = query.replace("{events}", "stored_events").replace("{id}", self.id)
        return query if self.sqlite else query.replace("?", "%s")

    def event_id(self, at: uuid.UUID) -> Any:
        return at.hex if self.sqlite else at

    def grow(self, count: int, seed: int = 0, applications: int = 40) -> None:
        """More events of applications with random content; notification ids with holes, as failed writes leave them."""
        chance, rows = random.Random(seed), []
        last = self.rows("SELECT coalesce(max({id}), 0) FROM {events}")[0][0]
        versions: dict[uuid.UUID, int] = {}
        pool = [uuid.UUID(int=chance.getrandbits(128), version=4) for _ in range(applications)]
        for _ in range(count):
            last += 1 if chance.random() < 0.9 else 3
            application = chance.choice(pool)
            versions[application] = versions.get(application, 0) + 1
            row = (last, self.event_id(application), versions[application], chance.choice(TOPICS), chance.randbytes(40))
            rows.append(row)
        columns = "{id}, originator_id, originator_version, topic, state"
        with self.raw() as connection:
            cursor = connection.cursor()
            cursor.executemany(self._in_dialect(f"INSERT INTO {{events}} ({columns}) VALUES (?, ?, ?, ?, ?)"), rows)
            macs = [(row[1], row[2], MACS.key_id, MACS.mac(uuid.UUID(str(row[1])), *row[2:])) for row in rows]
            cursor.executemany(self._in_dialect("INSERT INTO event_mac VALUES (?, ?, ?, ?)"), macs)

    def sealer(self, *keys: SigningKey, **options: Any) -> Sealer:
        return Sealer(self.database, keys or [KEY], EventTable(), **{"interval": 0.0, **options})

    def seal(self, *keys: SigningKey) -> None:
        sealer = self.sealer(*keys)
        while sealer.step():
            pass

    def publish(self, folder: Path) -> None:
        publisher = TilePublisher(self.database, TileFolder(folder))
        while publisher.step():
            pass

    def checkpoint(self) -> str:
        with self.database.session() as session:
            return StoredLog(session.connection()).checkpoint() or ""

    def verify(self, *keys: SigningKey, tiles: Path | None = None, checkpoints: list[str] | None = None) -> Verdict:
        verdict = Verdict("log", self.url, keys_given=True)
        trusted = [Key.parse(str(key.verifier)) for key in keys or (KEY,)]
        with contextlib.closing(ReadOnly(self.url, None)) as database:
            verify_database(database, trusted, verdict, Tiles(str(tiles)) if tiles else None, checkpoints or [])
        return verdict

    def close(self) -> None:
        self.database.engine.dispose()


class SqliteStores:
    """Copies of a store as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def empty(self) -> Store:
        blank = self.folder / "blank.sqlite"
        if not blank.exists():
            Store.make(f"sqlite:///{blank}").close()
        path = self.folder / f"{uuid.uuid4().hex}.sqlite"
        shutil.copy(blank, path)
        return Store(f"sqlite:///{path}")

    @contextlib.contextmanager
    def emptied(self) -> Iterator[Store]:
        store = self.empty()
        yield store
        store.close()

    @contextlib.contextmanager
    def copy(self, store: Store) -> Iterator[Store]:
        with store.raw() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path = self.folder / f"{uuid.uuid4().hex}.sqlite"
        shutil.copy(store.url.removeprefix("sqlite:///"), path)
        copied = Store(f"sqlite:///{path}")
        yield copied
        copied.close()
        for left in self.folder.glob(f"{path.name}*"):
            left.unlink()


class PostgresStores:
    """Copies of a store as databases made from it; one that was tampered with is filled again, not made again."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.made: list[str] = []
        self._idle: dict[tuple[Any, ...], list[str]] = {}

    def empty(self) -> Store:
        if not self.made:
            self.made.append(self.server.make("applications"))
            Store.make(self.made[0]).close()
        self.made.append(self._copy_of(self.made[0]))
        return Store(self.made[-1])

    @contextlib.contextmanager
    def emptied(self) -> Iterator[Store]:
        """A store without any event, used before or not."""
        blank = next(iter(self._idle.pop(("emptied",), [])), None)
        store = Store(blank) if blank else self.empty()
        with store.raw() as connection:
            connection.execute(f"TRUNCATE {', '.join(FILLED)}")
        yield store
        store.close()
        self._idle[("emptied",)] = [store.url]

    @contextlib.contextmanager
    def copy(self, store: Store) -> Iterator[Store]:
        content = (store.url, *store.rows("SELECT max({id}), count(*) FROM {events}")[0], store.checkpoint())
        waiting = self._idle.setdefault(content, [])
        if waiting:
            copied = Store(waiting.pop())
            with copied.raw() as connection:
                connection.execute(f"TRUNCATE {', '.join(FILLED)}")
                for table in FILLED:
                    connection.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")
        else:
            store.close()
            copied = Store(self._copy_of(store.url))
            self.made.append(copied.url)
            with copied.raw() as connection:
                connection.execute("CREATE SCHEMA IF NOT EXISTS kept")
                for table in FILLED:
                    connection.execute(f"DROP TABLE IF EXISTS kept.{table}")
                    connection.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")
        yield copied
        copied.close()
        waiting.append(copied.url)

    def _copy_of(self, url: str) -> str:
        name, source = f"copy_{uuid.uuid4().hex[:12]}", make_url(url)
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{source.database}"')
        return source.set(database=name).render_as_string(hide_password=False)

    def drop(self) -> None:
        for url in self.made:
            self.server.drop(url)

    def _admin(self, statement: str) -> None:
        plain = self.server.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


def many(name: str, default: int) -> int:
    """How often a random test is repeated; raised by the environment for a long run."""
    return int(os.environ.get(name, default))
