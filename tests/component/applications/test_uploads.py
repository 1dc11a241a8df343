"""Uploads go through a virus scanner: what it finds is refused, and what it has not seen nobody opens."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest

from infra.chassis.settings import SettingMissing, Settings
from infra.sandbox.virus_scanner import EICAR, SandboxScanner, serve
from services.applications.errors import FileInfected, FileNotScanned, ScannerUnavailable
from services.applications.private_data import uploads
from services.applications.private_data.unscanned_files import FileScans
from services.applications.private_data.uploads import UploadChecks
from services.applications.private_data.virus_scanner import ClamdScanner, ScannerAway, scanner_of, verdict_of
from tests.component.applications.use_cases import Portal
from tests.unit.applications import actors
from tests.unit.applications.actors import call


@pytest.fixture
def scanner() -> Iterator[SandboxScanner]:
    running = serve()
    yield running
    running.stop()


def text(content: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(content).decode()
    return {"file_name": "giay.txt", "media_type": "text/plain", "content_base64": encoded}


def attached(portal: Portal, key: str, content: bytes) -> str:
    paper = portal.attachments.attach(key, "to-khai", **text(content), **call(actors.CITIZEN), **portal.neighbours)
    return str(paper["attachment_id"])


def opened(portal: Portal, key: str, paper: str) -> bytes:
    served = portal.queries.attachment(key, paper, identity=portal.identity, by=actors.CITIZEN, call_id="c")
    return base64.b64decode(served["content_base64"])


@pytest.fixture
def with_scanner(portal: Portal, scanner: SandboxScanner) -> Callable[..., Portal]:
    def made(*, holds: bool) -> Portal:
        checks = UploadChecks(ClamdScanner(("127.0.0.1", scanner.port), patience=5), holds)
        portal.attachments.checks = portal.decisions.checks = checks
        return portal

    return made


def test_an_infected_paper_is_refused_and_nothing_of_it_stays(with_scanner, scanner):
    portal = with_scanner(holds=True)
    key = portal.started()
    with pytest.raises(FileInfected, match="Eicar"):
        attached(portal, key, b"x" * 300_000 + EICAR)
    assert portal.store.get(key).version == 1 and scanner.scans == 1
    assert opened(portal, key, attached(portal, key, b"a clean text")) == b"a clean text"


def test_an_infected_result_is_refused(with_scanner):
    portal = with_scanner(holds=True)
    key = portal.proposed()
    with pytest.raises(FileInfected):
        portal.decisions.approve(key, {"title": "Giấy", **text(EICAR)}, **call(actors.APPROVER))


@pytest.mark.parametrize("fault", ["drop", "error"])
def test_without_a_verdict_a_paper_is_refused_by_name(with_scanner, scanner, fault):
    portal = with_scanner(holds=False)
    scanner.faults.append(fault)
    with pytest.raises(ScannerUnavailable):
        attached(portal, portal.started(), b"a text")


def test_a_paper_taken_without_a_verdict_stays_closed_until_the_scanner_is_back(with_scanner, scanner):
    portal = with_scanner(holds=True)
    key = portal.started()
    scanner.faults.extend(["drop", "error"])
    clean, infected = attached(portal, key, b"a clean text"), attached(portal, key, EICAR)
    again = portal.attachments.attach(
        key, "to-khai", from_attachment_id=infected, **call(actors.CITIZEN), **portal.neighbours
    )
    for paper in (clean, infected, again["attachment_id"]):
        with pytest.raises(FileNotScanned):
            opened(portal, key, paper)
    scans = FileScans(portal.database, portal.attachments.blobs, portal.attachments.checks.scanner)
    scanner.faults.append("drop")
    assert [scans.step(), scans.step(), scans.step()] == [0, 2, 0]
    assert opened(portal, key, clean) == b"a clean text"
    for paper in (infected, again["attachment_id"]):
        with pytest.raises(FileInfected):
            opened(portal, key, paper)


def test_a_scanner_is_reached_by_a_unix_socket_as_well(tmp_path: Path):
    running = serve(path=tmp_path / "clamd.ctl")
    try:
        scanner = ClamdScanner(str(tmp_path / "clamd.ctl"), patience=5)
        assert (scanner.signature_in(b"a text"), scanner.signature_in(EICAR)) == (None, "Eicar-Test-Signature")
    finally:
        running.stop()
    with pytest.raises(ScannerAway):
        scanner.signature_in(b"a text")


@pytest.mark.parametrize(
    "answer", ["", "stream: OK then", "INSTREAM size limit exceeded. ERROR", "stream: x ERROR", "OK"]
)
def test_what_is_no_verdict_is_taken_for_none(answer):
    with pytest.raises(ScannerAway):
        verdict_of(answer)


@pytest.mark.parametrize("place", ["127.0.0.1:3310", "tcp://", "tcp://host:port", "unix://clamd.ctl", "http://host"])
def test_a_scanner_that_cannot_be_meant_stops_the_start(place):
    with pytest.raises(SettingMissing, match="VIRUS_SCANNER"):
        scanner_of(Settings({"VIRUS_SCANNER": place}))


def test_the_hub_turns_while_an_upload_is_looked_through(monkeypatch):
    turned, looking = eventlet.event.Event(), []
    monkeypatch.setattr(
        uploads, "check_content", lambda *_: looking.append(eventlet.patcher.original("time").sleep(0.05))
    )
    eventlet.spawn_after(0.01, lambda: turned.send(len(looking)))
    UploadChecks().checked("eA==", "text/plain", None)
    assert turned.ready() and turned.wait() == 0
