"""The installation's own check: log, read model, snapshots and private data, each named when it was touched."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.settings import Settings
from services.applications.errors import TooMuchToVerify
from services.applications.transparency.keys import verifier_keys
from services.applications.transparency.notes import SigningKey
from services.applications.transparency.tiles import TileFolder, TilePublisher
from services.applications.verification.self_check import SelfCheck
from tests.component.applications.use_cases import Portal
from tests.service.transparency import tampering
from tests.service.transparency.stores import HISTORY_KEY, KEY, Store
from tests.unit.applications import actors
from tests.unit.applications.actors import call


class Installed:
    """A service with three submitted applications, sealed and published."""

    def __init__(self, raw: Store, folder: Path) -> None:
        self.raw, self.folder = raw, folder
        self.env = {
            "APPLICATIONS_DATABASE_URL": raw.url,
            "PORTAL_HOME": str(folder),
            "AUDIT_VERIFIER_KEYS": str(KEY.verifier),
            "HISTORY_KEYS": HISTORY_KEY,
        }
        self.portal = Portal(Settings(self.env))
        self.keys = [self.portal.started() for _ in range(3)]
        for key in self.keys:
            self.portal.attached(key)
        self.portal.follow()
        self.seal()

    def seal(self) -> None:
        self.raw.seal()
        publisher = TilePublisher(self.raw.database, TileFolder(self.folder / "audit-tiles"))
        while publisher.step():
            pass

    def verdict(self) -> dict[str, Any]:
        verdict = SelfCheck.from_settings(Settings(self.env)).verify()
        assert verdict["log"]["keys_given"]
        return verdict


@pytest.fixture
def installed(stores: Any, tmp_path: Path) -> Iterator[Installed]:
    raw = stores.empty()
    result = Installed(raw, tmp_path)
    yield result
    result.portal.store.streams.close()
    raw.close()


def test_a_store_nobody_touched_is_whole(installed: Installed) -> None:
    result = installed.verdict()
    assert result["first_bad"] is None and result["applications"] == 3
    installed.portal.attached(installed.keys[0])
    installed.portal.follow()
    assert installed.verdict()["first_bad"] is None


VIEW: dict[str, Callable[[Installed, str], None]] = {
    "a status": lambda i, key: i.raw.execute(
        "UPDATE application_view SET status = 'approved' WHERE application_id = ?", key
    ),
    "an officer": lambda i, key: i.raw.execute(
        "UPDATE application_view SET officer_id = 'x' WHERE application_id = ?", key
    ),
    "a position": lambda i, key: i.raw.execute(
        "UPDATE application_view SET position = 0 WHERE application_id = ?", key
    ),
    "a row removed": lambda i, key: i.raw.execute("DELETE FROM application_view WHERE application_id = ?", key),
    "a row set back": lambda i, key: i.raw.execute(
        "UPDATE application_view SET version = 1, position = position - 1 WHERE application_id = ?", key
    ),
}


@pytest.mark.parametrize("what", VIEW)
def test_a_read_model_that_was_touched_is_named(installed: Installed, what: str) -> None:
    VIEW[what](installed, installed.keys[1])
    bad = installed.verdict()["first_bad"]
    assert (bad["kind"], bad["application_id"]) == ("view_changed", installed.keys[1])
    assert bad["reason"]["vi"] and bad["reason"]["en"]


def test_a_row_set_back_to_what_it_once_was_is_named(installed: Installed) -> None:
    key, raw = installed.keys[2], installed.raw
    names = [column.name for column in _columns()]
    stored = raw.rows(f"SELECT {', '.join(names)} FROM application_view WHERE application_id = ?", key)[0]
    installed.portal.attached(key)
    installed.portal.follow()
    installed.seal()
    text = ", ".join(f"{name} = ?" for name in ("version", "position", "updated_at"))
    old = [stored[names.index(name)] for name in ("version", "position", "updated_at")]
    raw.execute(f"UPDATE application_view SET {text} WHERE application_id = ?", *old, key)
    bad = installed.verdict()["first_bad"]
    assert (bad["kind"], bad["application_id"]) == ("view_changed", key)


@pytest.mark.parametrize("invented", ["00000000-0000-4000-8000-000000000001", "no id at all", "UPPER"])
def test_a_row_nobody_filed_is_named(installed: Installed, invented: str) -> None:
    invented = installed.keys[0].upper() if invented == "UPPER" else invented
    names = [column.name for column in _columns() if column.name != "application_id"]
    text = ", ".join(names)
    installed.raw.execute(
        f"INSERT INTO application_view (application_id, {text}) SELECT '{invented}', {text} FROM application_view "
        "WHERE application_id = ?",
        installed.keys[0],
    )
    assert installed.verdict()["first_bad"]["application_id"] == invented


OUTSIDE_THE_LOG: dict[str, tuple[str, str]] = {
    "papers changed": ("UPDATE paper SET sha256 = '00' WHERE application_id = ?", "beside_changed"),
    "papers' salt": ("UPDATE paper SET salt = sha256 WHERE application_id = ?", "beside_changed"),
    "papers removed": ("DELETE FROM paper WHERE application_id = ?", "beside_missing"),
}


PARTY: dict[str, tuple[str, str]] = {
    "whose it is": ("UPDATE party SET applicant_id = 'somebody-else' WHERE application_id = ?", "beside_changed"),
    "who began it": ("UPDATE party SET started_by = 'somebody-else' WHERE application_id = ?", "beside_changed"),
    "the row": ("DELETE FROM party WHERE application_id = ?", "beside_missing"),
}


@pytest.mark.parametrize("what", PARTY)
def test_whose_application_it_is_is_held_against_its_first_event(installed: Installed, what: str) -> None:
    statement, kind = PARTY[what]
    installed.raw.execute(statement, installed.keys[1])
    bad = installed.verdict()["first_bad"]
    assert (bad["kind"], bad["application_id"], bad["version"]) == (kind, installed.keys[1], 1)


@pytest.mark.parametrize("what", OUTSIDE_THE_LOG)
def test_what_lies_beside_the_stream_is_held_against_its_commitment(installed: Installed, what: str) -> None:
    statement, kind = OUTSIDE_THE_LOG[what]
    if "salt" in what and not installed.raw.sqlite:
        statement = statement.replace("= sha256", "= convert_to(sha256, 'UTF8')")
    installed.raw.execute(statement, installed.keys[1])
    bad = installed.verdict()["first_bad"]
    assert (bad["kind"], bad["application_id"], bad["version"]) == (kind, installed.keys[1], 2)


def test_what_was_erased_is_not_missed(installed: Installed) -> None:
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        installed.portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while installed.portal.erasing.step():
        pass
    installed.portal.follow()
    installed.seal()
    assert installed.verdict()["first_bad"] is None


def test_a_planted_snapshot_is_named_and_read_by_nobody(installed: Installed) -> None:
    key, raw = installed.keys[0], installed.raw
    columns = "originator_id uuid, originator_version bigint, topic text, state bytea"
    if raw.sqlite:
        columns = "originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB"
    raw.execute(f"CREATE TABLE stored_snapshots ({columns})")
    planted = (
        raw.event_id(installed.portal.store.aggregate(key).id),
        9,
        "applications.Application",
        b'{"status":"approved"}',
    )
    raw.execute("INSERT INTO stored_snapshots VALUES (?, ?, ?, ?)", *planted)
    assert installed.portal.store.get(key).status.value == "draft"
    bad = installed.verdict()["first_bad"]
    assert bad["kind"] == "snapshot_planted" and bad["application_id"].replace("-", "") == key.replace("-", "")


def test_a_log_made_again_with_another_key_is_not_believed(installed: Installed) -> None:
    tampering.reseal(installed.raw, SigningKey.generate(KEY.name))
    assert installed.verdict()["first_bad"]["kind"] == "checkpoint_untrusted"


def test_a_log_made_again_with_the_stolen_key_contradicts_the_published_files(installed: Installed) -> None:
    installed.raw.execute(f"UPDATE {{events}} SET state = ? {tampering.BY_LEAF}", b"forged", 1)
    tampering.reseal(installed.raw, KEY)
    bad = installed.verdict()["first_bad"]
    assert bad["index"] == 1 and bad["kind"] == "sealed_changed"


def test_the_keys_held_against_are_those_the_settings_give(tmp_path: Path) -> None:
    own, old = SigningKey.generate("a.example/log"), SigningKey.generate("a.example/log")
    env = {"AUDIT_SIGNING_KEY": own.reveal(), "AUDIT_VERIFIER_KEYS": f"{old.verifier}\n{own.verifier}\n"}
    assert verifier_keys(Settings(env)) == [str(old.verifier), str(own.verifier)]
    fresh = Settings({"PORTAL_HOME": str(tmp_path / "home"), "PORTAL_ENVIRONMENT": "development"})
    assert verifier_keys(fresh) == [] and not (tmp_path / "home").exists()


def test_a_store_too_large_for_one_call_is_refused_by_name_with_what_to_do_instead(installed: Installed) -> None:
    settings = Settings({**installed.env, "AUDIT_VERIFY_EVENTS": "6"})
    assert SelfCheck.from_settings(settings).verify()["first_bad"] is None
    installed.portal.attached(installed.keys[0])
    with pytest.raises(TooMuchToVerify) as refused:
        SelfCheck.from_settings(settings).verify()
    assert "7 events" in refused.value.text("en") and "portal verify" in refused.value.text("en")
    assert "7 sự kiện" in refused.value.text("vi") and "portal verify" in refused.value.text("vi")


def test_checking_tells_how_far_it_has_come(installed: Installed) -> None:
    progress: list[tuple[int, int, str]] = []
    SelfCheck.from_settings(Settings(installed.env)).check_read_model(lambda *so_far: progress.append(so_far))
    last = installed.portal.store.last_position()
    assert progress == [(3, 3, "replaying"), (3, 3, "comparing"), (last, last, "opening")]


def _columns() -> Any:
    from services.applications.models import application_view

    return application_view.columns
