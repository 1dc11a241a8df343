"""The log brings its checkpoints to a witness in another process, and is notified when histories do not fit."""

import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from services.applications.transparency.notes import COSIGNATURE, SigningKey, signers
from services.applications.transparency.proofs import Proofs
from services.applications.transparency.witness_watch import KnownWitness, WitnessRefuses, WitnessWatch
from services.applications.verification import verifier
from tests.service.transparency import tampering
from tests.service.transparency.stores import KEY


def test_every_new_checkpoint_is_cosigned_once(stores: Any, witness: KnownWitness) -> None:
    store = stores.empty()
    duty = WitnessWatch(store.database, [witness])
    assert duty.step() == 0
    for seed in range(3):
        store.grow(100, seed)
        store.seal()
        assert duty.step() == 1 and duty.step() == 0
        duty = WitnessWatch(store.database, [witness]) if seed == 1 else duty
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
        WitnessWatch(store.database, [witness]).step()
        with pytest.raises(WitnessRefuses, match="has seen 200 leaves"):
            WitnessWatch(yesterday.database, [witness]).step()
        assert [alarm["kind"] for alarm in alarms_of(witness)] == ["rolled_back"]
        other.execute("UPDATE {events} SET state = ? WHERE {id} = (SELECT min({id}) FROM {events})", b"forged")
        tampering.reseal(other, KEY)
        other.grow(300, 2)
        other.seal()
        with pytest.raises(WitnessRefuses, match="422"):
            WitnessWatch(other.database, [witness]).step()
        assert [alarm["kind"] for alarm in alarms_of(witness)] == ["rolled_back", "not_proved"]
    store.close()


@pytest.mark.parametrize("follower", ["running", "started anew"])
def test_a_dump_put_back_with_its_cosignatures_raises_the_alarm_too(
    stores: Any, witness: KnownWitness, follower: str
) -> None:
    store = stores.empty()
    store.grow(100)
    store.seal()
    assert WitnessWatch(store.database, [witness]).step() == 1
    with stores.copy(store) as yesterday:
        store.grow(100, 1)
        store.seal()
        duty = WitnessWatch(store.database, [witness])
        assert duty.step() == 1
        duty = duty if follower == "running" else WitnessWatch(yesterday.database, [witness])
        duty.database = yesterday.database
        with pytest.raises(WitnessRefuses, match="has seen 200 leaves"):
            duty.step()
        assert [(alarm["kind"], alarm["known_size"]) for alarm in alarms_of(witness)] == [("rolled_back", 200)]
    store.close()


def test_cosignatures_are_published_and_can_be_asked_for(stores: Any, witness: KnownWitness, tmp_path: Path) -> None:
    store, folder, stranger = stores.empty(), tmp_path / "tiles", SigningKey.generate("witness.invalid/w2", COSIGNATURE)
    store.grow(30)
    store.seal()
    store.publish(folder)
    arguments = ["log", str(folder), "--key", str(KEY.verifier), "--witness", str(witness.key)]
    status, output = verified(*arguments)
    assert status == 1 and output["first_bad"]["kind"] == "cosignature_missing"
    WitnessWatch(store.database, [witness]).step()
    store.publish(folder)
    assert signers((folder / "checkpoint").read_text(), [witness.key, KEY.verifier]) == [KEY.verifier, witness.key]
    status, output = verified(*arguments)
    assert status == 0 and output["cosigned"][0].startswith(f"{witness.key.name} 20")
    assert verified("log", store.url, *arguments[2:], "--tiles", str(folder))[0] == 0
    assert verified("log", store.url, *arguments[2:])[0] == 2
    assert verified(*arguments, "--witness", str(stranger.verifier))[1]["first_bad"]["detail"] == "witness.invalid/w2"
    store.grow(30, 1)
    store.seal(), store.publish(folder)
    assert store.verify(tiles=folder).ok and verified(*arguments)[0] == 1
    store.close()


def test_another_checkpoint_of_the_same_size_never_takes_the_published_ones_place(stores: Any, tmp_path: Path) -> None:
    store = stores.empty()
    store.grow(30)
    store.seal()
    store.publish(tmp_path)
    before = (tmp_path / "checkpoint").read_text()
    store.execute("UPDATE {events} SET state = ? WHERE {id} = (SELECT min({id}) FROM {events})", b"forged")
    tampering.reseal(store, KEY)
    store.publish(tmp_path)
    assert (tmp_path / "checkpoint").read_text() == before
    store.close()


def verified(*arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-I", str(verifier.__file__), *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return done.returncode, json.loads(done.stdout or done.stderr)


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/add-checkpoint", "many", 404),
        ("/add-checkpoint", "-1", 404),
        ("/add-checkpoint", "9" * 40, 404),
        ("/add-checkpoint", "100000", 413),
        ("/add-checkpoint", None, 404),
        ("/elsewhere", "3", 404),
    ],
)
def test_what_is_no_request_is_answered_and_the_witness_lives(
    witness: KnownWitness, path: str, length: str | None, status: int
) -> None:
    connection = http.client.HTTPConnection(witness.url.removeprefix("http://"), timeout=60)
    connection.putrequest("POST", path)
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()
    assert alarms_of(witness) == []


def test_what_is_cosigned_is_shown_again_now_and_then(
    stores: Any, witness: KnownWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores.empty()
    store.grow(10)
    store.seal()
    duty, request = WitnessWatch(store.database, [witness]), []
    really = KnownWitness.ask

    def count_and_ask(*arguments: Any) -> Any:
        request.append(1)
        return really(*arguments)

    monkeypatch.setattr(KnownWitness, "ask", count_and_ask)
    assert (duty.step(), duty.step(), len(request)) == (1, 0, 1)
    duty._shown_at[witness.key.name] -= 61
    assert (duty.step(), duty.step(), len(request)) == (0, 0, 2)
    store.close()


def alarms_of(witness: KnownWitness) -> list[dict[str, Any]]:
    with urlopen(f"{witness.url}/alarms", timeout=60) as answer:
        return list(json.load(answer))
