"""Pages as plain HTTP has them: cookies, forms with their guards, and no browser."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

import requests

from tests.support.front_door import FrontDoor

HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">')


@dataclass
class PlainVisitor:
    """A browser without scripts: it keeps cookies, follows redirects and sends forms as they are."""

    portal: FrontDoor
    language: str = "vi"
    web: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, *, follow: bool = True) -> requests.Response:
        return self.web.get(f"{self.portal.url}/{self.language}{path}", timeout=30, allow_redirects=follow)

    def guards(self, path: str) -> dict[str, str]:
        """The hidden fields of a page's last form."""
        return hidden_fields(self.get(path).text)

    def post(
        self, path: str, fields: dict[str, str], *, follow: bool = True, headers: dict[str, str] | None = None
    ) -> requests.Response:
        address = f"{self.portal.url}/{self.language}{path}"
        return self.web.post(address, data=fields, timeout=30, allow_redirects=follow, headers=headers)

    def send(self, path: str, **fields: str) -> requests.Response:
        """The form of a page, filled."""
        return self.post(path, {**self.guards(path), **fields})

    def sign_in(self, person: str) -> PlainVisitor:
        account = self.portal.person(person)
        answer = self.send("/sign-in", username=account["username"], password=account["password"])
        assert answer.status_code == 200 and "/sign-in" not in answer.url, answer.text[-2000:]
        return self


def hidden_fields(page: str) -> dict[str, str]:
    """Names and values; of a guard that every form has, the last."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
