"""Everything an installation keeps, as text: tables, files, queues. For tests that look for what should be gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.engine import make_url

from infra.chassis.settings import SERVICES, Settings
from infra.embedded.broker import Broker

Store = tuple[str, str]


def tables(settings: Settings) -> Iterator[Store]:
    """Every column of every row of all five databases; bytes as the text they are."""
    for service in SERVICES:
        engine = create_engine(settings.database_url(service))
        expected = MetaData()
        expected.reflect(engine)
        with engine.connect() as connection:
            for table in expected.sorted_tables:
                rows = connection.execute(select(table)).all()
                yield f"{service}.{table.name}", "\n".join(" ".join(_text(value) for value in row) for row in rows)
        engine.dispose()


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def server_dumps(settings: Settings) -> Iterator[Store]:
    """What ``pg_dump`` writes of each database."""
    program = shutil.which("pg_dump") or str(next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))))
    for service in SERVICES:
        url = make_url(settings.database_url(service))
        plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
        env = {**os.environ, "PGPASSWORD": url.password or ""}
        done = subprocess.run([program, plain], env=env, capture_output=True, text=True, timeout=280, check=True)
        yield f"pg_dump {service}", done.stdout


def files(*folders: Path) -> Iterator[Store]:
    """Names and bytes of every file, databases of SQLite among them."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield str(path.relative_to(folder)), f"{path.name}\n{_bytes_of(path).decode('utf-8', 'replace')}"


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file; of a database another process reads them.

    A process that closes any handle on a database of SQLite's drops its own locks on it: the next process to open it
    takes itself for the first, cuts the shared index short, and whoever had it mapped dies of a bus error.
    """
    if ".sqlite" not in path.name:
        return path.read_bytes()
    return subprocess.run(["cat", str(path)], capture_output=True, check=True).stdout


def queues(settings: Settings, broker: Any = None) -> Iterator[Store]:
    """Every message that is in a queue, of RabbitMQ by its management interface."""
    if broker is None:
        for name, messages in Broker.named(settings.amqp_uri.removeprefix("embedded://")).queues.items():
            yield f"queue {name}", "\n".join(str(message) for message in messages)
        return
    host = quote(urlsplit(settings.amqp_uri).path.removeprefix("/"), safe="")
    arguments = {"count": 1000, "ackmode": "ack_requeue_true", "encoding": "auto", "truncate": 5_000_000}
    for queue in broker.manage("GET", f"queues/{host}").json():
        name = quote(queue["name"], safe="")
        result = broker.manage("POST", f"queues/{host}/{name}/get", arguments).json()
        yield f"queue {queue['name']}", json.dumps(result, ensure_ascii=False)
