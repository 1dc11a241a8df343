"""The browser's session: sealed, ending, new at sign-in, and its cookie where it travels by HTTPS alone."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from infra.chassis.settings import SettingMissing, Settings
from infra.front_door.pages.sessions import NAME, Cookies, Session
from infra.front_door.sealing import Sealing, session_keys

KEYS = ["k" * 32]


def token(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def tokens(expires_in: int = 600) -> dict[str, Any]:
    access = token(sub="a-1", name="Nguyễn Thị Mẫu", roles=["citizen"], agencies={"H01.01": ["approver"]}, sid="s-1")
    return {"access_token": access, "refresh_token": "r" * 43, "expires_in": expires_in}


def request_with(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})


def test_what_is_sealed_for_one_purpose_is_nothing_for_another_and_ends() -> None:
    sealed = Sealing(KEYS, "session").seal({"a": "số"})
    assert Sealing(KEYS, "session").open(sealed, within=60) == {"a": "số"}
    assert Sealing(["n" * 32, *KEYS], "session").open(sealed, within=60) == {"a": "số"}, "a key that was replaced"
    for other in (Sealing(KEYS, "carried"), Sealing(["o" * 32], "session")):
        assert other.open(sealed, within=60) is None
    assert Sealing(KEYS, "session").open(sealed, within=-1) is None
    assert Sealing(KEYS, "session").open("no token, số", within=60) is None


def test_the_cookie_is_a_host_cookie_for_https_alone() -> None:
    cookies, response = Cookies(Sealing(KEYS, "session"), secure=True), Response()
    session = Session.begun().signed_in(tokens())
    cookies.put(response, session)
    header = response.headers["set-cookie"]
    assert header.startswith(f"{NAME}=") and NAME.startswith("__Host-")
    assert all(flag in header for flag in ("Secure", "HttpOnly", "Path=/", "SameSite=lax")) and "Domain" not in header
    assert len(header) < 4096
    assert cookies.session_of(request_with(header.partition(";")[0])) == session


def test_a_session_after_the_sign_in_is_another_one() -> None:
    before = Session.begun()
    after = before.signed_in(tokens())
    assert before.has_given(before.form_token()) and not after.has_given(before.form_token())
    assert not after.has_given("") and not after.has_given("a.b") and not after.has_given("số.số")
    assert before.form_token() != before.form_token()


def test_a_person_has_the_roles_of_their_posts_too() -> None:
    person = Session.begun().signed_in(tokens()).person
    assert person is not None and person.roles == {"citizen", "approver"} and person.name == "Nguyễn Thị Mẫu"
    assert person.agencies_as("approver") == ["H01.01"] and person.agencies_as("auditor") == []
    assert Session.begun().person is None


def test_a_session_is_renewed_before_its_token_ends_and_keeps_its_forms_when_it_is_over() -> None:
    session = Session.begun().signed_in(tokens(600))
    assert not session.old and Session.begun().signed_in(tokens(5)).old
    assert session.ends_at == pytest.approx(time.time() + 600, abs=5)
    ended = session.ended()
    assert ended.person is None and not ended.old and ended.spent and ended.has_given(session.form_token())


def test_production_is_given_the_keys_of_sessions() -> None:
    with pytest.raises(SettingMissing, match="FRONT_DOOR_SESSION_KEYS"):
        session_keys(Settings({"AMQP_URI": "amqp://x"}))
    assert session_keys(Settings({"AMQP_URI": "amqp://x", "FRONT_DOOR_SESSION_KEYS": "k" * 32})) == KEYS
