"""The pages of single sign-on, without scripts: sign in, agree, sign out, and what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from infra.chassis.refusals import ServiceUnavailable
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.context import language_of
from infra.front_door.errors import HttpRefusal
from infra.front_door.statuses import UNKNOWN, status_of

FOLDER = Path(__file__).parents[1] / "templates" / "sign_on"
Endpoint = Callable[[Request], Awaitable[Response]]
LANGUAGES = ("vi", "en")


def page_language(request: Request) -> str:
    """As the page's own link asks, or else the browser."""
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else language_of(request.headers.get("accept-language", "")[:500])


def show(
    request: Request, template: str, *, status: int = 200, form_goes_to: str = "", **facts: object
) -> HTMLResponse:
    """A page; its form may be sent here and, by our answer to it, on to ``form_goes_to``."""
    language = page_language(request)
    html = _templates().get_template(template).render(language=language, **facts)
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    headers = {
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Content-Security-Policy": f"{policy} {form_goes_to}".strip(),
        "Referrer-Policy": "same-origin",  # with no referrer at all, browsers hide the origin of our own forms
    }
    return HTMLResponse(html, status, headers)


def with_page_of_refusals(endpoint: Endpoint) -> Endpoint:
    """The endpoint; what is refused in it is shown as a page, since a person reads it."""

    async def serve(request: Request) -> Response:
        language = page_language(request)
        try:
            return await endpoint(request)
        except PlatformRefusal as refusal:
            status = status_of(refusal.name)
            if status == UNKNOWN:
                raise
            return show(request, "refused.html", status=status, text=refusal.text)
        except HttpRefusal as refusal:
            page = show(request, "refused.html", status=refusal.status, text=refusal.text(language))
            page.headers.update(refusal.headers)
            return page
        except (PlatformUnreachable, DeadlinePassed):
            return show(request, "refused.html", status=503, text=ServiceUnavailable(service="identity").text(language))

    return serve


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
