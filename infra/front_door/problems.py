"""RFC 9457 problems: a refusal, of the platform or of HTTP, as ``application/problem+json`` in both languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest, Refusal, _Facts
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import HttpRefusal
from infra.front_door.statuses import UNKNOWN, retry_after, status_of

MEDIA_TYPE = "application/problem+json"
TEXTS = Path(__file__).with_name("problem_texts.json")
LANGUAGES = ("vi", "en")
FAILURE = {
    "vi": "Hệ thống gặp lỗi; khi báo lỗi hãy nêu mã {call_id}.",
    "en": "Something failed on our side; quote {call_id} when you report it.",
    "todo_vi": "Có thể thử lại với cùng Idempotency-Key.",
    "todo_en": "You may try again with the same Idempotency-Key.",
}


@cache
def texts() -> dict[str, dict[str, str]]:
    """The words of every refusal of the services: ``name`` or, where services differ, ``service.name``."""
    loaded: dict[str, dict[str, str]] = json.loads(TEXTS.read_text(encoding="utf-8"))
    return loaded


def words_of(name: str, service: str = "") -> dict[str, str]:
    """Templates of a refusal: ``vi``, ``en``, ``todo_vi``, ``todo_en``."""
    return texts().get(f"{service}.{name}") or texts().get(name) or FAILURE


def problem(name: str, status: int, *, words: Mapping[str, str], facts: Json, language: str, call_id: str) -> Json:
    """The document; texts are made of ``words`` and ``facts``."""
    values = _Facts({**facts, "call_id": call_id})
    messages = {item: words[item].format_map(values) for item in LANGUAGES}
    document: Json = {
        "type": f"/problems/{name}",
        "title": title_of(words[language]),
        "status": status,
        "detail": messages[language],
        "instance": f"urn:uuid:{call_id}",
        "name": name,
        "messages": messages,
    }
    if todo := words.get(f"todo_{language}", "").format_map(values):
        document["todo"] = todo
    return document


def title_of(template: str) -> str:
    """A template without its facts, the same for every occurrence."""
    blank: dict[str, str] = {}
    return template.format_map(_Blank(blank))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def of_platform(
    refused: PlatformRefusal, *, service: str, language: str, call_id: str, if_match: bool = False
) -> Response:
    """What a service refused. Of a failure inside nothing is shown but the call id."""
    status = status_of(refused.name, if_match=if_match)
    if status == UNKNOWN:
        document = problem("InternalFailure", 500, words=FAILURE, facts={}, language=language, call_id=call_id)
        return _response(document, {})
    words, facts = words_of(refused.name, service), refused.facts
    document = problem(refused.name, status, words=words, facts=facts, language=language, call_id=call_id)
    document["messages"][language] = document["detail"] = refused.text
    if errors := _errors(facts, language):
        document["errors"] = errors
        document["messages"] = {item: InvalidRequest(facts["problems"]).text(item) for item in LANGUAGES}
    document["facts"] = {key: value for key, value in facts.items() if key != "problems"}
    seconds = retry_after(refused.name, facts)
    headers = {"Retry-After": str(seconds)} if seconds else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="portal"'
    return _response(document, headers)


def of_http(refused: HttpRefusal, *, language: str, call_id: str) -> Response:
    """What the front door itself refused."""
    document = problem(
        refused.name,
        refused.status,
        words=words_of_class(type(refused)),
        facts=refused.facts,
        language=language,
        call_id=call_id,
    )
    return _response({**document, "facts": refused.facts}, refused.headers)


def words_of_class(cls: type[Refusal]) -> dict[str, str]:
    return {"vi": cls.vi, "en": cls.en, "todo_vi": cls.todo_vi, "todo_en": cls.todo_en}


def _errors(facts: Json, language: str) -> list[dict[str, str]]:
    """Where what is wrong is, one JSON pointer each."""
    problems = facts.get("problems")
    if not isinstance(problems, list) or not all(isinstance(item, dict) and "pointer" in item for item in problems):
        return []
    return [
        {"pointer": f"#{item['pointer']}", "detail": item.get(language) or item.get("problem") or item.get("vi") or ""}
        for item in problems
    ]


def _response(document: Json, headers: dict[str, str]) -> Response:
    body = json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Response(body, document["status"], {"Cache-Control": "no-store", **headers}, MEDIA_TYPE)
