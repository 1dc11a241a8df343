"""Citizens and officers who want their work done whatever happens: the same command id until somebody answers."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import eventlet

from infra.cli.sample_documents import a_pdf, answers_for, as_base64
from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient

PROCEDURE = "1.001612"
REFUSED = 0.2  # of the applications: their applicants get a text as well
# Refusals that say "not yet": the same command is sent again.
NOT_YET = {
    "ServiceUnavailable",
    "TooManyRequests",
    "DeadlineExceeded",
    "InternalFailure",
    "ReadModelBehind",
    "FeeNotPaid",
    "NotYetSubmitted",
    "Unauthenticated",
    "ApplicationNotFound",
}


@dataclass
class Attempt:
    """One command as it was meant, and what became of it."""

    command_id: str
    door: str  # service.method
    application_id: str | None
    tries: int = 0
    outcome: str = "unknown"  # acknowledged, refused, unknown
    refusal: str = ""
    reply: dict[str, Any] = field(default_factory=dict)


@dataclass
class Ledger:
    """What was attempted, and what the clients were answered. The final state is held against it."""

    attempts: list[Attempt] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)

    def of(self, *outcomes: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.outcome in outcomes]


@dataclass
class People:
    """Tokens of everybody the load plays, renewed before they end."""

    uri: str
    seeded: dict[str, Any]
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    gateway: Any = None  # where those pay who pay online

    def token(self, role: str) -> str:
        token, made_at = self.tokens.get(role, ("", 0.0))
        if time.monotonic() - made_at < 300:
            return token
        person = (
            self.seeded["citizens"][int(role[-1])] if role.startswith("citizen") else self.seeded["officials"][role]
        )
        client = RpcClient(self.uri)
        for _ in range(60):
            try:
                person_fields = {key: person[key] for key in ("username", "password")}
                token = client.call("identity", "sign_in", person_fields, timeout=10)["access_token"]
                self.tokens[role] = (token, time.monotonic())
                break
            except (OutcomeUnknown, Refused):
                eventlet.sleep(0.5)
        client.close()
        return token


class Workload:
    """Some clients, each living one application after another until :meth:`finish`."""

    def __init__(self, uri: str, people: People, seed: int, clients: int = 3, pause: float = 0.2) -> None:
        self.uri, self.people, self.ledger = uri, people, Ledger()
        self.random, self.pause = random.Random(seed), pause
        self.stopping = False
        self.give_up_at = float("inf")
        self._clients = [eventlet.spawn(self._client, number) for number in range(clients)]

    def finish(self, patience: float = 45) -> None:
        """No new applications; what was begun is carried through, at most for ``patience`` seconds."""
        self.stopping, self.give_up_at = True, time.monotonic() + patience
        for client in self._clients:
            client.wait()

    def _client(self, number: int) -> None:
        client, citizen = RpcClient(self.uri), f"citizen{number % len(self.people.seeded['citizens'])}"
        while not self.stopping:
            self.one_application(client, citizen, refused=self.random.random() < REFUSED)
            eventlet.sleep(self.pause * self.random.random())
        client.close()

    def one_application(self, client: RpcClient, citizen: str, *, refused: bool = False) -> str | None:
        """From start to intake, or to its refusal; the id, or ``None`` when time ran out on the way."""
        started = self.send_until_answered(
            client, citizen, "applications.start", procedure_code=PROCEDURE, channel="online"
        )
        if started is None:
            return None
        about = {"application_id": started["application_id"]}
        procedure = self.procedure(client)
        required = [requirement["id"] for requirement in procedure["requirements"] if requirement["required"]]
        steps: list[tuple[str, str, dict[str, Any]]] = [
            (citizen, "applications.save_answers", {"answers": answers_for(procedure["form"], {})}),
            *((citizen, "applications.attach", attachment(entry)) for entry in required),
            (citizen, "applications.submit", {}),
        ]
        for who, door, arguments in steps:
            if self.send_until_answered(client, who, door, **about, **arguments) is None:
                return None
        if refused:
            why = {"reason": "A paper is illegible."}
            self.send_until_answered(client, "intake_officer", "applications.refuse_intake", **about, **why)
            return str(about["application_id"])
        owed = self.owed(client, **about)
        if owed and not self.pay(client, citizen, about, owed):
            return None
        self.send_until_answered(client, "intake_officer", "applications.accept", **about)
        return str(about["application_id"])

    def pay(self, client: RpcClient, citizen: str, about: dict[str, Any], owed: dict[str, Any]) -> bool:
        """Every other one at the gateway, the rest in cash at the office; whether it went through."""
        if self.random.random() < 0.5:
            started = self.send_until_answered(client, citizen, "payments.start_payment", **about, method="vnpay")
            if started is None:
                return False
            self.people.gateway.pay(started["redirect_url"])
            return True
        cash = {"method": "cash", "amount": owed, "receipt_book_number": f"AA/25E-{uuid.uuid4().hex[:10]}"}
        return self.send_until_answered(client, "accountant", "payments.record_offline", **about, **cash) is not None

    def owed(self, client: RpcClient, application_id: str) -> dict[str, Any] | None:
        """What is due, once payments has received the submission."""
        while time.monotonic() < self.give_up_at:
            try:
                arguments = {"application_id": application_id}
                result = client.call("payments", "demands", arguments, token=self.people.token("accountant"))
                return dict(result["owed"])
            except (OutcomeUnknown, Refused) as trouble:
                self.ledger.troubles[str(trouble).split(":")[0]] += 1
                eventlet.sleep(0.3)
        return None

    def procedure(self, client: RpcClient) -> dict[str, Any]:
        if not hasattr(self.people, "procedure"):
            while True:
                try:
                    self.people.procedure = client.call("catalog", "procedure", {"code": PROCEDURE})  # type: ignore[attr-defined]
                    break
                except (OutcomeUnknown, Refused):
                    eventlet.sleep(0.3)
        return self.people.procedure  # type: ignore[attr-defined]

    def send_until_answered(self, client: RpcClient, who: str, door: str, **arguments: Any) -> dict[str, Any] | None:
        """One command until it is acknowledged or finally refused; ``None`` then or when time runs out."""
        attempt = Attempt(str(uuid.uuid4()), door, arguments.get("application_id"))
        self.ledger.attempts.append(attempt)
        service, method = door.split(".")
        while time.monotonic() < self.give_up_at:
            attempt.tries += 1
            try:
                token = self.people.token(who)
                attempt.reply = client.call(
                    service, method, {**arguments, "command_id": attempt.command_id}, token=token
                )
                attempt.outcome = "acknowledged"
                attempt.application_id = attempt.reply.get("application_id", attempt.application_id)
                self.ledger.acknowledged_at.append(time.time())
                return attempt.reply
            except OutcomeUnknown as trouble:
                self.ledger.troubles[str(trouble).split(":")[0]] += 1
            except Refused as refusal:
                self.ledger.troubles[refusal.name] += 1
                if refusal.name == "Unauthenticated":
                    self.people.tokens.pop(who, None)  # signed in where the clock was wrong: once more
                if refusal.name not in NOT_YET:
                    attempt.outcome, attempt.refusal = "refused", str(refusal)
                    return None
            eventlet.sleep(0.2 + 0.3 * self.random.random())
        return None


def attachment(requirement: str) -> dict[str, str]:
    return {
        "requirement": requirement,
        "file_name": f"{requirement}.pdf",
        "media_type": "application/pdf",
        "content_base64": as_base64(a_pdf("Paper")),
    }
