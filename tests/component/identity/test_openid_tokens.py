"""Tokens of single sign-on: a code and a refresh token work once, for one client, and whatever is copied ends."""

import itertools
from datetime import timedelta

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from infra.chassis.access.access_tokens import claims_of
from infra.chassis.refusals import Unauthenticated
from services.identity import open_sessions
from services.identity.models.single_sign_on import OpenIdGrant, OpenIdToken
from services.identity.openid import grants, id_token_keys, token_desk
from services.identity.openid.authorizations import CODE_LIFETIME
from services.identity.sessions import GRACE
from services.identity.single_sign_on_errors import OpenIdTokenRefused, TokenRequestRefused
from tests.component.identity.sign_on import BACK, ISSUER, SignOn, command

NOON = "2026-03-02T05:00:00Z"
OFFLINE = "openid profile offline_access"
KEYS = [RSAKey.generate_key(2048) for _ in range(2)]


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch):
    """Making an RSA key takes a moment: these tests take turns at two."""
    keys = itertools.cycle(KEYS)
    monkeypatch.setattr(RSAKey, "generate_key", lambda bits: next(keys))


@pytest.fixture
def sign_on(identity):
    identity.registered()
    return SignOn(identity)


def id_claims(sign_on, reply):
    keys = KeySet.import_key_set(sign_on.tokens.openid_keys())
    return jwt.decode(reply["id_token"], keys, algorithms=["RS256"]).claims


def refused(error, act, *arguments, **named):
    with pytest.raises(TokenRequestRefused) as no:
        act(*arguments, **named)
    assert no.value.facts["error"] == error


def test_a_code_becomes_tokens_that_say_who_when_and_for_whom(sign_on, fits):
    reply = sign_on.exchange(sign_on.code())
    fits("openid_token", reply)
    assert "refresh_token" not in reply
    claims = id_claims(sign_on, reply)
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, sign_on.client_id, "n-0S6")
    assert claims["exp"] > claims["iat"] >= claims["auth_time"]


def test_discovery_and_keys_fit_the_contract(sign_on, fits):
    fits("openid_configuration", sign_on.tokens.openid_configuration())
    fits("openid_keys", sign_on.tokens.openid_keys())


def test_nothing_of_single_sign_on_opens_a_door_of_the_platform(sign_on):
    reply = sign_on.exchange(sign_on.code())
    for token in (reply["access_token"], reply["id_token"]):
        with pytest.raises(Unauthenticated):
            claims_of(token, sign_on.identity.keys(), "portal/accounts")


def test_a_replayed_code_is_refused_and_ends_what_it_gave(sign_on):
    code = sign_on.code(scope=OFFLINE)
    reply = sign_on.exchange(code)
    refused("invalid_grant", sign_on.exchange, code)
    refused("invalid_grant", sign_on.refresh, reply["refresh_token"])
    with pytest.raises(OpenIdTokenRefused):
        sign_on.tokens.openid_userinfo(reply["access_token"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"code_verifier": ""},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": None},
    ],
)
def test_a_code_shown_wrongly_is_refused_and_spent(sign_on, wrong):
    code = sign_on.code()
    refused("invalid_grant", sign_on.exchange, code, **wrong)
    refused("invalid_grant", sign_on.exchange, code)


def test_a_code_of_another_client_is_refused_and_spent(sign_on, operator):
    other = sign_on.registered()["client_id"]
    secret = sign_on.clients.renew_openid_client_secret(other, by=operator)["client_secret"]
    code = sign_on.code()
    refused("invalid_grant", sign_on.exchange, code, client_id=other, client_secret=secret)
    refused("invalid_grant", sign_on.exchange, code)


def test_a_code_holds_a_minute(sign_on):
    with time_machine.travel(NOON, tick=False) as clock:
        code = sign_on.code()
        clock.shift(CODE_LIFETIME)
        refused("invalid_grant", sign_on.exchange, code)
    assert timedelta(seconds=60) >= CODE_LIFETIME


@pytest.mark.parametrize("wrong", [{"client_secret": "sai"}, {"client_secret": None}, {"client_id": "unknown"}])
def test_a_client_that_cannot_prove_itself_gets_nothing_and_spends_nothing(sign_on, wrong):
    code = sign_on.code()
    refused("invalid_client", sign_on.exchange, code, **wrong)
    assert sign_on.exchange(code)


def test_a_public_client_has_no_secret_and_shows_none(sign_on):
    public = sign_on.registered(confidential=False)["client_id"]
    code = sign_on.code(client_id=public)
    refused("invalid_client", sign_on.exchange, code, client_id=public, client_secret="anything")
    assert sign_on.exchange(code, client_id=public, client_secret=None)


def test_another_grant_type_is_not_supported(sign_on):
    refused("unsupported_grant_type", sign_on.tokens.openid_token, "password", sign_on.client_id, sign_on.secret)


def test_a_refresh_token_rotates_and_its_id_token_names_the_same_person_and_sign_in(sign_on):
    first = sign_on.exchange(sign_on.code(scope=OFFLINE))
    second = sign_on.refresh(first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    before, after = id_claims(sign_on, first), id_claims(sign_on, second)
    assert [before[name] for name in ("sub", "sid", "auth_time")] == [
        after[name] for name in ("sub", "sid", "auth_time")
    ]
    assert "nonce" not in after


def test_a_refresh_token_shown_again_ends_its_whole_family(sign_on):
    first = sign_on.exchange(sign_on.code(scope=OFFLINE))
    second = sign_on.refresh(first["refresh_token"])
    third = sign_on.refresh(second["refresh_token"])
    refused("invalid_grant", sign_on.refresh, first["refresh_token"])
    refused("invalid_grant", sign_on.refresh, third["refresh_token"])
    with pytest.raises(OpenIdTokenRefused):
        sign_on.tokens.openid_userinfo(third["access_token"])


def test_a_client_that_lost_the_answer_gets_the_same_successor_for_some_seconds(sign_on):
    with time_machine.travel(NOON, tick=False) as clock:
        first = sign_on.exchange(sign_on.code(scope=OFFLINE))["refresh_token"]
        again = [sign_on.refresh(first)["refresh_token"] for _ in range(2)]
        assert again[0] == again[1]
        clock.shift(GRACE + timedelta(seconds=1))
        refused("invalid_grant", sign_on.refresh, first)
        refused("invalid_grant", sign_on.refresh, again[0])


def test_however_often_it_is_refreshed_a_grant_ends_after_its_month(sign_on):
    with time_machine.travel(NOON, tick=False) as clock:
        token = sign_on.exchange(sign_on.code(scope=OFFLINE))["refresh_token"]
        step = token_desk.REFRESH_IDLE - timedelta(days=1)
        for _ in range(token_desk.GRANT_LIFETIME // step - 1):
            clock.shift(step)
            token = sign_on.refresh(token)["refresh_token"]
        clock.shift(step)
        refused("invalid_grant", sign_on.refresh, token)


def test_a_refresh_token_is_good_for_its_client_alone(sign_on, operator):
    other = sign_on.registered()["client_id"]
    secret = sign_on.clients.renew_openid_client_secret(other, by=operator)["client_secret"]
    token = sign_on.exchange(sign_on.code(scope=OFFLINE))["refresh_token"]
    refused("invalid_grant", sign_on.refresh, token, client_id=other, client_secret=secret)
    assert sign_on.refresh(token)


def test_a_refresh_may_ask_for_less_and_not_for_more(sign_on):
    token = sign_on.exchange(sign_on.code(scope=OFFLINE))["refresh_token"]
    refused("invalid_scope", sign_on.refresh, token, scope="openid email")
    assert sign_on.refresh(token, scope="openid")["scope"] == "openid"


def test_userinfo_shows_what_scopes_and_consent_say(sign_on, fits):
    reply = sign_on.exchange(sign_on.code(scope="openid profile email phone citizen_number"))
    claims = sign_on.tokens.openid_userinfo(reply["access_token"])
    fits("openid_userinfo", claims)
    assert claims["citizen_number"] == sign_on.identity.claimed().citizen_number
    narrow = sign_on.exchange(sign_on.code(scope="openid"))
    assert set(sign_on.tokens.openid_userinfo(narrow["access_token"])) == {"sub"}


def test_clients_of_two_hosts_know_a_person_by_two_names(sign_on):
    uri = "https://khac.example/return"
    other = sign_on.registered(redirect_uris=[uri], post_logout_redirect_uris=[], confidential=False)["client_id"]
    mine = id_claims(sign_on, sign_on.exchange(sign_on.code()))
    code = sign_on.code(client_id=other, redirect_uri=uri)
    theirs = id_claims(sign_on, sign_on.exchange(code, client_id=other, client_secret=None, redirect_uri=uri))
    assert mine["sub"] != theirs["sub"] and mine["sid"] != theirs["sid"]


def test_a_withdrawn_consent_ends_tokens_and_asks_again(sign_on, fits):
    reply = sign_on.exchange(sign_on.code(scope=OFFLINE))
    by = sign_on.actor()
    listed = sign_on.consents.openid_consents(by=by)
    fits("openid_consents", listed)
    assert [item["client_name"] for item in listed["items"]] == ["Cổng Mẫu"]
    withdrawn = sign_on.consents.withdraw_openid_consent(sign_on.client_id, by=by, command=command())
    fits("withdraw_openid_consent", withdrawn)
    assert withdrawn["grants_ended"] == 1 and sign_on.consents.openid_consents(by=by)["items"] == []
    refused("invalid_grant", sign_on.refresh, reply["refresh_token"])
    with pytest.raises(OpenIdTokenRefused):
        sign_on.tokens.openid_userinfo(reply["access_token"])
    assert sign_on.begin(scope=OFFLINE)["step"] == "consent"


def test_a_code_given_before_the_consent_was_withdrawn_becomes_nothing(sign_on):
    code = sign_on.code()
    sign_on.consents.withdraw_openid_consent(sign_on.client_id, by=sign_on.actor(), command=command())
    refused("invalid_grant", sign_on.exchange, code)


def test_signing_out_ends_access_and_leaves_what_was_granted_offline(sign_on):
    online, offline = sign_on.exchange(sign_on.code()), sign_on.exchange(sign_on.code(scope=OFFLINE))
    sign_on.leaving.openid_logout(browser=sign_on.browser, confirmed=True)
    with pytest.raises(OpenIdTokenRefused):
        sign_on.tokens.openid_userinfo(online["access_token"])
    assert sign_on.refresh(offline["refresh_token"])


def test_a_session_that_was_stolen_or_a_password_that_changed_ends_what_was_granted_offline(sign_on, password):
    offline = sign_on.exchange(sign_on.code(scope=OFFLINE))
    sign_on.identity.accounts.change_password(password, "sáu cây cau trước ngõ", by=sign_on.actor())
    refused("invalid_grant", sign_on.refresh, offline["refresh_token"])


def test_a_client_that_was_ended_refreshes_nothing(sign_on, operator):
    reply = sign_on.exchange(sign_on.code(scope=OFFLINE))
    sign_on.clients.end_openid_client(sign_on.client_id, by=operator, command=command())
    refused("invalid_client", sign_on.refresh, reply["refresh_token"])
    with pytest.raises(OpenIdTokenRefused):
        sign_on.tokens.openid_userinfo(reply["access_token"])


def test_a_client_gives_tokens_up(sign_on, fits):
    reply = sign_on.exchange(sign_on.code(scope=OFFLINE))
    credentials = {"client_id": sign_on.client_id, "client_secret": sign_on.secret}
    fits("revoke_openid_token", sign_on.tokens.revoke_openid_token(reply["access_token"], **credentials))
    with pytest.raises(OpenIdTokenRefused):
        sign_on.tokens.openid_userinfo(reply["access_token"])
    second = sign_on.refresh(reply["refresh_token"])
    sign_on.tokens.revoke_openid_token(second["refresh_token"], **credentials)
    refused("invalid_grant", sign_on.refresh, second["refresh_token"])
    assert sign_on.tokens.revoke_openid_token("unknown", **credentials) == {"revoked": True}
    refused("invalid_client", sign_on.tokens.revoke_openid_token, "unknown", sign_on.client_id, "sai")


def test_the_persons_access_log_says_which_portal_was_let_in(sign_on):
    sign_on.exchange(sign_on.code())
    (entry,) = sign_on.identity.access.access_log(by=sign_on.actor())["items"]
    assert entry["reader_id"] == f"client:{sign_on.client_id}" and "Cổng Mẫu" in entry["purpose"]


def test_codes_and_tokens_are_stored_as_digests_alone(sign_on):
    code = sign_on.code(scope=OFFLINE)
    reply = sign_on.exchange(code)
    with sign_on.identity.database.session() as session:
        raw = session.connection().connection.driver_connection
        dump = "\n".join(raw.iterdump())
    secrets = (code, reply["access_token"], reply["refresh_token"], sign_on.secret, sign_on.browser)
    assert [secret for secret in secrets if secret in dump] == []


def test_keys_follow_one_another_by_themselves_each_published_before_it_signs(sign_on):
    with time_machine.travel(NOON, tick=False) as clock:
        first = sign_on.id_token_keys.signing()[0]
        clock.shift(id_token_keys.SIGNS_FOR)
        assert sign_on.id_token_keys.signing()[0] == first
        published = [key["kid"] for key in sign_on.id_token_keys.jwks()["keys"]]
        assert len(published) == 2 and first in published
        clock.shift(id_token_keys.PUBLISHED_BEFORE)
        assert sign_on.id_token_keys.signing()[0] != first
        clock.shift(id_token_keys.PUBLISHED_AFTER)
        assert first not in [key["kid"] for key in sign_on.id_token_keys.jwks()["keys"]]


def test_old_grants_go_with_their_tokens(sign_on):
    with time_machine.travel(NOON, tick=False) as clock:
        sign_on.exchange(sign_on.code(scope=OFFLINE))
        clock.shift(token_desk.GRANT_LIFETIME + open_sessions.RETENTION + timedelta(seconds=1))
        with sign_on.identity.database.session() as session:
            assert grants.delete_old_requests(session, 10) >= 2
            assert grants.delete_old_grants(session, 10) == 1
            assert session.query(OpenIdGrant).count() == session.query(OpenIdToken).count() == 0
