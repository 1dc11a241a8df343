"""Single sign-on from a client's request to a code, and every way to get one that is not one's own."""

from datetime import timedelta

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from services.identity.errors import SessionEnded, SignInRefused
from services.identity.openid import authorizations
from services.identity.openid.request_rules import challenge_of
from services.identity.single_sign_on_errors import AuthorizationNotPending, AuthorizationRequestRefused
from tests.component.identity.sign_on import BACK, BINDING, ISSUER, VERIFIER, SignOn, answer

LATER = "2026-03-02T05:00:00Z"


@pytest.fixture
def sign_on(identity):
    identity.registered()
    return SignOn(identity)


def test_a_person_signs_in_agrees_and_goes_back_with_a_code_its_state_and_the_issuer(sign_on, fits):
    step = sign_on.begin()
    fits("begin_authorization", step)
    assert (step["step"], step["client_name"], step["return_origin"]) == ("sign_in", "Cổng Mẫu", "https://mau.example")
    consent = sign_on.sign_in(step)
    fits("sign_in_to_authorize", consent)
    assert (consent["step"], consent["scopes"]) == ("consent", ["openid", "profile"])
    done = sign_on.allow(consent)
    fits("decide_authorization", done)
    assert done["location"].startswith(BACK + "?")
    assert {name: answer(done)[name] for name in ("state", "iss")} == {"state": "af0ifjsldkj", "iss": ISSUER}


def test_who_is_signed_in_and_has_agreed_goes_back_at_once(sign_on):
    sign_on.code()
    assert "code" in answer(sign_on.begin())
    assert sign_on.begin(scope="openid email")["step"] == "consent"
    assert sign_on.begin(prompt="consent")["step"] == "consent"


def test_a_client_may_ask_for_a_fresh_sign_in(sign_on):
    with time_machine.travel(LATER, tick=False) as clock:
        sign_on.code()
        assert sign_on.begin(prompt="login")["step"] == "sign_in"
        clock.shift(timedelta(minutes=5))
        assert sign_on.begin(max_age="60")["step"] == "sign_in"
        assert sign_on.begin(max_age="600")["step"] == "redirect"


def test_without_a_page_a_client_learns_what_is_missing(sign_on):
    assert answer(sign_on.begin(prompt="none"))["error"] == "login_required"
    sign_on.code()
    assert answer(sign_on.begin(prompt="none", scope="openid email"))["error"] == "consent_required"
    assert "code" in answer(sign_on.begin(prompt="none"))


def test_who_says_no_goes_back_with_that_and_no_code(sign_on):
    step = sign_on.sign_in(sign_on.begin())
    refused = sign_on.desk.decide_authorization(step["authorization_id"], BINDING, False, None, sign_on.browser)
    assert answer(refused) == {"error": "access_denied", "state": "af0ifjsldkj", "iss": ISSUER}


def test_a_person_may_agree_to_a_part(sign_on):
    step = sign_on.sign_in(sign_on.begin(scope="openid profile email"))
    code = answer(sign_on.allow(step, ["email"]))["code"]
    assert sign_on.exchange(code)["scope"] == "openid email"


@pytest.mark.parametrize(
    "uri",
    [
        "https://mau.example/sign-in/return/",
        "https://mau.example/sign-in/return?next=1",
        "https://mau.example/sign-in/../sign-in/return",
        "https://MAU.example/sign-in/return",
        "http://mau.example/sign-in/return",
        "https://mau.example.evil.example/sign-in/return",
        "https://evil.example/?https://mau.example/sign-in/return",
        "",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_letter_by_letter_the_clients(sign_on, uri):
    with pytest.raises(AuthorizationRequestRefused):
        sign_on.begin(redirect_uri=uri)


def test_nobody_is_sent_on_for_a_client_that_is_unknown_or_has_ended(sign_on, operator):
    with pytest.raises(AuthorizationRequestRefused):
        sign_on.begin(client_id="0b9a6a0e-3d55-4a9c-a1e2-9f1f7cbb1f03")
    from tests.component.identity.sign_on import command

    sign_on.clients.end_openid_client(sign_on.client_id, by=operator, command=command())
    with pytest.raises(AuthorizationRequestRefused):
        sign_on.begin()


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
        ({"nonce": "a\nb"}, "invalid_request"),
    ],
)
def test_every_other_fault_goes_back_to_the_client_with_its_state(sign_on, parameters, error):
    back = answer(sign_on.begin(**parameters))
    assert (back["error"], back["state"], back["iss"]) == (error, "af0ifjsldkj", ISSUER)


def test_a_client_sees_no_more_than_it_was_registered_for(sign_on):
    narrow = sign_on.registered(scopes=["profile"])["client_id"]
    assert answer(sign_on.begin(client_id=narrow, scope="openid citizen_number"))["error"] == "invalid_scope"


def test_another_browser_does_not_go_on_with_a_request(sign_on):
    step = sign_on.begin()
    with pytest.raises(AuthorizationNotPending):
        sign_on.desk.authorization(step["authorization_id"], "binding-of-another-browser")
    consent = sign_on.sign_in(step)
    for binding, browser in (("binding-of-another-browser", sign_on.browser), (BINDING, None), (BINDING, "x" * 30)):
        with pytest.raises(AuthorizationNotPending):
            sign_on.desk.decide_authorization(consent["authorization_id"], binding, True, None, browser)


def test_signing_in_gives_the_browser_a_new_secret_and_the_old_one_is_worth_nothing(sign_on):
    first = sign_on.sign_in(sign_on.begin())["browser"]
    second = sign_on.sign_in(sign_on.begin(prompt="login"))["browser"]
    assert first != second
    sign_on.browser = first
    assert sign_on.begin()["step"] == "sign_in"


def test_somebody_else_at_the_same_browser_ends_the_session_before(sign_on):
    sign_on.identity.registered(1)
    sign_on.sign_in(sign_on.begin())
    sign_on.sign_in(sign_on.begin(prompt="login"), person=1)
    listed = sign_on.identity.sessions.sessions(by=sign_on.actor(0))["items"]
    assert [item["current"] for item in listed] == [True]


def test_a_wrong_password_is_refused_and_the_request_still_waits(sign_on):
    step = sign_on.begin()
    with pytest.raises(SignInRefused):
        sign_on.desk.sign_in_to_authorize(step["authorization_id"], BINDING, "001190999901", "sai")
    assert sign_on.desk.authorization(step["authorization_id"], BINDING)["step"] == "sign_in"


def test_a_request_is_answered_once_and_waits_ten_minutes(sign_on):
    with time_machine.travel(LATER, tick=False) as clock:
        step = sign_on.sign_in(sign_on.begin())
        sign_on.allow(step)
        with pytest.raises(AuthorizationNotPending):
            sign_on.allow(step)
        step = sign_on.begin(prompt="login")
        clock.shift(authorizations.PENDING)
        with pytest.raises(AuthorizationNotPending):
            sign_on.sign_in(step)


def test_the_challenge_is_the_one_of_the_standards_example():
    assert challenge_of(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B


def test_a_browser_that_is_signed_in_here_is_asked_for_no_password_by_another_portal(sign_on, fits):
    tokens = sign_on.identity.signed_in()
    by = Actor.of_claims(sign_on.identity.claims(tokens["access_token"]))
    remembered = sign_on.desk.remember_browser(by=by)
    fits("remember_browser", remembered)
    sign_on.browser = remembered["browser"]
    assert sign_on.begin()["step"] == "consent"
    assert sign_on.begin(prompt="login")["step"] == "sign_in"
    sign_on.identity.sessions.sign_out(tokens["refresh_token"])
    assert sign_on.begin()["step"] == "sign_in"
    with pytest.raises(SessionEnded):
        sign_on.desk.remember_browser(by=by)
