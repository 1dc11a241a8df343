import base64

import pytest

from services.applications.transparency.notes import (
    COSIGNATURE,
    Checkpoint,
    NotANote,
    SigningKey,
    VerifierKey,
    sign,
    signers,
    split,
)

ORIGIN = "portal.invalid/applications"
KEY = SigningKey.generate(ORIGIN)
CHECKPOINT = Checkpoint(ORIGIN, 20852163, bytes(range(32)))


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    note = sign(CHECKPOINT, [KEY])
    assert note.split("\n")[:2] == [ORIGIN, "20852163"] and "\n\n— " in note
    assert Checkpoint.parse(note) == CHECKPOINT and signers(note, [KEY.verifier]) == [KEY.verifier]


def test_keys_survive_being_written_down() -> None:
    assert SigningKey.parse(KEY.reveal()) == KEY and VerifierKey.parse(str(KEY.verifier)) == KEY.verifier
    assert KEY.seed.hex() not in repr(KEY) and base64.b64encode(KEY.seed).decode() not in repr(KEY)


def test_a_note_signed_by_two_keys_satisfies_whoever_knows_either() -> None:
    successor = SigningKey.generate(ORIGIN)
    note = sign(CHECKPOINT, [successor, KEY])
    assert signers(note, [KEY.verifier]) == [KEY.verifier]
    assert signers(note, [successor.verifier]) == [successor.verifier]


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    assert signers(sign(CHECKPOINT, [SigningKey.generate(ORIGIN)]), [KEY.verifier]) == []


def test_a_bad_signature_of_a_known_key_spoils_the_note() -> None:
    note = sign(CHECKPOINT, [KEY])
    with pytest.raises(NotANote):
        signers(note.replace("20852163", "20852164"), [KEY.verifier])


def test_a_cosignature_says_when_and_covers_it() -> None:
    witness = SigningKey.generate("witness.invalid/w1", COSIGNATURE)
    note = sign(CHECKPOINT, [KEY]) + witness.signature_line(CHECKPOINT.text, 1_679_315_147)
    assert signers(note, [witness.verifier, KEY.verifier]) == [KEY.verifier, witness.verifier]
    _, signatures = split(note)
    assert int.from_bytes(signatures[1][2][:8], "big") == 1_679_315_147
    moved = (1_679_315_148).to_bytes(8, "big") + signatures[1][2][8:]
    assert not witness.verifier.verifies(CHECKPOINT.text, moved)
    assert not witness.verifier.verifies(CHECKPOINT.text, b"short")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no signatures\n",
        "a\n\nb\n",
        f"{ORIGIN}\n007\n{'A' * 43}=\n\n— x AAAAAAA=\n",
        f"{ORIGIN}\n7\nAA==\n\n— x AAAAAAA=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotANote):
        Checkpoint.parse(text)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AQ==", "PRIVATE+KEY+a+00000000+AQ==", "a+b+%%%"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NotANote):
        SigningKey.parse(text)
    with pytest.raises(NotANote):
        VerifierKey.parse(text)


def test_a_key_name_has_no_spaces_or_plus_signs() -> None:
    for name in ("", "a b", "a+b"):
        with pytest.raises(NotANote):
            SigningKey.generate(name)
