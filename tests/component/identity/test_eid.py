"""Signing in with the national e-ID: over real HTTP to a provider that behaves, and to one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import time_machine
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from infra.chassis.access.actors import Actor
from infra.chassis.settings import SettingMissing, Settings
from infra.sandbox.identity_provider import LEVELS, EidHolder, EidSandbox, serve
from services.identity.eid import links
from services.identity.eid.desk import PENDING, EidDesk
from services.identity.eid.provider import EidClient, EidProvider
from services.identity.eid_errors import (
    EidNotOffered,
    EidProviderUnavailable,
    EidSignInNotPending,
    EidSignInRefused,
)
from services.identity.errors import (
    AccountBlocked,
    CitizenDataDiffers,
    CitizenNotInRegister,
    OtpRequired,
    SignInDelayed,
    SignInRefused,
    WrongPassword,
)
from services.identity.models import Account
from services.identity.models.single_sign_on import EidLink, EidSignIn
from services.identity.personal_data import PersonalData
from services.identity.sign_in_records import SignInHistory
from tests.component.identity.conftest import PASSWORD, Identity

BACK = "https://portal.example/sign-in/eid/return"
SECRET = "secret of the test's client: %/+ù"
STRANGER = EidHolder("001190999998", "Người Không Có Trong Sổ", "1990-01-01")
BASIC = EidHolder("001190999997", "Mức Một", "1990-01-01", LEVELS[0])


class Eid:
    """The provider, the desk in front of it, and a browser that comes back with what it was sent away with."""

    def __init__(self, identity: Identity, sandbox: EidSandbox, **other: Any) -> None:
        self.identity, self.sandbox = identity, sandbox
        facts = {"acr_values": (LEVELS[1],), "scope": "openid profile email phone", **other}
        self.client = EidClient(sandbox.url, sandbox.client_id, SECRET, BACK, plain_http=True, **facts)
        self.provider = EidProvider(self.client)
        sealer = Fernet(Fernet.generate_key())
        self.desk = EidDesk(identity.database, self.provider, identity.sessions, identity.register, sealer)

    def come_back(self, person: str | None = None) -> dict[str, Any]:
        """What the desk is told when a person (the first of the register) has been clicked on."""
        begun = self.desk.begin_eid_sign_in()
        request = {name: values[0] for name, values in parse_qs(urlsplit(begun["authorization_url"]).query).items()}
        assert self.sandbox.problem_of(request) is None
        chosen = self.sandbox.chosen(request, person or self.identity.claimed().citizen_number)
        answer = {name: values[0] for name, values in parse_qs(urlsplit(chosen).query).items()}
        return {
            **{name: answer[name] for name in ("state", "code")},
            "binding": begun["binding"],
            "issuer": answer["iss"],
        }

    def sign_in(self, person: str | None = None, **other: Any) -> dict[str, Any]:
        return self.desk.complete_eid_sign_in(**{**self.come_back(person), **other})

    def actor(self, tokens: dict[str, Any]) -> Actor:
        return Actor.of_claims(self.identity.claims(tokens["access_token"]))

    def count(self, table: Any) -> int:
        with self.identity.database.session() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[EidSandbox]:
    from services.identity.population import SAMPLE, RegisterFile

    people = []
    for number, person in enumerate(RegisterFile(SAMPLE).people()):
        reached = {"email": f"mau{number}@example.com", "phone": f"+849012345{number:02d}"}
        holder = EidHolder(person.citizen_number, person.full_name, person.birth_date.isoformat(), **reached)
        people.append(holder)
    provider = serve([*people, STRANGER, BASIC], client_secret=SECRET, redirect_uri=BACK)
    yield provider
    provider.stop()


@pytest.fixture
def eid(identity: Identity, sandbox: EidSandbox) -> Eid:
    sandbox.faults.clear()
    return Eid(identity, sandbox)


def test_whoever_has_an_account_is_signed_in_to_it(eid, fits):
    account_id = eid.identity.registered()["account_id"]
    fits("begin_eid_sign_in", eid.desk.begin_eid_sign_in())
    tokens = eid.sign_in()
    fits("complete_eid_sign_in", tokens)
    by = eid.actor(tokens)
    assert by.account_id == account_id
    assert (by.identity_provider, by.assurance) == (eid.sandbox.url, LEVELS[1])
    assert [eid.actor(eid.identity.sessions.refresh(tokens["refresh_token"])).assurance] == [LEVELS[1]]


def test_signing_in_with_a_password_says_nothing_of_an_eid(eid):
    by = eid.identity.actor()
    assert (by.identity_provider, by.assurance) == (None, None)


def test_whoever_has_none_gets_an_account_of_the_registers_person(eid):
    by = eid.actor(eid.sign_in())
    mine = eid.identity.accounts.whoami(by=by)
    assert mine["citizen_number"] == eid.identity.claimed().citizen_number
    assert mine["full_name"] == eid.identity.register.people()[0].full_name
    assert (mine["email"], mine["email_confirmed"], mine["phone_confirmed"]) == ("mau0@example.com", True, True)
    assert [kind for kind, _ in eid.identity.outbox_events()] == ["account_registered.v1"]
    with pytest.raises(SignInRefused):
        eid.identity.sessions.sign_in(mine["citizen_number"], PASSWORD)
    assert eid.actor(eid.sign_in()).account_id == by.account_id
    assert eid.count(Account) == eid.count(EidLink) == 1


def test_contact_points_that_the_provider_did_not_verify_do_not_count(eid, monkeypatch):
    unverified = {"email_verified": "true", "phone_number_verified": False}
    claims = EidHolder.claims
    monkeypatch.setattr(EidHolder, "claims", lambda self, scopes: {**claims(self, scopes), **unverified})
    mine = eid.identity.accounts.whoami(by=eid.actor(eid.sign_in()))
    assert (mine["email"], mine["phone"]) == (None, None)


def test_owners_see_that_it_was_their_eid(eid):
    by = eid.actor(eid.sign_in())
    (record,) = SignInHistory(eid.identity.database).recent_sign_ins(by=by)["items"]
    assert (record["outcome"], record["factors"]) == ("opened", ["eid"])


def test_a_code_a_state_and_a_binding_work_once_and_together(eid):
    first, second = eid.come_back(), eid.come_back()
    for wrong in ({"binding": second["binding"]}, {"state": "x" * 43}, {"state": second["state"]}):
        with pytest.raises(EidSignInNotPending):
            eid.desk.complete_eid_sign_in(**{**first, **wrong})
    eid.desk.complete_eid_sign_in(**first)
    with pytest.raises(EidSignInNotPending):
        eid.desk.complete_eid_sign_in(**first)
    with pytest.raises(EidSignInRefused) as no:  # the code of another request, which has another verifier
        eid.desk.complete_eid_sign_in(**{**second, "code": eid.come_back()["code"]})
    assert no.value.facts["error"] == "invalid_grant"


def test_a_sign_in_is_over_after_its_time(eid):
    with time_machine.travel("2026-03-02T05:00:00Z", tick=False) as clock:
        back = eid.come_back()
        clock.shift(PENDING)
        with pytest.raises(EidSignInNotPending):
            eid.desk.complete_eid_sign_in(**back)
        clock.shift(1)
        with eid.identity.database.session() as session:
            assert links.delete_old_eid_sign_ins(session, 10) == 1
    assert eid.count(EidSignIn) == 0


@pytest.mark.parametrize("issuer", ["https://another.example", None])
def test_an_answer_of_another_provider_is_refused(eid, issuer):
    with pytest.raises(EidSignInRefused) as no:
        eid.sign_in(issuer=issuer)
    assert no.value.facts["error"] == "iss"


@pytest.mark.parametrize(
    ("fault", "error"),
    [("nonce", "nonce"), ("iss", "iss"), ("aud", "aud"), ("azp", "azp"), ("exp", "exp"), ("signature", "bad_signature"),
     ("none", "unsupported_algorithm"), ("invalid_grant", "invalid_grant"), ("no_number", "citizen_number")],
)  # fmt: skip
def test_what_a_provider_may_not_say_opens_nothing(eid, fault, error):
    eid.sandbox.misbehave(fault)
    with pytest.raises(EidSignInRefused) as no:
        eid.sign_in()
    assert no.value.facts["error"] == error
    assert eid.count(Account) == 0
    eid.sign_in()  # the next one holds


def test_one_person_of_the_provider_never_becomes_another_here(eid):
    eid.sign_in()
    eid.sandbox.people.append(EidHolder(eid.identity.claimed(1).citizen_number, "Khác", "1990-01-01"))
    eid.sandbox.misbehave("other_person")
    try:
        with pytest.raises(EidSignInRefused) as no:
            eid.sign_in()
    finally:
        eid.sandbox.people.pop()
    assert no.value.facts["error"] == "sub"


def test_claims_may_be_in_userinfo_alone_and_of_the_same_person(eid, monkeypatch):
    monkeypatch.setattr(eid.sandbox, "in_userinfo", True)
    eid.sign_in()
    eid.sandbox.misbehave("sub")
    with pytest.raises(EidSignInRefused) as no:
        eid.sign_in()
    assert no.value.facts["error"] == "sub"


def test_a_level_that_is_too_low_opens_nothing(eid):
    with pytest.raises(EidSignInRefused) as no:
        eid.sign_in(BASIC.citizen_number)
    assert no.value.facts["error"] == "acr"


def test_who_is_not_in_the_register_or_is_another_there_gets_no_account(eid):
    with pytest.raises(CitizenNotInRegister):
        eid.sign_in(STRANGER.citizen_number)
    number = eid.identity.claimed(2).citizen_number
    eid.sandbox.people.insert(0, EidHolder(number, "Nguyễn Thị Khác", "1990-01-01"))
    try:
        with pytest.raises(CitizenDataDiffers):
            eid.sign_in(number)
    finally:
        eid.sandbox.people.pop(0)
    assert eid.count(Account) == 0


@pytest.mark.parametrize("fault", ["500"])
def test_a_provider_that_fails_is_named_and_the_next_try_works(eid, fault):
    eid.sandbox.misbehave(fault)
    with pytest.raises(EidProviderUnavailable):
        eid.sign_in()
    eid.sign_in()


def test_a_provider_that_is_away_is_named(identity):
    away = EidProvider(EidClient("http://127.0.0.1:9", "client", SECRET, BACK, plain_http=True))
    with pytest.raises(EidProviderUnavailable):
        away.authorization_url("state", "nonce", "verifier")


def test_discovery_of_another_issuer_or_with_plain_addresses_is_not_used(eid, sandbox):
    elsewhere = EidClient(f"{sandbox.url}/", "client", SECRET, BACK, plain_http=True)
    plain = EidClient(sandbox.url, "client", SECRET, BACK)
    for client in (elsewhere, plain):
        with pytest.raises(EidProviderUnavailable):
            EidProvider(client).authorization_url("state", "nonce", "verifier")


def test_a_key_that_came_later_is_fetched(eid, monkeypatch):
    eid.sign_in()
    monkeypatch.setattr("services.identity.eid.provider.ASKED_AGAIN_AFTER", -1.0)
    from joserfc.jwk import RSAKey

    monkeypatch.setattr(eid.sandbox, "_own_key", RSAKey.generate_key(2048, {"use": "sig"}))
    eid.sign_in()


def test_an_own_second_factor_is_asked_for_and_the_code_need_not_be_shown_again(eid):
    by = eid.identity.actor()
    secret = eid.identity.codes.enrol_otp(None, PASSWORD, by=by)["secret"]
    with time_machine.travel("2026-03-02T05:00:00Z", tick=False) as clock:
        totp = pyotp.TOTP(secret)
        eid.identity.codes.confirm_otp(totp.now(), by=eid.identity.actor_signed_in())
        clock.shift(60)
        back = eid.come_back()
        with pytest.raises(OtpRequired):
            eid.desk.complete_eid_sign_in(**back)
        again = {name: back[name] for name in ("state", "binding")}
        wrong = f"{(int(totp.now()) + 500_000) % 1_000_000:06d}"
        with pytest.raises(SignInRefused):
            eid.desk.complete_eid_sign_in(**again, otp=wrong)
        with pytest.raises(EidSignInNotPending):  # from another browser
            eid.desk.complete_eid_sign_in(**{**again, "binding": "x" * 43}, otp=totp.now())
        eid.desk.complete_eid_sign_in(**again, otp=totp.now())
        with pytest.raises(EidSignInNotPending):
            eid.desk.complete_eid_sign_in(**again, otp=totp.now())


def test_guesses_of_the_second_factor_are_delayed(eid):
    by = eid.identity.actor()
    secret = eid.identity.codes.enrol_otp(None, PASSWORD, by=by)["secret"]
    with time_machine.travel("2026-03-02T05:00:00Z", tick=False):
        totp = pyotp.TOTP(secret)
        eid.identity.codes.confirm_otp(totp.now(), by=eid.identity.actor_signed_in())
        back = eid.come_back()
        with pytest.raises(OtpRequired):
            eid.desk.complete_eid_sign_in(**back)
        again = {name: back[name] for name in ("state", "binding")}
        wrong = f"{(int(totp.now()) + 500_000) % 1_000_000:06d}"
        for _ in range(5):
            with pytest.raises(SignInRefused):
                eid.desk.complete_eid_sign_in(**again, otp=wrong)
        with pytest.raises(SignInDelayed):
            eid.desk.complete_eid_sign_in(**again, otp=wrong)


def test_a_blocked_account_stays_shut(eid):
    account_id = eid.actor(eid.sign_in()).account_id
    with eid.identity.database.session() as session:
        account = session.get_one(Account, account_id)
        account.blocked_at = account.registered_at
    with pytest.raises(AccountBlocked):
        eid.sign_in()


def test_without_a_password_the_eid_is_the_proof_that_guards_the_account(eid):
    by = eid.actor(eid.sign_in())
    assert eid.identity.codes.enrol_otp(None, None, by=by)["secret"]
    eid.identity.registered(1)
    owner = eid.actor(eid.sign_in(eid.identity.claimed(1).citizen_number))
    with pytest.raises(WrongPassword):  # there is one, so it is asked for
        eid.identity.codes.enrol_otp(None, None, by=owner)


def test_ten_first_sign_ins_at_once_open_one_account(eid):
    backs = [eid.come_back() for _ in range(10)]
    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda back: eid.desk.complete_eid_sign_in(**back), backs))
    assert len({eid.actor(reply).account_id for reply in replies}) == 1
    assert eid.count(Account) == eid.count(EidLink) == 1


def test_nothing_is_offered_where_no_issuer_is_set(identity):
    desk = EidDesk(
        identity.database, EidProvider(None), identity.sessions, identity.register, Fernet(Fernet.generate_key())
    )
    for act in (desk.begin_eid_sign_in, lambda: desk.complete_eid_sign_in("s" * 43, "b" * 43, "code")):
        with pytest.raises(EidNotOffered):
            act()


@pytest.mark.parametrize(
    ("name", "value"),
    [("EID_ISSUER", "eid.example"), ("EID_ISSUER", "http://eid.example"), ("EID_ISSUER", "https://eid.example/?a=1"),
     ("EID_REDIRECT_URI", "/sign-in"), ("EID_CLIENT_SECRET", "short"), ("EID_CLIENT_ID", "")],
)  # fmt: skip
def test_a_setting_that_cannot_hold_is_named_at_the_start(name, value):
    env = {
        "PORTAL_ENVIRONMENT": "production", "AMQP_URI": "amqp://broker", "EID_ISSUER": "https://eid.example",
        "EID_CLIENT_ID": "portal", "EID_CLIENT_SECRET": SECRET, "EID_REDIRECT_URI": BACK,
    }  # fmt: skip
    assert EidClient.from_settings(Settings(env)) is not None
    with pytest.raises(SettingMissing) as missing:
        EidClient.from_settings(Settings({**env, name: value}))
    assert missing.value.name == name


def test_of_an_erased_person_no_link_is_left_and_who_comes_back_has_another_account(eid):
    before = eid.actor(eid.sign_in()).account_id
    forgetting = PersonalData(eid.identity.database)
    with eid.identity.database.session() as session:
        forgetting.forget(session, before, forgetting.marks(session, before))
    assert eid.count(EidLink) == eid.count(EidSignIn) == 0
    assert eid.actor(eid.sign_in()).account_id != before
