"""What tokens are, and that a foreign or bent one holds nowhere."""

import base64
import json
from datetime import UTC, datetime

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import KeySet

from infra.chassis.access import access_tokens
from infra.chassis.refusals import Unauthenticated
from infra.chassis.trust.signatures import Signer
from services.identity.access_endings import TrustAnswers
from services.identity.tokens import EVERYWHERE, Mint

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def keys_of(mint):
    return KeySet.import_key_set({"keys": mint.keys.jwks()})


def claims_of(token, keys):
    return access_tokens.claims_of(token, keys, "portal/cases")


@pytest.fixture
def token(identity):
    return identity.mint.access_token("somebody", name="Nguyễn Thị Mẫu", roles=["citizen"])


def test_the_header_names_type_algorithm_and_key(identity, token):
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"typ": "at+jwt", "alg": "Ed25519", "kid": identity.mint.keys.current().kid}


def test_the_published_key_holds_nothing_private(identity, fits):
    published = TrustAnswers(identity.database, identity.mint.keys, Signer(identity.private)).jwks()
    fits("jwks", published)
    assert set(published["keys"][0]) == {"kty", "crv", "x", "kid", "use", "alg"}


def test_the_claims_say_who_and_for_whom(identity, token):
    claims = claims_of(token, keys_of(identity.mint))
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("portal-identity", list(EVERYWHERE), "somebody")


def test_every_token_has_an_id_of_its_own(identity):
    tokens = [identity.mint.access_token("x", name="x", roles=[]) for _ in range(2)]
    assert len({claims_of(token, keys_of(identity.mint))["jti"] for token in tokens}) == 2


def test_a_token_ends_after_ten_minutes(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        token = identity.mint.access_token("x", name="x", roles=[])
        clock.shift(599)
        assert claims_of(token, keys_of(identity.mint))
        clock.shift(30)
        with pytest.raises(Unauthenticated):
            claims_of(token, keys_of(identity.mint))


def test_a_token_of_another_key_does_not_hold(identity, token):
    with pytest.raises(Unauthenticated):
        claims_of(token, keys_of(Mint(Ed25519PrivateKey.generate())))


def bent(token, **claims):
    header, body, signature = token.split(".")
    content = {**json.loads(base64.urlsafe_b64decode(body + "===")), **claims}
    body = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


def test_a_token_somebody_wrote_a_role_into_does_not_hold(identity, token):
    with pytest.raises(Unauthenticated):
        claims_of(bent(token, roles=["operator"]), keys_of(identity.mint))


def test_the_successor_of_a_refresh_token_follows_from_it_and_the_key(identity):
    first = identity.mint.refresh_token()
    assert identity.mint.successor(first) == Mint(identity.private).successor(first)
    assert identity.mint.successor(first) != Mint(Ed25519PrivateKey.generate()).successor(first)
    assert identity.mint.successor(first) != first
