"""The document of the interface, the list of routes, pages of problems, and where outsiders call back."""

from __future__ import annotations

import re

from tests.support.front_door import FrontDoor


def test_the_document_is_served_with_its_tag(door: FrontDoor) -> None:
    answer = door.ask("GET", "/openapi.json")
    assert answer.status_code == 200 and answer.json()["openapi"] == "3.1.0"
    assert door.ask("GET", "/openapi.json", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_routes_are_listed_without_anything_from_elsewhere(door: FrontDoor) -> None:
    page = door.ask("GET", "/docs", headers={"Accept-Language": "en"})
    assert page.status_code == 200 and page.headers["content-language"] == "en"
    assert "/applications/{application_id}/submission" in page.text and "<script" not in page.text
    for address in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        assert address.startswith("/"), address
        assert door.ask("GET", address.partition("#")[0]).status_code == 200


def test_the_type_of_a_problem_is_the_address_of_its_page(door: FrontDoor) -> None:
    problem = door.ask("GET", "/procedures/9.999999").json()
    page = door.ask("GET", problem["type"])
    assert page.status_code == 200 and problem["name"] in page.text and "HTTP 404" in page.text
    assert door.ask("GET", "/problems/NoSuchProblem").status_code == 404


def test_a_gateways_call_back_is_answered_in_its_own_codes(door: FrontDoor) -> None:
    forged = door.ask("GET", "/callbacks/vnpay", params={"vnp_TxnRef": "x", "vnp_SecureHash": "0" * 128})
    assert forged.status_code == 200 and forged.json()["RspCode"] == "97"
    assert door.ask("GET", "/callbacks/nobody", params={"a": "b"}).status_code == 404
    assert door.ask("GET", "/callbacks/vnpay?a=1&a=2").json()["RspCode"] == "99"
    assert door.ask("POST", "/callbacks/vnpay").status_code == 405


def test_a_delivery_report_that_nobody_signed_is_refused(door: FrontDoor) -> None:
    answer = door.ask("POST", "/delivery-reports/nobody", json={"delivery_id": "x"})
    assert answer.status_code in {400, 404} and answer.headers["content-type"] == "application/problem+json"
