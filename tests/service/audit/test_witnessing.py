"""The log brings its checkpoints to a witness in another process, and hears of it when histories do not fit."""

import json
from typing import Any
from urllib.request import urlopen

import pytest

from services.applications.audit.notes import signers
from services.applications.audit.proofs import Proofs
from services.applications.audit.witnessing import KnownWitness, Witnessing, WitnessRefuses
from tests.service.audit import tampering
from tests.service.audit.stores import KEY


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
        assert [alarm["kind"] for alarm in alarms_of(witness)] == ["rolled_back"]
        other.execute("UPDATE {events} SET state = ? WHERE {id} = (SELECT min({id}) FROM {events})", b"forged")
        tampering.reseal(other, KEY)
        other.grow(300, 2)
        other.seal()
        with pytest.raises(WitnessRefuses, match="422"):
            Witnessing(other.database, [witness]).step()
        assert [alarm["kind"] for alarm in alarms_of(witness)] == ["rolled_back", "not_proved"]
    store.close()


@pytest.mark.parametrize("follower", ["running", "started anew"])
def test_a_dump_put_back_with_its_cosignatures_raises_the_alarm_too(
    stores: Any, witness: KnownWitness, follower: str
) -> None:
    store = stores.empty()
    store.grow(100)
    store.seal()
    assert Witnessing(store.database, [witness]).step() == 1
    with stores.copy(store) as yesterday:
        store.grow(100, 1)
        store.seal()
        duty = Witnessing(store.database, [witness])
        assert duty.step() == 1
        duty = duty if follower == "running" else Witnessing(yesterday.database, [witness])
        duty.database = yesterday.database
        with pytest.raises(WitnessRefuses, match="has seen 200 leaves"):
            duty.step()
        assert [(alarm["kind"], alarm["known_size"]) for alarm in alarms_of(witness)] == [("rolled_back", 200)]
    store.close()


def test_what_is_cosigned_is_shown_again_now_and_then(
    stores: Any, witness: KnownWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores.empty()
    store.grow(10)
    store.seal()
    duty, asked = Witnessing(store.database, [witness]), []
    really = KnownWitness.ask
    monkeypatch.setattr(KnownWitness, "ask", lambda *given: asked.append(1) or really(*given))
    assert (duty.step(), duty.step(), len(asked)) == (1, 0, 1)
    duty._shown_at[witness.key.name] -= 61
    assert (duty.step(), duty.step(), len(asked)) == (0, 0, 2)
    store.close()


def alarms_of(witness: KnownWitness) -> list[dict[str, Any]]:
    with urlopen(f"{witness.url}/alarms", timeout=5) as answer:
        return list(json.load(answer))
