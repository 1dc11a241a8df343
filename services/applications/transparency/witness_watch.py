"""Asking witnesses to cosign: a duty of the follower that brings each of them every new checkpoint.

`AUDIT_WITNESSES`: one `VKEY URL` per line. A witness that refuses has seen another history, or more of this one:
that is a failure of the duty, loud and counted, until someone has looked.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.http import call
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.text.numbers import natural_number
from services.applications.transparency.log import StoredLog
from services.applications.transparency.notes import Checkpoint, NotANote, VerifierKey, signers
from services.applications.transparency.tables import audit_cosignature

TIMEOUT = 5.0  # seconds
AGAIN = 60.0  # seconds after which a witness is shown what it has cosigned: it cannot judge what it is not shown


class WitnessRefuses(Exception):
    """A witness would not cosign: what it knows of this log does not fit what it was shown."""


@dataclass(frozen=True)
class KnownWitness:
    """A witness by the key its cosignatures must bear."""

    key: VerifierKey
    url: str

    def ask(self, old_size: int, proof: Sequence[bytes], note: str) -> tuple[int, str]:
        """Status and body of one `add-checkpoint`."""
        lines = "".join(base64.b64encode(hashed).decode() + "\n" for hashed in proof)
        body = f"old {old_size}\n{lines}\n{note}".encode()
        answer = call("POST", f"{self.url.rstrip('/')}/add-checkpoint", body=body, within=TIMEOUT)
        return answer.status, answer.body.decode("utf-8", "replace")


class WitnessWatch:
    """Has the latest checkpoint cosigned by every witness.

    What has a cosignature already is shown again at the start, when it is not the one shown last, and once a minute: a
    database put back to an earlier day brings the cosignatures of that day with it.
    """

    name = "witnessing"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, witnesses: Sequence[KnownWitness]) -> None:
        self.database = database
        self.witnesses = list(witnesses)
        self._sizes: dict[str, int] = {}
        self._shown_at: dict[str, float] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> WitnessWatch:
        lines = (settings.get("AUDIT_WITNESSES") or "").splitlines()
        pairs = [line.split() for line in lines if line.strip()]
        witnesses = [KnownWitness(VerifierKey.parse(key), url) for key, url in pairs]
        return cls(Database.at(settings.database_url("applications")), witnesses)

    def step(self) -> int:
        """How many cosignatures were obtained."""
        return sum(self._bring(witness) for witness in self.witnesses)

    def _bring(self, witness: KnownWitness) -> int:
        name = witness.key.name
        with self.database.session() as session:
            note = StoredLog(session.connection()).checkpoint()
            if note is None:
                return 0
            cosigned = self._has(session, witness, size := Checkpoint.parse(note).size)
        lately = time.monotonic() - self._shown_at.get(name, float("-inf")) < AGAIN
        if cosigned and lately and self._sizes.get(name) == size:
            return 0
        # No transaction is open while the network is waited for.
        # A log that is shorter than what the witness knows is shown all the same: the witness is who raises the alarm.
        status, body = self._ask(witness, min(self._sizes.get(name, 0), size), note, size)
        if status == 409 and (old := natural_number(body.strip(), 18)) is not None:
            self._sizes[name] = old
            if old > size:
                raise WitnessRefuses(f"{name} has seen {old} leaves, this log has {size}")
            status, body = self._ask(witness, old, note, size)
        if status != 200:
            raise WitnessRefuses(f"{name} answers {status}: {body.strip()[:200]}")
        self._sizes[name], self._shown_at[name] = size, time.monotonic()
        return 0 if cosigned else self._keep(witness, size, note, body)

    def _ask(self, witness: KnownWitness, old: int, note: str, size: int) -> tuple[int, str]:
        with self.database.session() as session:
            log = StoredLog(session.connection())
            proof = log.consistency_proof(old, size) if old <= size else []
        return witness.ask(old, proof, note)

    def _keep(self, witness: KnownWitness, size: int, note: str, lines: str) -> int:
        try:
            cosigned = signers(note + lines, [witness.key])
        except NotANote as error:
            raise WitnessRefuses(f"{witness.key.name} gave a cosignature that is not valid: {error}") from error
        if not cosigned:
            raise WitnessRefuses(f"{witness.key.name} answered without its cosignature")
        row = {"tree_size": size, "witness": witness.key.name, "lines": lines, "at": clock.now()}
        with self.database.session() as session:
            session.execute(insert(audit_cosignature).values(row))
        return 1

    def _has(self, session: Session, witness: KnownWitness, size: int) -> bool:
        cosigned = select(audit_cosignature.c.tree_size).where(
            audit_cosignature.c.tree_size == size, audit_cosignature.c.witness == witness.key.name
        )
        return session.execute(cosigned).first() is not None
