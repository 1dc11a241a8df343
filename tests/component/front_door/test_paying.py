"""A fee paid as people pay it: from the portal's page to the gateway that starts with it, back, and the receipt."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import requests

from infra.cli.sample_documents import a_pdf, answers_for
from tests.support.front_door import FrontDoor, eventually
from tests.support.page_requests import PlainVisitor

CODE = "3.000347"


def submitted(door: FrontDoor) -> str:
    """The path of an application whose fee is due at once."""
    made = door.write("POST", "/applications", "citizen", json={"procedure_code": CODE, "channel": "online"}).json()
    place, form = f"/applications/{made['application_id']}", door.ask("GET", f"/procedures/{CODE}").json()["form"]
    answers = answers_for(form, door.ask("GET", "/me", "citizen").json())
    door.write("PUT", f"{place}/answers", "citizen", json={"answers": answers})
    paper = {"file": ("don.pdf", a_pdf("A paper"), "application/pdf")}
    door.write("POST", f"{place}/attachments", "citizen", data={"requirement": "don-de-nghi"}, files=paper)
    answer = door.write("POST", f"{place}/submission", "citizen", json={})
    assert answer.status_code == 200, answer.text
    return place


def chosen(address: str, choice: str) -> str:
    """The gateway's page, one of its buttons pressed; where it leads back to."""
    page = requests.get(address, timeout=30)
    assert page.status_code == 200 and "Cổng thanh toán thử nghiệm" in page.text
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(vnp_\w+)" value="([^"]*)"', page.text)}
    paid = requests.post(urljoin(address, "/pay"), data={**fields, "choice": choice}, timeout=30)
    back = re.search(r'href="([^"]+)"', paid.text)
    assert paid.status_code == 200 and back, paid.text
    return html.unescape(back[1])


def test_a_fee_is_paid_at_the_gateway_and_the_receipt_is_there_on_return(door: FrontDoor) -> None:
    place = submitted(door)
    visitor = PlainVisitor(door).sign_in("citizen")
    eventually(lambda: 'name="method"' in visitor.get(f"{place}/pay").text, "the demand of the submission")
    opened = visitor.send(f"{place}/pay", method="vnpay")
    address = re.search(r'<a class="button first" href="([^"]+)"', opened.text)
    assert opened.status_code == 200 and address, opened.text
    back = chosen(html.unescape(address[1]), "success")
    assert back.startswith(f"{door.url}/vi{place}/pay?")
    eventually(lambda: "Không còn khoản nào phải nộp" in visitor.web.get(back, timeout=30).text, "the fee is settled")
    receipts = re.findall(r'href="/vi(/payments/[^"]+/receipt)"', visitor.get(f"{place}/payments").text)
    assert len(receipts) == 1 and visitor.get(receipts[0]).status_code == 200
