"""A running installation as outsiders find it: people who have signed in, doors to call, and what was recorded.

It runs on the embedded default (this process) or on real servers: RabbitMQ, PostgreSQL, one process for all doors
and one for all followers.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from joserfc import jwt
from joserfc.jwk import OKPKey
from nameko.exceptions import RemoteError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from infra.chassis import logs
from infra.chassis.contracts import contract_of
from infra.chassis.running.loader import service_class
from infra.chassis.settings import SERVICES, Settings
from infra.cli.connection import Portal, portal_session
from infra.cli.seed import seed
from tests.e2e.platforms import Processes
from tests.support.import_path import import_path
from tests.support.service_caller import ServiceCaller

AT_ONCE = 1.0  # seconds of processor time a refusal may cost; how long that takes is the machine's affair
SIGN_IN_AGAIN_AFTER = 600.0  # seconds; a token lasts fifteen minutes
PATIENCE = 60.0  # seconds what followers do may take
REPORT_SECRET = "bí mật chung của nhà cung cấp thư"
EXTRA = {
    "CATALOG_FOUR_EYES": "1",
    "DELIVERY_REPORT_SECRET_MAU": REPORT_SECRET,
    "PAYMENT_RETURN_ORIGINS": "https://portal.example http://127.0.0.1",
    "PORTAL_ENVIRONMENT": "development",
    "VIETQR_BANK_BIN": "970436",
    "VIETQR_ACCOUNT_NUMBER": "0011001234567",
    "VIETQR_ACCOUNT_NAME": "KHO BAC MAU",
}


@dataclass(frozen=True)
class RefusedCall:
    """How a door refused: the name, the words, the seconds of processor time it cost."""

    name: str
    words: str
    cost: float


def command() -> str:
    return str(uuid.uuid4())


def eventually(ask: Callable[[], Any], what: str) -> Any:
    """The first true answer of ``ask``."""
    until = time.monotonic() + PATIENCE
    while not (answer := ask()):
        assert time.monotonic() < until, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.05)
    return answer


@dataclass
class Installation:
    """``rpc("citizen")`` is the platform as that person reaches it; ``rpc(None)`` as anybody does."""

    portal: Portal
    world: dict[str, Any]
    tokens: dict[str, str] = field(default_factory=dict)
    signed_in_at: dict[str, float] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    engines: dict[str, Engine] = field(default_factory=dict)
    spent: dict[tuple[str, str | None], str] = field(default_factory=dict)  # a command id by service and person
    processes: Processes | None = None  # "doors" and "followers", on real servers

    def __post_init__(self) -> None:
        first, second = self.world["citizens"]
        self.people |= {**self.world["officials"], "citizen": first, "neighbour": second}
        for service in SERVICES:
            self.engines[service] = create_engine(self.portal.settings.database_url(service))

    @property
    def home(self) -> Path:
        return self.portal.settings.home

    @property
    def agency(self) -> str:
        return str(self.world["agency_code"])

    def rpc(self, person: str | None, language: str = "vi") -> Any:
        """``person`` may be a service, too: alone (``"notifications"``) or ``"payments for citizen"``."""
        service, _, behalf = (person or "").partition(" for ")
        if service in SERVICES:
            return ServiceCaller(self.portal.settings, service, self.token(behalf) if behalf else None, language)
        return self.portal.as_(self.token(person) if person else None, language)

    def token(self, person: str) -> str:
        if time.monotonic() - self.signed_in_at.get(person, math.inf) > SIGN_IN_AGAIN_AFTER:
            del self.tokens[person]
        if person not in self.tokens:
            special = {"client": self._client_token, "nobody": self._token_of_nobody}
            self.tokens[person] = special[person]() if person in special else self._signed_in(person)
            self.signed_in_at[person] = time.monotonic()
        return self.tokens[person]

    def processor_time(self) -> float:
        """Seconds that everything that answers has computed."""
        return self.processes.processor_time() if self.processes else time.process_time()

    def call(self, service: str, door: str, person: str | None = None, speaks: str = "vi", **arguments: Any) -> Any:
        reply = getattr(getattr(self.rpc(person, speaks), service), door)(**arguments)
        if arguments.get("command_id"):
            self.spent[(service, person)] = arguments["command_id"]
        return reply

    def answer(
        self, service: str, door: str, person: str | None = None, speaks: str = "vi", **arguments: Any
    ) -> RefusedCall | Any:
        """The reply, or how it was refused."""
        self.rpc(person, speaks)  # who has to sign in first does so before the costs are counted
        before = self.processor_time()
        try:
            return self.call(service, door, person, speaks, **arguments)
        except RemoteError as refused:
            return RefusedCall(refused.exc_type, str(refused.value), self.processor_time() - before)

    def register(self, person: str, roles: list[str], number: int) -> None:
        """One more of the sample people, with an account and perhaps a post at the agency."""
        expected = self.rpc(None).identity.sample_people()["items"][-number]
        particulars = {key: expected[key] for key in ("citizen_number", "full_name", "birth_date")}
        particulars |= {"phone": f"+849130000{number:02d}", "email": f"them{number:02d}@example.vn"}
        particulars["password"] = f"mật khẩu dài của người thứ {number}"
        account = self.call("identity", "register_citizen", **particulars, command_id=command())
        self.people[person] = {
            **particulars,
            "username": expected["citizen_number"],
            "account_id": account["account_id"],
        }
        if roles:
            post = {"account_id": account["account_id"], "agency_code": self.agency, "roles": roles}
            reply = self.call("identity", "appoint", "operator", **post, command_id=command())
            if reply.get("status") == "awaiting_approval":
                approval = {"request_id": reply["request_id"], "command_id": command()}
                self.call("identity", "approve_appointment", "operator_2", **approval)

    def recorded(self) -> dict[str, int]:
        """How much has ever been recorded: published by each service, and in the event store.

        Of the access log's seal nothing: what was read before is sealed at some time within a minute.
        """
        query = "SELECT MAX(position) FROM outbox WHERE type <> 'access_log_sealed.v1'"
        entries = {service: self._top(service, query) for service in SERVICES}
        column = "rowid" if self.portal.settings.embedded else "notification_id"
        return {**entries, "stored events": self._top("applications", f"SELECT MAX({column}) FROM stored_events")}

    def quiet(self) -> dict[str, int]:
        """What is recorded, once nothing more is added by what went before."""
        collected, since = self.recorded(), time.monotonic()
        until = since + PATIENCE
        while time.monotonic() < since + 1.0:
            assert time.monotonic() < until, "something is being recorded all the time"
            time.sleep(0.05)
            if (now := self.recorded()) != collected:
                collected, since = now, time.monotonic()
        return collected

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()

    def _top(self, service: str, question: str) -> int:
        with self.engines[service].connect() as connection:
            return int(connection.execute(text(question)).scalar() or 0)

    def _signed_in(self, person: str) -> str:
        """However many signed in wrongly just before, from the same address: that passes (half a minute)."""
        expected, until = self.people[person], time.monotonic() + 3 * PATIENCE
        while True:
            try:
                return self.portal.sign_in(expected["username"], expected["password"])
            except RemoteError as refused:
                if refused.exc_type != "SignInDelayed" or time.monotonic() > until:
                    raise
                time.sleep(1)

    def _token_of_nobody(self) -> str:
        """A good token of an account that is not there any more."""
        pem = (self.home / "secrets" / "identity-signing-key.pem").read_text()
        good = self.token("citizen")
        return signed_token(pem, claims_in(good) | {"sub": str(uuid.uuid4())}, header_of(good))

    def _client_token(self) -> str:
        """What client credentials get: a token with the role ``service``, which opens no door."""
        secret = (self.home / "secrets" / "client-applications.secret").read_text().strip()
        reply = self.rpc(None).identity.client_token(client_id="applications", client_secret=secret)
        return str(reply["access_token"])


def header_of(token: str) -> dict[str, Any]:
    return dict(json.loads(_part(token, 0)))


def claims_in(token: str) -> dict[str, Any]:
    return dict(json.loads(_part(token, 1)))


def _part(token: str, number: int) -> bytes:
    part = token.split(".")[number]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signed_token(pem: str, claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token with these claims, signed with the private key in ``pem``."""
    return jwt.encode(header, claims, OKPKey.import_key(pem), algorithms=["Ed25519"])


def doors() -> list[tuple[str, str]]:
    """Every door of every service, from the contracts."""
    return [(service, door) for service in SERVICES for door in contract_of(service).rpc]


def rule_of(service: str, door: str) -> Any:
    """Who may pass a door: ``roles`` and ``public``."""
    return getattr(service_class(service), door).rule


@contextlib.contextmanager
def on_the_embedded_default(folder: Path) -> Iterator[Installation]:
    logs.set_up("CRITICAL")  # thousands of refusals are news to nobody here
    with portal_session(Settings({**EXTRA, "PORTAL_HOME": str(folder / "home")})) as portal:
        installation = Installation(portal, seed(portal.settings, portal))
        yield installation
        installation.close()
    structlog.reset_defaults()


@contextlib.contextmanager
def on_real_servers(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[Installation]:
    own = {
        **EXTRA,
        "AMQP_URI": amqp_uri,
        "PORTAL_HOME": str(folder / "home"),
        "BLOB_STORE": str(folder / "blobs"),
        **{f"{service.upper()}_DATABASE_URL": database(service) for service in SERVICES},
    }
    processes = Processes({**os.environ, **own, "PYTHONPATH": import_path()}, folder)
    with contextlib.ExitStack() as stack:
        processes.portal("migrate")
        stack.callback(processes.stop_all)
        processes.start("doors")
        processes.start("followers", "--follower")
        processes.wait_ready()
        portal = Portal(Settings({**os.environ, **own}))
        stack.callback(portal.close)
        installation = Installation(portal, json.loads(processes.portal("seed", "--json")), processes=processes)
        stack.callback(installation.close)
        yield installation
