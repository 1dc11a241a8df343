"""A verdict claims only what was proved: what is not sealed is reported first, and holes in a history are found."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.settings import Settings
from services.applications.transparency.sealer import DoesNotExtend, Sealer
from services.applications.verification import verifier
from services.applications.verification.self_check import SelfCheck
from tests.service.transparency.stores import HISTORY_KEY, KEY, Store


def status_and_text(store: Store, capsys: Any, *options: str, language: str = "en") -> tuple[int, str]:
    status = verifier.main(["log", store.url, "--key", str(KEY.verifier), "--language", language, *options])
    return status, capsys.readouterr().out


def flip(store: Store, number: int) -> None:
    state = bytearray(store.rows("SELECT state FROM {events} WHERE {id} = ?", number)[0][0])
    state[0] ^= 1
    store.execute("UPDATE {events} SET state = ? WHERE {id} = ?", bytes(state), number)


def test_a_store_of_which_nothing_is_sealed_is_not_said_to_be_intact(stores: Any, capsys: Any) -> None:
    with stores.emptied() as store:
        store.grow(20)
        flip(store, 3)
        status, text = status_and_text(store, capsys)
        assert status == 3 and text.startswith("NOT PROVED: 20 events") and "INTACT" not in text
        assert "TOÀN VẸN" not in status_and_text(store, capsys, language="vi")[1]
        output = json.loads(status_and_text(store, capsys, "--json")[1])
        assert output["ok"] is False and output["proved"] is False and output["unsealed"] == 20
        assert output["unsealed_from"] == store.rows("SELECT min({id}) FROM {events}")[0][0]


def test_an_empty_store_has_nothing_to_prove(stores: Any, capsys: Any) -> None:
    with stores.emptied() as store:
        assert status_and_text(store, capsys)[0] == 0


def test_what_is_not_sealed_yet_is_said_before_what_is(stores: Any, capsys: Any) -> None:
    with stores.emptied() as store:
        store.grow(20)
        store.seal()
        assert status_and_text(store, capsys)[0] == 0
        store.grow(3, seed=1)
        status, text = status_and_text(store, capsys)
        assert status == 3 and text.startswith("NOT PROVED: 3 events")
        assert text.index("NOT PROVED") < text.index("INTACT, as far as it is sealed")
        output = json.loads(status_and_text(store, capsys, "--json")[1])
        assert output["ok"] is True and output["proved"] is False
        flip(store, 2)
        assert status_and_text(store, capsys)[0] == 1


def copied_event(store: Store, version: int) -> str:
    """An event of some application once more, under another version."""
    (key,) = store.rows("SELECT originator_id FROM {events} ORDER BY {id} LIMIT 1")[0]
    store.execute(
        "INSERT INTO {events} ({id}, originator_id, originator_version, topic, state) SELECT "
        "(SELECT max({id}) + 1 FROM {events}), originator_id, ?, topic, state FROM {events} "
        "WHERE originator_id = ? AND originator_version = 1",
        version,
        key,
    )
    return str(uuid.UUID(str(key)))


@pytest.mark.parametrize("version", [999, 0, -1])
def test_a_copied_event_leaves_a_hole_that_is_found_and_located(stores: Any, version: int) -> None:
    with stores.emptied() as store:
        store.grow(30)
        store.seal()
        key = copied_event(store, version)
        bad = store.verify().first_bad
        assert bad is not None and bad.kind == "stream_broken"
        assert (bad.application_id, bad.version) == (key, version) and bad.words("vi")


def test_a_removed_event_leaves_a_hole_though_nothing_was_sealed(stores: Any) -> None:
    with stores.emptied() as store:
        store.grow(60, applications=3)
        key, _ = store.rows("SELECT originator_id, originator_version FROM {events} WHERE originator_version = 5")[0]
        store.execute("DELETE FROM {events} WHERE originator_id = ? AND originator_version = 4", key)
        bad = store.verify().first_bad
        assert bad is not None and (bad.kind, bad.version) == ("stream_broken", 5)


@pytest.mark.parametrize("version", [999, 0])
def test_the_sealer_refuses_an_event_that_does_not_follow_its_history(stores: Any, version: int) -> None:
    with stores.emptied() as store:
        store.grow(30)
        store.seal()
        store.grow(5, seed=1)
        key = copied_event(store, version)
        with pytest.raises(DoesNotExtend) as refused:
            store.seal()
        assert key in str(refused.value) and str(version) in str(refused.value)
        assert store.rows("SELECT count(*) FROM audit_leaf")[0][0] == 30, "nothing of that batch is sealed"


def test_a_history_sealed_in_many_batches_goes_on(stores: Any) -> None:
    with stores.emptied() as store:
        for seed in range(3):
            store.grow(40, seed=seed, applications=2)
            store.seal()
        more = store.rows("SELECT originator_id, max(originator_version) FROM {events} GROUP BY originator_id")
        for number, (key, last) in enumerate(more, 1000):
            columns = "{id}, originator_id, originator_version, topic, state"
            values = (number, key, last + 1, b"{}")
            store.execute(f"INSERT INTO {{events}} ({columns}) VALUES (?, ?, ?, 'x', ?)", *values)
        store.seal()
        assert store.verify().ok


def test_a_history_that_does_not_replay_is_located(stores: Any, tmp_path: Path) -> None:
    with stores.emptied() as store:
        store.grow(5, applications=1)
        settings = Settings(
            {"APPLICATIONS_DATABASE_URL": store.url, "PORTAL_HOME": str(tmp_path), "HISTORY_KEYS": HISTORY_KEY}
        )
        bad = SelfCheck.from_settings(settings).check_read_model()["first_bad"]
        assert bad["kind"] == "history_broken" and bad["version"] == 1 and bad["reason"]["vi"]
        assert uuid.UUID(bad["application_id"])


def test_everything_is_sealed_on_request_whatever_the_interval(stores: Any, tmp_path: Path) -> None:
    with stores.emptied() as store:
        store.grow(300)
        sealer = Sealer(store.database, [KEY], interval=3600.0)
        assert sealer.step() == 300
        store.grow(3, seed=1)
        assert sealer.step() == 0
        assert sealer.finish() == 3
        assert store.verify().unsealed == 0
