"""Tampering shown: a copy of the store is changed by someone with all rights, and the verifier says where.

Works on an SQLite store only, and never on the store itself.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.transparency.keys import signing_keys
from services.applications.verification import verifier


def tamper_with_a_copy(settings: Settings, language: str = "vi") -> Json:
    """{"changed": {"notification_id", "application_id", "version", "topic"}, "before", "after": {"status", "text"}}.

    `before` is the verifier's verdict on the untouched copy, `after` on the changed one, each run as a process that
    knows nothing of this project.
    """
    source = make_url(settings.database_url("applications")).database or ""
    key = str(signing_keys(settings)[0].verifier)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(copy)) as target:
            store.backup(target)
        before = _verdict(copy, key, language)
        changed = _change_one_event(copy)
        return {"changed": changed, "before": before, "after": _verdict(copy, key, language)}


def _change_one_event(copy: Path) -> Json:
    """Turn one letter of one sealed event, having switched off the guards as only an owner can."""
    with closing(sqlite3.connect(copy)) as connection, connection:
        for (name,) in list(connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            connection.execute(f'DROP TRIGGER "{name}"')
        columns = "rowid, originator_id, originator_version, topic, state"
        sealed = "SELECT notification_id FROM audit_leaf"
        rows = list(connection.execute(f"SELECT {columns} FROM stored_events WHERE rowid IN ({sealed})"))  # noqa: S608
        if not rows:
            raise ValueError("nothing is sealed yet")
        row = random.choice(rows)
        state = bytearray(row[4])
        state[len(state) // 2] ^= 1
        connection.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (bytes(state), row[0]))
    names = ("notification_id", "application_id", "version", "topic")
    return dict(zip(names, row, strict=False))


def _verdict(copy: Path, key: str, language: str) -> Json:
    command = [sys.executable, "-I", str(verifier.__file__), "log", str(copy), "--key", key, "--language", language]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    return {"status": done.returncode, "text": (done.stdout or done.stderr).strip()}
