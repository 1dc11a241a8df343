"""Single sign-on at the front door, as another portal and a person's browser find it."""

from __future__ import annotations

import html
import json
import re
import uuid
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from tests.component.front_door.standard_client import run_openid_client
from tests.support.browser import Browser, forms_of
from tests.support.page_requests import PlainVisitor

BACK, HOME = "http://127.0.0.1:9/return", "http://127.0.0.1:9/"
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SCOPE = "openid profile email offline_access"


def registered(door, **other):
    """A confidential client with its secret."""
    facts = {"name": "Cổng Mẫu", "redirect_uris": [BACK], "post_logout_redirect_uris": [HOME], **other}
    facts = {"scopes": ["profile", "email", "citizen_number", "offline_access"], **facts}
    client = door.rpc("identity", "register_openid_client", "operator", command_id=str(uuid.uuid4()), **facts).json()
    assert client["status"] == "awaiting_approval", client
    other = json.loads((door.log.parent / "home/secrets/operator.json").read_text(encoding="utf-8"))
    bearer = {"Authorization": f"Bearer {door.rpc('identity', 'sign_in', **other).json()['access_token']}"}
    decision = {"client_id": client["client_id"], "command_id": str(uuid.uuid4())}
    approved = door.ask("POST", "/rpc/identity/approve_openid_client", json=decision, headers=bearer)
    assert approved.status_code == 200, approved.text
    made = door.rpc("identity", "renew_openid_client_secret", "operator", client_id=client["client_id"]).json()
    return made["client_id"], made["client_secret"]


@pytest.fixture(scope="module")
def client(door):
    return registered(door)


@pytest.fixture
def browser(door):
    return Browser(door.url)


def request_of(client, **other):
    fields = {
        "client_id": client[0], "redirect_uri": BACK, "response_type": "code", "scope": SCOPE, "state": "af0ifjsldkj",
        "nonce": "n-0S6", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    return f"/oauth2/authorize?{urlencode({**fields, **other})}"


def led_back(door, browser, address):
    """Where the person is sent in the end, having signed in and agreed where they are asked."""
    page = browser.open(address)
    if "password" in page.text:
        person = door.person("citizen")
        page = browser.submit(page, username=person["username"], password=person["password"])
    if page.status_code == 200:
        page = browser.submit(page, "allow")
    assert page.status_code == 303, page.text
    return page.headers["Location"]


def answer(location):
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def token(door, client, **form):
    return door.ask("POST", "/oauth2/token", data=form, auth=client)


def test_discovery_names_this_front_door_and_keys_are_rsa(door):
    document = door.ask("GET", "/.well-known/openid-configuration").json()
    assert document["issuer"] == door.url
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert {urlsplit(value).netloc for name, value in document.items() if name.endswith("_endpoint")} == {
        urlsplit(door.url).netloc
    }
    assert [key["kty"] for key in door.ask("GET", urlsplit(document["jwks_uri"]).path).json()["keys"]] == ["RSA"]


def test_a_client_of_somebody_elses_making_signs_in_refreshes_and_is_refused_what_it_must_not_have(
    door, client, browser
):
    """npm's openid-client, strict about discovery, issuer, state, nonce, at_hash and signatures."""
    facts = {"issuer": door.url, "clientId": client[0], "clientSecret": client[1], "back": BACK, "scope": SCOPE}
    done = run_openid_client(facts, lambda address: led_back(door, browser, address))
    assert done == {
        "signedIn": True,
        "refreshed": True,
        "replayedCode": "invalid_grant",
        "wrongVerifier": "invalid_grant",
        "wrongRedirect": "invalid_grant",
        "reusedRefreshToken": "invalid_grant",
        "afterReuse": "invalid_grant",
    }


def test_authlib_signs_in_refreshes_and_is_refused_a_replayed_code(door, client, browser):
    session = OAuth2Session(*client, scope=SCOPE, redirect_uri=BACK, code_challenge_method="S256")
    address, state = session.create_authorization_url(f"{door.url}/oauth2/authorize", code_verifier=VERIFIER)
    location = led_back(door, browser, address)
    facts = {"authorization_response": location, "code_verifier": VERIFIER, "state": state}
    tokens = session.fetch_token(f"{door.url}/oauth2/token", **facts)
    claims = session.get(f"{door.url}/oauth2/userinfo").json()
    assert claims["name"] and "citizen_number" not in claims
    session.refresh_token(f"{door.url}/oauth2/token", refresh_token=tokens["refresh_token"])
    again = token(
        door, client, grant_type="authorization_code", code=answer(location)["code"], redirect_uri=BACK,
        code_verifier=VERIFIER,
    )  # fmt: skip
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_pages_stand_without_scripts_speak_both_languages_and_let_forms_go_to_one_other_place(door, client):
    for language, word in (("vi", "Đăng nhập"), ("en", "Sign in")):
        page = Browser(door.url, language).open(request_of(client))
        assert word in page.text and f'<html lang="{language}">' in page.text
        assert "<script" not in page.text and " style=" not in page.text
        policy = page.headers["Content-Security-Policy"]
        assert "form-action 'self' http://127.0.0.1:9" in policy and "script-src" not in policy
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"


def test_cookies_are_for_this_host_over_https_and_no_script(door, client):
    answered = door.ask("GET", request_of(client), allow_redirects=False)
    cookie = answered.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/")) and "Domain" not in cookie


def test_a_wrong_password_shows_the_form_again_with_what_was_wrong_and_without_the_password(door, client, browser):
    page = browser.submit(browser.open(request_of(client)), username="doan-mò", password="sai-hoàn-toàn")
    assert page.status_code == 400 and 'role="alert"' in page.text
    assert "doan-mò" in page.text and "sai-hoàn-toàn" not in page.text


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_that_another_site_sends_is_refused(door, client, browser, headers):
    page = browser.open(request_of(client))
    fields = [*forms_of(page)[0].fields, ("username", "x"), ("password", "y")]
    fields = list(dict(fields).items())
    assert browser.send("POST", "/oauth2/sign-in", data=fields, headers=headers).status_code == 403


def test_a_form_without_its_token_or_from_another_browser_is_refused(door, client, browser):
    page = browser.open(request_of(client))
    fields = dict(forms_of(page)[0].fields)
    mine = {"Origin": door.url}
    without = {**fields, "csrf": ""}
    assert browser.send("POST", "/oauth2/sign-in", data=without, headers=mine).status_code == 403
    other = Browser(door.url)
    other.open(request_of(client))
    assert other.send("POST", "/oauth2/sign-in", data=fields, headers=mine).status_code == 403
    assert other.open(page.url).status_code == 404


@pytest.mark.parametrize("uri", ["https://evil.example/", BACK + "/", BACK + "?x=1", "//evil.example"])
def test_nobody_is_sent_to_an_address_that_was_not_registered(door, client, browser, uri):
    for page in (
        browser.open(request_of(client, redirect_uri=uri)),
        browser.open(f"/oauth2/logout?{urlencode({'client_id': client[0], 'post_logout_redirect_uri': uri})}"),
    ):
        assert page.status_code == 400 and "Location" not in page.headers
        assert "evil" not in page.text


def test_what_a_client_writes_is_never_part_of_a_page(door, client, browser):
    page = browser.open(request_of(client, state="<script>alert(1)</script>", scope="openid <b>"))
    assert "<script" not in page.text and "<b>" not in page.text


def test_a_parameter_twice_is_refused_as_a_page(door, client, browser):
    page = browser.open(request_of(client) + "&client_id=x")
    assert page.status_code == 400 and "<h1>" in page.text


def test_the_token_endpoint_speaks_as_its_standard_says(door, client):
    wrong = token(door, (client[0], "sai"), grant_type="authorization_code", code="x")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic") and wrong.headers["Cache-Control"] == "no-store"
    assert token(door, client, grant_type="password", username="a").json() == {"error": "unsupported_grant_type"}
    assert token(door, client, code="x").json() == {"error": "invalid_request"}
    both = token(door, client, grant_type="authorization_code", code="x", client_secret="y")
    assert both.json() == {"error": "invalid_request"}
    as_json = door.ask("POST", "/oauth2/token", json={"grant_type": "authorization_code"}, auth=client)
    assert (as_json.status_code, as_json.json()) == (400, {"error": "invalid_request"})


def test_userinfo_without_a_good_token_says_so_as_bearer_tokens_do(door):
    assert door.ask("GET", "/oauth2/userinfo").headers["WWW-Authenticate"] == 'Bearer realm="portal"'
    refused = door.ask("GET", "/oauth2/userinfo", headers={"Authorization": "Bearer nothing-of-ours"})
    assert refused.status_code == 401 and 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_client_signs_the_person_out_and_gets_them_back(door, client, browser):
    code = answer(led_back(door, browser, request_of(client)))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    id_token = token(door, client, **form).json()["id_token"]
    leaving = {"id_token_hint": id_token, "post_logout_redirect_uri": HOME, "state": "xyz"}
    left = browser.open(f"/oauth2/logout?{urlencode(leaving)}")
    assert (left.status_code, left.headers["Location"]) == (303, f"{HOME}?state=xyz")
    assert "password" in browser.open(request_of(client)).text


def test_without_a_token_of_the_session_the_person_is_asked_before_they_are_signed_out(door, client, browser):
    led_back(door, browser, request_of(client))
    page = browser.open("/oauth2/logout")
    assert page.status_code == 200 and "code=" in browser.open(request_of(client)).headers["Location"]
    assert browser.send("POST", "/oauth2/logout", data={"state": "x"}).status_code == 200
    assert "Location" in browser.open(request_of(client)).headers
    assert browser.submit(page).status_code == 200
    assert "password" in browser.open(request_of(client)).text


def test_a_person_sees_their_consents_and_withdraws_them(door, client, browser):
    led_back(door, browser, request_of(client))
    (consent,) = [
        item
        for item in door.rpc("identity", "openid_consents", "citizen").json()["items"]
        if item["client_id"] == client[0]
    ]
    assert "profile" in consent["scopes"]
    about = {"client_id": client[0], "command_id": str(uuid.uuid4())}
    assert door.rpc("identity", "withdraw_openid_consent", "citizen", **about).status_code == 200
    assert re.search("name=.answer.", browser.open(request_of(client)).text)


def test_whoever_is_signed_in_at_the_pages_is_asked_for_consent_alone(door, client, browser):
    person = door.person("citizen")
    page = browser.open("/vi/sign-in")
    page = browser.submit(page, username=person["username"], password=person["password"])
    assert page.status_code == 200 and forms_of(page)[0].action == "/vi/sign-out", page.url
    consent = browser.open(request_of(client, prompt="consent"))
    assert consent.status_code == 200 and 'value="allow"' in consent.text and 'type="password"' not in consent.text
    browser.submit(page)
    assert 'type="password"' in browser.open(request_of(client, prompt="consent")).text


def test_another_portals_request_goes_on_after_the_national_eid(door, client, browser):
    page = browser.open(request_of(client, prompt="consent"))
    way = html.unescape(re.search(r'href="(/vi/sign-in/eid[^"]*)"', page.text)[1])
    away = browser.open(way).headers["Location"]
    chosen = requests.post(
        urljoin(away, "/authorize"), data={**answer(away), "person": door.person("citizen")["username"]},
        timeout=30, allow_redirects=False,
    )  # fmt: skip
    consent = browser.open(chosen.headers["Location"])
    assert consent.status_code == 200 and 'value="allow"' in consent.text, consent.text
    location = browser.submit(consent, "allow").headers["Location"]
    assert location.startswith(BACK) and "code" in answer(location)


def test_a_person_withdraws_their_consent_on_a_page(door, client, browser):
    led_back(door, browser, request_of(client, prompt="consent"))
    visitor = PlainVisitor(door).sign_in("citizen")
    assert visitor.guards("/account/portals")["client_id"] == client[0]
    page = visitor.send("/account/portals")
    assert page.status_code == 200 and client[0] not in page.text
