"""Whether an application is complete: the form against its schema, the papers against the requirements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from infra.chassis.contracts import Schema
from services.applications.domain.application import Application
from services.applications.errors import InvalidRequest

if TYPE_CHECKING:
    from services.applications.clients import ProcedureDefinition

OTHER = "other"  # a paper nobody asked for


def check_known_fields(procedure: ProcedureDefinition, answers: Mapping[str, object]) -> None:
    """Refuse answers to questions the form does not ask (names of fields are recorded, so they must be the form's)."""
    form = procedure.get("form") or {}
    properties = form.get("properties")
    if properties is None or form.get("additionalProperties", False) not in (False, None):
        return
    surplus = [name for name in answers if name not in properties]
    if surplus:
        raise InvalidRequest(
            [
                {
                    "pointer": f"/answers/{name[:80]}",
                    "vi": "biểu mẫu không có trường này",
                    "en": "the form has no such field",
                }
                for name in surplus[:20]
            ]
        )


def check_requirement(procedure: ProcedureDefinition, requirement: str) -> None:
    """Refuse a paper for something the procedure does not ask for."""
    requirement_ids = [paper["id"] for paper in procedure.get("requirements") or []]
    if requirement not in (*requirement_ids, OTHER):
        offered = ", ".join([*requirement_ids, OTHER])
        raise InvalidRequest.at("/requirement", f"thủ tục chỉ yêu cầu: {offered}", f"the procedure asks for: {offered}")


def problems_of(
    procedure: ProcedureDefinition, answers: Mapping[str, object], application: Application
) -> list[dict[str, str]]:
    """Everything that is missing or wrong, in form and papers at once; empty when the application is complete."""
    attached = {paper["requirement"] for paper in application.attachments.values()}
    return [*_form_problems(procedure, answers), *_missing_papers(procedure, attached)]


def _form_problems(procedure: ProcedureDefinition, answers: Mapping[str, object]) -> list[dict[str, str]]:
    form = procedure.get("form")
    if not form:
        return []
    compiled = _compiled(json.dumps(form))
    return [{**problem, "pointer": f"/answers{problem['pointer']}"} for problem in compiled.problems(answers)]


@lru_cache(maxsize=200)
def _compiled(form: str) -> Schema:
    """The forms that are handed in most; to compile one costs more than to check a hundred answers."""
    return Schema(json.loads(form))


def _missing_papers(procedure: ProcedureDefinition, attached: set[str]) -> list[dict[str, str]]:
    missing = [paper for paper in procedure.get("requirements") or [] if _is_due(paper) and paper["id"] not in attached]
    return [
        {
            "pointer": f"/attachments/{paper['id']}",
            "vi": f"thiếu giấy tờ «{paper['name']['vi']}»",
            "en": f"the paper “{paper['name'].get('en') or paper['name']['vi']}” is missing",
        }
        for paper in missing
    ]


def _is_due(paper: Mapping[str, object]) -> bool:
    """Required, whatever the case, and not taken from a register."""
    return bool(paper.get("required", True)) and not paper.get("condition") and not paper.get("register")
