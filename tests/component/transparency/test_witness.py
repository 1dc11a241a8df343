"""The witness cosigns what extends what it knows, and nothing else."""

import base64
import json
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from services.applications.transparency import merkle
from services.applications.transparency.merkle import leaf_hash, root_of
from services.applications.transparency.notes import COSIGNATURE, Checkpoint, SigningKey, sign, signers
from services.applications.verification.witness import Memory, Witness

LOG = SigningKey.generate("portal.invalid/applications")
KEY = SigningKey.generate("witness.invalid/w1", COSIGNATURE)
HASHES = [leaf_hash(bytes([n])) for n in range(40)]
OTHERS = [leaf_hash(bytes([n, 1])) for n in range(40)]


def node(hashes: list[bytes], height: int, index: int) -> bytes:
    return root_of(hashes[index << height : (index + 1) << height])


def note(size: int, hashes: list[bytes] = HASHES, key: SigningKey = LOG) -> str:
    return sign(Checkpoint(key.name, size, root_of(hashes[:size])), [key])


def request(old: int, size: int, hashes: list[bytes] = HASHES, key: SigningKey = LOG) -> str:
    proof = merkle.consistency_proof(old, size, partial(node, hashes)) if old <= size else []
    lines = "".join(base64.b64encode(h).decode() + "\n" for h in proof)
    return f"old {old}\n{lines}\n{note(size, hashes, key)}"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(KEY, [LOG.verifier], Memory(tmp_path), now=lambda: 1_800_000_000.0)


def test_a_first_checkpoint_is_cosigned_and_remembered(witness: Witness) -> None:
    answer = witness.add_checkpoint(request(0, 7))
    assert answer.status == 200 and signers(note(7) + answer.body, [KEY.verifier]) == [KEY.verifier]
    assert witness.memory.last(LOG.name) == Checkpoint.parse(note(7))


def test_what_extends_the_known_is_cosigned_across_restarts(witness: Witness) -> None:
    for old, size in ((0, 7), (7, 7), (7, 8), (8, 31)):
        witness = Witness(KEY, [LOG.verifier], Memory(witness.memory.folder))
        assert witness.add_checkpoint(request(old, size)).status == 200
    assert witness.memory.alarms() == []


def test_another_old_size_is_told_what_is_known(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    answer = witness.add_checkpoint(request(0, 9))
    assert (answer.status, answer.body, answer.content_type) == (409, "7\n", "text/x.tlog.size")


def test_a_fork_is_refused_and_raises_an_alarm(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(7, 7, OTHERS)).status == 409
    assert witness.add_checkpoint(request(7, 20, OTHERS)).status == 422
    assert [alarm["kind"] for alarm in witness.memory.alarms()] == ["forked", "not_proved"]
    assert witness.memory.last(LOG.name) == Checkpoint.parse(note(7))


def test_a_rollback_raises_an_alarm_that_keeps_the_signed_note(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 20))
    assert witness.add_checkpoint(request(7, 12)).status == 409
    assert witness.add_checkpoint(request(7, 12)).status == 409
    alarms = witness.memory.alarms()
    assert len(alarms) == 1 and alarms[0]["kind"] == "rolled_back" and alarms[0]["note"] == note(12)


def test_the_same_size_with_another_root_raises_an_alarm_whatever_size_the_log_says_is_known(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.add_checkpoint(request(0, 7, OTHERS)).status == 409
    assert [alarm["kind"] for alarm in witness.memory.alarms()] == ["forked"]


def test_a_rollback_raises_an_alarm_even_by_a_log_that_asks_with_the_size_it_had(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 20))
    assert witness.add_checkpoint(f"old 20\n\n{note(12)}").status == 400
    assert [alarm["kind"] for alarm in witness.memory.alarms()] == ["rolled_back"]


def test_a_first_checkpoint_of_no_leaves_raises_none(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, 0)).status == 200 and witness.memory.alarms() == []


def test_unknown_logs_and_unsigned_checkpoints_are_refused(witness: Witness) -> None:
    assert witness.add_checkpoint(request(0, 7, key=SigningKey.generate("other.invalid/log"))).status == 404
    assert witness.add_checkpoint(request(0, 7, key=SigningKey.generate(LOG.name))).status == 403
    assert witness.add_checkpoint(request(0, 7).replace("\n7\n", "\n8\n")).status == 403


@pytest.mark.parametrize(
    "body", ["", "old\n\n", "old x\n\n", "old 07\n\n", "new 0\n\n", "old 0\n%%%\n\n", "old 0\nAAAA\n\n", "old -1\n\n"]
)
def test_malformed_requests_are_refused(witness: Witness, body: str) -> None:
    assert witness.add_checkpoint(body + note(7)).status == 400


def test_an_old_size_beyond_the_checkpoint_is_malformed(witness: Witness) -> None:
    assert witness.add_checkpoint(f"old 9\n\n{note(7)}").status == 400


def test_a_log_that_falls_silent_shows(witness: Witness, tmp_path: Path) -> None:
    [log] = json.loads(witness.about("/logs").body)
    assert log == {"origin": LOG.name, "size": None, "cosigned_at": None}
    witness.add_checkpoint(request(0, 7))
    [log] = json.loads(witness.about("/logs").body)
    (tmp_path / "now").touch()  # by the clock of the file system, which says when the witness remembered
    since = (tmp_path / "now").stat().st_mtime - datetime.fromisoformat(log["cosigned_at"]).timestamp()
    assert log["size"] == 7 and 0 <= since < 60


def test_people_can_look_at_alarms_and_the_last_checkpoint(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 7))
    assert witness.about(f"/checkpoint?origin={LOG.name}").body == Checkpoint.parse(note(7)).text
    assert witness.about("/alarms").body == "[]\n" and witness.about("/healthz").status == 200
    assert witness.about("/checkpoint?origin=x").status == witness.about("/elsewhere").status == 404


def test_a_line_torn_by_a_power_cut_hides_no_alarm_and_is_said(witness: Witness) -> None:
    for size in (20, 12):
        witness.add_checkpoint(request(0, size))
    path = witness.memory.folder / "alarms.jsonl"
    content = path.read_bytes()
    path.write_bytes(content + content[: len(content) // 2])
    again = Witness(KEY, [LOG.verifier], Memory(witness.memory.folder))
    assert [alarm["kind"] for alarm in again.memory.alarms()] == ["rolled_back", "torn_line"]
    assert again.about("/alarms").status == 200
    again.add_checkpoint(request(0, 11))
    assert [alarm["kind"] for alarm in again.memory.alarms()] == ["rolled_back", "torn_line", "rolled_back"]


@pytest.mark.parametrize("left", [b"", b"\n", b"{", b"[]", b'"words"', b"\xff\xfe", b"null"])
def test_alarms_are_read_whatever_is_left_of_them(witness: Witness, left: bytes) -> None:
    (witness.memory.folder / "alarms.jsonl").write_bytes(left)
    assert {alarm["kind"] for alarm in witness.memory.alarms()} <= {"torn_line"}
