"""Whole lives at random, step by step the same as a model written on its own: by everybody, legal or not.

After each step: status, allowed moves, name of the refusal, version, official status, and every earlier version as it
was. `make chaos` lives many more lives.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as live

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Refusal
from services.applications.models import application_view
from tests.component.applications.state_machine import OFFICE, OFFICIAL, ROWS, Case, Person
from tests.component.applications.use_cases import ENCODED, Portal
from tests.support.cloud_events import event_of
from tests.unit.applications.actors import AGENCY, AUDITOR, OTHER_AGENCY, call, reading
from tests.unit.applications.fakes import FEES, HOLIDAYS, Catalog, Identity, money

BEGIN = datetime(2026, 3, 2, 8, 0, 30, tzinfo=OFFICE)
END = datetime(2027, 8, 1, tzinfo=OFFICE)
THIRD_AGENCY = "H01.03"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ALL_ROLES = frozenset({"intake_officer", "case_officer", "approver"})
CLOSED = frozenset(date.fromisoformat(day) for year in HOLIDAYS.values() for day, _ in year)


def officer(account_id: str, **offices: str) -> Person:
    return Person(
        account_id, {code.replace("_", "."): frozenset(agencies.split()) for code, agencies in offices.items()}
    )


APPLICANT, DELEGATE = Person("citizen-1", citizen=True), Person("citizen-2", citizen=True)
PEOPLE = (
    APPLICANT,
    DELEGATE,
    Person("citizen-3", citizen=True),
    officer("intake-1", H01_01="intake_officer"),
    officer("case-1", H01_01="case_officer"),
    officer("case-2", H01_01="case_officer"),
    officer("approver-1", H01_01="approver"),
    officer("approver-2", H01_01="approver"),
    officer("everything-1", H01_01="intake_officer case_officer approver"),
    officer("stranger-1", H01_02="intake_officer case_officer approver"),
    officer("of-two-1", H01_02="intake_officer case_officer", H01_03="case_officer"),
    officer("of-two-2", H01_02="intake_officer", H01_01="case_officer approver"),
    Person(AUDITOR.account_id),
)
OFFICERS = [person for person in PEOPLE if person.offices]
INTAKE, CASE, APPROVER = PEOPLE[3], PEOPLE[4], PEOPLE[6]
ASKED_FOR_PAPERS = ("draft", "supplement_requested")
Arguments = dict[str, Any]
ORDINARY: dict[str, tuple[str, Person, Arguments]] = {
    "draft": ("submit", APPLICANT, {}),
    "submitted": ("accept", INTAKE, {}),
    "accepted": ("assign", APPROVER, {"officer_id": CASE.account_id, "offices": CASE.offices}),
    "supplement_requested": ("supplement", APPLICANT, {"answers": None}),
    "withdrawal_requested": ("decline_withdrawal", INTAKE, {}),
    "in_processing": ("approve", APPROVER, {}),
    "approved": ("return_result", INTAKE, {"method": "counter"}),
    "rejected": ("return_result", INTAKE, {"method": "counter"}),
}


def actor_of(person: Person) -> Actor:
    if person.account_id == AUDITOR.account_id:
        return AUDITOR
    return Actor(person.account_id, person.account_id, frozenset({"citizen"} if person.citizen else ()), person.offices)


def ways(case: Case) -> dict[str, list[Arguments]]:
    """Every way of asking for each command that the model tells apart; commands not named here have one."""
    answers = [{"ho_ten": "Nguyễn Thị Mẫu"}, {}]
    versions = [None, case.version, case.version - 1, case.version + 1]
    posts = [{"method": "counter"}, {"method": "post"}, {"method": "post", "to": "Số 1 phố Mẫu"}, {"method": "online"}]
    saved: list[Arguments] = [
        {"answers": answer, "expected_version": version} for version in versions for answer in answers
    ]
    return {
        "save_answers": [*saved, {"answers": {"unheard": 1}, "malformed": True}],
        "attach": [{"requirement": "to-khai"}, {"requirement": "anh"}, {"requirement": "x", "malformed": True}],
        "detach": [{"attachment_id": variant} for variant in (*case.papers, UNKNOWN)],
        "supplement": [{"answers": variant} for variant in (None, *answers)],
        "assign": [{"officer_id": officer.account_id, "offices": officer.offices} for officer in OFFICERS],
        "request_payment": [{"amount": None}, {"amount": 1000}],
        "consult": [{"agency": variant} for variant in (OTHER_AGENCY, THIRD_AGENCY, AGENCY)],
        "answer_consultation": [{"consultation_id": variant} for variant in (*case.consultations, UNKNOWN)],
        "extend": [{"later": True}, {"later": False}],
        "return_result": posts,
        "choose_delivery": posts,
        "propose": [{"outcome": "approve"}, {"outcome": "reject"}],
        "decide_appeal": [{"outcome": "uphold"}, {"outcome": "dismiss"}],
    }


class Hands:
    """Each command as a call of the use case behind its door."""

    def __init__(self, portal: Portal, key: str) -> None:
        self.portal, self.key = portal, key

    def do(self, command: str, by: Any, arguments: Arguments) -> dict[str, Any]:
        use_cases = (self.portal.registry, self.portal.attachments, self.portal.office, self.portal.decisions)
        method: Callable[..., dict[str, Any]] = next(
            getattr(use_case, command) for use_case in use_cases if hasattr(use_case, command)
        )
        return method(self.key, **getattr(self, f"_{command}", self._words)(arguments), **by)

    @property
    def _both(self) -> Arguments:
        return {"catalog": self.portal.catalog, "identity": self.portal.identity}

    @property
    def _rules(self) -> Arguments:
        return {"catalog": self.portal.catalog}

    @property
    def _who(self) -> Arguments:
        return {"identity": self.portal.identity}

    def _words(self, arguments: Arguments) -> Arguments:
        return {"reason": "Vì một lý do."}

    def _save_answers(self, arguments: Arguments) -> Arguments:
        return {"answers": arguments["answers"], **self._both}

    def _attach(self, arguments: Arguments) -> Arguments:
        paper = {"file_name": "to-khai.pdf", "media_type": "application/pdf", "content_base64": ENCODED}
        return {"requirement": arguments["requirement"], **paper, **self._both}

    def _detach(self, arguments: Arguments) -> Arguments:
        return {"attachment_id": arguments["attachment_id"], **self._who}

    def _submit(self, arguments: Arguments) -> Arguments:
        return self._both

    def _accept(self, arguments: Arguments) -> Arguments:
        return self._rules

    def _request_supplement(self, arguments: Arguments) -> Arguments:
        return {"marks": [{"requirement": "to-khai", "problem": "mờ"}], **self._words(arguments), **self._rules}

    def _supplement(self, arguments: Arguments) -> Arguments:
        return {"answers": arguments["answers"], **self._both}

    def _assign(self, arguments: Arguments) -> Arguments:
        return {"officer_id": arguments["officer_id"], **self._who}

    def _request_payment(self, arguments: Arguments) -> Arguments:
        return {"amount": arguments["amount"] and money(arguments["amount"]), **self._words(arguments), **self._rules}

    def _consult(self, arguments: Arguments) -> Arguments:
        return {
            "agency_code": arguments["agency"],
            "question": "?",
            "due_at": (arguments["at"] + timedelta(days=5)).isoformat(),
            **self._rules,
        }

    def _answer_consultation(self, arguments: Arguments) -> Arguments:
        return {"consultation_id": arguments["consultation_id"], "opinion": "Đồng ý."}

    def _extend(self, arguments: Arguments) -> Arguments:
        promised = self.portal.store.get(self.key).clock
        latest = promised.last_due_at if promised else None
        until = (
            max(arguments["at"], latest or arguments["at"]) + timedelta(days=3)
            if arguments["later"]
            else arguments["at"]
        )
        return {"due_at": until.isoformat(), **self._words(arguments), **self._rules}

    def _request_withdrawal(self, arguments: Arguments) -> Arguments:
        return {**self._words(arguments), **self._who}

    def _confirm_withdrawal(self, arguments: Arguments) -> Arguments:
        return {}

    def _decline_withdrawal(self, arguments: Arguments) -> Arguments:
        return self._rules

    def _propose(self, arguments: Arguments) -> Arguments:
        return {"outcome": arguments["outcome"]}

    def _approve(self, arguments: Arguments) -> Arguments:
        return {"result": {"number": "12/2026", "title": "Giấy chứng nhận"}}

    def _return_result(self, arguments: Arguments) -> Arguments:
        return {"method": arguments["method"], "tracking_number": arguments.get("to")}

    def _choose_delivery(self, arguments: Arguments) -> Arguments:
        return {"method": arguments["method"], "address": arguments.get("to"), **self._who}

    def _appeal(self, arguments: Arguments) -> Arguments:
        return {"grounds": "Không đồng ý.", **self._both}

    def _decide_appeal(self, arguments: Arguments) -> Arguments:
        return {"outcome": arguments["outcome"], **self._words(arguments), **self._rules}

    def _rate(self, arguments: Arguments) -> Arguments:
        return {"stars": 5, **self._who}


class Lives(RuleBasedStateMachine):
    """One application and its model; every rule does the same to both and compares."""

    portal: Portal  # one database for all lives

    @initialize(
        level=st.sampled_from([3, 4]),
        moments=st.sets(st.sampled_from(["intake", "supplement", "result"])),
        steps=st.integers(0, 10),
    )
    def start(self, level: int, moments: set[str], steps: int) -> None:
        """A draft, or one that has gone some ordinary steps already."""
        self.now = BEGIN
        self.pictures: dict[Any, Any] = {}
        self.sent: list[Any] = []
        self.clock = mock.patch.object(clock, "now", lambda: self.now)  # noqa: PT008 - it moves
        self.clock.start()
        self.portal.catalog = Catalog(*sorted(moments), level=level, version=level)
        self.portal.identity = Identity()
        self.portal.identity.posts_held = {
            officer.account_id: {code: sorted(roles) for code, roles in officer.offices.items()} for officer in OFFICERS
        }
        self.hands = Hands(self.portal, self.portal.started(actor_of(APPLICANT)))
        self.case = Case(APPLICANT.account_id, AGENCY, level, {moment: FEES[moment] for moment in moments}, CLOSED)
        self.authors: list[tuple[str, str | None]] = [(APPLICANT.account_id, None)]
        self._keep()
        for _ in range(steps):
            self.an_ordinary_step()

    # ── asking
    def ask(self, command: str, who: Person, arguments: Arguments, by: Any = None) -> str | None:
        """Ask both; the refusal they agree on."""
        arguments = {**arguments, "at": self.now}
        by = by or call(actor_of(who), name=command, key=self.hands.key, **arguments)
        expected = self.case.judge(command, who, arguments)
        refused, reply = self._reply_of(command, by, arguments)
        assert refused == expected, f"{command} {arguments} by {who} in {self.case.status}: {refused}, not {expected}"
        if expected is None:
            self._agree(command, who, arguments, reply)
            self.sent.append((command, who, arguments, by, reply))
        return expected

    def _reply_of(self, command: str, by: Any, arguments: Arguments) -> tuple[str | None, dict[str, Any]]:
        try:
            return None, self.hands.do(command, by, arguments)
        except Refusal as refusal:
            return type(refusal).__name__, {}

    def _agree(self, command: str, who: Person, arguments: Arguments, reply: dict[str, Any]) -> None:
        made = {name: reply[name] for name in ("attachment_id", "consultation_id") if name in reply}
        before = self.case.version
        self.case.carry_out(command, who, arguments | made)
        behalf = self.case.applicant if who.citizen and who.account_id != self.case.applicant else None
        self.authors += [(who.account_id, behalf)] * (self.case.version - before)
        view = {name: reply[name] for name in ("status", "official_status", "version")}
        assert view == self._stand(self.case.version)
        self._keep()

    def _stand(self, version: int) -> dict[str, Any]:
        status = self.case.statuses[version - 1]
        return {"status": status, "official_status": OFFICIAL[status], "version": version}

    def _keep(self) -> None:
        self.pictures[self.case.version] = self.portal.queries.application(
            self.hands.key, identity=self.portal.identity, **reading(AUDITOR)
        )

    def legal(self, *, onward: bool) -> list[tuple[str, Person, Arguments]]:
        """What the model would carry out now; ``onward``: only what changes the status."""
        rows = []
        for command in sorted(ROWS):
            if self.case.status in ROWS[command].sources and (not onward or ROWS[command].target != "="):
                arguments = [(who, arguments) for arguments in ways(self.case).get(command, [{}]) for who in PEOPLE]
                rows += [
                    (command, who, arguments)
                    for who, arguments in arguments
                    if self.case.judge(command, who, {**arguments, "at": self.now}) is None
                ]
        return rows

    # ── the rules of the game
    @rule(pick=st.integers(0, 10_000))
    def something_allowed(self, pick: int) -> None:
        if moves := self.legal(onward=False):
            commands = sorted({command for command, _, _ in moves})
            some = [row for row in moves if row[0] == commands[pick % len(commands)]]
            self.ask(*some[pick // len(commands) % len(some)])

    @rule(pick=st.integers(0, 10_000))
    def a_step_onward(self, pick: int) -> None:
        if moves := self.legal(onward=True):
            self.ask(*moves[pick % len(moves)])
        else:
            self.something_allowed(pick)

    @rule()
    def an_ordinary_step(self) -> None:
        """What comes next on the shortest way to a result, where there is one."""
        case, step = self.case, ORDINARY.get(self.case.status)
        if case.status in ASKED_FOR_PAPERS and not case.complete:
            step = ("save_answers", APPLICANT, {"answers": {"ho_ten": "Mẫu"}})
        elif case.status in ASKED_FOR_PAPERS and "to-khai" not in case.papers.values():
            step = ("attach", APPLICANT, {"requirement": "to-khai"})
        elif case.status != "draft" and any(case.fees.values()):
            self._settle(sorted(moment for moment, owed in case.fees.items() if owed))
            step = None
        elif case.status == "in_processing" and case.officer != CASE.account_id:
            step = ("assign", APPROVER, {"officer_id": CASE.account_id, "offices": CASE.offices})
        elif case.status == "in_processing" and case.proposer is None:
            step = ("propose", CASE, {"outcome": "approve"})
        if step:
            self.ask(*step)

    @rule(command=st.sampled_from(sorted(ROWS)), who=st.sampled_from(PEOPLE), pick=st.integers(0, 100))
    def anything_by_anybody(self, command: str, who: Person, pick: int) -> None:
        request = ways(self.case).get(command, [{}])
        self.ask(command, who, request[pick % len(request)])

    @rule(pick=st.integers(0, 10_000), late=st.sampled_from(sorted(ROWS)), who=st.sampled_from(PEOPLE))
    def two_at_once(self, pick: int, late: str, who: Person) -> None:
        """The second has seen the application as it was before the first: one wins, the other is judged again."""
        if not (moves := self.legal(onward=True)):
            return
        request = ways(self.case).get(late, [{}])
        arguments = {**request[pick % len(request)], "at": self.now}
        collected = self.portal.store.get(self.hands.key)
        then = self.case.judge(late, who, arguments)
        self.ask(*moves[pick % len(moves)])
        with StaleReader(self.portal, collected):
            by = call(actor_of(who), name=late, key=self.hands.key, **arguments)
            refused, reply = self._reply_of(late, by, arguments)
        expected = then or self.case.judge(late, who, arguments)
        assert refused == expected, f"{late} {arguments} by {who} after another: {refused}, not {expected}"
        if refused is None:
            self._agree(late, who, arguments, reply)

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 1000))
    def the_same_command_again(self, pick: int) -> None:
        command, who, arguments, by, reply = self.sent[pick % len(self.sent)]
        if who.citizen and who is not APPLICANT and who.account_id not in self.case.delegates:
            return
        assert self._reply_of(command, by, arguments) == (None, reply)

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 1000))
    def the_same_id_for_something_else(self, pick: int) -> None:
        command, who, arguments, by, _ = self.sent[pick % len(self.sent)]
        if who.citizen and who is not APPLICANT and who.account_id not in self.case.delegates:
            return
        other = call(actor_of(who), by["command"].id, name=command, key=self.hands.key, other=True)
        assert self._reply_of(command, other, arguments)[0] == "CommandIdReused"

    @precondition(lambda self: self.case.status != "draft")
    @rule(moments=st.sets(st.sampled_from(["intake", "supplement", "result"]), min_size=1), waived=st.booleans())
    def money_comes_in(self, moments: set[str], waived: bool) -> None:
        self._settle(sorted(moments), waived)

    def _settle(self, moments: list[str], waived: bool = False, event_id: str | None = None) -> None:
        data = {"application_id": self.hands.key, "payment_id": str(uuid4()), "collected_at": moments}
        event = event_of(event_id or f"payments:{uuid4()}", data)
        for _ in range(2):  # delivered twice, as brokers do
            (self.portal.settling.fee_waived if waived else self.portal.settling.fee_paid)(event, self.portal.catalog)
        self.case.settle(moments)
        self.authors.append(("system", None))
        self._keep()

    @precondition(lambda self: self.now < END - timedelta(days=100))
    @rule(minutes=st.sampled_from([0, 1, 61, 540, 1440, 5 * 1440, 16 * 1440, 31 * 1440, 91 * 1440]))
    def time_passes(self, minutes: int) -> None:
        """The follower's round comes after: limits may have passed."""
        self.now += timedelta(minutes=minutes)
        self.portal.follow()
        while self.portal.limits.step():
            pass
        if self.case.time_is(self.now):
            self.authors.append(("system", None))
            self._keep()

    @rule(granted=st.booleans())
    def a_delegation_changes(self, granted: bool) -> None:
        delegation = (DELEGATE.account_id, APPLICANT.account_id, self.portal.catalog.definition["code"])
        self.portal.identity.delegations = {delegation} if granted else set()
        self.case.delegates = {DELEGATE.account_id} if granted else set()

    # ── what must be the same
    @invariant()
    def it_stands_as_the_model_says(self) -> None:
        view, case = self.pictures[self.case.version], self.case
        assert {name: view[name] for name in ("status", "official_status", "version")} == self._stand(case.version)
        assert set(view["allowed"]) == case.allowed()
        assert view["owed"] == case.owed()
        assert [wait["kind"] for wait in view["waits"]] == [kind for kind, *_ in case.waits]
        assert view["officer_id"] == case.officer and bool(view["appeal"]) == case.appealed
        assert self.portal.store.get(self.hands.key).version == case.version

    def teardown(self) -> None:
        try:
            self._the_past_is_as_it_was()
            self._the_read_model_says_the_same()
        finally:
            self.clock.stop()

    def _the_past_is_as_it_was(self) -> None:
        for version in range(1, self.case.version + 1):
            past = self.portal.audit.state_at(self.hands.key, version=version, **reading(AUDITOR))
            assert {name: past[name] for name in ("status", "official_status", "version")} == self._stand(version)
            if version in self.pictures:
                assert past == self.pictures[version], "an auditor is shown what was shown then"
        items = self.portal.audit.history(self.hands.key, **reading(AUDITOR))["items"]
        assert [item["kind"] for item in items] == self.case.kinds
        assert [(item["by"]["account_id"], item["by"]["on_behalf_of"]) for item in items] == self.authors
        assert len({(item["command_id"], item["kind"]) for item in items}) == len(items)

    def _the_read_model_says_the_same(self) -> None:
        self.portal.follow()
        row = application_view.select().where(application_view.c.application_id == self.hands.key)
        with self.portal.database.session() as session:
            result = session.execute(row).mappings().one()
        assert (result["status"], result["version"]) == (self.case.status, self.case.version)


class StaleReader:
    """Whoever reads the application sees it as it was, until a write has failed of it."""

    def __init__(self, portal: Portal, collected: Any) -> None:
        self.store, self.earlier = portal.store, collected

    def __enter__(self) -> None:
        self.get, self.record = self.store.get, self.store.record
        self.store.get = self._get  # type: ignore[method-assign,assignment]
        self.store.record = self._record  # type: ignore[method-assign,assignment]

    def __exit__(self, *_error: object) -> None:
        del self.store.get, self.store.record

    def _get(self, *request: Any) -> Any:
        return copy.deepcopy(self.earlier) if self.earlier else self.get(*request)

    def _record(self, *arguments: Any) -> int:
        try:
            return self.record(*arguments)
        except IntegrityError:
            self.earlier = None
            raise


def lives(portal: Portal, examples: int, steps: int) -> None:
    """Live them all on one database, where nothing is forgotten between them."""
    machine = type("Living", (Lives,), {"portal": portal})
    live(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.timeout(480)  # a failure takes time to become a short one
def test_a_life_goes_as_the_model_says(portal):
    lives(portal, examples=60, steps=40)


@pytest.mark.chaos
@pytest.mark.timeout(0)
def test_many_more_lives_go_as_the_model_says(portal):
    lives(portal, examples=int(os.environ.get("LIVES", "500")), steps=50)
