"""Texts: their versions, what they may say, and what they may not do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.access.actors import Actor
from infra.chassis.contracts import contract_of
from services.notifications import templates, wording
from services.notifications.errors import (
    SecondPersonNeeded,
    TemplateFactMissing,
    TemplateFactUnfit,
    TemplateNotAllowed,
    TemplateNotFound,
    TemplateRequestNotPending,
)
from services.notifications.messages import KINDS_BY_KEY, LANGUAGES, MESSAGE_KINDS
from tests.component.notifications.use_cases import Office
from tests.unit.notifications.actors import EDITOR, OPERATOR
from tests.unit.notifications.builders import command, event

THIRTY_DAYS_BEFORE_TET = datetime(2026, 1, 17, 2, 0, tzinfo=UTC)
LAST_EVENING = datetime(2026, 2, 23, 16, 0, tzinfo=UTC)  # of the first working day after it
WHICH: tuple[str, str, str] = ("application_approved", "inbox", "vi")


def publish(
    office: Office, subject: str = "Mới {{ reference }}", body: str = "Chữ.", which: tuple[str, str, str] = WHICH
) -> int:
    """What one person proposes and another approves; which version it is."""
    request = propose(office, subject, body, which)
    return int(decide(office, request)["version"])


def propose(
    office: Office, subject: str = "Mới {{ reference }}", body: str = "Chữ.", which: tuple[str, str, str] = WHICH
) -> Any:
    return office.desk.publish_template(*which, subject, body, by=OPERATOR, command=command(by=OPERATOR))


def decide(office: Office, request: Any, by: Actor = EDITOR, how: str = "approve_template") -> Any:
    return getattr(office.desk, how)(request["request_id"], by=by, command=command(by=by))


def current_subject(office: Office) -> str:
    return str(office.templates.preview(*WHICH, {"reference": "R1", "at": "2026-11-20T02:30:00Z"})["subject"])


def test_one_person_alone_publishes_nothing(office: Office) -> None:
    before, request = current_subject(office), propose(office)
    assert contract_of("notifications").reply("publish_template").problems(request) == []
    assert (request["status"], request["version"], current_subject(office)) == ("awaiting_approval", 2, before)
    for how in ("approve_template", "decline_template"):
        with pytest.raises(SecondPersonNeeded):
            decide(office, request, OPERATOR, how)
    assert [row["subject"] for row in office.desk.template_requests("awaiting_approval")["items"]] == [
        "Mới {{ reference }}"
    ]
    assert decide(office, request)["decided_by"] == EDITOR.account_id and current_subject(office) == "Mới R1"
    with pytest.raises(TemplateRequestNotPending):
        decide(office, request)


def test_a_text_turned_down_or_forgotten_is_never_sent(office: Office) -> None:
    before = current_subject(office)
    with time_machine.travel(THIRTY_DAYS_BEFORE_TET, tick=False):
        declined, forgotten = propose(office), propose(office)
    with time_machine.travel(LAST_EVENING, tick=False):
        decide(office, declined, how="decline_template")
    with (
        time_machine.travel(LAST_EVENING + timedelta(hours=2), tick=False),
        pytest.raises(TemplateRequestNotPending, match="expired"),
    ):
        decide(office, forgotten)
    with pytest.raises(TemplateRequestNotPending):
        decide(office, declined)
    assert current_subject(office) == before


def test_built_in_texts_are_version_1_of_every_key_channel_and_language(office: Office) -> None:
    items = office.templates.templates()["items"]
    texts = sum(kind.sms for kind in MESSAGE_KINDS.values())
    assert len(items) == (2 * len(KINDS_BY_KEY) + texts) * len(LANGUAGES)
    assert len({(item["key"], item["channel"], item["language"]) for item in items}) == len(items)
    assert {(item["version"], item["published_by"]) for item in items} == {(1, "built-in")}


def test_operators_are_shown_which_facts_a_text_may_speak_of(office: Office) -> None:
    facts = {item["key"]: item["facts"] for item in office.templates.templates()["items"]}
    assert {"reference", "full_name", "due_at", "receipt_number"} <= set(facts["application_accepted"])
    assert "by" not in facts["application_accepted"] and "marks" in facts["supplement_requested"]


def test_a_published_text_is_the_next_version_and_used_at_once(office: Office) -> None:
    office.receive(event("application_approved.v1", "applications:1"))
    assert [publish(office), publish(office, "Mới hơn {{ reference }}")] == [2, 3]
    office.receive(event("application_approved.v1", "applications:2"))
    old, new = office.messages()
    assert (old.template_version, new.template_version) == (1, 3)
    assert old.subject.startswith("Hồ sơ") and new.subject == "Mới hơn H01.01-261120-0001"


def test_the_first_text_of_an_operator_still_leaves_version_1_to_the_built_in_one(office: Office) -> None:
    assert publish(office) == 2


def test_an_email_and_a_message_each_have_their_own_text(office: Office) -> None:
    publish(office, which=("application_approved", "email", "vi"))
    office.receive(event("application_approved.v1"))
    assert (office.messages()[0].template_version, office.deliveries()[0].template_version) == (1, 2)


def test_a_new_release_brings_its_text_unless_an_operator_has_written_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version() -> int:
        return int(office.templates.preview(*WHICH, {"reference": "R", "at": "2026-11-20T02:30:00Z"})["version"])

    def released(text: str) -> None:
        monkeypatch.setattr(templates, "built_in", lambda *_: (text, text))

    assert version() == 1
    released("newer")
    assert version() == 2
    monkeypatch.undo()
    assert version() == 2, "an older program beside a newer one takes nothing back"
    publish(office)
    released("newest")
    assert version() == 3


@pytest.mark.parametrize(
    "which",
    [
        ("weather", "inbox", "vi"),
        ("_email", "inbox", "vi"),
        ("../vi/appealed", "inbox", "vi"),
        ("application_assigned", "sms", "vi"),
    ],
)
def test_a_key_nobody_speaks_of_is_not_found(office: Office, which: tuple[str, str, str]) -> None:
    with pytest.raises(TemplateNotFound):
        office.templates.preview(*which, {})
    with pytest.raises(TemplateNotFound):
        publish(office, which=which)


def test_a_missing_fact_is_named(office: Office) -> None:
    with pytest.raises(TemplateFactMissing, match="“reference”"):
        office.templates.preview(*WHICH, {})


def test_a_text_that_needs_a_fact_this_key_never_has_is_refused_when_it_is_published(office: Office) -> None:
    with pytest.raises(TemplateFactMissing, match="“due_at”"):
        publish(office, body="Hẹn {{ due_at | day }}")
    assert office.templates.templates()["items"][0]["version"] == 1


def test_a_text_must_live_without_facts_that_are_only_sometimes_there(office: Office) -> None:
    which = ("application_accepted", "inbox", "vi")
    with pytest.raises(TemplateFactUnfit):
        publish(office, body="Hẹn {{ due_at | day }}", which=which)
    assert publish(office, body="{% if due_at %}Hẹn {{ due_at | day }}{% endif %}.", which=which) == 2


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ("{{ at | moment }}", {"at": "soon"}),
        ("{{ at | moment }}", {"at": 7}),
        ("{{ at | money }}", {"at": "2026-11-20"}),
    ],
)
def test_a_fact_that_cannot_be_rendered_is_refused_and_not_a_failure(office: Office, body: str, facts: Any) -> None:
    with pytest.raises((TemplateFactUnfit, wording.FactUnfit)):
        wording.render(body, "vi", facts)


FORBIDDEN = [
    "{{ reference.upper() }}", "{{ ''.__class__ }}", "{{ reference['__class__']() }}", "{{ range(9) }}",
    "{{ 9 ** 9 }}", "{{ 'a' * 9 }}", "{{ 'a' ~ 'b' }}", "{{ 1 + 1 }}", "{{ '%1000000000d' % 1 }}", "{{ [1] }}",
    "{% set a = 1 %}", "{% with a = 1 %}{% endwith %}", "{% macro m() %}{% endmacro %}", "{% call x() %}{% endcall %}",
    "{% include 'x' %}", "{% import 'x' as x %}", "{% extends 'x' %}", "{% block b %}{% endblock %}", "{{ x() }}",
    "{% for a in 'abc' %}{% endfor %}", "{% for a in [1, 2] %}{% endfor %}", "{{ a.b._c }}",
    "{% for a in marks %}{% for b in marks %}{% endfor %}{% endfor %}", "{{ reference is callable }}",
    "{% filter upper %}{% endfilter %}", "{{ reference | attr('x') }}", "{{ reference | unknown }}",
    "{{ reference", "{% if %}", "{% unknown %}",
]  # fmt: skip


@pytest.mark.parametrize("body", FORBIDDEN)
def test_a_text_can_only_speak(office: Office, body: str) -> None:
    with pytest.raises(TemplateNotAllowed):
        publish(office, body=body)


@given(st.text(max_size=200))
def test_any_text_is_either_refused_or_can_be_rendered(body: str) -> None:
    try:
        wording.check_template(body)
    except wording.WordingProblem:
        return
    try:
        wording.render(body, "vi", {"reference": "R"})
    except (wording.FactMissing, wording.FactUnfit):
        return
