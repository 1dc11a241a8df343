"""What a service takes for a good token, and what it does not."""

from __future__ import annotations

import time

import pytest
import time_machine
from joserfc.jwk import OKPKey

from infra.chassis.access.access_endings import AccessEndings, ending_digest
from infra.chassis.access.access_tokens import MOST_REMEMBERED, Keys, Tokens
from infra.chassis.access.auth import TokenCheck
from infra.chassis.refusals import ServiceUnavailable, Unauthenticated
from infra.chassis.settings import Settings
from infra.chassis.trust.installation import key_list, signer
from tests.support.stand_in_identity import KEY, SignedAnswers, token

ATTACKERS = OKPKey.generate_key("Ed25519", {"kid": "attacker", "use": "sig", "alg": "Ed25519"})


class Desk:
    """The check of one service, and the identity that answers it."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.trusted = settings, key_list(settings)
        self.answers = SignedAnswers(signer(settings, "identity"))
        self.questions: list[str] = []
        self.now = 1000.0
        self.silent = False
        monkeypatch.setattr("infra.chassis.access.access_endings.time.monotonic", lambda: self.now)
        self.check = TokenCheck.of(settings, "catalog", self.ask)

    def ask(self, method, arguments):
        self.questions.append(method)
        if self.silent:
            raise ServiceUnavailable(service="identity")
        return getattr(self.answers, method)(**arguments)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(Settings({"PORTAL_HOME": str(tmp_path)}), monkeypatch)


def test_a_token_of_identity_says_who_calls(desk):
    actor = desk.check.actor_of(token("somebody", "citizen"))
    assert (actor.account_id, actor.roles) == ("somebody", {"citizen"})


@pytest.mark.parametrize("service", ["payments", "catalog", None])
def test_a_forged_answer_to_jwks_makes_nothing_valid(desk, tmp_path, service):
    other = Settings({"PORTAL_HOME": str(tmp_path / "elsewhere")})
    desk.answers = SignedAnswers(signer(desk.settings if service else other, service or "identity"), ATTACKERS)
    forged = token("attacker", "auditor", key=ATTACKERS, exp=int(time.time()) + 365 * 86_400)
    with pytest.raises(ServiceUnavailable):
        desk.check.actor_of(forged)


def test_an_unsigned_answer_makes_nothing_valid(desk, monkeypatch):
    monkeypatch.setattr(desk.answers, "jwks", lambda: {"keys": [ATTACKERS.as_dict(private=False)]}, raising=False)
    with pytest.raises(ServiceUnavailable):
        desk.check.actor_of(token("attacker", "auditor", key=ATTACKERS))


def test_an_answer_signed_for_another_purpose_makes_nothing_valid(desk, monkeypatch):
    monkeypatch.setattr(desk.answers, "jwks", lambda: desk.answers.access_endings("0" * 16), raising=False)
    with pytest.raises(ServiceUnavailable):
        desk.check.actor_of(token("somebody", "citizen"))


def test_an_answer_whose_time_is_over_makes_nothing_valid(desk, monkeypatch):
    with time_machine.travel(time.time() - 7200, tick=False):
        old = desk.answers.jwks()
    monkeypatch.setattr(desk.answers, "jwks", lambda: old, raising=False)
    with pytest.raises(ServiceUnavailable):
        desk.check.actor_of(token("somebody", "citizen"))


def test_identitys_own_mistake_of_a_year_long_token_ends_after_fifteen_minutes(desk):
    year_long = token("somebody", "citizen", exp=int(time.time()) + 365 * 86_400)
    assert desk.check.actor_of(year_long)
    with time_machine.travel(time.time() + 930), pytest.raises(Unauthenticated):
        desk.check.actor_of(year_long)
    issued_long_ago = token("somebody", "citizen", iat=int(time.time()) - 930)
    with pytest.raises(Unauthenticated):
        desk.check.actor_of(issued_long_ago)


@pytest.mark.parametrize(
    "claims", [{"aud": "portal/accounts"}, {"aud": "portal"}, {"aud": []}, {"iss": "x"}, {"iat": None}]
)
def test_a_token_for_others_or_without_a_beginning_does_not_hold(desk, claims):
    with pytest.raises(Unauthenticated):
        desk.check.actor_of(token("somebody", "citizen", **claims))


def test_a_token_is_verified_once_and_then_known(desk, monkeypatch):
    access_token = token("somebody", "citizen")
    first = desk.check.actor_of(access_token)
    monkeypatch.setattr("infra.chassis.access.access_tokens.claims_of", None)
    assert desk.check.actor_of(access_token) is first
    with pytest.raises(TypeError):
        desk.check.actor_of(access_token[:-2] + ("AA" if access_token[-2:] != "AA" else "BA"))


def test_what_is_remembered_of_tokens_has_a_bound(desk, monkeypatch):
    monkeypatch.setattr("infra.chassis.access.access_tokens.MOST_REMEMBERED", 3)
    tokens = Tokens(Keys(desk.answers.jwks, desk.trusted), "portal/catalogue")
    for number in range(5):
        tokens.verified(token(f"number-{number}", "citizen"))
    assert len(tokens._verified) == 3 < MOST_REMEMBERED


def test_a_session_that_ended_opens_no_door_within_five_seconds(desk):
    access_token = token("somebody", "citizen", sid="one")
    assert desk.check.actor_of(access_token)
    desk.answers.ended.append({"session": ending_digest("session", "one")})
    desk.now += 4.5
    with pytest.raises(Unauthenticated):
        desk.check.actor_of(access_token)
    assert desk.check.actor_of(token("somebody", "citizen", sid="another"))


def test_rights_that_changed_end_the_tokens_from_before(desk):
    before, after = (token("official", "approver", session_version=version) for version in (1, 2))
    desk.answers.ended.append({"account": ending_digest("account", "official"), "session_version": 2})
    with pytest.raises(Unauthenticated):
        desk.check.actor_of(before)
    assert desk.check.actor_of(after)


def test_a_key_that_was_withdrawn_ends_its_tokens(desk):
    access_token = token("somebody", "citizen")
    assert desk.check.actor_of(access_token)
    desk.answers.key = ATTACKERS
    desk.now += 4.5
    with pytest.raises(Unauthenticated):
        desk.check.actor_of(access_token)


def test_without_word_from_identity_doors_go_by_what_they_know_and_then_close(desk):
    access_token = token("somebody", "citizen")
    assert desk.check.actor_of(access_token)
    desk.silent = True
    desk.now += 100
    assert desk.check.actor_of(access_token)
    desk.now += 30
    with pytest.raises(ServiceUnavailable):
        desk.check.actor_of(access_token)


def test_an_answer_to_an_earlier_question_does_not_count(desk, monkeypatch):
    access_token = token("somebody", "citizen", sid="one")
    assert desk.check.actor_of(access_token)
    old = desk.answers.access_endings("an earlier nonce")
    desk.answers.ended.append({"session": ending_digest("session", "one")})
    monkeypatch.setattr(desk.answers, "access_endings", lambda **_question: old, raising=False)
    desk.now += 121
    with pytest.raises(ServiceUnavailable):
        desk.check.actor_of(access_token)


def test_nothing_is_asked_while_nobody_calls_and_once_for_many_calls(desk):
    access_token = token("somebody", "citizen")
    for _ in range(20):
        desk.check.actor_of(access_token)
    assert desk.questions == ["jwks", "access_endings"]


def test_a_check_that_never_heard_from_identity_lets_nobody_in(desk):
    endings = AccessEndings(lambda _question: {"ended": []}, desk.trusted)
    tokens = Tokens(Keys(desk.answers.jwks, desk.trusted), "portal/catalogue")
    with pytest.raises(ServiceUnavailable):
        endings.check(tokens.verified(token("somebody", "citizen", key=KEY)))
