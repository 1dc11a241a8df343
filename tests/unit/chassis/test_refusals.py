"""Refusals say what is wrong and what to do, in two languages."""

from __future__ import annotations

import string

import pytest

from infra.chassis import refusals
from infra.chassis.refusals import Forwarded, InvalidRequest, NotFound, Refusal
from infra.chassis.settings import Settings
from infra.front_door.errors import MalformedRequest

ALL = [
    kind
    for kind in vars(refusals).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Forwarded
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_refusal_speaks_both_languages_with_the_same_facts(kind):
    def facts(text: str) -> set[str | None]:
        return {name.removesuffix("_en") for _, name, _, _ in string.Formatter().parse(text) if name}

    assert kind.vi and kind.en and kind.vi != kind.en
    assert facts(kind.vi) == facts(kind.en)


def test_an_invalid_request_names_its_pointers_in_the_callers_language() -> None:
    refusal = InvalidRequest.at("/answers/name", "thiếu", "missing")
    assert "/answers/name: thiếu" in refusal.text("vi")
    assert "/answers/name: missing" in refusal.text("en")


def test_a_fact_that_was_not_given_does_not_break_a_refusal() -> None:
    class SomethingNotFound(NotFound):
        vi = "Không có {this}."

    assert SomethingNotFound().text().startswith("Không có –.")


def test_a_fact_is_said_in_the_callers_language_where_it_has_one() -> None:
    forbidden = refusals.Forbidden(reason="cần vai trò: auditor", reason_en="needs role: auditor")
    assert "cần vai trò" not in forbidden.text("en") and "needs role" not in forbidden.text("vi")
    assert "not_yet_valid" in refusals.Unauthenticated(reason="not_yet_valid").text("en")


def test_a_neighbours_refusal_keeps_its_name_and_text() -> None:
    refusal = Forwarded("ProcedureNotFound", "Không tìm thấy thủ tục.")
    assert (refusal.name, refusal.text("en")) == ("ProcedureNotFound", "Không tìm thấy thủ tục.")


def test_nothing_named_means_the_embedded_default() -> None:
    settings = Settings({"PORTAL_HOME": "/somewhere"})
    assert settings.embedded and settings.development
    assert settings.database_url("catalog") == "sqlite:////somewhere/catalog.sqlite"
    assert not Settings({"AMQP_URI": "amqp://x"}).development


@pytest.mark.parametrize("reason", ["Invalid multipart data.", "Invalid multipart data"])
def test_a_reason_that_ends_its_sentence_brings_no_second_full_stop(reason: str) -> None:
    refusal = MalformedRequest(reason="multipart không đọc được.", reason_en=reason)
    assert refusal.text("en").startswith("The request cannot be read: Invalid multipart data. Correct")
    assert refusal.text("vi").startswith("Không đọc được yêu cầu: multipart không đọc được. Sửa")
    assert (
        InvalidRequest.at("/text", "thiếu.", "missing.")
        .text("en")
        .startswith("The request does not fit the contract: /text: missing. Correct")
    )


def test_dots_that_are_no_full_stop_stay() -> None:
    refusal = MalformedRequest(reason="đường dẫn ..", reason_en="the path ..")
    assert "the path ... Correct" in refusal.text("en")
