"""Stores on both databases, sealed once and copied for each act of tampering."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.applications.transparency.notes import VerifierKey
from services.applications.transparency.witness_watch import KnownWitness
from tests.service.transparency.stores import KEY, PostgresStores, SqliteStores


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Somewhere to make, copy and drop stores."""
    if request.param == "sqlite":
        yield SqliteStores(tmp_path_factory.mktemp("stores"))
        return
    stored = PostgresStores(request.getfixturevalue("database_server"))
    yield stored
    stored.drop()


@pytest.fixture(scope="module")
def sealed(stores: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    """A store of 1,000 sealed events and the folder its log was published to."""
    store, folder = stores.empty(), tmp_path_factory.mktemp("tiles")
    for seed in range(4):
        store.grow(250, seed)
        store.seal()
    store.publish(folder)
    yield store, folder
    store.close()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[KnownWitness]:
    """A witness as a process of its own on a free port."""
    command = [sys.executable, "-m", "services.applications.verification.witness", "--state", str(tmp_path / "witness")]
    command += ["--log", str(KEY.verifier), "--listen", "127.0.0.1:0"]
    with (
        (tmp_path / "witness.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=dict(os.environ)) as process,
    ):
        assert process.stdout
        _, key, _, address = process.stdout.readline().split()
        yield KnownWitness(VerifierKey.parse(key), f"http://{address}")
        process.terminate()
