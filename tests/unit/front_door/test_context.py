"""Nothing that a caller writes into a header reaches the broker as it came."""

from __future__ import annotations

import pytest

from infra.front_door.calls import PlatformRefusal
from infra.front_door.context import WITHIN, context_of, language_of, trace_of
from infra.front_door.errors import MalformedRequest

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0", "vi"),
        ("en;q=high, vi", "vi"),
        ("*", "vi"),
        ("\x00;;;,=,", "vi"),
    ],
)
def test_the_language_is_the_one_that_is_liked_best_of_two(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


@pytest.mark.parametrize(
    "sent", ["", "00-zz", TRACE.upper(), TRACE + "-more", "00-" + "0" * 32 + "-b7ad6b7169203331-01"]
)
def test_a_trace_that_is_none_is_replaced_by_a_new_one(sent: str) -> None:
    made = trace_of(sent)
    assert made != sent and trace_of(made) == made


def test_a_good_trace_goes_on() -> None:
    assert trace_of(TRACE) == TRACE


@pytest.mark.parametrize(
    "sent", ["", "Basic YTpi", "Bearer", "Bearer a b", "Bearer a\nb", "Bearer " + "a" * 9000, "Bearer é"]
)
def test_an_authorization_that_is_no_token_is_refused_before_anybody_is_asked(sent: str) -> None:
    with pytest.raises(PlatformRefusal) as refused:
        context_of({"authorization": sent}, "8c1f")
    assert refused.value.name == "Unauthenticated"


def test_the_platform_gets_strings_and_one_list_of_strings() -> None:
    headers = context_of({"authorization": "Bearer a.b-c_d", "accept-language": "en"}, "8c1f").headers()
    assert headers["nameko.auth_token"] == "a.b-c_d" and headers["nameko.language"] == "en"
    assert headers["nameko.call_id_stack"] == ["front_door.8c1f"]
    assert {type(value) for name, value in headers.items() if name != "nameko.call_id_stack"} == {str}


def test_the_shorter_of_the_callers_patience_and_ours_counts() -> None:
    assert context_of({}, "8c1f").within == WITHIN
    assert context_of({"portal-timeout": "2.5"}, "8c1f").within == 2.5
    assert context_of({"portal-timeout": "9000"}, "8c1f").within == WITHIN


@pytest.mark.parametrize("sent", ["-1", "0", "nan", "1e9", "soon", "99999"])
def test_a_patience_that_is_no_number_of_seconds_is_refused(sent: str) -> None:
    with pytest.raises(MalformedRequest):
        context_of({"portal-timeout": sent}, "8c1f")
