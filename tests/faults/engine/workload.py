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
from tests.faults.engine.client import Caller, Refused, Unknown

PROCEDURE = "1.001612"
REFUSED = 0.2  # of the applications: their applicants get a text as well
# Refusals that say "not yet": the same command is sent again.
NOT_YET = {
    "ServiceUnavailable", "DeadlineExceeded", "InternalFailure", "ReadModelBehind", "FeeNotPaid", "NotYetSubmitted",
    "Unauthenticated", "ApplicationNotFound",
}  # fmt: skip


@dataclass
class Act:
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
    """What was attempted, and what the clients were told. The truth the final state is held against."""

    acts: list[Act] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)

    def of(self, *outcomes: str) -> list[Act]:
        return [act for act in self.acts if act.outcome in outcomes]


@dataclass
class People:
    """Tokens of everybody the load plays, renewed before they end."""

    uri: str
    world: dict[str, Any]
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    bank: Any = None  # where those pay who pay online

    def token(self, role: str) -> str:
        token, made_at = self.tokens.get(role, ("", 0.0))
        if time.monotonic() - made_at < 300:
            return token
        person = self.world["citizens"][int(role[-1])] if role.startswith("citizen") else self.world["officials"][role]
        caller = Caller(self.uri)
        for _ in range(60):
            try:
                known = {key: person[key] for key in ("username", "password")}
                token = caller.ask("identity", "sign_in", known, timeout=10)["access_token"]
                self.tokens[role] = (token, time.monotonic())
                break
            except (Unknown, Refused):
                eventlet.sleep(0.5)
        caller.close()
        return token


class Load:
    """Some clients, each living one application after another until :meth:`finish`."""

    def __init__(self, uri: str, people: People, seed: int, clients: int = 3, pause: float = 0.2) -> None:
        self.uri, self.people, self.ledger = uri, people, Ledger()
        self.random, self.pause = random.Random(seed), pause
        self.ending = False
        self.give_up_at = float("inf")
        self._clients = [eventlet.spawn(self._live, number) for number in range(clients)]

    def finish(self, patience: float = 45) -> None:
        """No new applications; what was begun is carried through, at most for ``patience`` seconds."""
        self.ending, self.give_up_at = True, time.monotonic() + patience
        for client in self._clients:
            client.wait()

    def _live(self, number: int) -> None:
        caller, citizen = Caller(self.uri), f"citizen{number % len(self.people.world['citizens'])}"
        while not self.ending:
            self.one_application(caller, citizen, refused=self.random.random() < REFUSED)
            eventlet.sleep(self.pause * self.random.random())
        caller.close()

    def one_application(self, caller: Caller, citizen: str, *, refused: bool = False) -> str | None:
        """From start to intake, or to its refusal; the id, or ``None`` when time ran out on the way."""
        started = self.persist(caller, citizen, "applications.start", procedure_code=PROCEDURE, channel="online")
        if started is None:
            return None
        about = {"application_id": started["application_id"]}
        procedure = self.procedure(caller)
        required = [one["id"] for one in procedure["requirements"] if one["required"]]
        steps: list[tuple[str, str, dict[str, Any]]] = [
            (citizen, "applications.save_answers", {"answers": answers_for(procedure["form"], {})}),
            *((citizen, "applications.attach", paper(one)) for one in required),
            (citizen, "applications.submit", {}),
        ]
        for who, door, arguments in steps:
            if self.persist(caller, who, door, **about, **arguments) is None:
                return None
        if refused:
            why = {"reason": "A paper is illegible."}
            self.persist(caller, "intake_officer", "applications.refuse_intake", **about, **why)
            return str(about["application_id"])
        owed = self.owed(caller, **about)
        if owed and not self.pay(caller, citizen, about, owed):
            return None
        self.persist(caller, "intake_officer", "applications.accept", **about)
        return str(about["application_id"])

    def pay(self, caller: Caller, citizen: str, about: dict[str, Any], owed: dict[str, Any]) -> bool:
        """Every other one at the gateway, the rest in cash at the office; whether it went through."""
        if self.random.random() < 0.5:
            started = self.persist(caller, citizen, "payments.start_payment", **about, method="vnpay")
            if started is None:
                return False
            self.people.bank.pay(started["redirect_url"])
            return True
        cash = {"method": "cash", "amount": owed, "receipt_book_number": f"AA/25E-{uuid.uuid4().hex[:10]}"}
        return self.persist(caller, "accountant", "payments.record_offline", **about, **cash) is not None

    def owed(self, caller: Caller, application_id: str) -> dict[str, Any] | None:
        """What is due, once payments has heard of the submission."""
        while time.monotonic() < self.give_up_at:
            try:
                asked = {"application_id": application_id}
                found = caller.ask("payments", "demands", asked, token=self.people.token("accountant"))
                return dict(found["owed"])
            except (Unknown, Refused) as trouble:
                self.ledger.troubles[str(trouble).split(":")[0]] += 1
                eventlet.sleep(0.3)
        return None

    def procedure(self, caller: Caller) -> dict[str, Any]:
        if not hasattr(self.people, "procedure"):
            while True:
                try:
                    self.people.procedure = caller.ask("catalog", "procedure", {"code": PROCEDURE})  # type: ignore[attr-defined]
                    break
                except (Unknown, Refused):
                    eventlet.sleep(0.3)
        return self.people.procedure  # type: ignore[attr-defined,no-any-return]

    def persist(self, caller: Caller, who: str, door: str, **arguments: Any) -> dict[str, Any] | None:
        """One command until it is acknowledged or finally refused; ``None`` then or when time runs out."""
        act = Act(str(uuid.uuid4()), door, arguments.get("application_id"))
        self.ledger.acts.append(act)
        service, method = door.split(".")
        while time.monotonic() < self.give_up_at:
            act.tries += 1
            try:
                token = self.people.token(who)
                act.reply = caller.ask(service, method, {**arguments, "command_id": act.command_id}, token=token)
                act.outcome = "acknowledged"
                act.application_id = act.reply.get("application_id", act.application_id)
                self.ledger.acknowledged_at.append(time.time())
                return act.reply
            except Unknown as trouble:
                self.ledger.troubles[str(trouble).split(":")[0]] += 1
            except Refused as refusal:
                self.ledger.troubles[refusal.name] += 1
                if refusal.name == "Unauthenticated":
                    self.people.tokens.pop(who, None)  # signed in where the clock was wrong: once more
                if refusal.name not in NOT_YET:
                    act.outcome, act.refusal = "refused", str(refusal)
                    return None
            eventlet.sleep(0.2 + 0.3 * self.random.random())
        return None


def paper(requirement: str) -> dict[str, str]:
    return {
        "requirement": requirement,
        "file_name": f"{requirement}.pdf",
        "media_type": "application/pdf",
        "content_base64": as_base64(a_pdf("Paper")),
    }
