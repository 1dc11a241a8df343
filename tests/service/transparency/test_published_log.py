"""The published log somewhere else than in a folder: in S3-compatible storage, and behind any web server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.refusals import ServiceUnavailable
from infra.chassis.settings import SettingMissing, Settings
from services.applications.transparency.s3_tiles import S3Tiles
from services.applications.transparency.sealer import DoesNotExtend, Sealer
from services.applications.transparency.tiles import TileFolder, TilePublisher, tile_store
from services.applications.verification import verifier
from services.applications.verification.self_check import PublishedInS3, SelfCheck, published_log
from services.applications.verification.verifier import Key, Verdict, verify_tiles
from tests.service.transparency import tampering
from tests.service.transparency.stores import HISTORY_KEY, KEY, SqliteStores, Store
from tests.support.local_servers import free_port, listening

KEYS = [Key.parse(str(KEY.verifier))]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = SqliteStores(tmp_path).empty()
    made.grow(300)
    made.seal()
    yield made
    made.close()


def served(*command: str, port: int) -> subprocess.Popen[bytes]:
    server = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not listening(port):
        assert server.poll() is None
    return server


@pytest.fixture
def settings(store: Store) -> Iterator[Settings]:
    """An installation that publishes to S3-compatible storage."""
    port = free_port()
    server = served(
        "-m", "tests.service.applications.s3_server", str(port), "for-tests", "plainly/for+tests", port=port
    )
    env = {
        "APPLICATIONS_DATABASE_URL": store.url,
        "AUDIT_TILES": f"s3://log/of/applications?endpoint=http://127.0.0.1:{port}",
        "AUDIT_TILES_ACCESS_KEY": "for-tests",
        "AUDIT_TILES_SECRET_KEY": "plainly/for+tests",
        "AUDIT_SIGNING_KEY": KEY.reveal(),
        "HISTORY_KEYS": HISTORY_KEY,
        "AUDIT_SEAL_SECONDS": "0",
    }
    yield Settings(env)
    server.terminate()
    server.wait(60)


def publish(settings: Settings) -> S3Tiles:
    publisher = TilePublisher.from_settings(settings)
    while publisher.step():
        pass
    assert isinstance(publisher.folder, S3Tiles)
    return publisher.folder


def test_the_log_is_published_to_storage_and_read_from_there(store: Store, settings: Settings, tmp_path: Path) -> None:
    stored = publish(settings)
    store.publish(tmp_path / "folder")
    for path in (tmp_path / "folder").rglob("*"):
        if path.is_file():
            assert stored.read(path.relative_to(tmp_path / "folder").as_posix()) == path.read_bytes()
    result, verdict = published_log(settings), Verdict("log", "", keys_given=True)
    assert isinstance(result, PublishedInS3)
    verify_tiles(result, KEYS, verdict, lambda _: None)
    assert verdict.ok and verdict.leaves == 300
    assert SelfCheck.from_settings(settings).log()["ok"]


def test_partial_tiles_go_when_the_whole_one_is_there(store: Store, settings: Settings) -> None:
    publisher = TilePublisher.from_settings(settings)
    publisher.step()
    path = publisher.folder
    assert isinstance(path, S3Tiles) and path.read("tile/0/001.p/44")
    store.grow(220, seed=1)
    store.seal()
    while publisher.step():
        pass
    assert path.read("tile/0/001.p/44") is None and len(path.read("tile/0/001") or b"") == 256 * 32


def test_the_sealer_does_not_contradict_what_storage_holds(store: Store, settings: Settings) -> None:
    publish(settings)
    store.execute(f"UPDATE {{events}} SET state = ? {tampering.BY_LEAF}", b"forged", 7)
    tampering.reseal(store, KEY)
    store.grow(5, seed=9)
    with pytest.raises(DoesNotExtend):
        Sealer.from_settings(settings).step()
    assert not SelfCheck.from_settings(settings).log()["ok"]


def test_storage_that_lets_nobody_in_or_does_not_answer_is_said_so(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable):
        tile_store(Settings({**settings.env, "AUDIT_TILES_SECRET_KEY": "a-wrong-secret"})).checkpoint()
    place = f"s3://log?endpoint=http://127.0.0.1:{free_port()}"
    away = Settings({"AUDIT_TILES": place, "AUDIT_TILES_ACCESS_KEY": "a", "AUDIT_TILES_SECRET_KEY": "some-secret"})
    with pytest.raises(ServiceUnavailable):
        tile_store(away).write("checkpoint", b"")
    with pytest.raises(SettingMissing) as missing:
        tile_store(Settings({"AUDIT_TILES": place, "AUDIT_TILES_ACCESS_KEY": "a"}))
    assert missing.value.name == "AUDIT_TILES_SECRET_KEY"
    assert isinstance(tile_store(Settings({"AUDIT_TILES": str(tmp_path)})), TileFolder)


def verified(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, str(verifier.__file__), "log", *arguments, "--json", "--key", str(KEY.verifier)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return {"status": done.returncode, **json.loads(done.stdout or done.stderr)}


def test_the_verifier_reads_what_a_web_server_publishes(store: Store, tmp_path: Path) -> None:
    folder, port = tmp_path / "published", free_port()
    store.publish(folder)
    server = served("-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder), port=port)
    address = f"http://127.0.0.1:{port}/"
    try:
        assert verified(address)["ok"] and verified(store.url, "--tiles", address)["ok"]
        tile = folder / "tile" / "0" / "000"
        tile.write_bytes(b"x" + tile.read_bytes()[1:])
        assert verified(address)["first_bad"]["kind"] == "tile_changed"
        tile.unlink()
        assert verified(address)["first_bad"]["index"] == 0
    finally:
        server.terminate()
        server.wait(60)
    assert verified(address)["status"] == 2
