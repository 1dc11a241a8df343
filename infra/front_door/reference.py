"""What people read of the interface: its document, a list of its routes, and a page for every kind of problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.chassis.json_types import Json
from infra.front_door import openapi
from infra.front_door.answers import PUBLIC, matches
from infra.front_door.context import language_of
from infra.front_door.errors import PageNotFound, all_refusals
from infra.front_door.problems import texts, title_of, words_of, words_of_class
from infra.front_door.statuses import STATUS, status_of

FOLDER = Path(__file__).with_name("templates")
Endpoint = Callable[[Request], Awaitable[Response]]


def reference_routes() -> list[Route]:
    return [
        Route("/openapi.json", _document, methods=["GET"]),
        Route("/docs", _docs, methods=["GET"]),
        Route("/problems", _problems, methods=["GET"]),
        Route("/problems/{name}", _problem, methods=["GET"]),
        Route("/static/docs.css", _style, methods=["GET"]),
    ]


async def _document(request: Request) -> Response:
    body, tag = openapi.document_bytes()
    headers = {"ETag": tag, "Cache-Control": PUBLIC}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


async def _docs(request: Request) -> Response:
    return _page(request, "docs.html", paths=openapi.document()["paths"])


async def _problems(request: Request) -> Response:
    return _page(request, "problems.html", problems={name: problem_type(name) for name in problem_types()})


async def _problem(request: Request) -> Response:
    name = str(request.path_params["name"])
    if name not in problem_types():
        raise PageNotFound()
    return _page(request, "problem.html", name=name, problem=problem_type(name))


async def _style(_request: Request) -> Response:
    return Response((FOLDER / "docs.css").read_bytes(), headers={"Cache-Control": PUBLIC}, media_type="text/css")


@cache
def problem_types() -> tuple[str, ...]:
    """The name of every problem that can be answered."""
    return tuple(sorted({*all_refusals(), *STATUS, *(name for name in texts() if "." not in name)}))


def problem_type(name: str) -> Json:
    """What a kind of problem means and what to do, in both languages, with dots for its facts."""
    own = all_refusals().get(name)
    words = words_of_class(own) if own else words_of(name)
    return {"status": own.status if own else status_of(name), **{key: title_of(text) for key, text in words.items()}}


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True)


def _page(request: Request, template: str, **facts: object) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    html = _templates().get_template(template).render(language=language, **facts)
    return HTMLResponse(
        html, headers={"Cache-Control": PUBLIC, "Vary": "Accept-Language", "Content-Language": language}
    )
