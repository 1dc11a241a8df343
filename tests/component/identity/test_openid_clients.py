"""Clients of single sign-on: two operators let one in, addresses are whole, secrets are renewed without a stop."""

from datetime import timedelta

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from services.identity.errors import InvalidRequest, SecondPersonNeeded
from services.identity.openid import relying_parties
from services.identity.openid.relying_parties import RelyingParties
from services.identity.single_sign_on_errors import (
    AuthorizationRequestRefused,
    OpenIdClientNotFound,
    OpenIdClientNotPending,
    TokenRequestRefused,
)
from tests.component.identity.sign_on import HOME, SignOn, answer, command

SECOND = Actor("second-operator", "Người Thứ Hai", frozenset({"operator"}))


@pytest.fixture
def sign_on(identity):
    identity.registered()
    return SignOn(identity)


@pytest.fixture
def two_operators(identity, operator):
    """Somebody else holds a post of operator."""
    account_id = identity.registered(3)["account_id"]
    identity.offices.create_agency("H01", "Ủy ban nhân dân Mẫu", by=operator)
    identity.offices.appoint(account_id, "H01", ["operator"], by=operator)
    return Actor(account_id, "Người Thứ Hai", frozenset({"citizen"}), {"H01": frozenset({"operator"})})


def test_with_another_operator_a_client_waits_for_one(sign_on, two_operators, operator, fits):
    client = sign_on.registered()
    fits("register_openid_client", client)
    about = {"client_id": client["client_id"], "command": command()}
    assert client["status"] == "awaiting_approval"
    with pytest.raises(AuthorizationRequestRefused):
        sign_on.begin(client_id=client["client_id"])
    with pytest.raises(SecondPersonNeeded):
        sign_on.clients.approve_openid_client(**about, by=operator)
    approved = sign_on.clients.approve_openid_client(**about, by=two_operators)
    fits("approve_openid_client", approved)
    assert (approved["status"], approved["decided_by"]) == ("approved", two_operators.account_id)
    with pytest.raises(OpenIdClientNotPending):
        sign_on.clients.decline_openid_client(client["client_id"], by=two_operators, command=command())


def test_a_client_turned_down_or_unknown_gets_no_secret(sign_on, two_operators, operator):
    client_id = sign_on.registered()["client_id"]
    declined = sign_on.clients.decline_openid_client(client_id, by=two_operators, command=command())
    assert declined["status"] == "declined"
    with pytest.raises(OpenIdClientNotPending):
        sign_on.clients.renew_openid_client_secret(client_id, by=operator)
    with pytest.raises(OpenIdClientNotFound):
        sign_on.clients.renew_openid_client_secret("0b9a6a0e-3d55-4a9c-a1e2-9f1f7cbb1f03", by=operator)


@pytest.mark.parametrize(
    "uri",
    [
        "http://mau.example/return",
        "http://127.0.0.1/return",
        "https://mau.example/return#part",
        "https://name@mau.example/return",
        "https://mau.example:0/return",
        "https:///return",
        "https://mau.example/a b",
        "https://mẫu.example/",
        "https://a;script-src.example/",
        "javascript:alert(1)",
        "app.example:/return",
        "",
    ],
)
def test_an_address_people_are_sent_to_is_whole_and_https(sign_on, uri):
    with pytest.raises(InvalidRequest):
        sign_on.registered(redirect_uris=[uri], post_logout_redirect_uris=[])


def test_all_addresses_of_a_client_are_of_one_host(sign_on):
    with pytest.raises(InvalidRequest):
        sign_on.registered(redirect_uris=["https://mau.example/a", "https://khac.example/b"])


def test_in_development_a_client_may_be_on_this_machine(sign_on):
    clients = RelyingParties(sign_on.identity.database, development=True)
    uris = ["http://127.0.0.1:5173/return"]
    assert clients.register_openid_client("Thử", uris, [], by=SECOND, command=command())["scopes"] == ["openid"]


def test_a_renewed_secret_leaves_the_last_one_a_day_or_ends_it_at_once(sign_on, operator, fits):
    with time_machine.travel("2026-03-02T05:00:00Z", tick=False) as clock:
        first = sign_on.secret
        renewed = sign_on.clients.renew_openid_client_secret(sign_on.client_id, by=operator)
        fits("renew_openid_client_secret", renewed)
        assert sign_on.exchange(sign_on.code(), client_secret=first)
        clock.shift(relying_parties.OVERLAP + timedelta(seconds=1))
        with pytest.raises(TokenRequestRefused):
            sign_on.exchange(sign_on.code(), client_secret=first)
        sign_on.clients.renew_openid_client_secret(sign_on.client_id, True, by=operator)
        with pytest.raises(TokenRequestRefused):
            sign_on.exchange(sign_on.code(), client_secret=renewed["client_secret"])


def test_clients_are_listed_by_state(sign_on, fits):
    listed = sign_on.clients.openid_clients("approved")
    fits("openid_clients", listed)
    assert [item["client_id"] for item in listed["items"]] == [sign_on.client_id]
    assert sign_on.clients.openid_clients("ended")["items"] == []


def test_signing_out_goes_to_the_clients_own_address_alone_and_asks_without_a_token_of_the_session(sign_on, fits):
    id_token = sign_on.exchange(sign_on.code())["id_token"]
    confirm = sign_on.leaving.openid_logout(client_id=sign_on.client_id, browser=sign_on.browser)
    fits("openid_logout", confirm)
    assert confirm == {"step": "confirm"}
    with pytest.raises(AuthorizationRequestRefused):
        sign_on.leaving.openid_logout(id_token, None, "https://evil.example/", browser=sign_on.browser)
    with pytest.raises(AuthorizationRequestRefused):
        sign_on.leaving.openid_logout(id_token, "another-client", browser=sign_on.browser)
    left = sign_on.leaving.openid_logout(id_token, None, HOME, "xyz", sign_on.browser)
    assert left == {"step": "redirect", "location": f"{HOME}?state=xyz"}
    assert sign_on.begin()["step"] == "sign_in"


def test_an_id_token_of_an_earlier_session_or_of_nobody_signs_nobody_out(sign_on):
    earlier = sign_on.exchange(sign_on.code())["id_token"]
    sign_on.code(prompt="login")
    for hint in (earlier, "no.id.token", earlier[:-4] + "AAAA"):
        assert sign_on.leaving.openid_logout(hint, browser=sign_on.browser) == {"step": "confirm"}
    assert "code" in answer(sign_on.begin())
