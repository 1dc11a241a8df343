"""Templates: how a page becomes HTML. What is missing in one is a failure, never a blank."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.chassis.json_types import Json
from infra.front_door.pages import formats, languages

HERE = Path(__file__).parent
ASSETS = {
    "portal.css": "text/css; charset=utf-8",
    "portal.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
BY_LANGUAGE: dict[str, Callable[..., object]] = {
    "day": formats.day,
    "weekday": formats.weekday,
    "moment": formats.moment,
    "end": formats.end,
    "money": formats.money,
    "plain": formats.plain,
    "either": formats.either,
}


@cache
def environment(language: str) -> Environment:
    """Templates in one language: ``t`` gives a text, filters write days and money as its readers do."""
    jinja = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals.update(a_command_id=_a_command_id)
    jinja.globals.update(t=partial(_text, language), known=languages.exists, asset=asset_path, language=language)
    jinja.filters.update({name: partial(_in_language, filtering, language) for name, filtering in BY_LANGUAGE.items()})
    jinja.filters["size"] = formats.size
    return jinja


def _text(language: str, key: str, **facts: object) -> str:
    return languages.words(key, language, **facts)


def _in_language(filtering: Callable[..., object], language: str, value: object) -> object:
    return filtering(value, language)


def _a_command_id() -> str:
    """For each of several forms on a page its own."""
    return str(uuid.uuid4())


def html(template: str, language: str, facts: Json) -> str:
    return environment(language).get_template(template).render(facts)


@cache
def asset(name: str) -> bytes:
    return (HERE / "static" / name).read_bytes()


@cache
def asset_path(name: str) -> str:
    """Where a style sheet or script is; its address changes with its content, so browsers keep it for ever."""
    return f"/static/{hashlib.sha256(asset(name)).hexdigest()[:12]}/{name}"


def qr_code(payload: str) -> str:
    """A QR code as SVG, without a style of its own."""
    out = io.BytesIO()
    segno.make(payload, error="m").save(out, kind="svg", scale=6, border=2, xmldecl=False, svgns=True, omitsize=False)
    return out.getvalue().decode()
