"""The access log is sealed: each entry is chained to the one before, and each head of the chain is signed and told on.

The chain shows what was changed, taken out or put between afterwards; the signature, under a key that no database sees,
shows a chain that was made anew; *applications*, in a database of its own, keeps the heads it was sent, which shows a
log that was cut short. Entries are committed in another order than numbered, so the seal numbers them without holes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.trust.installation import key_list, signer
from infra.chassis.trust.key_list import KeyList
from infra.chassis.trust.signatures import SignatureRefused, Signer, canonical_json, verify_detached
from services.identity.models import AccessEntry, AccessHead, AccessSeal

HEAD_TYPE = "portal-access-log-head+jws"
BEGINNING = "0" * 64
EVERY = timedelta(seconds=60)  # a head is signed and published at most so often
AT_ONCE = 1000
IN_ANY_ORDER = 5000  # entries that may still be committed below the last one sealed
FIELDS = (
    "position", "event_id", "subject_id", "reader_id", "role", "agency_code", "application_id", "reference",
    "procedure_code", "at", "service", "door", "legal_basis", "commitment",
)  # fmt: skip


def chained(chain: str, entry: AccessEntry) -> str:
    """The chain with one more entry: SHA-256 over the chain before and the entry's canonical JSON, hex."""
    values = {name: getattr(entry, name) for name in FIELDS}
    leaf = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    return hashlib.sha256(chain.encode() + canonical_json(leaf)).hexdigest()


class AccessLogSealer:
    """A duty of the follower."""

    name = "seal the access log"

    def __init__(self, database: Database, service_key: Signer) -> None:
        self.database, self.service_key = database, service_key

    @classmethod
    def from_settings(cls, settings: Settings) -> AccessLogSealer:
        return cls(Database.at(settings.database_url("identity")), signer(settings, "identity"))

    def step(self) -> int:
        """Seal what is not sealed yet; how many entries."""
        with self.database.session() as session:
            head = session.scalar(select(AccessHead).order_by(AccessHead.size.desc()).limit(1))
            if head is not None and clock.now() - head.at < EVERY:
                return 0
            last = session.scalar(select(AccessSeal).order_by(AccessSeal.number.desc()).limit(1))
            number, chain = (last.number, last.chain) if last else (0, BEGINNING)
            entries = self._unsealed(session)
            for entry in entries:
                number, chain = number + 1, chained(chain, entry)
                session.add(AccessSeal(number=number, position=entry.position, chain=chain))
            if entries:
                self._sign(session, number, chain)
            return len(entries)

    def _unsealed(self, session: Session) -> Sequence[AccessEntry]:
        highest = session.scalar(select(AccessSeal.position).order_by(AccessSeal.position.desc()).limit(1)) or 0
        sealed = exists().where(AccessSeal.position == AccessEntry.position)
        query = select(AccessEntry).where(AccessEntry.position > highest - IN_ANY_ORDER, ~sealed)
        return session.scalars(query.order_by(AccessEntry.position).limit(AT_ONCE)).all()

    def _sign(self, session: Session, size: int, chain: str) -> None:
        now = clock.now()
        head = {"size": size, "chain": chain, "at": now.isoformat()}
        signature = self.service_key.sign_detached(HEAD_TYPE, canonical_json(head))
        session.add(AccessHead(size=size, chain=chain, at=now, signature=signature))
        event = {"size": size, "chain_id": chain, "at": head["at"]}
        enqueue(session, "access_log_sealed.v1", event, subject="access-log")


class LogHead(TypedDict):
    """How long the log was, and the chain's value there."""

    size: int
    chain: str


class AccessLogCheck:
    """What an auditor asks: whether the log is the one that was sealed."""

    def __init__(self, database: Database, trusted: KeyList) -> None:
        self.database, self.trusted = database, trusted

    @classmethod
    def from_settings(cls, settings: Settings) -> AccessLogCheck:
        return cls(Database.at(settings.database_url("identity")), key_list(settings))

    def verify_access_log(self, heads: Sequence[LogHead | Json] = ()) -> Json:
        """``heads``: what others were sent (*applications*: ``access_log_heads``), each ``{"size", "chain"}``.

        Returns ``{"ok", "entries", "head": {"size", "chain"}, "findings": [{"kind", "number"}]}``: ``entry_changed``,
        ``entry_missing``, ``seal_missing``, ``head_not_signed``, ``head_differs``, ``log_cut_short``.
        """
        findings: list[Json] = []
        with self.database.session() as session:
            own = list(session.scalars(select(AccessHead).order_by(AccessHead.size)))
            claimed: dict[int, set[str]] = {}
            for size, chain in [*((h.size, h.chain) for h in own), *((h["size"], h["chain"]) for h in heads)]:
                claimed.setdefault(size, set()).add(chain)
            findings += [_finding("head_not_signed", head.size) for head in own if not self._is_signed(head)]
            number, chain = 0, BEGINNING
            for number, chain, wrong in _walked(session):
                findings += [_finding(kind, number) for kind in wrong]
                if claimed.pop(number, {chain}) != {chain}:
                    findings.append(_finding("head_differs", number))
            findings += [_finding("log_cut_short", size) for size in sorted(claimed)]
        head = {"size": number, "chain": chain}
        return {"ok": not findings, "entries": number, "head": head, "findings": findings[:AT_ONCE]}

    def _is_signed(self, head: AccessHead) -> bool:
        statement = {"size": head.size, "chain": head.chain, "at": head.at.isoformat()}
        try:
            verify_detached(head.signature, HEAD_TYPE, canonical_json(statement), self.trusted.of("identity"))
        except SignatureRefused:
            return False
        return True


def _walked(session: Session) -> Iterator[tuple[int, str, list[str]]]:
    """Each number, the chain as the entries make it, and what is wrong there."""
    number, chain = 0, BEGINNING
    query = select(AccessSeal, AccessEntry).outerjoin(AccessEntry, AccessEntry.position == AccessSeal.position)
    while rows := session.execute(
        query.where(AccessSeal.number > number).order_by(AccessSeal.number).limit(AT_ONCE)
    ).all():
        for seal, entry in rows:
            wrong = ["seal_missing"] if seal.number != number + 1 else []
            number = seal.number
            wrong += _wrong(chain, seal, entry)
            chain = seal.chain  # one changed entry is one finding, not one for each that follows
            yield number, chain, wrong
        session.expunge_all()


def _wrong(chain: str, seal: AccessSeal, entry: AccessEntry | None) -> list[str]:
    if entry is None:
        return ["entry_missing"]
    return [] if chained(chain, entry) == seal.chain else ["entry_changed"]


def _finding(kind: str, number: int) -> Json:
    return {"kind": kind, "number": number}
