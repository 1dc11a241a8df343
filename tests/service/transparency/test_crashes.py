"""Whatever step of sealing, publishing or witnessing a process dies at: what is left holds, the next one goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from services.applications.transparency.witness_watch import KnownWitness
from tests.service.transparency.stores import KEY

STEPS = {
    f"{when} {what}"
    for what in ("INSERT", "commit", "fsync", "replace", "asking the witness", "the witness's answer")
    for when in ("before", "after")
}


def test_a_log_survives_the_death_of_its_sealer_at_every_step(
    stores: Any, witness: KnownWitness, tmp_path: Path
) -> None:
    store = stores.empty()
    report = [store.url, str(tmp_path / "tiles"), KEY.reveal(), str(witness.key), witness.url]
    plain = {name: value for name, value in os.environ.items() if name != "PSYCOPG_WAIT_FUNC"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.service.transparency.crash_rounds", *report],
        env=plain,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    output = json.loads(done.stdout)
    assert output["rounds"] > 40 and set(output["steps"]) >= STEPS, output
    store.close()
