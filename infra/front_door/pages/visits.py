"""One request for a page: who asks, in which language, and what a handler does with it.

A handler makes at most three calls (:meth:`Visit.ask`) and answers with one template (:meth:`Visit.page`) or sends the
browser on (:meth:`Visit.to`). It decides nothing: whatever a door refuses is shown as the door says it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from infra.chassis.json_types import Json
from infra.front_door import context
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import FormNotOurs
from infra.front_door.gateway import Gateway
from infra.front_door.pages import forms, languages, navigation, rendering
from infra.front_door.pages.sessions import Cookies, Person, Session
from infra.front_door.sealing import Sealing
from infra.front_door.surface import doors

# A form's Origin is "null" where nothing of an address may be sent on; to this site, it may.
HEADERS = {"Cache-Control": "no-store", "Vary": "Cookie", "Referrer-Policy": "same-origin"}


@dataclass(frozen=True, slots=True)
class Shared:
    """What all visits of a process have in common. ``eid``: whether people may sign in with the national e-ID."""

    gateway: Gateway
    cookies: Cookies
    carried: Sealing
    eid: bool = False


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; ``field`` is the id its message links to, empty where it concerns them all."""

    field: str
    text: str


@dataclass
class Visit:
    """``path`` is the page's without the language; ``places`` are the names in it."""

    request: Request
    shared: Shared
    language: str
    session: Session
    put_cookie: bool = False
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.request.url.path.removeprefix(f"/{self.language}") or "/"

    @property
    def person(self) -> Person | None:
        return self.session.person

    @property
    def query(self) -> Mapping[str, str]:
        return {name: value.strip() for name, value in self.request.query_params.items()}

    def t(self, key: str, **facts: object) -> str:
        return languages.words(key, self.language, **facts)

    def caller(self) -> context.Context:
        headers = context.headers_of(self.request.scope)
        return context.Context(
            call_id=str(self.request.scope["state"]["call_id"]),
            language=self.language,
            token=self.session.access_token or None,
            traceparent=context.trace_of(headers.get("traceparent", "")),
            within=context.WITHIN,
        )

    async def ask(self, call: str, /, **arguments: object) -> Json:
        """One call of the platform, ``service.method``; arguments that are None are not sent."""
        service, _, method = call.partition(".")
        self.request.scope["state"]["calls"] += 1
        arguments = {name: value for name, value in arguments.items() if value is not None}
        return await self.shared.gateway.ask(self.request, self.caller(), doors()[service, method], arguments)

    async def form(self) -> forms.Form:
        """The form that was sent, if it is one of ours from a page of this session."""
        form = await forms.read(self.request)
        if not (from_this_site(self.request) and self.session.has_given(form.exact(forms.TOKEN))):
            raise FormNotOurs()
        return form

    def keep(self, session: Session) -> None:
        """From now on the browser has this session."""
        self.session, self.put_cookie = session, True

    def page(self, template: str, /, status: int = 200, **facts: object) -> Response:
        """The template as this visitor's page."""
        if not (self.request.cookies.get(self.shared.cookies.name)):
            self.put_cookie = True
        facts = (
            {"errors": [], "values": {}, "visit": self, "command_id": str(uuid.uuid4())} | facts | {"status": status}
        )
        headers = {**HEADERS, "Content-Language": self.language}
        return self._with_cookie(HTMLResponse(rendering.html(template, self.language, facts), status, headers))

    def to(self, path: str, **query: object) -> Response:
        """Send the browser on to another page, by GET: Back and refresh repeat nothing."""
        return self._with_cookie(RedirectResponse(self.link(path, **query), 303, HEADERS))

    def answer(self, response: Response) -> Response:
        """An answer that is no page: a file, a picture."""
        return self._with_cookie(response)

    def link(self, path: str, /, **query: object) -> str:
        """The address of a page in this language; what is empty is left out."""
        pairs = {name: value for name, value in query.items() if value not in (None, "")}
        return f"/{self.language}{'' if path == '/' else quote(path)}" + (f"?{urlencode(pairs)}" if pairs else "")

    def in_other_language(self) -> str:
        """This page in the other language; of one that was sent, where it can be opened."""
        query = self.request.url.query if self.request.method == "GET" else ""
        path = f"/{languages.other(self.language)}{'' if self.path == '/' else quote(self.path)}"
        return f"{path}?{query}" if query else path

    def entries(self) -> list[Json]:
        """The doors in the header that this visitor may open."""
        return [
            {"text": entry.text, "href": self.link(entry.path), "current": navigation.is_current(entry, self.path)}
            for entry in navigation.entries_for(self.person)
        ]

    def errors_of(
        self, refused: PlatformRefusal, fields: Iterable[str] = (), own: Mapping[str, str] | None = None
    ) -> list[FieldError]:
        """A refusal beside the fields of a form: by its pointers where it has them, else above all of them.

        ``own``: which field a refusal is about, by its name.
        """
        problems = refused.facts.get("problems")
        if not isinstance(problems, list):
            return [FieldError((own or {}).get(refused.name, ""), refused.text)]
        linked, errors = set(fields), []
        for problem in problems:
            name = str(problem.get("pointer", "")).strip("/").replace("/", "-")
            text = str(problem.get(self.language) or problem.get("problem") or problem.get("vi") or refused.text)
            errors.append(FieldError(name if name in linked else "", text))
        return errors

    def _with_cookie(self, response: Response) -> Response:
        if self.put_cookie:
            self.shared.cookies.put(response, self.session)
        return response


def from_this_site(request: Request) -> bool:
    """Whether a browser says that a page of ours sent this; one that says nothing has the form's token alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return origin.partition("://")[2] == request.headers.get("host", "")
