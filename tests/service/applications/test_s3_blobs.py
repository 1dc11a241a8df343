"""Papers in S3-compatible storage: against a third party's server and a stricter one of our own, each a process."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from infra.chassis.refusals import ServiceUnavailable
from infra.chassis.settings import SettingMissing, Settings
from services.applications.private_data.blobs import blobs_of
from services.applications.private_data.file_checks import SIZE_LIMIT
from services.applications.private_data.s3_blobs import S3Blobs
from tests.component.applications.use_cases import Portal, embedded
from tests.service.applications.moto_process import REGION, moto_server
from tests.support.local_servers import free_port, listening
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading
from tests.unit.applications.fakes import PDF

BUCKET = "papers"


@dataclass(frozen=True)
class Storage:
    """An S3 that runs, and who may use it."""

    address: str
    access: str
    secret: str

    def settings(self, **other: str) -> dict[str, str]:
        """The service's own settings for it."""
        place = f"s3://{BUCKET}?endpoint={self.address}"
        return {"BLOB_STORE": place, "BLOB_STORE_ACCESS_KEY": self.access, "BLOB_STORE_SECRET_KEY": self.secret} | other

    def opened(self, **other: str) -> S3Blobs:
        blobs = blobs_of(Settings(self.settings(**other)))
        assert isinstance(blobs, S3Blobs)
        return blobs


@pytest.fixture(scope="module")
def ours() -> Iterator[Storage]:
    """A server that is stricter than others: the digest of the content and every header must be signed."""
    port, access, secret = free_port(), "for-tests", "plainly/for+tests"
    server = subprocess.Popen([sys.executable, "-m", "tests.service.applications.s3_server", str(port), access, secret])
    while not listening(port):
        assert server.poll() is None
    yield Storage(f"http://127.0.0.1:{port}", access, secret)
    server.terminate()
    server.wait(60)


@pytest.fixture(scope="module")
def third_partys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with moto_server(tmp_path_factory.mktemp("moto") / "log", BUCKET) as opened:
        yield Storage(*opened)


@pytest.fixture(params=["ours", "third_partys"])
def storage(request: pytest.FixtureRequest) -> Storage:
    fixture: Storage = request.getfixturevalue(request.param)
    return fixture


def test_a_key_that_was_exchanged_in_its_file_is_used_at_once(ours: Storage, tmp_path: Path) -> None:
    """Refused with the old one, served with the new one, and not stopped by a file that is just being written."""
    file = tmp_path / "secret"
    file.write_text("of last year")
    settings = ours.settings() | {"BLOB_STORE_SECRET_KEY": "", "BLOB_STORE_SECRET_KEY_FILE": str(file)}
    blobs = blobs_of(Settings(settings))
    with pytest.raises(ServiceUnavailable):
        blobs.put(b"x")
    file.write_text(ours.secret)
    sha256 = blobs.put(b"x")
    file.write_text("")
    assert blobs.get(sha256) == b"x"


def test_what_is_put_is_got_and_gone_once_removed(storage: Storage) -> None:
    blobs = storage.opened()
    sha256 = blobs.put("Tờ khai".encode())
    assert blobs.put("Tờ khai".encode()) == sha256
    assert blobs.get(sha256) == "Tờ khai".encode()
    assert (blobs.remove(sha256), blobs.remove(sha256)) == (True, False)
    with pytest.raises(ServiceUnavailable):
        blobs.get(sha256)


def test_a_paper_of_the_largest_size_comes_back_as_it_was(storage: Storage) -> None:
    content = bytes(range(256)) * (SIZE_LIMIT // 256)
    assert storage.opened().get(storage.opened().put(content)) == content


@pytest.mark.parametrize("wrong", ["BLOB_STORE_SECRET_KEY", "BLOB_STORE_ACCESS_KEY"])
def test_a_wrong_key_is_not_let_in(storage: Storage, wrong: str) -> None:
    sha256 = storage.opened().put(b"kept")
    stranger = storage.opened(**{wrong: "a-wrong-key"})
    for attempt in (lambda: stranger.put(b"x"), lambda: stranger.get(sha256), lambda: stranger.remove(sha256)):
        with pytest.raises(ServiceUnavailable):
            attempt()
    assert storage.opened().get(sha256) == b"kept"


def test_what_the_store_has_changed_is_not_believed(third_partys: Storage) -> None:
    sha256 = third_partys.opened().put(b"as it was")
    own = {"aws_access_key_id": third_partys.access, "aws_secret_access_key": third_partys.secret}
    other = boto3.client("s3", endpoint_url=third_partys.address, region_name=REGION, **own)
    assert other.get_object(Bucket=BUCKET, Key=sha256)["Body"].read() == b"as it was"
    other.put_object(Bucket=BUCKET, Key=sha256, Body=b"as it is")
    with pytest.raises(ServiceUnavailable):
        third_partys.opened().get(sha256)


def test_a_bucket_that_is_not_there_is_said_so(third_partys: Storage) -> None:
    elsewhere = f"s3://nowhere?endpoint={third_partys.address}"
    with pytest.raises(ServiceUnavailable):
        third_partys.opened(BLOB_STORE=elsewhere).put(b"x")


def test_a_store_that_does_not_answer_is_said_so() -> None:
    with pytest.raises(ServiceUnavailable):
        Storage(f"http://127.0.0.1:{free_port()}", "somebody", "for-tests").opened().put(b"x")


def test_credentials_that_are_missing_stop_the_start_by_name() -> None:
    with pytest.raises(SettingMissing) as missing:
        blobs_of(Settings({"BLOB_STORE": "s3://papers", "BLOB_STORE_ACCESS_KEY": "x"}))
    assert missing.value.name == "BLOB_STORE_SECRET_KEY"


def test_an_application_keeps_its_papers_there_and_an_erasure_removes_them(storage: Storage, tmp_path: Path) -> None:
    portal = Portal(Settings(embedded(tmp_path).env | storage.settings()))
    key = portal.started()
    paper = portal.attached(key)
    content = portal.queries.attachment(
        key, paper["attachment_id"], identity=portal.identity, **reading(actors.CITIZEN)
    )
    assert base64.b64decode(content["content_base64"]) == PDF
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while portal.erasing.step():
        pass
    with pytest.raises(ServiceUnavailable):
        storage.opened().get(paper["sha256"])
