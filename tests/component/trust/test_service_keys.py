"""Which key may speak for which service: the root says so, in a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.chassis.settings import SERVICES, SettingMissing, Settings
from infra.chassis.trust.installation import key_list, signer
from infra.chassis.trust.key_files import new_private_key, private_key
from infra.chassis.trust.signatures import SignatureRefused, Signer, verify_signature
from infra.cli.checks.trust import trust_findings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    return folder


def make_secrets(folder, *arguments):
    command = [sys.executable, str(ROOT / "infra/docker/make-secrets"), str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def settings_of(folder, **changed):
    files = {"TRUST_ROOT": "trust_root", "SERVICE_KEYS": "service_keys", "KEY_PASSPHRASE": "key_passphrase"}
    files |= {f"SERVICE_SIGNING_KEY_{name.upper()}": f"{name}_service_key" for name in SERVICES}
    paths = {f"{name}_FILE": str(folder / file) for name, file in files.items()}
    return Settings({"AMQP_URI": "amqp://nowhere", **paths, **changed})


def test_production_is_given_its_keys_and_each_speaks_for_its_service_alone(secrets):
    settings = settings_of(secrets)
    listed = key_list(settings)
    for service in SERVICES:
        own = signer(settings, service)
        assert listed.service_of(own.kid) == service
        jws = own.sign("a test", b"what it says")
        assert verify_signature(jws, "a test", listed.of(service)) == b"what it says"
        for other in set(SERVICES) - {service}:
            with pytest.raises(SignatureRefused):
                verify_signature(jws, "a test", listed.of(other))


@pytest.mark.parametrize("name", ["TRUST_ROOT", "SERVICE_KEYS"])
def test_production_without_a_root_or_a_list_ends_and_says_which(secrets, name):
    settings = settings_of(secrets)
    del settings.env[f"{name}_FILE"]
    with pytest.raises(SettingMissing) as ended:
        key_list(settings)
    assert ended.value.name == name


def test_production_without_a_key_of_its_own_ends_and_says_so(secrets):
    settings = settings_of(secrets)
    del settings.env["SERVICE_SIGNING_KEY_CATALOG_FILE"]
    with pytest.raises(SettingMissing, match="SERVICE_SIGNING_KEY"):
        signer(settings, "catalog")


def test_private_keys_rest_encrypted(secrets):
    for name in [*(f"{service}_service_key" for service in SERVICES), "identity_signing_key", "trust_root_key"]:
        assert "ENCRYPTED" in (secrets / name).read_text()
    with pytest.raises(SettingMissing):
        signer(settings_of(secrets, KEY_PASSPHRASE="another passphrase"), "catalog")


def test_a_list_that_another_root_signed_is_none(secrets, tmp_path):
    make_secrets(tmp_path)
    with pytest.raises(SettingMissing, match="SERVICE_KEYS"):
        key_list(settings_of(secrets, SERVICE_KEYS_FILE=str(tmp_path / "service_keys")))


def test_a_list_that_somebody_wrote_into_is_none(secrets, tmp_path):
    header, payload, signature = (secrets / "service_keys").read_text().strip().split(".")
    (tmp_path / "list").write_text(f"{header}.{payload[:-4]}AAAA.{signature}")
    with pytest.raises(SettingMissing, match="SERVICE_KEYS"):
        key_list(settings_of(secrets, SERVICE_KEYS_FILE=str(tmp_path / "list")))


def test_a_key_is_replaced_while_processes_run(tmp_path, monkeypatch):
    make_secrets(tmp_path)
    settings, now = settings_of(tmp_path), [0.0]
    monkeypatch.setattr("infra.chassis.trust.key_list.time.monotonic", lambda: now[0])
    listed, before = key_list(settings), private_key(settings, "x", (tmp_path / "catalog_service_key").read_text())
    old = Signer(before).kid
    for step in range(3):
        make_secrets(tmp_path, "--rotate", "catalog")
        now[0] += 61
        new = Signer(private_key(settings, "x", (tmp_path / "catalog_service_key").read_text())).kid
        assert listed.service_of(new) == "catalog", "what signs is on the list at every step"
        assert (listed.service_of(old) == "catalog") == (step < 2), "and the old one until the last"
    assert new != old


def test_a_list_that_cannot_be_read_for_a_moment_leaves_the_one_that_is_known(tmp_path, monkeypatch):
    make_secrets(tmp_path)
    settings, now = settings_of(tmp_path), [0.0]
    monkeypatch.setattr("infra.chassis.trust.key_list.time.monotonic", lambda: now[0])
    listed, kid = key_list(settings), signer(settings, "identity").kid
    (tmp_path / "service_keys").chmod(0o644)
    (tmp_path / "service_keys").write_text("half a li")
    now[0] += 61
    assert listed.service_of(kid) == "identity"


@pytest.mark.parametrize(
    "bent",
    [
        lambda header, payload, signature: f"{header}.{payload}.",
        lambda header, payload, signature: f"{header}.{payload}",
        lambda header, payload, signature: f"{header}=.{payload}.{signature}",
        lambda header, payload, signature: f"{header}.{payload}x.{signature}",
        lambda header, payload, signature: f"eyJhbGciOiJub25lIn0.{payload}.{signature}",
        lambda header, payload, signature: f"{header}.{payload}.{signature}\n",
        lambda header, payload, signature: "…",
        lambda header, payload, signature: "",
    ],
)
def test_a_bent_signature_holds_nowhere(bent):
    own = Signer(private_key(Settings({}), "x", new_private_key()))
    jws = own.sign("a test", b"what it says")
    with pytest.raises(SignatureRefused):
        verify_signature(bent(*jws.split(".")), "a test", lambda _kid: own.public)
    with pytest.raises(SignatureRefused):
        verify_signature(jws, "another purpose", lambda _kid: own.public)


def test_the_doctor_names_keys_off_the_list_and_secrets_that_are_shared(secrets):
    good = trust_findings(settings_of(secrets))
    assert {verdict for verdict, _what, _advice in good} == {"ok"}
    own = {"SERVICE_SIGNING_KEY_CATALOG": new_private_key(), "VNPAY_HASH_SECRET": "the same", "SMS_TOKEN": "the same"}
    findings = {what: verdict for verdict, what, _advice in trust_findings(settings_of(secrets, **own))}
    assert findings["SERVICE_SIGNING_KEY_CATALOG is not on the list of services' keys"] == "fault"
    assert findings["SMS_TOKEN and VNPAY_HASH_SECRET are the same"] == "note"
