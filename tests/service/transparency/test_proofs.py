"""What is asked of the log verifies elsewhere: with one file, no project and no database."""

import base64
import copy
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from infra.chassis.refusals import InvalidRequest
from services.applications.errors import NothingSealed, NotSealedYet
from services.applications.transparency.proofs import Proofs, opening
from services.applications.verification import verifier
from tests.service.transparency.stores import KEY, Store

SALT, CONTENT = b"s" * 32, '{"họ_tên":"Nguyễn Thị Mẫu"}'.encode()
COMMITMENT = hashlib.sha256(SALT + CONTENT).hexdigest()
APPLICATION = "0a0b0c0d-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def sealed_store(stores: Any) -> Any:
    """A sealed store with one application whose second event records an erasure, whose third holds a commitment."""
    store = stores.empty()
    store.grow(300)
    ids = [store.rows("SELECT max({id}) FROM {events}")[0][0] + n for n in (1, 2, 3)]
    columns = "{id}, originator_id, originator_version, topic, state"
    for version, notification in enumerate(ids, 1):
        fields = {1: {}, 2: {"erasure_id": "e-1"}, 3: {"answers": COMMITMENT}}[version]
        state = json.dumps(fields).encode()
        row = (notification, store.event_id(UUID(APPLICATION)), version, "applications.Started", state)
        store.execute(f"INSERT INTO {{events}} ({columns}) VALUES (?, ?, ?, ?, ?)", *row)
    store.grow(300, seed=1)
    store.seal()
    yield store
    store.close()


@pytest.fixture
def bundle(sealed_store: Store) -> dict[str, Any]:
    openings = [opening(3, "answers", COMMITMENT, CONTENT, SALT)]
    return Proofs(sealed_store.database).evidence(
        APPLICATION, openings=openings, procedure={"code": "1.001193", "version": 3}
    )


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    """Runs a copy of the verifier in an empty folder, without the project."""
    copied = tmp_path / "verifier.py"
    shutil.copy(verifier.__file__ or "", copied)

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-I", str(copied), *arguments, "--json", "--key", str(KEY.verifier)]
        done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=240)
        return done.returncode, json.loads(done.stdout or done.stderr)

    return run


def verdict_of(bundle: dict[str, Any]) -> verifier.Verdict:
    verdict = verifier.Verdict("bundle", "", keys_given=True)
    verifier.verify_bundle(bundle, [verifier.Key.parse(str(KEY.verifier))], verdict)
    return verdict


def test_evidence_verifies_on_its_own(bundle: dict[str, Any], alone: Any, tmp_path: Path) -> None:
    (tmp_path / "evidence.json").write_text(json.dumps(bundle))
    status, verdict = alone("bundle", "evidence.json")
    assert status == 0 and verdict["ok"] and verdict["events"] == 3


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("events", 1, "state"), "e30="),
        (("events", 1, "topic"), "applications.Approved"),
        (("events", 0, "version"), 2),
        (("events", 0, "leaf_index"), 7),
        (("events", 2, "notification_id"), 1),
        (("events", 2, "application_id"), "0a0b0c0d-0000-4000-8000-000000000002"),
        (("events", 1, "proof", 0), "A" * 43 + "="),
        (("events", 1, "proof"), []),
        (("events", 1), None),
        (("events",), []),
        (("application_id",), "0a0b0c0d-0000-4000-8000-000000000002"),
        (("checkpoint",), "nothing"),
        (("openings", 0, "content"), "e30="),
        (("openings", 0, "commitment"), "0" * 64),
        (("openings", 0, "version"), 1),
    ],
)
def test_changed_evidence_is_refused(bundle: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    bent = copy.deepcopy(bundle)
    target = bent
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    verdict = verdict_of(bent)
    assert not verdict.ok and verdict.first_bad and verdict.first_bad.words("vi")


@pytest.mark.parametrize("missing", [0, 1])
def test_evidence_with_an_event_left_out_is_refused(bundle: dict[str, Any], missing: int) -> None:
    del bundle["events"][missing]
    assert not verdict_of(bundle).ok


def test_evidence_signed_by_somebody_else_is_refused(bundle: dict[str, Any]) -> None:
    from services.applications.transparency.notes import Checkpoint, SigningKey, sign

    stranger = SigningKey.generate(KEY.name)
    bundle["checkpoint"] = sign(Checkpoint.parse(bundle["checkpoint"]), [stranger])
    bundle["keys"] = [str(stranger.verifier)]
    verdict = verdict_of(bundle)
    assert verdict.first_bad and verdict.first_bad.kind == "checkpoint_untrusted"


def test_evidence_without_a_key_of_ones_own_says_that_the_issuer_is_unchecked(
    bundle: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(bundle))
    done = subprocess.run(
        [sys.executable, "-I", verifier.__file__ or "", "bundle", str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0 and "TOÀN VẸN" in done.stdout and "CHÚ Ý" in done.stdout


def test_an_erased_content_still_verifies_by_its_commitment(sealed_store: Store) -> None:
    erased = Proofs(sealed_store.database).evidence(
        APPLICATION, openings=[opening(3, "answers", COMMITMENT, None, None)]
    )
    assert verdict_of(erased).ok and "Mẫu" not in json.dumps(erased, ensure_ascii=False)


def test_a_content_that_does_not_open_its_commitment_makes_no_evidence() -> None:
    with pytest.raises(ValueError, match="answers"):
        opening(3, "answers", COMMITMENT, b"other", SALT)


def test_evidence_waits_for_the_sealer(stores: Any) -> None:
    store = stores.empty()
    with pytest.raises(NothingSealed):
        Proofs(store.database).checkpoint()
    store.grow(5, applications=1)
    store.seal()
    row = store.rows("SELECT originator_id FROM {events} LIMIT 1")[0][0]
    assert len(Proofs(store.database).evidence(str(row))["events"]) == 5
    store.execute(
        "INSERT INTO {events} ({id}, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)",
        99,
        row,
        6,
        "applications.Accepted",
        b"x",
    )
    with pytest.raises(NotSealedYet):
        Proofs(store.database).evidence(str(row))
    store.close()


def test_single_proofs_verify(sealed_store: Store) -> None:
    proofs = Proofs(sealed_store.database)
    checkpoint = proofs.checkpoint()
    root = base64.b64decode(checkpoint["root"])
    result = proofs.inclusion_proof(sealed_store.rows("SELECT max({id}) FROM {events}")[0][0])
    hashes = [base64.b64decode(h) for h in result["proof"]]
    leaf = verifier.hash_leaf(base64.b64decode(result["leaf"]))
    assert verifier.root_by_inclusion(result["leaf_index"], result["tree_size"], leaf, hashes) == root
    for first in (1, 2, 255, 256, 600):
        proof = proofs.consistency_proof(first)
        old = base64.b64decode(proofs.inclusion_proof(1, 1)["leaf"]) if first == 1 else None
        if old is not None:
            hashes = [base64.b64decode(h) for h in proof["proof"]]
            assert verifier.extends(1, verifier.hash_leaf(old), checkpoint["tree_size"], root, hashes)
    for wrong in (lambda: proofs.inclusion_proof(1, 10_000), lambda: proofs.consistency_proof(10_000)):
        with pytest.raises(InvalidRequest):
            wrong()
    with pytest.raises(NotSealedYet):
        proofs.inclusion_proof(10_000_000)


def test_the_verifier_reads_a_log_and_its_consistency_on_its_own(stores: Any, alone: Any, tmp_path: Path) -> None:
    store, folder = stores.empty(), tmp_path / "tiles"
    store.grow(300)
    store.seal()
    (tmp_path / "old").write_text(store.checkpoint())
    store.grow(300, seed=1)
    store.seal()
    store.publish(folder)
    (tmp_path / "new").write_text(store.checkpoint())
    (tmp_path / "proof").write_text(json.dumps(Proofs(store.database).consistency_proof(300)))
    url = store.url
    assert alone("log", url, "--tiles", str(folder), "--checkpoint", "old")[0] == 0
    assert alone("log", str(folder))[1]["leaves"] == 600
    assert alone("consistency", "old", "new", "--proof", "proof")[0] == 0
    assert alone("consistency", "old", "new", "--tiles", str(folder))[0] == 0
    assert alone("consistency", "new", "old", "--tiles", str(folder))[1]["first_bad"]["kind"] == "rolled_back"
    (tmp_path / "proof").write_text(json.dumps({"proof": ["A" * 43 + "="]}))
    assert alone("consistency", "old", "new", "--proof", "proof")[1]["first_bad"]["kind"] == "forked"
    status, output = alone("consistency", "old", "new")
    assert status == 2 and output["ok"] is None
    assert alone("bundle", "nowhere.json")[0] == 2
    assert alone("log", "sqlite:///nowhere.sqlite")[0] == 2
    store.execute("UPDATE {events} SET topic = 'applications.Rejected' WHERE {id} = (SELECT min({id}) FROM {events})")
    status, output = alone("log", url, "--language", "vi")
    assert status == 1 and "sự kiện đã bị sửa sau khi niêm phong (loại sự kiện)" in output["first_bad"]["reason"]
    store.close()
