"""Refusals of a platform that is not well or not the usual one: nothing sealed, a neighbour gone, production."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyotp
import pytest
import time_machine
from nameko.exceptions import RemoteError

from infra.chassis import clock
from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from infra.cli.connection import first_operator
from infra.cli.sample_documents import as_base64
from infra.sandbox.identity_provider import EidHolder, EidSandbox, sample_holders
from infra.sandbox.identity_provider import serve as serve_eid
from infra.sandbox.virus_scanner import EICAR, serve
from tests.e2e.refusal_table import ALL_THAT_LOAD, ELSEWHERE, REPLAYS, SINGLE_SIGN_ON, example, packet
from tests.support.degraded import PartialPlatform, in_production, partial_platform
from tests.support.installation import command, rule_of

NO_RECOVERY_CODE = "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"  # looks like one
PROVOKED: set[tuple[str, str, str]] = set()


def refused(rpc: Any, service: str, door: str, **arguments: Any) -> str:
    """How a door says no; noted for the last test of this file."""
    with pytest.raises(RemoteError) as no:
        getattr(getattr(rpc, service), door)(**{**example(service, door), **arguments})
    PROVOKED.add((service, door, no.value.exc_type))
    return str(no.value.exc_type)


def refused_in_a_hurry(platform: PartialPlatform, token: str, service: str, door: str, **arguments: Any) -> str:
    """How it says no to somebody in a hurry; whose time was over before the door looked waits longer the next time."""
    for patience in (0.5, 2.0, 8.0, 32.0):
        with platform.in_a_hurry(token, patience) as rpc:
            name = refused(rpc, service, door, **arguments)
        if name != "DeadlineExceeded":
            break
    return name


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartialPlatform]:
    services, own = ("identity", "catalog", "applications", "payments"), {"AUDIT_VERIFY_EVENTS": "4"}
    own["VIRUS_SCANNER"] = "unix:///nowhere/clamd.ctl"  # set, and not there
    with partial_platform(tmp_path_factory.mktemp("half"), *services, **own) as platform:
        platform.populate()
        yield platform


def test_nothing_is_proved_before_anything_is_sealed(platform: PartialPlatform) -> None:
    application_id = platform.filed()
    for door in ("checkpoint", "inclusion_proof", "consistency_proof"):
        assert refused(platform.portal.as_(), "applications", door) == "NothingSealed"
    assert refused(platform.person(), "applications", "evidence", application_id=application_id) == "NothingSealed"


def test_what_happened_since_the_last_seal_is_not_proved_yet(platform: PartialPlatform) -> None:
    platform.filed()
    platform.follow("applications")
    later = platform.filed()
    assert refused(platform.person(), "applications", "evidence", application_id=later) == "NotSealedYet"


def test_a_method_that_is_not_set_up_is_not_available(platform: PartialPlatform) -> None:
    paying = {"application_id": platform.filed(of=platform.with_fee()), "method": "vietqr"}
    assert refused(platform.applicant(), "payments", "start_payment", **paying) == "MethodNotAvailable"


def test_more_than_one_call_can_check_is_not_begun(platform: PartialPlatform) -> None:
    platform.filed(), platform.filed()
    assert refused(platform.person(), "applications", "verify") == "TooMuchToVerify"


def test_an_appeal_comes_too_late_after_ninety_days(platform: PartialPlatform) -> None:
    application_id = platform.filed()
    platform.person().applications.refuse_intake(
        application_id=application_id, reason="Sai nơi nộp", command_id=command()
    )
    with time_machine.travel(clock.now() + timedelta(days=120), tick=True):
        assert refused(platform.applicant(), "applications", "appeal", application_id=application_id) == "AppealTooLate"


def upload(content: bytes) -> dict[str, str]:
    return {"file_name": "giay.txt", "media_type": "text/plain", "content_base64": as_base64(content)}


def test_without_a_scanner_files_are_not_taken(platform: PartialPlatform) -> None:
    application_id, paper = platform.filed(), upload(b"a text")
    arguments = {"application_id": application_id, "command_id": command()}
    assert (
        refused(platform.applicant(), "applications", "attach", requirement="other", **arguments, **paper)
        == "ScannerUnavailable"
    )
    issued = {"title": "Giấy", **paper}
    assert refused(platform.person(), "applications", "approve", **arguments, result=issued) == "ScannerUnavailable"


def test_without_its_neighbour_a_service_says_so_and_does_nothing_by_halves(platform: PartialPlatform) -> None:
    application_id, token = platform.filed(), platform.token()
    platform.person().payments.demands(application_id=platform.filed())  # known to payments, for parity
    running = platform.filed()
    platform.person().applications.accept(application_id=running, command_id=command())
    platform.follow("applications")
    platform.lose("catalog")
    next_year = clock.now() + timedelta(days=400)  # whose calendar is not known yet
    hurried = partial(refused_in_a_hurry, platform)
    with time_machine.travel(next_year, tick=True):
        accepting = ("applications", "accept")
        assert hurried(platform.token(), *accepting, application_id=application_id) == "ServiceUnavailable"
    assert hurried(token, "applications", "affected_due_dates") == "ServiceUnavailable"
    elsewhere = {"reference": "G09.20-20260609-0092637", "tracking_code": "001199000001"}
    assert hurried(token, "applications", "track", **elsewhere) == "ServiceUnavailable"  # interchange does not run
    assert platform.person().applications.application(application_id=application_id)["status"] == "submitted"
    platform.lose("applications")
    for door in ("demands", "payments", "start_payment", "record_offline", "waive", "assign_suspense"):
        assert hurried(token, "payments", door, application_id=application_id) == "ServiceUnavailable"
    assert hurried(token, "payments", "parity") == "ServiceUnavailable"


def test_a_sender_is_told_that_the_catalogue_is_away(tmp_path: Path) -> None:
    sender = {"source": "G09", "unit": "000.00.20.G09", "username": "mau", "password": "mật khẩu mẫu"}
    with partial_platform(tmp_path, "identity", "interchange", INTERCHANGE_SOURCES=json.dumps([sender])) as platform:
        opened = platform.portal.as_().interchange.open_session(username="mau", password="mật khẩu mẫu")
        about = {"session": opened["session"], "operation": "LayDanhSachTTHC", "arguments": {}}
        assert refused_in_a_hurry(platform, "", "interchange", "classic_call", **about) == "ServiceUnavailable"


def test_documents_of_a_stream_somebody_changed_or_without_the_catalogue_go_nowhere(tmp_path: Path) -> None:
    with partial_platform(tmp_path, "identity", "catalog", "interchange") as platform:
        platform.populate()
        platform.appointed("H29.01", "intake_officer")
        official, token = platform.person(), platform.token()
        sent = official.interchange.send_document(
            **{**example("interchange", "send_document"), "command_id": command()}
        )
        official.interchange.import_edxml(**{**example("interchange", "import_edxml"), "command_id": command()})
        platform.change_streams()
        for door in REPLAYS:
            parameters = contract_of("interchange").rpc[door]["parameters"]["properties"]
            about = {"document_id": sent["document_id"], "agency_code": "H29.01", "packet": "status"}
            about = {name: value for name, value in about.items() if name in parameters}
            assert refused(official, "interchange", door, **about) == "StreamNotAuthentic", door
        document = {**example("interchange", "send_document")["document"], "number": "31"}
        later = {**example("interchange", "send_document"), "document": document, "command_id": command()}
        about = {"document_id": official.interchange.send_document(**later)["document_id"], "document": document}
        platform.lose("catalog")
        for door, arguments in (
            ("send_document", {"document": {**document, "number": "32"}, "to_agencies": ["H29.02"]}),
            ("update_document", {**about, "add_agencies": ["H29.02"]}),
            ("import_edxml", {"content": packet("33").replace("<OrganId>H29.01<", "<OrganId>H29.02<")}),
        ):
            assert refused_in_a_hurry(platform, token, "interchange", door, **arguments) == "ServiceUnavailable", door


def test_a_costly_door_without_a_free_place_refuses_at_once(tmp_path: Path) -> None:
    with partial_platform(tmp_path, *SERVICES) as platform:
        for service in SERVICES:
            platform.fill_places(service)
        for service, door, name in ELSEWHERE:
            if name == "TooManyRequests":
                assert refused(platform.portal.as_(), service, door) == "TooManyRequests"


@pytest.fixture
def eid(tmp_path: Path) -> Iterator[tuple[PartialPlatform, EidSandbox]]:
    """A platform that is a client of the sandbox e-ID provider, and that provider."""
    strangers = [
        EidHolder("001190999998", "Người Không Có Trong Sổ", "1990-01-01"),
        EidHolder(sample_holders()[2].citizen_number, "Nguyễn Thị Khác", "1990-01-01"),
    ]
    back = "http://127.0.0.1/sign-in/eid/return"
    provider = serve_eid([*strangers, *sample_holders()], client_secret="bí mật mẫu", redirect_uri=back)
    own = {
        "EID_ISSUER": provider.url, "EID_CLIENT_ID": provider.client_id, "EID_CLIENT_SECRET": provider.client_secret,
        "EID_REDIRECT_URI": back,
    }  # fmt: skip
    with partial_platform(tmp_path, "identity", "catalog", "applications", **own) as platform:
        yield platform, provider
    provider.stop()


def come_back(platform: PartialPlatform, provider: EidSandbox, person: str) -> dict[str, str]:
    """What a browser comes back with after a click on a person."""
    begun = platform.portal.as_().identity.begin_eid_sign_in()
    request = dict(parse_qsl(urlsplit(begun["authorization_url"]).query))
    answer = dict(parse_qsl(urlsplit(provider.chosen(request, person)).query))
    return {"state": answer["state"], "code": answer["code"], "binding": begun["binding"], "issuer": answer["iss"]}


def test_an_eid_that_does_not_hold_opens_nothing(eid: tuple[PartialPlatform, EidSandbox]) -> None:
    platform, provider = eid
    platform.populate()
    rpc, numbers = platform.portal.as_(), [holder.citizen_number for holder in provider.people]
    first, owner = platform.account["citizen_number"], platform.applicant()

    def no(name: str, **arguments: str | None) -> None:
        assert refused(rpc, "identity", "complete_eid_sign_in", **{"otp": None, **arguments}) == name

    no("EidSignInNotPending", **come_back(platform, provider, first) | {"binding": "x" * 43})
    no("CitizenNotInRegister", **come_back(platform, provider, numbers[0]))
    no("CitizenDataDiffers", **come_back(platform, provider, numbers[1]))
    for fault, name in (("nonce", "EidSignInRefused"), ("500", "EidProviderUnavailable")):
        provider.misbehave(fault)
        no(name, **come_back(platform, provider, first))
    rpc.identity.complete_eid_sign_in(**come_back(platform, provider, first))

    device = owner.identity.enrol_otp(password=platform.applicant_account["password"])
    owner.identity.confirm_otp(code=pyotp.TOTP(device["secret"]).now())
    back = come_back(platform, provider, platform.applicant_account["citizen_number"])
    no("OtpRequired", **back)
    for name in ("Unauthenticated",) * 5 + ("SignInDelayed",):
        no(name, **back | {"otp": NO_RECOVERY_CODE})

    operator = platform.portal.as_(platform.portal.sign_in(**first_operator(platform.platform.settings)))
    account_id = platform.person().identity.whoami()["account_id"]
    operator.identity.block_account(account_id=account_id, reason="mẫu", command_id=command())
    no("AccountBlocked", **come_back(platform, provider, first))


def test_without_the_provider_nobody_is_sent_anywhere(eid: tuple[PartialPlatform, EidSandbox]) -> None:
    platform, provider = eid
    provider.stop()
    assert refused(platform.portal.as_(), "identity", "begin_eid_sign_in") == "EidProviderUnavailable"


def test_what_the_scanner_finds_or_has_not_seen_is_not_handed_on(tmp_path: Path) -> None:
    scanner = serve()
    own = {"VIRUS_SCANNER": scanner.url, "VIRUS_SCANNER_AWAY": "hold"}
    with partial_platform(tmp_path, "identity", "catalog", "applications", **own) as platform:
        platform.populate()
        rpc, draft = platform.applicant(), platform.started()
        arguments = {"application_id": draft, "requirement": "other"}
        assert refused(rpc, "applications", "attach", **arguments, **upload(EICAR)) == "FileInfected"
        issued = {"title": "Giấy", **upload(EICAR)}
        official = platform.person()
        assert refused(official, "applications", "approve", application_id=draft, result=issued) == "FileInfected"
        scanner.faults.append("drop")
        paper = rpc.applications.attach(**arguments, **upload(EICAR), command_id=command())["attachment_id"]
        of_paper = {"application_id": draft, "attachment_id": paper}
        assert refused(rpc, "applications", "attachment", **of_paper) == "FileNotScanned"
        platform.follow("applications")
        assert refused(rpc, "applications", "attachment", **of_paper) == "FileInfected"
    scanner.stop()


def test_a_history_that_the_database_was_given_is_true_at_no_door(tmp_path: Path) -> None:
    with partial_platform(tmp_path, "identity", "catalog", "applications") as platform:
        platform.populate()
        application_id = platform.filed()
        platform.add_to_history(application_id)
        official, applicant = platform.person(), platform.applicant()
        for door in ALL_THAT_LOAD:
            rpc = applicant if "citizen" in rule_of("applications", door).roles else official
            assert refused(rpc, "applications", door, application_id=application_id) == "HistoryNotAuthentic", door


def test_production_has_no_samples(tmp_path: Path) -> None:
    with in_production(tmp_path) as portal:
        assert refused(portal.as_(), "identity", "sample_people") == "NoSamplePeople"
        assert refused(portal.as_(), "catalog", "sample_procedures") == "OnlyInDevelopment"
        for door in SINGLE_SIGN_ON:  # without an address of its own it is no issuer
            assert refused(portal.as_(), "identity", door) == "SingleSignOnNotOffered"


def test_all_of_them_were_provoked() -> None:
    assert PROVOKED >= ELSEWHERE
