"""One's own account on pages: registering, second factor, password, contact points, wishes, delegations."""

from __future__ import annotations

import html
import re
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyotp
import pytest
import requests

from tests.support.account_mail import code_sent_to
from tests.support.front_door import FrontDoor
from tests.support.page_requests import PlainVisitor
from tests.support.pages import html_errors, inline_code

PASSWORD = "bảy cây cau trước ngõ nhà"
YEAR = str(date.today().year + 1)


@dataclass
class Newcomer:
    """Somebody who has just registered by the page, and signed in."""

    visitor: PlainVisitor
    username: str
    email: str

    def sign_in(self, **more: str) -> requests.Response:
        return self.visitor.send("/sign-in", username=self.username, password=PASSWORD, **more)


@pytest.fixture(scope="module")
def people(door: FrontDoor) -> list[dict[str, Any]]:
    """Those of the sample register who have no account yet."""
    listed: list[dict[str, Any]] = door.rpc("identity", "sample_people").json()["items"]
    return listed[-8:]


@pytest.fixture
def newcomer(door: FrontDoor, people: list[dict[str, Any]]) -> Newcomer:
    person, visitor = people.pop(), PlainVisitor(door)
    year, month, day = person["birth_date"].split("-")
    born = {"birth_date-day": day, "birth_date-month": month, "birth_date-year": year}
    address = f"mau-{person['citizen_number']}@example.vn"
    about = {"citizen_number": person["citizen_number"], "full_name": person["full_name"], "phone": "0912000099"}
    answer = visitor.send("/register", email=address, password=PASSWORD, **about, **born)
    assert "Đã tạo tài khoản" in judged(answer)
    someone = Newcomer(visitor, person["citizen_number"], address)
    assert someone.sign_in().status_code == 200
    return someone


def judged(answer: requests.Response, status: int = 200) -> str:
    """The page's text; it is valid and has nothing inline."""
    assert answer.status_code == status, (answer.status_code, answer.url, answer.text[-1500:])
    assert not html_errors(answer.text) and not inline_code(answer.text), answer.url
    return html.unescape(answer.text)


def test_an_account_says_how_it_is_reached_and_guarded(newcomer: Newcomer) -> None:
    page = judged(newcomer.visitor.get("/account"))
    assert newcomer.username in page and newcomer.email in page and "chưa dùng" in page
    for path in ("sessions", "sign-ins", "readings", "portals", "preferences", "delegations", "password"):
        judged(newcomer.visitor.get(f"/account/{path}"))
    assert "thành công" in judged(newcomer.visitor.get("/account/sign-ins"))


def test_wishes_are_kept_and_quiet_hours_are_times(newcomer: Newcomer) -> None:
    path, web = "/account/preferences", newcomer.visitor
    page = judged(web.send(path, channels="email", quiet_from="22:00", quiet_until="6h30"))
    assert "Đã lưu" in page and 'value="22:00"' in page and 'value="06:30"' in page
    assert 'value="email" checked' in page and 'value="sms" checked' not in page
    page = judged(web.send(path, channels="sms", quiet_from="25:00"), 400)
    assert 'href="#quiet_from"' in page and 'href="#quiet_until"' in page and 'value="25:00"' in page
    page = judged(web.send(path))
    assert " checked" not in page and 'value="22:00"' not in page, "nothing outside, no quiet hours"


def test_a_delegation_is_given_seen_by_both_and_ended_once(newcomer: Newcomer, door: FrontDoor) -> None:
    path, web = "/account/delegations", newcomer.visitor
    page = judged(web.send(f"{path}/new"), 400)
    assert all(f'href="#{name}"' in page for name in ("to_citizen_number", "extent", "until"))
    until = {"until-day": "31", "until-month": "12", "until-year": YEAR}
    other = door.person("neighbour")["citizen_number"]
    wrong = {"to_citizen_number": other, "extent": "some", "codes": "không phải mã", **until}
    assert 'href="#codes"' in judged(web.send(f"{path}/new", **wrong), 400)
    nobody = {"to_citizen_number": "001000000000", "extent": "all", **until}
    assert 'href="#to_citizen_number"' in judged(web.send(f"{path}/new", **nobody), 400)
    past = {"to_citizen_number": other, "extent": "all", **until, "until-year": "2020"}
    assert 'href="#until"' in judged(web.send(f"{path}/new", **past), 400)
    right = {"to_citizen_number": f"{other[:6]} {other[6:]}", "extent": "some", "codes": "1.001193, 2.000908", **until}
    page = judged(web.send(f"{path}/new", **right))
    assert "Đã ủy quyền" in page and f"31/12/{YEAR}" in page and "/procedures/2.000908" in page
    received = judged(PlainVisitor(door).sign_in("neighbour").get(path))
    assert "Bạn làm thay" in received
    guards = web.guards(path)
    for _ in range(2):
        assert "đã thu hồi" in judged(web.post(path, guards))


def test_a_second_factor_is_enrolled_and_its_recovery_codes_are_shown_once(newcomer: Newcomer) -> None:
    path, web = "/account/second-factor", newcomer.visitor
    assert 'href="#password"' in judged(web.send(path, password="không phải"), 400)
    page = judged(web.send(path, password=PASSWORD))
    key = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert key and "<svg" in page
    device, fields = pyotp.TOTP(key[1].replace(" ", "")), hidden(page)
    wrong = judged(web.post(path, {**fields, "code": "000 00"}), 400)
    assert 'href="#code"' in wrong and key[1] in wrong and "<svg" in wrong, "the same picture again"
    sent = {**hidden(wrong), "code": f" {device.now()[:3]} {device.now()[3:]} "}
    page = judged(web.post(path, sent))
    codes = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}", page)
    assert len(codes) >= 8
    twice = judged(web.post(path, sent), 409)
    assert codes[0] not in twice and "chỉ hiện một lần" in twice
    assert "đang dùng" in judged(web.get("/account"))
    web.send("/sign-out")
    again = judged(newcomer.sign_in())
    assert 'id="otp"' in again
    assert newcomer.sign_in(otp=codes[0].lower()).url.endswith("/vi"), "a recovery code as people type it"
    replaced = judged(web.send(path, password=PASSWORD, otp=codes[1]))
    assert "<svg" in replaced


def hidden(page: str) -> dict[str, str]:
    names = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page)
    return dict(names)


def test_a_password_is_changed_by_who_knows_it(newcomer: Newcomer) -> None:
    path, web = "/account/password", newcomer.visitor
    assert 'href="#password"' in judged(web.send(path, password="sai rồi", new_password=PASSWORD), 400)
    assert 'href="#new_password"' in judged(web.send(path, password=PASSWORD, new_password="12345678"), 400)
    page = judged(web.send(path, password=PASSWORD, new_password="chín con trâu qua sông"))
    assert "Đã đổi mật khẩu" in page and "chín con trâu" not in page


def test_an_address_changes_once_its_code_was_shown(newcomer: Newcomer, door: FrontDoor) -> None:
    path, web, address = "/account/contacts/email", newcomer.visitor, f"moi-{newcomer.username}@example.vn"
    assert 'href="#address"' in judged(web.send(path, address="không phải", password=PASSWORD), 400)
    assert 'href="#password"' in judged(web.send(path, address=address, password="sai"), 400)
    answer = web.send(path, address=address, password=PASSWORD)
    assert answer.url.endswith("/code?sent=yes") and "đang được gửi" in judged(answer)
    assert 'href="#code"' in judged(web.send(f"{path}/code", code="AAAA-BBBB-CCCC"), 400)
    assert newcomer.email in judged(web.get("/account"))
    typed = code_sent_to(door, address).replace("-", " ").lower()
    page = judged(web.send(f"{path}/code", code=typed))
    assert "Đã xác nhận địa chỉ" in page and address in page
    assert judged(web.send("/account/contacts/phone", address="0912 000 098", password=PASSWORD))
    assert web.get("/account/contacts/fax").status_code == 404


def test_a_forgotten_password_is_set_anew_by_a_code(newcomer: Newcomer, door: FrontDoor) -> None:
    web = PlainVisitor(door)
    assert 'href="#username"' in judged(web.send("/password/forgotten"), 400)
    sent = [web.send("/password/forgotten", username=name) for name in (newcomer.username, "001000000000")]
    assert all("Nếu có tài khoản này" in judged(answer) for answer in sent)
    about = {"username": newcomer.username, "new_password": "mười hai bến nước xa"}
    assert 'href="#code"' in judged(web.send("/password/new", code="AAAA-BBBB-CCCC", **about), 400)
    page = judged(web.send("/password/new", code=code_sent_to(door, newcomer.email), **about))
    assert "Đã đặt mật khẩu mới" in page and "mười hai bến" not in page
    signed_in = web.send("/sign-in", username=newcomer.username, password=about["new_password"])
    assert signed_in.url.endswith("/vi") and signed_in.status_code == 200


def test_a_registration_that_is_not_there_is_not_confirmed(door: FrontDoor) -> None:
    web = PlainVisitor(door)
    assert 'href="#account_id"' in judged(web.send("/register/confirm"), 400)
    page = judged(web.send("/register/confirm", account_id=str(uuid.uuid4()), code="AAAA-BBBB-CCCC"), 400)
    assert 'href="#code"' in page


def test_each_form_of_a_list_has_a_command_of_its_own(door: FrontDoor) -> None:
    """So that one more can be ended after Back."""
    web, other = PlainVisitor(door).sign_in("citizen"), door.person("neighbour")["citizen_number"]
    for scope in (["1.001193"], ["2.000908"]):
        arguments = {"to_citizen_number": other, "scope": scope, "until": f"{YEAR}-12-31"}
        assert door.rpc("identity", "delegate", "citizen", **arguments, command_id=str(uuid.uuid4())).ok
    page = web.get("/account/delegations").text
    ids = re.findall(r'name="command_id" value="([^"]+)"', page)
    assert len(ids) >= 2 and len(set(ids)) == len(ids)
