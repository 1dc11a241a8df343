"""CPU milliseconds that each protection costs a call, beside a bare Ed25519 signature measured in the same turns.

In one process, without the wire: what a protection adds, not what carries it. The protections take turns, round by
round; milliseconds are the median of the rounds, a ratio is of one round. What writes rows counts PostgreSQL's
processor time as well.
"""

from __future__ import annotations

import os
import secrets
import ssl
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.access.access_records import Accessed, record_access
from infra.chassis.access.access_tokens import Keys, Tokens, claims_of, token_audience
from infra.chassis.access.actors import Actor
from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.event_store.history_keys import HistoryKeys
from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.trust.assertions import Assertions, Envelope, assertion
from infra.chassis.trust.event_signatures import check_event, signed_event
from infra.chassis.trust.installation import key_list, signer
from services.identity import passwords
from services.identity.access_log import AccessRecorder, record_service_reading
from services.identity.accounts import Accounts, Registration
from services.identity.models import Account
from services.identity.population import SAMPLE, RegisterFile
from tests.bench.processor_time import machine, of_program
from tests.support.stand_in_identity import SignedAnswers, token
from tests.unit.notifications.builders import event

ROUNDS, CALLS = 5, 300
BARE = "a bare Ed25519 signature"
CASE = "application_submitted.v1"
STATE_BYTES, MESSAGE_BYTES = 700, 4096
Row = dict[str, Any]


@dataclass
class Protection:
    """A thing a call does; ``prepare`` makes what each needs, and is not counted."""

    work: Callable[[Any], Any]
    prepare: Callable[[], Any] = lambda: None
    calls: int = CALLS
    stored: bool = False
    ms: list[float] = field(default_factory=list)

    def turn(self) -> None:
        prepared = [self.prepare() for _ in range(self.calls)]
        database = of_program("postgres", os.getpid()) if self.stored else 0.0
        began = time.process_time()
        for entry in prepared:
            self.work(entry)
        spent = (time.process_time() - began) * 1000
        if self.stored:
            spent += of_program("postgres", os.getpid()) - database
        self.ms.append(spent / self.calls)


def run(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Row]:
    """First the machine, then a row per protection: ``{what, ms, ratio, spread}``."""
    yield {"what": "machine", **machine()}
    settings = Settings({"PORTAL_HOME": str(folder), "AMQP_URI": amqp_uri, "PORTAL_ENVIRONMENT": "development"})
    stored = Settings({**settings.env, "IDENTITY_DATABASE_URL": database("identity")})
    upgrade(stored, "identity")
    protections = {**signatures(settings), **people(settings), **wire(folder), **access(stored)}
    for protection in protections.values():
        protection.turn()
        protection.ms.clear()
    for _ in range(ROUNDS):
        for protection in protections.values():
            protection.turn()
    for name, protection in protections.items():
        ratios = [own / bare for own, bare in zip(protection.ms, protections[BARE].ms, strict=True)]
        yield {
            "what": name,
            "ms": round(statistics.median(protection.ms), 4),
            "ratio": round(statistics.median(ratios), 2),
            "spread": [round(min(ratios), 2), round(max(ratios), 2)],
        }


def signatures(settings: Settings) -> dict[str, Protection]:
    """Events between services, calls between services, events that are stored."""
    bare, own, keys = Ed25519PrivateKey.generate(), signer(settings, "applications"), key_list(settings)
    sample, body = (
        event(CASE) | {"source": "/applications"},
        b'{"args": [], "kwargs": {}}',
    )
    door, history = Assertions(keys, "identity"), HistoryKeys([secrets.token_hex(32)])

    def envelope() -> Envelope:
        return Envelope(body, str(uuid4()), str(uuid4()), "call-1")

    def asserted() -> tuple[str, Envelope]:
        prepared = envelope()
        return assertion(own, prepared, "identity", "contact", None), prepared

    def recorded() -> tuple[Any, ...]:
        return uuid4(), 1, "applications.Submitted", secrets.token_bytes(STATE_BYTES)

    def authenticated() -> tuple[Any, ...]:
        prepared = recorded()
        return *prepared, history.key_id, history.mac(*prepared)

    def checked(prepared: Row) -> None:
        check_event(keys, prepared, source="applications", event_type=CASE, max_age=1e9)

    return {
        BARE: Protection(lambda _: bare.sign(b"x" * 200)),
        "event: signed by its source": Protection(lambda _: signed_event(own, sample)),
        "event: checked by a consumer": Protection(checked, lambda: signed_event(own, sample)),
        "call between services: asserted": Protection(
            lambda prepared: assertion(own, prepared, "identity", "contact", None), envelope
        ),
        "call between services: checked": Protection(
            lambda prepared: door.caller_of(prepared[0], prepared[1], "contact", None), asserted
        ),
        f"stored event of {STATE_BYTES} bytes: its MAC": Protection(lambda prepared: history.mac(*prepared), recorded),
        f"stored event of {STATE_BYTES} bytes: checked": Protection(
            lambda prepared: history.problem(*prepared), authenticated
        ),
    }


def people(settings: Settings) -> dict[str, Protection]:
    """Whoever signs in, and their token at a door."""
    keys = Keys(SignedAnswers(signer(settings, "identity")).jwks, key_list(settings))
    audience, tokens = token_audience("catalog"), Tokens(keys, token_audience("catalog"))
    access_token, device = token("somebody", "citizen"), pyotp.TOTP(pyotp.random_base32())
    digest = passwords.hash_password("bốn con mèo ngủ trưa")
    return {
        "token: verified, the first time": Protection(
            lambda _: claims_of(access_token, keys.for_token(access_token), audience)
        ),
        "token: seen before by this process": Protection(lambda _: tokens.verified(access_token)),
        "sign-in: password (argon2id)": Protection(
            lambda _: passwords.matches(digest, "bốn con mèo ngủ trưa"), calls=10
        ),
        "sign-in: one-time code": Protection(lambda _: device.verify("000000", valid_window=1)),
    }


def access(settings: Settings) -> dict[str, Protection]:
    """The access log: what recording adds to a reading, with the statement's part of PostgreSQL."""
    database = Database.at(settings.database_url("identity"))
    register = RegisterFile(SAMPLE)
    person = register.people()[0]
    claimed = Registration(
        person.citizen_number, person.full_name, person.birth_date.isoformat(), "0901234567", "mau@example.com"
    )
    account_id = Accounts(database, register).register_citizen(claimed, "bốn con mèo ngủ trưa")["account_id"]
    reader, recorder = ServiceReader("notifications", "gửi thông báo / to send a message"), AccessRecorder(database)
    officer = Actor(str(uuid4()), "Nguyễn Thị Mẫu", frozenset(), {"H01.01": frozenset({"accountant"})})

    def read(record: Callable[[Any], None]) -> None:
        with database.session() as session:
            session.scalar(select(Account.full_name).where(Account.id == account_id))
            record(session)

    def published() -> Row:
        data = {
            "by": {"account_id": officer.account_id, "role": "accountant", "agency_code": "H01.01"},
            "purpose": "xem / looking", "legal_basis": "Luật 97/2015/QH13", "at": clock.now().isoformat(),
            "accessed": [{"subject_id": account_id, "application_id": None, "reference": None, "procedure_code": None}],
        }  # fmt: skip
        number = secrets.randbits(48)
        return {"id": f"payments:{number}", "source": "/payments", "type": "personal_data_accessed.v1", "data": data}

    def through_outbox(session: Any) -> None:
        record_access(session, officer, [Accessed(account_id)], purpose="xem / looking")

    return {
        "a reading that nobody records": Protection(lambda _: read(lambda _session: None), stored=True),
        "the same, recorded in identity's log": Protection(
            lambda _: read(lambda session: record_service_reading(session, reader, account_id)), stored=True
        ),
        "the same, recorded in another service's outbox": Protection(lambda _: read(through_outbox), stored=True),
        "entered in the log by its event": Protection(
            lambda prepared: recorder.note_accesses("bench", prepared), published, stored=True
        ),
    }


def wire(folder: Path) -> dict[str, Protection]:
    """TLS between memories: both sides of a handshake, and of a message on a connection that is there."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    day = clock.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(day - timedelta(days=1))
    made = made.not_valid_after(day + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("broker")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = folder / "tls.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(pem + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    trusting, showing = ssl.create_default_context(cafile=str(file)), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    showing.load_cert_chain(file)

    def connected() -> tuple[ssl.SSLObject, ssl.SSLObject]:
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting.wrap_bio(back, there, server_hostname="broker")
        server = showing.wrap_bio(there, back, server_side=True)
        for side in (client, server, client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
        return client, server

    client, server = connected()

    def passed_on(_: object) -> None:
        client.write(b"x" * MESSAGE_BYTES)
        server.read(MESSAGE_BYTES)

    return {
        "TLS 1.3: a new connection, both sides": Protection(lambda _: connected(), calls=50),
        f"TLS 1.3: a message of {MESSAGE_BYTES} bytes, both sides": Protection(passed_on),
    }


def table(rows: list[Row]) -> str:
    """For the README: a line per protection."""
    lines = ["| protection | CPU ms | of a bare signature (spread) |", "|---|---|---|"]
    for row in rows[1:]:
        low, high = row["spread"]
        lines.append(f"| {row['what']} | {row['ms']:.3f} | {row['ratio']} ({low}–{high}) |")
    return "\n".join(lines)
