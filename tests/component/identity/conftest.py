"""An identity service in memory: its use cases on an SQLite database that lives as long as one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import KeySet
from sqlalchemy import select

from infra.chassis.access.access_tokens import claims_of
from infra.chassis.access.actors import Actor
from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.contracts import contract_of
from infra.chassis.storage.tables import outbox
from services.identity import keys, passwords
from services.identity.access_log import AccessRecorder
from services.identity.accounts import Accounts, Registration
from services.identity.delegations import DelegationRegistrar
from services.identity.models import Table
from services.identity.offices import Offices
from services.identity.one_time_codes import OneTimeCodes
from services.identity.population import SAMPLE, RegisterFile
from services.identity.service_clients import ServiceClients
from services.identity.sessions import Authenticator
from services.identity.spraying import SourceBudget
from services.identity.tokens import Mint
from tests.support.tables_in_memory import with_tables

PASSWORD = "bốn con mèo ngủ trưa"
NOTIFICATIONS = ServiceReader("notifications", "gửi thông báo / to send a message")
OPERATOR = Actor("operator-of-the-test", "Người Vận Hành", frozenset({"operator"}))


class Identity:
    """All use cases of the service over one database, and short ways to what most tests need first."""

    def __init__(self) -> None:
        self.database = with_tables(Table.metadata, "identity")
        self.private = Ed25519PrivateKey.generate()
        self.mint = Mint(self.private)
        self.register = RegisterFile(SAMPLE)
        self.accounts = Accounts(self.database, self.register)
        self.codes = OneTimeCodes(self.database, keys.sealer(self.private, "otp"))
        self.sessions = Authenticator(self.database, self.mint, self.codes, SourceBudget(b"key of the test"))
        self.clients = ServiceClients(self.database, self.mint)
        self.offices = Offices(self.database)
        self.delegations = DelegationRegistrar(self.database)
        self.access = AccessRecorder(self.database)

    def claimed(self, person: int = 0, **other: str) -> Registration:
        """What person number ``person`` of the sample register would say about themselves."""
        entry = self.register.people()[person]
        fields = {
            "citizen_number": entry.citizen_number,
            "full_name": entry.full_name,
            "birth_date": entry.birth_date.isoformat(),
            "phone": f"09012345{person:02d}",
            "email": f"mau{person}@example.com",
        }
        return Registration(**{**fields, **other})

    def registered(self, person: int = 0) -> dict[str, Any]:
        return self.accounts.register_citizen(self.claimed(person), PASSWORD)

    def signed_in(self, person: int = 0) -> dict[str, Any]:
        return self.sessions.sign_in(self.claimed(person).citizen_number, PASSWORD)

    def claims(self, access_token: str) -> dict[str, Any]:
        return claims_of(access_token, self.keys(), "portal/accounts")

    def keys(self) -> KeySet:
        return KeySet.import_key_set({"keys": self.mint.keys.jwks()})

    def actor(self, person: int = 0) -> Actor:
        """Person number ``person``, registered and signed in."""
        self.registered(person)
        return self.actor_signed_in(person)

    def actor_signed_in(self, person: int = 0) -> Actor:
        return Actor.of_claims(self.claims(self.signed_in(person)["access_token"]))

    def outbox_events(self) -> list[tuple[str, dict[str, Any]]]:
        """Events waiting in the outbox, in their order."""
        with self.database.session() as session:
            return [(row.type, row.data) for row in session.execute(select(outbox).order_by(outbox.c.position))]

    def close(self) -> None:
        self.database.engine.dispose()


# These look at the digests themselves, or at how long they take.
AT_FULL_COST = {"test_passwords.py", "test_signing_in.py"}


@pytest.fixture(autouse=True)
def cheap_digests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Most tests sign people in and look at something else: their digests are argon2id at the least it can cost."""
    if request.path.name in AT_FULL_COST:
        yield
        return
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._decoy_digest.cache_clear()
    yield
    passwords._decoy_digest.cache_clear()


@pytest.fixture
def identity() -> Iterator[Identity]:
    made = Identity()
    yield made
    made.close()


@pytest.fixture
def operator() -> Actor:
    return OPERATOR


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def fits() -> Callable[[str, Any], None]:
    """Asserts that a reply is what the contract promises for that door."""

    def check(door: str, reply: Any) -> None:
        assert contract_of("identity").reply(door).problems(reply) == []

    return check
