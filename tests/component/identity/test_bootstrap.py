"""The first operator, the services' credentials, and the keys of an installation."""

import stat
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.running.native_threads import in_native_thread
from infra.chassis.settings import SERVICES, Settings
from infra.chassis.storage.database import Database
from infra.chassis.trust.key_files import new_private_key, private_key
from services.identity import keys, passwords
from services.identity.accounts import Accounts
from services.identity.bootstrap import bootstrap, client_secret
from services.identity.errors import AccountAlreadyExists, ClientRefused, WeakPassword
from services.identity.models import Table
from services.identity.service_clients import ServiceClients
from services.identity.sessions import Authenticator
from tests.unit.identity.builders import OPERATOR, PRODUCTION


@pytest.fixture
def settings(tmp_path):
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    Table.metadata.create_all(Database.at(settings.database_url("identity")).engine)
    yield settings
    Database.forget_all()


def test_it_makes_an_operator_who_can_sign_in(settings):
    reply = bootstrap(settings, **OPERATOR)
    assert reply["operator"]["created"] is True
    assert Authenticator.from_settings(settings).sign_in("Operator", OPERATOR["password"])


def test_it_lets_every_service_in_with_the_secret_the_chassis_will_show(settings):
    bootstrap(settings, **OPERATOR)
    clients = ServiceClients.from_settings(settings)
    for name in SERVICES:
        secret = (settings.secret_folder() / f"client-{name}.secret").read_text()
        assert clients.client_token(name, secret)["expires_in"] == 600


def test_a_service_token_has_the_role_service(identity, settings, fits):
    bootstrap(settings, **OPERATOR)
    clients = ServiceClients.from_settings(settings)
    reply = clients.client_token("payments", client_secret(settings, "payments"))
    fits("client_token", reply)
    identity.mint = clients.mint
    claims = identity.claims(reply["access_token"])
    assert (claims["sub"], claims["roles"]) == ("service:payments", ["service"])


def test_running_it_again_changes_nothing(settings):
    first = bootstrap(settings, **OPERATOR)
    again = bootstrap(settings, **{**OPERATOR, "password": "một mật khẩu khác hẳn"})
    assert again["operator"] == {**first["operator"], "created": False}
    assert {client["outcome"] for client in again["clients"]} == {"unchanged"}
    assert Authenticator.from_settings(settings).sign_in("operator", OPERATOR["password"])


def test_a_replaced_secret_is_taken_over_and_the_old_one_refused(settings):
    bootstrap(settings, **OPERATOR)
    old = client_secret(settings, "catalog")
    replaced = Settings({**settings.env, "SERVICE_CLIENT_SECRET_CATALOG": "bí mật mới"})
    outcomes = {client["client_id"]: client["outcome"] for client in bootstrap(replaced, **OPERATOR)["clients"]}
    assert (outcomes["catalog"], outcomes["payments"]) == ("secret_changed", "unchanged")
    clients = ServiceClients.from_settings(settings)
    assert clients.client_token("catalog", "bí mật mới")
    with pytest.raises(ClientRefused):
        clients.client_token("catalog", old)


def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(settings):
    bootstrap(settings, **OPERATOR)
    clients = ServiceClients.from_settings(settings)
    refusals = []
    for client_id in ("payments", "nobody"):
        with pytest.raises(ClientRefused) as refused:
            clients.client_token(client_id, "sai")
        refusals.append((refused.value.name, refused.value.text(), refused.value.facts))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == "Unauthenticated"


def test_a_weak_operator_password_is_refused_and_nothing_made(settings):
    with pytest.raises(WeakPassword):
        bootstrap(settings, **{**OPERATOR, "password": "operator"})
    with pytest.raises(ClientRefused):
        ServiceClients.from_settings(settings).client_token("payments", client_secret(settings, "payments"))


def test_a_name_that_belongs_to_somebody_who_is_no_operator_is_refused(settings, identity):
    Accounts.from_settings(settings).register_citizen(identity.claimed(), "bốn con mèo ngủ trưa")
    with pytest.raises(AccountAlreadyExists):
        bootstrap(settings, **{**OPERATOR, "username": identity.claimed().citizen_number})


def test_production_takes_one_secret_for_all_or_one_for_each():
    settings = Settings(
        {**PRODUCTION, "SERVICE_CLIENT_SECRET": "bí mật chung", "SERVICE_CLIENT_SECRET_PAYMENTS": "bí mật riêng"}
    )
    assert client_secret(settings, "catalog") == "bí mật chung"
    assert client_secret(settings, "payments") == "bí mật riêng"


def test_development_makes_one_signing_key_and_keeps_it_to_itself(settings):
    first, again = keys.signing_key(settings), keys.signing_key(settings)
    assert first.public_key() == again.public_key()
    path = settings.home / "secrets" / "identity-signing-key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in path.parent.iterdir()) == ["identity-signing-key.pem"]


def test_a_given_key_is_used_on_one_line_too(tmp_path):
    pem = new_private_key()
    for text in (pem, pem.replace("\n", "\\n")):
        key = keys.signing_key(Settings({**PRODUCTION, "IDENTITY_SIGNING_KEY": text}))
        assert key.public_key() == private_key(Settings({}), "IDENTITY_SIGNING_KEY", pem).public_key()
    file = tmp_path / "key.pem"
    file.write_text(pem)
    assert keys.signing_key(Settings({**PRODUCTION, "IDENTITY_SIGNING_KEY_FILE": str(file)}))


def test_secrets_for_different_purposes_differ(identity):
    assert keys.derive_key(identity.private, "otp") != keys.derive_key(identity.private, "refresh")


def test_no_transaction_is_open_while_a_password_is_hashed(settings, identity, monkeypatch):
    """Hashing lets other callers run; on SQLite they would wait for the lock and stop the hub with it."""
    pool: Any = Database.at(settings.database_url("identity")).engine.pool
    hashed: list[int] = []

    def watched(work, *arguments):
        hashed.append(pool.checkedout())
        return in_native_thread(work, *arguments)

    monkeypatch.setattr(passwords, "in_native_thread", watched)
    for catalogs in ("bí mật cũ", "bí mật mới"):
        bootstrap(Settings({**settings.env, "SERVICE_CLIENT_SECRET_CATALOG": catalogs}), **OPERATOR)
    ServiceClients.from_settings(settings).client_token("catalog", "bí mật mới")
    accounts, entry = Accounts.from_settings(settings), Authenticator.from_settings(settings)
    account = accounts.register_citizen(identity.claimed(), "bốn con mèo ngủ trưa")
    session_id = entry.sign_in(account["username"], "bốn con mèo ngủ trưa")["session_id"]
    by = Actor(account["account_id"], session_id=session_id)
    accounts.change_password("bốn con mèo ngủ trưa", "sáu cây cau trước ngõ", by=by)
    assert len(hashed) >= 15
    assert set(hashed) == {0}
