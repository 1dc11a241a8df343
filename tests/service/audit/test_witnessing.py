"""The log brings its checkpoints to a witness in another process, and hears of it when histories do not fit."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.applications.audit.notes import VerifierKey, signers
from services.applications.audit.proofs import Proofs
from services.applications.audit.witnessing import KnownWitness, Witnessing, WitnessRefuses
from tests.service.audit import tampering
from tests.service.audit.stores import KEY


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[KnownWitness]:
    """A witness as a process of its own on a free port."""
    command = [sys.executable, "-m", "services.applications.audit.witness", "--state", str(tmp_path / "witness")]
    command += ["--log", str(KEY.verifier), "--listen", "127.0.0.1:0"]
    with (
        (tmp_path / "witness.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=dict(os.environ)) as process,
    ):
        assert process.stdout
        _, key, _, address = process.stdout.readline().split()
        yield KnownWitness(VerifierKey.parse(key), f"http://{address}")
        process.terminate()


def test_every_new_checkpoint_is_cosigned_once(stores: Any, witness: KnownWitness) -> None:
    store = stores.empty()
    duty = Witnessing(store.database, [witness])
    assert duty.step() == 0
    for seed in range(3):
        store.grow(100, seed)
        store.seal()
        assert duty.step() == 1 and duty.step() == 0
        duty = Witnessing(store.database, [witness]) if seed == 1 else duty
    note = Proofs(store.database).checkpoint()["checkpoint"]
    assert signers(note, [witness.key, KEY.verifier]) == [KEY.verifier, witness.key]
    store.close()


def test_a_rolled_back_or_rewritten_log_gets_no_cosignature(stores: Any, witness: KnownWitness) -> None:
    store = stores.empty()
    store.grow(100)
    store.seal()
    with stores.copy(store) as yesterday, stores.copy(store) as other:
        store.grow(100, 1)
        store.seal()
        Witnessing(store.database, [witness]).step()
        with pytest.raises(WitnessRefuses, match="has seen 200 leaves"):
            Witnessing(yesterday.database, [witness]).step()
        other.execute("UPDATE {events} SET state = ? WHERE {id} = (SELECT min({id}) FROM {events})", b"forged")
        tampering.reseal(other, KEY)
        other.grow(300, 2)
        other.seal()
        with pytest.raises(WitnessRefuses, match="422"):
            Witnessing(other.database, [witness]).step()
    store.close()
