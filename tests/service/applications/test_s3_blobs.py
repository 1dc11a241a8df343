"""Papers in S3-compatible storage, against a server process that checks every signature."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.chassis.refusals import ServiceUnavailable
from infra.chassis.settings import SettingMissing, Settings
from services.applications.blobs import blobs_of
from services.applications.s3_blobs import S3Blobs
from tests.local_servers import free_port, listening
from tests.unit.applications import people
from tests.unit.applications.people import call
from tests.unit.applications.platform import Portal, embedded
from tests.unit.applications.rules import PDF

ACCESS, SECRET = "for-tests", "plainly/for+tests"


@pytest.fixture
def place() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.service.applications.s3_server", str(port), ACCESS, SECRET]
    server = subprocess.Popen(command)
    while not listening(port):
        assert server.poll() is None
    yield f"s3://papers?endpoint=http://127.0.0.1:{port}"
    server.terminate()
    server.wait(10)


def opened(place: str, secret: str = SECRET) -> S3Blobs:
    settings = Settings({"BLOB_STORE": place, "BLOB_STORE_ACCESS_KEY": ACCESS, "BLOB_STORE_SECRET_KEY": secret})
    found = blobs_of(settings)
    assert isinstance(found, S3Blobs)
    return found


def test_what_is_put_is_got_and_gone_once_removed(place):
    blobs = opened(place)
    sha256 = blobs.put("Tờ khai".encode())
    assert blobs.get(sha256) == "Tờ khai".encode()
    assert (blobs.remove(sha256), blobs.remove(sha256)) == (True, False)
    with pytest.raises(ServiceUnavailable):
        blobs.get(sha256)


def test_a_wrong_key_is_not_let_in(place):
    with pytest.raises(ServiceUnavailable):
        opened(place, secret="wrong").put(b"x")


def test_a_store_that_does_not_answer_is_said_so(place):
    with pytest.raises(ServiceUnavailable):
        opened(f"s3://papers?endpoint=http://127.0.0.1:{free_port()}").put(b"x")


def test_credentials_that_are_missing_stop_the_start_by_name():
    with pytest.raises(SettingMissing) as missing:
        blobs_of(Settings({"BLOB_STORE": "s3://papers", "BLOB_STORE_ACCESS_KEY": "x"}))
    assert missing.value.name == "BLOB_STORE_SECRET_KEY"


def test_an_application_keeps_its_papers_there_and_an_erasure_removes_them(place, tmp_path: Path):
    env = embedded(tmp_path).env | {
        "BLOB_STORE": place,
        "BLOB_STORE_ACCESS_KEY": ACCESS,
        "BLOB_STORE_SECRET_KEY": SECRET,
    }
    portal = Portal(Settings(env))
    key = portal.started()
    paper = portal.attached(key)
    content = portal.desk.attachment(key, paper["attachment_id"], identity=portal.identity, by=call(people.CITIZEN))
    assert base64.b64decode(content["content_base64"]) == PDF
    for auditor in (people.AUDITOR, people.AUDITOR_2):
        portal.erasing.erase_subject("citizen-1", "Luật", by=call(auditor))
    while portal.erasing.step():
        pass
    with pytest.raises(ServiceUnavailable):
        opened(place).get(paper["sha256"])
