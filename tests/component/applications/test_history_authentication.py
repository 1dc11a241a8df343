"""Somebody with all rights of the database and none of the service's keys cannot add to a history unseen."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from infra.chassis import metrics
from infra.chassis.settings import SettingMissing, Settings
from infra.cli.checks.databases import history_findings
from services.applications.errors import HistoryDoesNotHold, HistoryNotAuthentic
from services.applications.event_store.store import Store
from services.applications.transparency.history_keys import HistoryKeys
from services.applications.transparency.sealer import NotAuthentic, Sealer
from services.applications.transparency.sealing import seal_all
from services.applications.transparency.tables import audit_finding, audit_leaf
from services.applications.verification.authenticity_check import check_authenticity
from services.applications.verification.history_signing import sign_history
from services.applications.verification.self_check import SelfCheck
from tests.unit.applications import actors
from tests.unit.applications.actors import call

LAST = "WHERE originator_id = :key ORDER BY originator_version DESC LIMIT 1"
COPY_OF = "INSERT INTO stored_events SELECT :to, :version, topic, {state} FROM stored_events " + LAST
STATE = "state"
ALTERED = "CAST(replace(CAST(state AS TEXT), 'system', 'citizen') AS BLOB)"


class Insider:
    """Full rights on the tables, and the triggers off."""

    def __init__(self, portal: Any) -> None:
        self.portal = portal
        for (name,) in self.run("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            self.run(f"DROP TRIGGER {name}")

    def run(self, statement: str, **values: Any) -> list[Any]:
        with self.portal.database.session() as session:
            done = session.execute(text(statement), values)
            return list(done) if done.returns_rows else []

    def versions(self, key: str) -> int:
        return self.run(f"SELECT originator_version FROM stored_events {LAST}", key=uuid.UUID(key).hex)[0][0]

    def next_version(self, key: str, state: str = STATE) -> None:
        """A well-formed event at the end of a stream, its bytes copied from the one before."""
        version = self.versions(key) + 1
        values = {"key": uuid.UUID(key).hex, "to": uuid.UUID(key).hex, "version": version}
        self.run(COPY_OF.format(state=state), **values)

    def next_version_with_its_mac(self, key: str) -> None:
        self.next_version(key)
        self.run(
            "INSERT INTO event_mac SELECT originator_id, :version, key_id, mac FROM event_mac " + LAST,
            key=uuid.UUID(key).hex,
            version=self.versions(key),
        )

    def new_stream(self, key: str) -> None:
        """A whole history under another id, MACs and all."""
        for table, columns in (("stored_events", "topic, state"), ("event_mac", "key_id, mac")):
            self.run(
                f"INSERT INTO {table} SELECT :to, originator_version, {columns} FROM {table} "
                "WHERE originator_id = :key ORDER BY originator_version",
                key=uuid.UUID(key).hex,
                to=uuid.uuid4().hex,
            )

    def bytes_elsewhere(self, key: str) -> None:
        self.run(
            "UPDATE stored_events SET state = (SELECT state FROM stored_events AS other "
            "WHERE other.originator_id = :key AND other.originator_version = 2) "
            "WHERE originator_id = :key AND originator_version = 3",
            key=uuid.UUID(key).hex,
        )

    def without_macs(self) -> None:
        """The store as an older release left it."""
        self.run("DELETE FROM event_mac")


@pytest.fixture
def insider(portal: Any) -> Insider:
    return Insider(portal)


ATTACKS = {
    "a copied next version": lambda insider, key: insider.next_version(key),
    "an altered next version": lambda insider, key: insider.next_version(key, ALTERED),
    "a next version with a copied MAC": lambda insider, key: insider.next_version_with_its_mac(key),
    "bytes put elsewhere": lambda insider, key: insider.bytes_elsewhere(key),
    "a whole new stream": lambda insider, key: insider.new_stream(key),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_an_insider_adds_is_not_sealed_and_is_located(portal, insider, attack):
    key = portal.accepted()
    portal.follow()
    genuine = portal.store.last_position()
    attack(insider, key)
    sealer = Sealer.from_settings(portal.settings)
    with pytest.raises(NotAuthentic, match="MAC"):
        sealer.finish()
    with portal.database.session() as session:
        sealed = list(session.scalars(select(audit_leaf.c.notification_id)))
    located = check_authenticity(portal.store)["first_bad"]
    assert located["kind"] == "event_not_authentic" and located["position"] not in sealed
    assert sealed == list(range(1, min(genuine + 1, located["position"])))
    assert SelfCheck.from_settings(portal.settings).verify()["first_bad"]["position"] == located["position"]


def test_a_command_on_a_history_with_a_foreign_event_is_refused_by_name(portal, insider):
    key, other = portal.submitted(), portal.submitted()
    insider.next_version(key)
    with pytest.raises(HistoryNotAuthentic) as refused:
        portal.registry.request_withdrawal(key, "Đổi ý.", identity=portal.identity, **call(actors.CITIZEN))
    assert refused.value.facts["version"] == insider.versions(key)
    portal.registry.request_withdrawal(other, "Đổi ý.", identity=portal.identity, **call(actors.CITIZEN))


def test_a_foreign_event_reaches_neither_the_read_model_nor_the_wire(portal, insider):
    key = portal.submitted()
    portal.follow()
    insider.next_version(key)
    with pytest.raises(HistoryNotAuthentic):
        portal.follow()


def test_the_sealers_refusal_is_a_metric_a_finding_and_a_fault_of_the_doctor(portal, insider):
    from services.applications.follower import duties

    key = portal.submitted()
    insider.next_version(key)
    sealer = next(duty for duty in duties(portal.settings) if isinstance(duty, Sealer))
    for _ in range(2):
        with pytest.raises(NotAuthentic):
            sealer.finish()
    assert metrics.history_not_authentic._value.get() == 1
    with portal.database.session() as session:
        (result,) = session.execute(select(audit_finding)).all()
    assert (result.kind, result.application_id) == ("event_not_authentic", key)
    assert result.said["events"] == [{"version": insider.versions(key), "position": portal.store.last_position()}]
    (fault,) = history_findings(portal.settings)
    assert fault.verdict == "fault" and "it has no MAC" in fault.looked_at


def test_an_untouched_history_is_authentic_and_sealed(portal):
    portal.approved()
    portal.follow()
    assert check_authenticity(portal.store) == {"events": portal.store.last_position(), "first_bad": None}
    assert seal_all(portal.settings) == portal.store.last_position()
    assert [finding.verdict for finding in history_findings(portal.settings)] == ["ok"]


def test_history_of_an_older_release_is_signed_once_it_is_known_to_be_what_was_sealed(portal, insider):
    key = portal.approved()
    portal.follow()
    before = insider.run("SELECT state FROM stored_events ORDER BY rowid")
    seal_all(portal.settings)
    insider.without_macs()
    with pytest.raises(HistoryNotAuthentic):
        portal.store.get(key)
    assert sign_history(portal.settings) == {"signed": portal.store.last_position(), "unsealed": 0, "left": []}
    assert portal.store.get(key).status == "approved"
    assert insider.run("SELECT state FROM stored_events ORDER BY rowid") == before
    assert sign_history(portal.settings) == {"signed": 0, "unsealed": 0, "left": []}
    assert SelfCheck.from_settings(portal.settings).verify()["first_bad"] is None


def test_signing_that_was_interrupted_goes_on(portal, insider):
    keys = [portal.submitted() for _ in range(3)]
    seal_all(portal.settings)
    insider.without_macs()
    insider.run("DELETE FROM event_mac WHERE originator_id <> :key", key=uuid.UUID(keys[0]).hex)
    sign_history(portal.settings)
    assert check_authenticity(portal.store)["first_bad"] is None


def test_what_nobody_sealed_is_not_signed_unless_an_operator_says_so(portal, insider):
    sealed, waiting = portal.submitted(), None
    seal_all(portal.settings)
    waiting = portal.submitted()
    insider.without_macs()
    outcome = sign_history(portal.settings)
    assert outcome["unsealed"] == 4 and portal.store.get(sealed)
    with pytest.raises(HistoryNotAuthentic):
        portal.store.get(waiting)
    assert sign_history(portal.settings, unsealed=True)["signed"] == 4
    assert portal.store.get(waiting).status == "submitted"


def test_an_insider_who_deletes_every_mac_has_nothing_signed_that_was_added(portal, insider):
    key = portal.submitted()
    portal.follow()
    seal_all(portal.settings)
    insider.next_version(key)
    insider.without_macs()
    assert sign_history(portal.settings)["unsealed"] == 1
    assert check_authenticity(portal.store)["first_bad"]["version"] == insider.versions(key)


def test_a_store_that_is_not_what_was_sealed_is_not_signed_at_all(portal, insider):
    key = portal.submitted()
    seal_all(portal.settings)
    insider.without_macs()
    insider.bytes_elsewhere(key)
    with pytest.raises(HistoryDoesNotHold):
        sign_history(portal.settings)
    assert insider.run("SELECT count(*) FROM event_mac") == [(0,)]


def test_keys_are_replaced_with_an_overlap(portal, insider):
    old = (portal.settings.home / "secrets" / "history-keys").read_text().strip()
    new = "n" * 40
    first = portal.started()
    both = Settings({"PORTAL_HOME": str(portal.settings.home), "HISTORY_KEYS": f"{new}\n{old}\n"})
    portal.store.streams.recorder.keys = HistoryKeys.from_settings(both)
    second = portal.started()
    assert {len(set(row)) for row in zip(*insider.run("SELECT key_id FROM event_mac"), strict=False)} == {2}
    assert portal.store.get(first) and portal.store.get(second)
    portal.store.streams.recorder.keys = HistoryKeys([old])
    with pytest.raises(HistoryNotAuthentic, match="not among HISTORY_KEYS"):
        portal.store.get(second)


@pytest.mark.parametrize("content", ["   \n", "", "k" * 31, "k" * 32 + "\nshort"])
def test_a_blank_or_short_key_is_refused_by_name(content, tmp_path):
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(SettingMissing, match="HISTORY_KEYS"):
        HistoryKeys.from_settings(Settings({"APPLICATIONS_DATABASE_URL": "sqlite://", "HISTORY_KEYS_FILE": str(file)}))


def test_the_embedded_default_makes_its_own_key_in_its_private_folder(portal):
    file = portal.settings.home / "secrets" / "history-keys"
    assert len(file.read_text().strip()) == 64 and file.stat().st_mode & 0o077 == 0


def test_portal_verify_says_it_on_a_line_of_its_own(portal, insider, monkeypatch):
    from infra.cli.app import app

    monkeypatch.setenv("PORTAL_HOME", str(portal.settings.home))
    monkeypatch.setenv("PORTAL_LANGUAGE", "en")
    key = portal.submitted()
    portal.follow()
    seal_all(portal.settings)
    clean = CliRunner().invoke(app, ["verify"])
    assert clean.exit_code == 0 and "4 events: each was recorded by this service" in clean.output
    insider.next_version(key)
    result = CliRunner().invoke(app, ["verify"])
    (line,) = [line for line in result.output.splitlines() if "was not recorded by this service" in line]
    assert result.exit_code == 1 and key in line and '"position": 5' in line


def test_the_store_of_this_process_has_the_keys(portal):
    assert isinstance(Store.from_settings(portal.settings).keys, HistoryKeys)
