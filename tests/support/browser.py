"""A browser as far as single sign-on needs one: cookies, redirects followed by hand, forms sent as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests


@dataclass
class PageForm:
    """A form of a page: where it goes, and what is in it."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(facts.get("action", "")))
        elif self.forms and "name" in facts:
            places = {"input": self.forms[-1].fields, "button": self.forms[-1].buttons}
            if tag in places and (facts.get("type") != "checkbox" or "checked" in facts):
                places[tag].append((facts["name"], facts.get("value", "")))


class Browser:
    """Keeps cookies by name whatever the scheme: tests speak plain HTTP, and the cookies are for HTTPS alone."""

    def __init__(self, origin: str, language: str = "vi") -> None:
        self.origin, self.language = origin, language
        self.cookies: dict[str, str] = {}
        self.url = origin

    def open(self, url: str, **how: Any) -> requests.Response:
        return self.send("GET", url, **how)

    def send(self, method: str, url: str, **how: Any) -> requests.Response:
        """One request; redirects within this origin are followed, others are left to whoever looks."""
        for _ in range(10):
            answer = self._once(method, urljoin(self.url, url), **how)
            target = urljoin(answer.url, answer.headers.get("Location", ""))
            if answer.status_code not in (302, 303) or not target.startswith(self.origin + "/"):
                return answer
            method, url, how = "GET", target, {}
        raise AssertionError("it is sent round in circles")

    def submit(self, page: requests.Response, button: str | None = None, **values: str) -> requests.Response:
        """Send the page's first form as a person would."""
        form = forms_of(page)[0]
        pairs = [(name, values.get(name, value)) for name, value in form.fields]
        if button is not None:
            pairs += [pair for pair in form.buttons if pair[1] == button]
        own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return self.send("POST", urljoin(page.url, form.action), data=pairs, headers=own)

    def _once(self, method: str, url: str, **how: Any) -> requests.Response:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept-Language": self.language, **({"Cookie": jar} if jar else {}), **how.pop("headers", {})}
        answer = requests.request(method, url, headers=headers, allow_redirects=False, timeout=30, **how)
        for line in answer.raw.headers.getlist("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            if value and "max-age=0" not in rest.lower():
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        self.url = answer.url
        return answer


def forms_of(page: requests.Response) -> list[PageForm]:
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


def query_of(url: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in urlsplit(url).query.split("&") if "=" in pair)
