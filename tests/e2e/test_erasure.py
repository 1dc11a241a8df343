"""An erased person is in no store of an installation, and everything that has to hold still holds.

Played on PostgreSQL and RabbitMQ with services and followers as processes, and on the embedded default.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from infra.chassis import logs
from infra.chassis.crash_points import CRASHED
from infra.chassis.settings import SERVICES, Settings
from infra.chassis.storage.database import Database
from infra.cli.connection import Portal, portal_session
from infra.cli.demo import payment_gateway, smtp_server
from infra.cli.journey.narration import command, eventually
from infra.sandbox.sms_provider import serve
from tests.e2e import canaries as canary
from tests.e2e.erasure_scenario import SETTINGS, SHOP, ErasureScenario, register
from tests.e2e.platforms import Processes
from tests.support import launcher, storage_dump
from tests.support.import_path import import_path

LEGAL_BASIS = "Điều 14 Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15"
CRASHES = "in_forgetting:13"  # all followers, in one process, after so many steps; of 10 each
PERIOD = {"from_at": "2026-01-01T00:00:00Z", "to_at": "2100-01-01T00:00:00Z"}
VIETQR = {"VIETQR_BANK_BIN": "970436", "VIETQR_ACCOUNT_NUMBER": "0011001234567", "VIETQR_ACCOUNT_NAME": "KHO BAC MAU"}


@dataclass
class Installation:
    """One kind of platform: how its stores are read, and what is done about processes that have died."""

    scenario: ErasureScenario
    env: dict[str, str]
    stores: Callable[[], Iterator[storage_dump.Store]]
    revive: Callable[[], None] = lambda: None
    deaths: list[int] = field(default_factory=list)

    def portal(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return launcher.run([*arguments], {**os.environ, **self.env, "PYTHONPATH": import_path()}, timeout=280)


def text_gateway(stack: contextlib.ExitStack) -> str:
    texts = serve()
    stack.callback(texts.stop)
    return texts.url


@contextlib.contextmanager
def on_servers(folder: Path, broker: Any, database: Callable[[str], str]) -> Iterator[Installation]:
    with contextlib.ExitStack() as stack:
        uri = stack.enter_context(broker.virtual_host())
        mailbox, _ = stack.enter_context(smtp_server(folder / "somebody elses mail server"))
        outside = stack.enter_context(payment_gateway())
        env = {
            **SETTINGS,
            **VIETQR,
            **outside.settings,
            "AMQP_URI": uri,
            "PORTAL_HOME": str(folder / "home"),
            "BLOB_STORE": str(folder / "blobs"),
            "POPULATION_REGISTER": str(register(folder / "register.jsonl")),
            "SMTP_URL": mailbox,
            "MAIL_FROM": "cong@example.vn",
            "SMS_URL": text_gateway(stack),
            **{f"{service.upper()}_DATABASE_URL": database(service) for service in SERVICES},
        }
        processes = Processes({**os.environ, **env, "PYTHONPATH": import_path()}, folder)
        processes.portal("migrate")
        stack.callback(processes.stop_all)
        processes.start("doors")
        processes.env["PORTAL_CRASH_AT"] = CRASHES  # for the followers alone
        processes.start("followers", "--follower")
        processes.wait_ready()
        settings = Settings({**os.environ, **env})
        outside.portal = portal = Portal(settings)
        stack.callback(portal.close)

        def stores() -> Iterator[storage_dump.Store]:
            yield from storage_dump.tables(settings)
            yield from storage_dump.server_dumps(settings)
            yield from storage_dump.files(folder / "home", folder / "blobs")
            yield from storage_dump.queues(settings, broker)
            yield from ((f"log of {name}", processes.log(name)) for name in processes.running)

        def revive() -> None:
            """Followers that have died as they were told to are started again, to die again."""
            if (code := processes.running["followers"].poll()) is not None:
                installed.deaths.append(code)
                processes.start("followers", "--follower")

        installed = Installation(ErasureScenario(settings, portal), env, stores, revive)
        yield installed


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[Installation]:
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(own_log(folder / "log"))
        outside = stack.enter_context(payment_gateway())
        home = folder / "home"
        env = {
            **SETTINGS,
            **VIETQR,
            **outside.settings,
            "PORTAL_HOME": str(home),
            "SMS_URL": text_gateway(stack),
            "POPULATION_REGISTER": str(register(folder / "register.jsonl")),
        }
        settings = Settings(env)
        outside.portal = portal = stack.enter_context(portal_session(settings))

        def stores() -> Iterator[storage_dump.Store]:
            yield from storage_dump.tables(settings)
            yield from storage_dump.files(home)
            yield from storage_dump.queues(settings)
            yield "log", log.read_text("utf-8", "replace")

        yield Installation(ErasureScenario(settings, portal), env, stores)


@contextlib.contextmanager
def own_log(path: Path) -> Iterator[Path]:
    """What a process of its own would write to standard error, in a file."""
    with path.open("w", encoding="utf-8", buffering=1) as stream, contextlib.redirect_stderr(stream):
        logs.set_up("INFO")
        yield path
        for handler in list(logging.getLogger().handlers):
            if getattr(handler, "stream", None) is stream:
                logging.getLogger().removeHandler(handler)
    structlog.reset_defaults()


@pytest.fixture(params=["real servers", "embedded"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "embedded":
        with embedded(tmp_path) as installed:
            yield installed
        return
    broker, database = request.getfixturevalue("broker_server"), request.getfixturevalue("fresh_database")
    with on_servers(tmp_path, broker, database) as installed:
        yield installed


def facts_that_stay(scenario: ErasureScenario) -> dict[str, Any]:
    """Figures and books: what an erasure must not change."""
    figures = {
        by: scenario.call("applications", "statistics", "auditor", by=by, **PERIOD) for by in ("agency", "procedure")
    }
    books = scenario.call("payments", "trial_balance", "auditor")
    return {**figures, "books": [books["accounts"], books["totals"]]}


def undigested_is_kept(installed: Installation) -> bool:
    traces = canary.found_in(installed.stores())
    return {canary.WORDS["thư chết"], canary.WORDS["không đọc được"], canary.WORDS["chờ thử lại"]} <= set(traces)


def texts_to(scenario: ErasureScenario, phone: str) -> int:
    """How many text messages to that number notifications keeps."""
    query = text("SELECT count(*) FROM delivery WHERE channel = 'sms' AND recipient = :phone")
    with Database.at(scenario.settings.database_url("notifications")).session() as session:
        return int(session.scalar(query, {"phone": phone}) or 0)


def erased(installed: Installation) -> dict[str, Any]:
    """Asked for by one auditor, confirmed by another, and waited for until every service says it is done."""
    scenario = installed.scenario
    about = {"account_id": scenario.accounts["citizen"], "legal_basis": LEGAL_BASIS}
    assert scenario.call("applications", "erase_subject", "auditor", **about, command_id=command())["state"] == "asked"
    alone = scenario.refused(
        lambda: scenario.call("applications", "erase_subject", "auditor", **about, command_id=command())
    )
    assert alone == "ErasureNeedsTwoPersons"
    erasure = scenario.call("applications", "erase_subject", "auditor_2", **about, command_id=command())

    def complete() -> Any:
        installed.revive()
        result = scenario.call("applications", "erasure", "auditor", erasure_id=erasure["erasure_id"])
        return result if result["complete"] else None

    return dict(eventually(complete, "every service has confirmed", patience=240))


@pytest.mark.timeout(600)
def test_an_erased_person_is_in_no_store_and_what_must_hold_holds(installation: Installation, tmp_path: Path) -> None:
    scenario = installation.scenario
    scenario.live()
    eventually(lambda: undigested_is_kept(installation), "what nobody digests lies where it should")
    time.sleep(4)  # the followers come to rest: what is in queues is taken out and put back below
    before = canary.found_in(installation.stores())
    never_kept = {canary.PASSWORD, canary.WORDS["trả lời sai kiểu"]}
    assert set(canary.ALL) - set(before) == never_kept, "the search sees whatever is there"
    eventually(lambda: texts_to(scenario, canary.PHONE) > 0, "a text message is written")
    stored = facts_that_stay(scenario)
    events = scenario.call("applications", "history", "auditor", application_id=scenario.applications["granted"])[
        "items"
    ]

    report = erased(installation)

    assert canary.found_in(installation.stores()) == {}
    assert installation.deaths == [CRASHED] * len(installation.deaths)
    assert bool(installation.deaths) == ("AMQP_URI" in installation.env), "followers died on the way, and went on"
    said_by_all(report)
    replayed(scenario, events)
    assert facts_that_stay(scenario) == stored
    proved(installation, tmp_path)
    rebuilt = json.loads(installation.portal("rebuild", "applications", "--no-swap", "--json").stdout)
    assert (rebuilt["differing"], rebuilt["swapped"]) == (0, False)
    accounted(scenario)
    the_account_is_closed(scenario)


def said_by_all(report: dict[str, Any]) -> None:
    """The record: who, by which law, when, and what each service answered."""
    assert report["legal_basis"] == LEGAL_BASIS and report["state"] == "finished"
    assert report["asked_by"] != report["confirmed_by"]
    assert report["asked_at"] < report["confirmed_at"] < report["finished_at"]
    answers = {service["service"]: service for service in report["services"]}
    assert set(answers) == set(SERVICES) and all(answer["confirmed_at"] for answer in answers.values())
    assert answers["identity"]["removed"]["account"] == 1 and answers["payments"]["removed"]["bill"] == 4
    assert sum(answer["removed"].get("quarantine", 0) for answer in answers.values()) == 3
    assert sum(answer["removed"].get("retry", 0) for answer in answers.values()) == 1
    assert sum(answer["removed"].get("dead_letter", 0) for answer in answers.values()) == 1


def replayed(scenario: ErasureScenario, events: list[dict[str, Any]]) -> None:
    """The same events as before, without their words, and one more; replay is the read model; the log is whole."""
    about = {"application_id": scenario.applications["granted"]}
    items = scenario.call("applications", "history", "auditor", **about)["items"]
    facts = ("kind", "version", "at", "status")
    assert [[item[fact] for fact in facts] for item in items[: len(events)]] == [
        [event[fact] for fact in facts] for event in events
    ]
    assert [item["kind"] for item in items[len(events) :]] == ["SubjectErased"]
    then = scenario.call("applications", "state_at", "auditor", **about, version=events[-1]["version"])
    assert then["status"] == "result_returned"

    def sealed_verdict() -> Any:
        verdict = scenario.call("applications", "verify", "auditor")
        return verdict if verdict["log"]["unsealed"] == 0 else None

    verdict = eventually(sealed_verdict, "everything is sealed")
    assert verdict["first_bad"] is None and verdict["log"]["ok"], verdict


def proved(installation: Installation, folder: Path) -> None:
    """The evidence of an erased person's application still verifies offline, and opens nothing."""
    about = {"application_id": installation.scenario.applications["granted"]}
    bundle = installation.scenario.call("applications", "evidence", "auditor", **about)
    assert bundle["openings"] and all(opening["erased"] for opening in bundle["openings"])
    path = folder / "evidence.json"
    path.write_text(json.dumps(bundle), encoding="utf-8")
    verdict = installation.portal("verify", str(path), "--json")
    assert verdict.returncode == 0 and json.loads(verdict.stdout)["ok"], verdict.stdout + verdict.stderr


def accounted(scenario: ErasureScenario) -> None:
    """The receipt is there, with its number and sum, and says that its payer was erased."""
    receipt = scenario.call("payments", "receipt", "accountant", payment_id=scenario.payment)
    assert receipt["payer"] == {"account_id": scenario.accounts["citizen"], "erased": True}
    assert receipt["receipt_number"] and receipt["amount"]["amount"] > 0
    assert scenario.call("payments", "parity", "auditor")["items"] == []
    refund = scenario.call("payments", "payment", "accountant", payment_id=scenario.payment)["refunds"][0]
    assert refund["reason"] == "–" and refund["amount"] == receipt["amount"]


def the_account_is_closed(scenario: ErasureScenario) -> None:
    """Signing in and whatever a token still in hand may try is refused by name; the same person may register anew."""
    log = scenario.call("identity", "access_log", "auditor", subject_id=scenario.accounts["citizen"])["items"]
    assert log and {entry["purpose"] for entry in log} == {"–"} and all(entry["reader_id"] for entry in log)
    person_fields = {"username": canary.NUMBER, "password": canary.PASSWORD}
    assert scenario.refused(lambda: scenario.portal.as_().identity.sign_in(**person_fields)) == "Unauthenticated"
    assert scenario.refused(lambda: scenario.call("identity", "whoami", "citizen")) == "AccountErased"
    start = {"procedure_code": SHOP, "channel": "online", "command_id": command()}
    assert scenario.refused(lambda: scenario.call("applications", "start", "citizen", **start)) == "PersonErased"
    assert scenario.refused(lambda: scenario.do("citizen", "rate", "granted", stars=1)) == "AlreadyErased"
    again = {
        "citizen_number": canary.NUMBER,
        "full_name": canary.NAME,
        "birth_date": canary.BIRTH_DATE,
        "phone": canary.PHONE,
        "email": canary.EMAIL,
        "password": canary.PASSWORD,
    }
    opened = scenario.call("identity", "register_citizen", None, **again, command_id=command())
    assert opened["account_id"] != scenario.accounts["citizen"]
