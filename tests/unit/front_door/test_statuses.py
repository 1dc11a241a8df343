"""Every refusal of every contract has an HTTP status and words in both languages; nothing from inside is shown."""

from __future__ import annotations

import json

import pytest

from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from infra.front_door import problems
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import all_refusals
from infra.front_door.statuses import BY_STATUS, STATUS, retry_after, status_of

REFUSALS = sorted(
    {name for service in SERVICES for door in contract_of(service).rpc.values() for name in door["refusals"]}
)


def test_no_refusal_has_two_rows() -> None:
    rows = [name for names in BY_STATUS.values() for name in names]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("name", REFUSALS)
def test_a_problem_has_its_name_status_and_words_in_both_languages(name: str) -> None:
    answer = problems.of_platform(
        PlatformRefusal(name, "lời của dịch vụ", {}), service="", language="vi", call_id="8c1f"
    )
    document = json.loads(bytes(answer.body))
    assert answer.media_type == "application/problem+json" and answer.headers["cache-control"] == "no-store"
    assert document["type"] == f"/problems/{name}" and document["name"] == name
    assert document["status"] == answer.status_code == status_of(name)
    assert document["detail"] == document["messages"]["vi"] == "lời của dịch vụ"
    assert document["messages"]["en"] and document["title"] and "{" not in document["title"]


@pytest.mark.parametrize("name", ["InternalFailure", "KeyError", "IntegrityError", "Traceback"])
def test_what_is_no_refusal_shows_the_call_id_and_nothing_from_inside(name: str) -> None:
    answer = problems.of_platform(
        PlatformRefusal(name, "secret inside", {"sql": "secret inside"}), service="", language="en", call_id="8c1f"
    )
    assert answer.status_code == 500
    assert b"secret inside" not in answer.body and b"8c1f" in answer.body and b"InternalFailure" in answer.body


def test_a_conflict_of_versions_is_412_where_a_version_was_named_and_409_otherwise() -> None:
    assert status_of("VersionConflict", if_match=True) == 412
    assert status_of("VersionConflict") == 409


def test_what_may_be_tried_again_says_when() -> None:
    assert retry_after("SignInDelayed", {"seconds": 2.2}) == retry_after("SignInDelayed", {"seconds": "2.2"}) == 3
    assert retry_after("ReadModelBehind", {}) == 1
    assert retry_after("ApplicationNotFound", {}) is None


def test_what_does_not_fit_is_pointed_at_in_the_callers_language() -> None:
    facts = {"problems": [{"pointer": "/code", "vi": "sai kiểu", "en": "wrong type"}]}
    answer = problems.of_platform(
        PlatformRefusal("InvalidRequest", "…", facts), service="catalog", language="en", call_id="8c1f"
    )
    document = json.loads(bytes(answer.body))
    assert document["errors"] == [{"pointer": "#/code", "detail": "wrong type"}]
    assert "sai kiểu" in document["messages"]["vi"] and "wrong type" in document["messages"]["en"]


def test_the_front_doors_own_refusals_have_statuses_and_words() -> None:
    own = all_refusals()
    assert len(own) > 10 and not set(own) & set(STATUS)
    for refusal in own.values():
        assert 400 <= refusal.status < 600 and refusal.vi and refusal.en
